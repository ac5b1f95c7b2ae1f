"""Customer search: from the link of a card, a picture of cards, a typed code, phone number or name to the customer.

People who are on no shop's staff learn nothing here: for them these functions return False, whatever the code. A card
of a shop where they do not work is unknown to them. Reading a picture is in `bots/scan.py`.
"""

from collections.abc import Sequence

from bots.scan import cannot_be_read, sent_cards
from bots.staff import guests
from bots.staff.customer_list import MOST_NAMED, name_list, picture_list
from bots.staff.merge_preview import both_row
from bots.staff.screen import short, show
from bots.staff.shift import find_shift, positions_here_first
from bots.staff.shown_code import check_scanned, how_shown
from bots.turn import Draft, Turn
from bots.words import Html
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.staff_view import is_name, with_codes, with_name_in, with_phone_in
from loyalty_app.shops.links import shown_in
from loyalty_app.shops.staff import Position
from loyalty_core.access import Role, reaches
from loyalty_core.customers import Customer, ShownCode, parse_code, read_code

MOST_CARDS = 30
ALBUM = "album"
"""The kind of draft that keeps what was read in an album."""
EXAMPLE = "CUS12AB34CD56"


async def open_card(turn: Turn, code: str) -> bool:
    """Answer a card's link: show whom to stamp. False unless it is a card of a shop where the person works."""
    positions, shown = await positions_here_first(turn), shown_in(code)
    customers = await _with_codes(turn, positions, [shown.whole]) if positions and shown else []
    if not customers:
        return False
    await _serve(turn, customers[0], shown)
    return True


async def find_typed(turn: Turn, text: str) -> bool:
    """Answer a typed text: show whom to stamp, if it is the code or the phone number of a card, or a customer's name.

    False if it means none of these.
    """
    positions, shown = await positions_here_first(turn), shown_in(text)
    if not positions:
        return False
    customers = await _with_codes(turn, positions, [shown.whole]) if shown else []
    found = customers or await _with_phone(turn, positions, text)
    if len(found) > 1 and not customers:
        await _offer_both(turn, positions, found)
    elif found:
        await _serve(turn, found[0], shown if customers else None)
    elif any(letter.isdigit() for letter in text) or text.upper().startswith("CUS"):
        await turn.screen(_nobody(turn, text), guests.offer_rows(turn, positions, text))
    else:
        return await _find_named(turn, positions, text)
    return True


async def _offer_both(turn: Turn, positions: Sequence[Position], customers: Sequence[Customer]) -> None:
    """Show who all have one phone number; managers are offered to make one card of them."""
    position = next(one for one in positions if one.business.id == customers[0].business_id)
    text, rows = name_list(turn.words, customers, position.business.zone)
    both = both_row(turn.words, customers) if reaches(position.role, Role.MANAGER) else []
    await turn.screen(text, [*rows, *both])


async def _find_named(turn: Turn, positions: Sequence[Position], name: str) -> bool:
    """Show whose name was typed: one customer at once, of several a choice. False if the text can be no name."""
    shops = [position.business for position in positions]
    customers = await turn.read(lambda connection: with_name_in(connection, shops, name, most=MOST_NAMED + 1))
    if len(customers) == 1:
        await _serve(turn, customers[0])
    elif customers:
        zone = next(shop.zone for shop in shops if shop.id == customers[0].business_id)
        await turn.screen(*name_list(turn.words, customers, zone))
    elif is_name(name):
        await turn.screen(_nobody_called(turn, name))
    else:
        return False
    return True


def _nobody_called(turn: Turn, name: str) -> Html:
    return turn.words.say(
        "Nobody with a card of your shop is called <b>{text}</b>.\n"
        "The first letters of a name are enough. You can also send a phone number or a code.",
        text=short(name),
    )


def _nobody(turn: Turn, text: str) -> Html:
    return turn.words.say(
        "No card of your shop has the code or phone number <b>{text}</b>.\n"
        "A code looks like <code>{code}</code>; small letters, spaces and dashes do not matter.",
        text=short(text),
        code=EXAMPLE,
    )


async def scan(turn: Turn) -> bool:
    """Answer a picture: show whom to stamp; of several cards, the person chooses one.

    False if the person is no staff.
    """
    positions = await positions_here_first(turn)
    if not positions:
        return False
    codes = _with_album(turn, await sent_cards(turn))
    customers = await _with_codes(turn, positions, codes) if codes else []
    read = {code.card: code for code in filter(None, map(read_code, codes))}
    shown = {one.qr_code: read.get(one.qr_code) or ShownCode(one.qr_code) for one in customers}  # else it was merged
    if len(customers) == 1:
        await _serve(turn, customers[0], shown[customers[0].qr_code])
    elif customers:
        how = {one.qr_code: how_shown(turn, one, shown[one.qr_code]) for one in customers}
        await turn.screen(*picture_list(turn.words, customers, how))
    else:
        await turn.screen(_nothing_found(turn, codes))
    return True


def _with_album(turn: Turn, codes: Sequence[str]) -> Sequence[str]:
    """The codes of a picture, after those of earlier pictures of its album.

    The pictures of an album come one by one. The draft of the chat keeps what was read, unless a question is open.
    """
    message, draft = turn.incoming.message, turn.draft
    album = message.media_group_id if message else None
    if album is None or (draft is not None and draft.kind != ALBUM):
        return codes
    earlier = str(draft.answers["codes"]).split() if draft and draft.answers.get("album") == album else []
    together = list(dict.fromkeys([*earlier, *codes]))[:MOST_CARDS]
    turn.ask(Draft(ALBUM, {"album": album, "codes": " ".join(together)}))
    return together


def end_album(turn: Turn) -> None:
    """Forget the album: something else came."""
    if turn.draft is not None and turn.draft.kind == ALBUM:
        turn.note(ChatChange(draft=None))


def _nothing_found(turn: Turn, codes: Sequence[str]) -> Html:
    if codes:
        return turn.words.say("No card of your shop is in this picture.")
    if cannot_be_read(turn):
        return turn.words.say(
            "I see no card in this picture. Please send it as a photo, not as a file: then Telegram makes it "
            "readable, also if it is HEIC, as iPhones take pictures."
        )
    return turn.words.say(
        "I see no card in this picture. Take it from close by, so that the square code is sharp and fills half of it, "
        "and turn away from bright lamps. You can also type the code below the square."
    )


async def _with_codes(turn: Turn, positions: Sequence[Position], codes: Sequence[str]) -> list[Customer]:
    shops = [position.business.id for position in positions]
    cards = list(filter(None, map(parse_code, codes)))
    return await turn.read(lambda connection: with_codes(connection, shops, cards))


async def _with_phone(turn: Turn, positions: Sequence[Position], typed: str) -> list[Customer]:
    """The customer with a phone number, in the shop of this chat, else in another one where the person works."""
    shops = [position.business for position in positions]
    return await turn.read(lambda connection: with_phone_in(connection, shops, typed))


async def _serve(turn: Turn, customer: Customer, shown: ShownCode | None = None) -> None:
    """Show whom to stamp; `shown` is the code that they were found by. Raises what `check_code` raises."""
    shift = await find_shift(turn, customer.business_id)
    if shift is None:
        return
    if shown is not None:
        await check_scanned(turn, customer, shown)
    await show(turn, shift, customer.id, how="" if shown is None else how_shown(turn, customer, shown))
