"""Routes of the reference. They take no key."""

import gzip
from functools import cache, lru_cache

from litestar import get
from litestar.response.base import ASGIResponse

from api.messages import AppRequest, encode, runtime_of
from api.reference.calls import Call, calls_of
from api.reference.openapi import Json, of_address, openapi_document
from api.reference.page import FOREVER, HEADERS, reference_page, renderer, start_script
from api.reference.postman import postman_collection
from api.routes import (
    batches,
    card_links,
    customers,
    flags,
    imports,
    merges,
    program,
    programs,
    shop,
    stamps,
    transactions,
    webhooks,
)

SCRIPT = "text/javascript"


@cache
def calls() -> tuple[Call, ...]:
    """All calls of /v1, in the order in which the reference shows them."""
    first = (customers.HANDLERS, merges.HANDLERS, imports.HANDLERS, customers.CARD_PICTURES, card_links.HANDLERS)
    ledger = (stamps.HANDLERS, batches.HANDLERS, transactions.HANDLERS)
    groups = (*first, *ledger, program.HANDLERS, programs.HANDLERS, webhooks.HANDLERS, shop.HANDLERS, flags.HANDLERS)
    return tuple(call for group in groups for call in calls_of(group))


@cache
def document() -> Json:
    """The OpenAPI document, made once."""
    return openapi_document(calls())


@get("/openapi.json", include_in_schema=False)
async def openapi(request: AppRequest) -> ASGIResponse:
    """The reference for machines; it names the address of this installation."""
    return ASGIResponse(body=_document_at(_address(request)))


@get("/postman.json", include_in_schema=False)
async def postman(request: AppRequest) -> ASGIResponse:
    """The reference for Postman."""
    return ASGIResponse(body=encode(postman_collection(calls(), _address(request))))


@lru_cache(2)
def _document_at(address: str) -> bytes:
    return encode({**document(), **of_address(address)})


def _address(request: AppRequest) -> str:
    """The public address of the server, else the one at which it was asked."""
    return (runtime_of(request).settings.public_url or str(request.base_url)).rstrip("/")


@get("/", include_in_schema=False)
async def home() -> ASGIResponse:
    """Lead people who open the address itself to the reference; relative, so that a path of a proxy stays."""
    return ASGIResponse(status_code=307, headers={"Location": "docs"}, media_type="text/plain")


@get("/docs", include_in_schema=False)
async def docs() -> ASGIResponse:
    """The reference for people."""
    return ASGIResponse(body=reference_page(document()["info"]["title"]), media_type="text/html", headers=HEADERS)


@get("/docs/start.js", include_in_schema=False)
async def start() -> ASGIResponse:
    """The script that starts the renderer."""
    return ASGIResponse(body=start_script(), media_type=SCRIPT, headers=HEADERS)


@get("/docs/scalar.js", include_in_schema=False, sync_to_thread=True)
def scalar(request: AppRequest) -> ASGIResponse:
    """The renderer."""
    headers, script = {**HEADERS, **FOREVER, "Vary": "Accept-Encoding"}, renderer()
    if "gzip" in request.headers.get("accept-encoding", ""):
        return ASGIResponse(body=script, media_type=SCRIPT, headers=headers | {"Content-Encoding": "gzip"})
    return ASGIResponse(body=gzip.decompress(script), media_type=SCRIPT, headers=headers)


HANDLERS = [home, openapi, postman, docs, start, scalar]
