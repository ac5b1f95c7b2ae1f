"""The page with the phones: serves the files of `page/` unchanged."""

import mimetypes
from pathlib import Path

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse

from telegram_sandbox.parameters import AnyRequest

PAGE = Path(__file__).parent / "page"
FRESH = {"Cache-Control": "no-cache"}


@get("/")
async def index(request: AnyRequest) -> ASGIResponse:
    """The page itself. Its links are relative, so its address must end with a slash."""
    if not request.scope["raw_path"].endswith(b"/"):
        address = f"{request.scope.get('root_path', '').rstrip('/')}/"
        return ASGIResponse(status_code=307, headers={"Location": address})
    return served("index.html")


@get("/js/telegram-web-app.js")
async def script_of_web_apps() -> ASGIResponse:
    """What Mini Apps load in place of https://telegram.org/js/telegram-web-app.js."""
    return served("telegram-web-app.js")


@get("/{name:str}")
async def page_file(name: FromPath[str]) -> ASGIResponse:
    """One of the page's files."""
    return served(name)


def served(name: str) -> ASGIResponse:
    """A file of the page. Raises NotFoundException."""
    path = PAGE / name
    if path.parent != PAGE or not path.is_file():
        raise NotFoundException(f"The page has no {name}.")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return ASGIResponse(body=path.read_bytes(), media_type=kind, headers=FRESH)


HANDLERS = [index, script_of_web_apps, page_file]
