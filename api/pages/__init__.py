"""The pages: scanner, card and desk, in Telegram and in any browser.

A page is a template with its words, and a script that asks for JSON below the page's own address. What all pages share:

    shell.py        how a page is sent: template, words, headers, version
    security.py     what a browser may load, who may frame a page, and from where a request may come
    static_files.py scripts and styles, each under an address with a version
    page_words.py   the sentences, a catalogue for each page and language
    identity.py     sessions: opened by init data, kept in a header or in a cookie; `PagePerson` for handlers
    one_time_links.py, passkeys.py  the ways in outside Telegram
    entrances.py    the addresses at which the pages begin, and the codes that a card shows
    scan/           what the scanner asks for
    card.py         a customer's cards in Telegram; `private_card.py` at their private addresses
    card_rights.py  what both offer: a copy of one's own data, and deletion
    joining.py      the page at which people join without Telegram
    desk/           the desk of owners and managers, a module for each section
    refusals.py     what only pages refuse; `answers.py` shows every refusal, as a page or as JSON

No rule of the stamp card and no SQL lives here, and no right is decided: handlers ask `loyalty_app`.
"""

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from api.lean_litestar import LeanLitestar
from api.pages import card, card_rights, entrances, identity, one_time_links, passkeys, scan, static_files
from api.pages.answers import EXCEPTION_HANDLERS, answer_http_unrouted
from api.pages.desk import DESK
from api.pages.identity import PERSON
from api.pages.joining import JOINING
from api.pages.private_card import PRIVATE_CARDS
from api.pages.security import same_site
from api.pages.shell import TEMPLATES
from api.problems import answer_failure, answer_refusal
from api.refusals import LARGEST_BODY
from api.request_log import add_headers
from api.unrouted import tell_limits
from loyalty_core.errors import LoyaltyError

PAGES = Router(
    "/app",
    route_handlers=[
        *static_files.HANDLERS,
        *identity.HANDLERS,
        *one_time_links.HANDLERS,
        *passkeys.HANDLERS,
        *entrances.HANDLERS,
        *scan.HANDLERS,
        *card.HANDLERS,
        *card_rights.HANDLERS,
        DESK,
    ],
    guards=[same_site],
    dependencies=PERSON,
    exception_handlers=EXCEPTION_HANDLERS,
    include_in_schema=False,
)


def open_pages(state: State) -> Litestar:
    """Make the application of all pages. It works with what the API holds open in its `state`."""
    pages = LeanLitestar(
        route_handlers=[PAGES, PRIVATE_CARDS, JOINING],
        template_config=TEMPLATES,
        before_send=[tell_limits, add_headers],
        exception_handlers={
            LoyaltyError: answer_refusal,
            HTTPException: answer_http_unrouted,
            Exception: answer_failure,
        },
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    pages.state = state
    return pages
