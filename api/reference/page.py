"""The page of the reference: the document of /openapi.json, drawn by Scalar, which is served from here.

Nothing is fetched from anywhere else, and no script runs but the two files below. The renderer styles what it draws, so
inline styles are allowed.
"""

import gzip
import html
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
CSP = "; ".join(f"{what} {where}" for what, where in ALLOWED.items())
HEADERS = {"Content-Security-Policy": CSP, "Referrer-Policy": "no-referrer"}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}

ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><circle cx='16' cy='16' r='15' fill='#7a4b21'/>"
    "<path d='M9 17l5 5 10-11' fill='none' stroke='#fff' stroke-width='4'/></svg>"
)
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:image/svg+xml,{icon}">
<style>{style}</style>
</head>
<body>
<div id="reference"></div>
<noscript>This page is drawn by a script. Without it, read <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/scalar.js?{version}"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""


def reference_page(title: str) -> str:
    """The page as HTML. The renderer's address changes with its version, so browsers may keep it forever."""
    icon = ICON.replace("#", "%23").replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
    return PAGE.format(title=html.escape(title), icon=icon, style=_own("style.css"), version=version("stopments"))


def start_script() -> bytes:
    """The script that starts the renderer."""
    return _own("start.js").encode()


@cache
def renderer() -> bytes:
    """Scalar as one script, gzipped: 1.4 of its 4.5 MB. Takes a third of a second the first time."""
    script = files("stopments").joinpath("static/scalar-api-reference.js").read_bytes()
    return gzip.compress(script, mtime=0)


def _own(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
