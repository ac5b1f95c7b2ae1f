"""Compression: long answers to GET are sent gzipped to clients who take that.

Short ones would hardly get shorter, pictures are compressed already, and stamps are never looked at. Why not
Litestar's: it makes a compressor for each answer, however short, and does not tell caches that there are two forms.
"""

import gzip
import re
from typing import Any

from litestar.types import HTTPScope, Message, Send

SHORTEST = 1_024
LEVEL = 5
"""Measured with 100 customers (39 KB): 2.9 KB in 0.4 ms; level 9 takes twice the time for 2 % less."""
REFUSED = re.compile(rb"gzip\s*;\s*q=0(\.0*)?\s*(,|$)")


def takes_gzip(scope: HTTPScope) -> bool:
    """Whether a client takes gzip."""
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding").lower()
    return b"gzip" in accepted and not REFUSED.search(accepted)


def compressing(scope: HTTPScope, send: Send) -> Send:
    """Send an answer to a GET gzipped, if its client takes that and it is long and comes in one piece."""
    held: Any = None

    async def send_compressed(message: Message) -> None:
        nonlocal held
        if message["type"] == "http.response.start":
            held = message
            return
        if held is not None and message["type"] == "http.response.body":
            start, held = held, None
            if not message.get("more_body") and _is_worth_it(start, message["body"]):
                message["body"] = _in_the_form_that_is_taken(scope, start, message["body"])
            await send(start)
        await send(message)

    return send_compressed


def _in_the_form_that_is_taken(scope: HTTPScope, start: Any, body: bytes) -> bytes:  # noqa: ANN401  # ASGI's message
    """The body, gzipped or not; caches are told that there are two forms."""
    start["headers"] = [*start["headers"], (b"vary", b"Accept-Encoding")]
    if not takes_gzip(scope):
        return body
    short = gzip.compress(body, LEVEL, mtime=0)
    others = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    start["headers"] = [*others, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(short))]
    return short


def _is_worth_it(start: Any, body: bytes) -> bool:  # noqa: ANN401  # the same
    names = {name.lower(): value for name, value in start["headers"]}
    picture = names.get(b"content-type", b"").startswith(b"image/")
    return len(body) >= SHORTEST and not picture and b"content-encoding" not in names
