"""The shell: how a page is sent. Its template is filled here, with its words and with what its script has to know.

A template extends `shell.html`. It shows something before any script has run. The script finds its data and its words
in the page, and nothing else of the server's.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from api.messages import AppRequest, runtime_of
from api.pages.page_words import PageName, language_asked, script_words, words_of
from api.pages.security import FramedBy, page_headers
from api.pages.static_files import address, version
from loyalty_app.words import LANGUAGES, Words
from loyalty_core.fields import BotId

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES: TemplateConfig[JinjaTemplateEngine] = TemplateConfig(
    instance=JinjaTemplateEngine.from_environment(ENVIRONMENT)
)
"""Litestar's template plugin, with all templates of the pages."""


class WebPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to send: its name, what its template and its script get, and who may frame it.

    `title` is in the language of the page. `data` is for the script, `context` for the template.
    """

    name: PageName
    title: str
    bot_id: BotId | None
    data: Mapping[str, Json] = {}
    context: Mapping[str, object] = {}
    template: str = ""
    framed_by: FramedBy = FramedBy.NOBODY
    status: int = 200
    headers: Mapping[str, str] = {}
    language: str | None = None
    """That of the page where its person is known; else that of the request."""


def language_of_request(request: AppRequest) -> str:
    """The language that a request asks for: by `?lang=`, which a page adds once it knows its person, else by header."""
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else language_asked(request.headers.get("accept-language", ""))


def words_for_request(request: AppRequest, name: PageName) -> Words:
    """The words of a page in the language of a request."""
    return words_of(name, language_of_request(request))


def page_response(request: AppRequest, page: WebPage) -> Template:
    """Fill the template of a page, and put the headers of all pages on it."""
    settings = runtime_of(request).settings
    words = words_of(page.name, page.language or language_of_request(request))
    context = {
        "words": words,
        "title": page.title,
        "page": page.name.value,
        "bot_id": page.bot_id,
        "static": address,
        "version": version(),
        "telegram_script": settings.telegram_script_url,
        "data": {"words": script_words(page.name, words.code), **page.data},
        **page.context,
    }
    headers = {**page_headers(settings, page.framed_by), "Content-Language": words.code}
    return Template(
        template_name=page.template or f"{page.name}.html",
        context=context,
        headers={**headers, **page.headers, "Vary": "Accept-Language"},
        status_code=page.status,
        media_type="text/html",
    )
