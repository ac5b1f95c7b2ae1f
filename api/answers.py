"""Answers: outcomes in the envelope {"data": …}, encoded once."""

import msgspec
from litestar.response.base import ASGIResponse

from loyalty_app.counter import Answer
from loyalty_app.pages import Page

encode = msgspec.json.Encoder().encode


def answered(answer: Answer, *, status: int = 200) -> ASGIResponse:
    """What the counter answered; a replay says so in a header and is the same to the byte."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
    return ASGIResponse(body=b'{"data":%b}' % answer.body, status_code=status, headers=headers)


def shown(view: object, *, status: int = 200) -> ASGIResponse:
    """Something that was read, or made outside the counter."""
    return ASGIResponse(body=b'{"data":%b}' % encode(view), status_code=status)


def listed(page: Page[object]) -> ASGIResponse:
    """Some rows of a list, with where they lie."""
    return ASGIResponse(body=encode(page))
