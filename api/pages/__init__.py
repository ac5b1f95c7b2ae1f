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

from litestar import Router

from api.pages import card, card_rights, entrances, identity, one_time_links, passkeys, scan, static_files
from api.pages.answers import EXCEPTION_HANDLERS
from api.pages.desk import DESK
from api.pages.identity import PERSON
from api.pages.security import same_site

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

__all__ = ["PAGES"]
