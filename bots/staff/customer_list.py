"""Customer list: several customers to choose from, of a picture or with one name, each with a button.

Two with one first name get the ends of their codes, which stand on their cards: that tells staff no more of them.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from telegram import InlineKeyboardButton

from bots.buttons import LONGEST_DATA, Arg, Rows, button
from bots.staff.screen import LIST, short, turn_away
from bots.staff.shift import find_shift
from bots.staff.shown_code import AS_SHOWN
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_view import code_ends, with_ids
from loyalty_core.customers import Customer

MOST_CARDS = 30
MOST_NAMED = 8


def picture_list(
    words: Words, customers: Sequence[Customer], how: Mapping[str, str] | None = None
) -> tuple[Html, Rows]:
    """The cards of a picture; `how` says of each code how it was shown. One that is not told was the card's own."""
    text = words.count(
        "{n} card is in the picture. Whose is it?", "{n} cards are in the picture. Whose is it?", len(customers)
    )
    codes = [customer.qr_code for customer in customers]
    return text, [
        *_card_rows(words, customers[:MOST_CARDS], how=dict.fromkeys(codes, AS_SHOWN) | dict(how or {})),
        _refresh(words, customers),
    ]


def name_list(words: Words, customers: Sequence[Customer], zone: tzinfo) -> tuple[Html, Rows]:
    """The customers with a name, with the day when they were there last; of very many the first few."""
    text = words.say("Which card is it? The code is on the card.")
    if len(customers) > MOST_NAMED:
        text = Html(f"{text}\n{words.say('There are more: send more of the name, or the phone number.')}")
    shown = customers[:MOST_NAMED]
    days = {one.qr_code: words.date(one.card.last_visit_at.astimezone(zone)) for one in shown if one.card.last_visit_at}
    return text, _card_rows(words, shown, days)


async def list_again(turn: Turn) -> None:
    """[All cards of the picture]: shop, customers."""
    shop, ids = turn.press.business_id, [turn.press.number(place) for place in range(1, len(turn.press.args))]
    if await find_shift(turn, shop) is None:
        await turn_away(turn)
        return
    customers = await turn.read(lambda connection: with_ids(connection, shop, ids))
    await turn.screen(*picture_list(turn.words, customers))


def _refresh(words: Words, customers: Sequence[Customer]) -> list[InlineKeyboardButton]:
    """The button that shows this list again, on its customers' screens too; none if it cannot hold all their ids."""
    shops = {customer.business_id for customer in customers}
    named = [LIST, *shops, *(customer.id for customer in customers)]
    if len(shops) != 1 or len(":".join(map(str, named))) > LONGEST_DATA:
        return []
    return [button(words.label("🔄 Refresh"), *map(str, named))]


def _card_rows(
    words: Words,
    customers: Sequence[Customer],
    days: Mapping[str, str] | None = None,
    *,
    how: Mapping[str, str] | None = None,
) -> Rows:
    ends = code_ends(customers)
    marks = {code: " · ".join([f"…{end}", *filter(None, [(days or {}).get(code)])]) for code, end in ends.items()}
    found_by = how or {}
    return [[_card_button(words, one, marks.get(one.qr_code), found_by.get(one.qr_code, ""))] for one in customers]


def _card_button(words: Words, customer: Customer, mark: str | None, how: str) -> InlineKeyboardButton:
    name, card = short(first_name(customer.name) or words.plain("Guest")), customer.card
    label = words.plain_count("{name} · {n} stamp", "{name} · {n} stamps", card.current_stamps, name=name)
    label = f"{label} 🎁" if card.rewards_available else label
    data: list[Arg] = [customer.business_id, customer.id, *([how] if how else [])]
    return button(f"{label} · {mark}" if mark else label, "serve", *data)


PRESSES = {LIST: list_again}
