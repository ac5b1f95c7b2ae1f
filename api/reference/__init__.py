"""The reference: /openapi.json and a page to read it, both made from what stands beside each route."""

from api.reference.routes import HANDLERS

__all__ = ["HANDLERS"]
