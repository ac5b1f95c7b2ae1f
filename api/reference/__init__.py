"""The reference: /openapi.json, /postman.json and a page for people, all made from the operations beside the routes."""

from api.reference.routes import HANDLERS

__all__ = ["HANDLERS"]
