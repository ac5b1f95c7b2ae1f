"""Answers: outcomes in the envelope {"data": …}, encoded once, and pictures."""

import msgspec
from litestar.response.base import ASGIResponse

from loyalty_app.counter import Answer
from loyalty_app.pages import Page

encode = msgspec.json.Encoder().encode


def envelope(answer: Answer) -> bytes:
    """The body of what the counter answered."""
    return b'{"data":%b}' % answer.body


def answered(answer: Answer, *, status: int = 200) -> ASGIResponse:
    """What the counter answered; a replay says so in a header and is the same to the byte."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
    return ASGIResponse(body=envelope(answer), status_code=status, headers=headers)


def shown(view: object, *, status: int = 200) -> ASGIResponse:
    """Something that was read, or made outside the counter."""
    return ASGIResponse(body=b'{"data":%b}' % encode(view), status_code=status)


def pictured(png: bytes | None, tag: str) -> ASGIResponse:
    """A picture with its tag; without a picture 304, because the caller has it."""
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if png is None:
        return ASGIResponse(status_code=304, headers=headers, media_type=None)
    return ASGIResponse(body=png, headers=headers, media_type="image/png")


def listed(page: Page[object]) -> ASGIResponse:
    """Some rows of a list, with where they lie."""
    return ASGIResponse(body=encode(page))
