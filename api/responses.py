"""Responses: outcomes in the envelope {"data": …}, encoded once, pages of lists, and pictures.

Refusals are `api/problems.py`.
"""

import msgspec
from litestar.response.base import ASGIResponse

from loyalty_app.counter import Answer
from loyalty_app.pages import Page

encode = msgspec.json.Encoder().encode


def envelope(answer: Answer[object]) -> bytes:
    """The body of the counter's answer: its JSON, not encoded again."""
    return b'{"data":%b}' % answer.body


def counter_response(answer: Answer[object], *, status: int = 200) -> ASGIResponse:
    """The counter's answer; a replay says so in a header and is the same to the byte."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
    return ASGIResponse(body=envelope(answer), status_code=status, headers=headers)


def data_response(view: msgspec.Struct, *, status: int = 200) -> ASGIResponse:
    """A struct that was read, or made outside the counter."""
    return ASGIResponse(body=b'{"data":%b}' % encode(view), status_code=status)


def picture_response(png: bytes | None, tag: str) -> ASGIResponse:
    """A PNG with its ETag; without a picture 304, because the caller has it."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if png is None:
        return ASGIResponse(status_code=304, headers=headers, media_type=None)
    return ASGIResponse(body=png, headers=headers, media_type="image/png")


def page_response(page: Page[object]) -> ASGIResponse:
    """A page of a list, with its place in the list."""
    return ASGIResponse(body=encode(page))
