"""Start links: what a phone opens to come to a bot, and what the bot is told then, in one place.

A link is https://t.me/<bot>?start=<payload>; the payload begins with two letters that say what it is about. Which bot
serves a shop is in `links`; what a bot does with a payload is not known here.
"""

import unicodedata
from urllib.parse import parse_qs, urlsplit

from loyalty_core.customers import parse_code

CARD_PREFIX, JOIN_PREFIX, INVITE_PREFIX = "c_", "j_", "i_"
"""A card is opened, a shop's card is handed out, an invitation is accepted."""


def start_link(username: str, payload: str) -> str:
    """The link that brings a payload to the bot of that name."""
    return f"https://t.me/{username}?start={payload}"


def code_in(text: str) -> str | None:
    """Read a customer's code that was typed or scanned, also as a card's link; None if there is no code in it."""
    typed = unicodedata.normalize("NFKC", text).strip()
    return parse_code(_code_of_link(typed) if "/" in typed else typed)


def _code_of_link(link: str) -> str:
    """What follows `c_` in the payload of a link; empty if it is another kind of link."""
    try:
        payload = parse_qs(urlsplit(link).query).get("start", [""])[0]
    except ValueError:
        return ""
    return payload.removeprefix(CARD_PREFIX) if payload.startswith(CARD_PREFIX) else ""
