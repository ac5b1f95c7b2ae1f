"""Routes of the reference. They take no key."""

from functools import cache

from litestar import get
from litestar.response.base import ASGIResponse

from api.answers import encode
from api.reference.openapi import Json, openapi_document
from api.reference.page import reference_page
from api.routes import customers, pictures, program, stamps, webhooks


@cache
def document() -> Json:
    """The OpenAPI document, made once."""
    groups = (customers, pictures, stamps, program, webhooks)
    return openapi_document([handler for group in groups for handler in group.HANDLERS])


@get("/openapi.json", include_in_schema=False)
async def openapi() -> ASGIResponse:
    """The reference for machines."""
    return ASGIResponse(body=encode(document()))


@get("/docs", include_in_schema=False)
async def docs() -> ASGIResponse:
    """The reference for people."""
    return ASGIResponse(body=reference_page(document()), media_type="text/html")


HANDLERS = [openapi, docs]
