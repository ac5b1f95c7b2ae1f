"""Security of the pages: what a browser may load and who may frame a page, and from where a request may come.

All of `/app/` is one origin: that of LOYALTY_PUBLIC_URL, or where that is not set, the host that was asked. No script
and no style stands in a page. A request that changes something must come from a page of ours: browsers say so in
`Sec-Fetch-Site`, older ones in `Origin`. One that says neither is no browser of today: it may bring a token in a
header, which no other site can make a browser send, but no cookie.
"""

from enum import StrEnum
from typing import Any, cast
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.messages import AppRequest, RequestLike, runtime_of
from api.pages.refusals import CrossSite
from api.pages.static_files import version
from api.request_log import request_log_of
from loyalty_app.settings import Settings

VERSION_HEADER = b"x-page-version"
SAFE = {"GET", "HEAD", "OPTIONS"}
COOKIES = ("__Host-loyalty-", "loyalty-")
"""How the names of our cookies begin: over https, and over plain http on this very machine."""
GIVES_COOKIE = "gives_cookie"
"""The mark of a handler that signs somebody in by a cookie."""

TELEGRAM_SCRIPTS, TELEGRAM_WEB = "https://telegram.org", "https://web.telegram.org"

SAME_FOR_ALL = {
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


class FramedBy(StrEnum):
    """Who may show a page in a frame: nobody, or Telegram in a browser. The sandbox's phones, in a demo, may always."""

    NOBODY = "nobody"
    TELEGRAM = "telegram"


def page_headers(settings: Settings, framed_by: FramedBy) -> dict[str, str]:
    """The headers of a page."""
    return {**SAME_FOR_ALL, "Content-Security-Policy": _policy(settings, framed_by)}


def _policy(settings: Settings, framed_by: FramedBy) -> str:
    elsewhere = [] if (script := origin_of(settings.telegram_script_url)) == TELEGRAM_SCRIPTS else [script]
    frames = [TELEGRAM_WEB] * (framed_by is FramedBy.TELEGRAM) + elsewhere
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", TELEGRAM_SCRIPTS, *elsewhere]),
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "media-src": "'self' blob:",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": " ".join(frames) or "'none'",
    }
    return "; ".join(f"{what} {where}" for what, where in allowed.items())


def origin_of(url: str) -> str:
    """The origin of an address, as a browser writes it: without a port that its scheme has anyway."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in {None, default} else ""
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def own_address(request: RequestLike) -> str:
    """Where people reach this installation, without a slash at the end."""
    return (runtime_of(request).settings.public_url or str(cast("AppRequest", request).base_url)).rstrip("/")


async def same_site(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Litestar's guard: let through what changes something only if a page of ours has sent it. Raises CrossSite.

    It also puts the version of the pages here on the answer, so that an older page can load itself again.
    """
    request = cast("AppRequest", connection)
    request_log_of(request.scope).headers.append((VERSION_HEADER, version().encode()))
    if request.scope["method"] in SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    elif origin is not None:
        ours = origin == origin_of(own_address(request))
    else:
        ours = not handler.opt.get(GIVES_COOKIE) and not any(name.startswith(COOKIES) for name in request.cookies)
    if not ours:
        raise CrossSite
