"""Static files: scripts and styles of the pages, under an address that changes with them.

`/app/static/<version>/<name>`: the version is made from all that a page consists of, so a browser may keep a file for
ever. Under another version, as that of a page which is older than this server, today's file is sent and not kept: the
page is told by the header X-Page-Version of whatever else it asks, and loads itself again.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from litestar import get
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from api.pages.refusals import UnknownPage

HERE = Path(__file__).parent
FOREVER, NOT_KEPT = "public, max-age=31536000, immutable", "no-cache"
PARTS = {".css", ".html", ".js", ".po", ".svg", ".png", ".webmanifest"}


@cache
def version() -> str:
    """The version of the pages: 16 hexadecimal digits, the same wherever the same files are."""
    parts = sorted(path for path in HERE.rglob("*") if path.suffix in PARTS)
    text = b"".join(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() for path in parts)
    return hashlib.sha256(text).hexdigest()[:16]


def address(name: str) -> str:
    """Where a static file is, in its present version."""
    return f"/app/static/{version()}/{name}"


@cache
def _content(name: str) -> bytes:
    path = HERE / "static" / name
    if path.parent != HERE / "static" or not path.is_file():
        raise UnknownPage
    return path.read_bytes()


@get("/static/{asked:str}/{name:str}")
async def static_file(asked: FromPath[str], name: FromPath[str]) -> ASGIResponse:
    """One of the files. Raises UnknownPage."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "Cache-Control": FOREVER if asked == version() else NOT_KEPT,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return ASGIResponse(body=_content(name), media_type=kind, headers=headers)


HANDLERS = [static_file]
