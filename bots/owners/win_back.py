"""Winning back: the owner sees how many would be written to now and how it looks, and switches it on by one press.

What is pressed or typed is only looked at, and waits in the draft of the chat; the last press takes exactly what was
shown. The rules are in the core.
"""

from zlib import crc32

import msgspec

from bots.buttons import GOOD, MAIN, RISKY, Rows, button
from bots.owners.program_values import gift_in_words
from bots.owners.screens import ask_again, below
from bots.owners.typed_answers import UnclearAnswer, read_gift
from bots.rights import TypedAnswer, own_position
from bots.turn import Draft, Turn
from bots.words import Html, Words
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.absent import count_absent
from loyalty_app.customers.gift_texts import win_back_text
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.programs import change_program, read_program
from loyalty_app.shops.staff import Position
from loyalty_core.access import Role
from loyalty_core.errors import InvalidRequest
from loyalty_core.gifts import BirthdayGift, WinBack
from loyalty_core.programs import ProgramChange, Terms
from loyalty_core.win_back import USUAL_DAYS, is_time_to_write

WIN_BACK = "winback"
DAYS, STAMPS, ON, OFF = "days", "stamps", "on", "off"
OFFERED_DAYS, OFFERED_STAMPS = (30, 60, 90), (1, 2, 3)
USUAL_STAMPS = 2


async def press(turn: Turn) -> None:
    """[Win back]: shop, and what was pressed on its screen. Raises NotOnStaff or RoleRequired."""
    position = await own_position(turn, turn.press.business_id, Role.OWNER)
    turn.note(ChatChange(business_id=position.business.id))
    terms, act, number = await _terms(turn, position), turn.press.text(1), turn.press.number(2)
    shown = _drafted(turn, position.business) or terms.win_back or _usual(terms)
    match act:
        case str() if act == DAYS:
            await show(turn, position, _checked(msgspec.structs.replace(shown, after_days=number)) or shown)
        case str() if act == STAMPS:
            await show(turn, position, _checked(WinBack(after_days=shown.after_days, stamps=number)) or shown)
        case str() if act == OFF:
            await _set(turn, position, None)
        case str() if act == ON and number == _mark(shown):
            await _set(turn, position, shown)
        case _:
            await show(turn, position, shown if act == ON else terms.win_back or _usual(terms))


async def _terms(turn: Turn, position: Position) -> Terms:
    shop = position.business.id
    return (await turn.read(lambda connection: read_program(connection, shop))).terms


def _usual(terms: Terms) -> WinBack:
    return WinBack(after_days=USUAL_DAYS, stamps=min(USUAL_STAMPS, terms.stamps_required))


def _drafted(turn: Turn, shop: Business) -> WinBack | None:
    """What is being looked at in this chat; None if nothing of this shop is."""
    draft = turn.draft
    if draft is None or draft.kind != WIN_BACK or draft.answers.get("business") != shop.id:
        return None
    return msgspec.json.decode(str(draft.answers.get("shown")), type=WinBack)


def _checked(shown: WinBack) -> WinBack | None:
    """The same, if its numbers can be."""
    try:
        return msgspec.convert(msgspec.to_builtins(shown), WinBack)
    except msgspec.ValidationError:
        return None


def _mark(shown: WinBack) -> int:
    return crc32(msgspec.json.encode(shown))


async def show(turn: Turn, position: Position, shown: WinBack, *, head: Html | None = None, wrong: str = "") -> None:
    """Show what would happen: to whom, how many that are now, how it looks; and whether it is switched on."""
    words, shop, now = turn.words, position.business, turn.now(position.business)
    turn.ask(Draft(WIN_BACK, {"business": shop.id, "shown": msgspec.json.encode(shown).decode()}))
    set_now = (await _terms(turn, position)).win_back
    count = await count_absent(turn.runtime.database, shop, shown.after_days, now=now)
    lines = [
        words.say("☀️ <b>Win back</b>: {state}", state=_state(words, set_now)),
        Html(""),
        words.count(
            "A customer who was here at least twice and then not for {n} day gets a gift and one message, between 10 "
            "and 20 o'clock: once until they come again, and at most once in 60 days.",
            "A customer who was here at least twice and then not for {n} days gets a gift and one message, between 10 "
            "and 20 o'clock: once until they come again, and at most once in 60 days.",
            shown.after_days,
        ),
        _count_line(words, shop, count),
        Html(""),
        words.say("It looks like this:"),
        words.say("<blockquote>{message}</blockquote>", message=win_back_text(shown, shop, words, now)),
        Html(""),
        words.say(
            "Press what you want to change, or send another gift, for example: A slice of cake. A second line may say "
            "for how many days it is valid."
        ),
    ]
    await turn.screen(below(head, ask_again(words, Html("\n".join(lines)), wrong)), _rows(words, shop, shown, set_now))


def _state(words: Words, set_now: WinBack | None) -> str:
    if set_now is None:
        return words.plain("switched off")
    return words.plain(
        "on, after {days}: {gift}",
        days=words.plain_count("{n} day", "{n} days", set_now.after_days),
        gift=gift_in_words(words, set_now),
    )


def state_line(words: Words, terms: Terms) -> Html:
    """The present state, as the screen of the program tells it."""
    return words.say("{label}: <b>{value}</b>", label=words.plain("Win back"), value=_state(words, terms.win_back))


def _count_line(words: Words, shop: Business, count: int) -> Html:
    if not shop.card_notices:
        return words.say("Messages to customers are switched off in the settings, so nobody is written to.")
    return words.count(
        "With this, <b>{n}</b> customer would be written to now.",
        "With this, <b>{n}</b> customers would be written to now.",
        count,
    )


def _rows(words: Words, shop: Business, shown: WinBack, set_now: WinBack | None) -> Rows:
    days = [
        button(
            words.plain_count("{n} day", "{n} days", number),
            *(WIN_BACK, shop.id, DAYS, number),
            look=GOOD if number == shown.after_days else None,
        )
        for number in OFFERED_DAYS
    ]
    stamps = [
        button(
            words.plain_count("{n} stamp", "{n} stamps", number),
            *(WIN_BACK, shop.id, STAMPS, number),
            look=GOOD if number == shown.given_stamps else None,
        )
        for number in OFFERED_STAMPS
    ]
    label = words.label("✅ Switch it on") if set_now is None else words.label("✅ Change it")
    on = button(label, WIN_BACK, shop.id, ON, _mark(shown), look=MAIN)
    off = button(words.label("⏹ Switch it off"), WIN_BACK, shop.id, OFF, look=RISKY)
    return [
        days,
        stamps,
        [on] if shown != set_now else [],
        [off] if set_now is not None else [],
        [button(words.label("« Program"), "program", shop.id)],
    ]


async def take_gift(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed gift, and show it; one that cannot be used is explained."""
    shown = _drafted(turn, answer.position.business) or _usual(await _terms(turn, answer.position))
    try:
        gift = read_gift(turn.words, answer.text).birthday
    except UnclearAnswer as unclear:
        await show(turn, answer.position, shown, wrong=str(unclear))
        return
    if isinstance(gift, BirthdayGift):
        about = msgspec.structs.asdict(gift)
        shown = WinBack(after_days=shown.after_days, **about)
    await show(turn, answer.position, shown)


async def _set(turn: Turn, position: Position, win_back: WinBack | None) -> None:
    """Switch it on or off. Raises NotOnStaff or RoleRequired."""
    words, shop, now = turn.words, position.business, turn.now(position.business)
    asked = ProgramChange(win_back=win_back)
    try:
        program = await change_program(
            turn.runtime.database, shop.id, asked, now=turn.now(), repaint=repaint, by=position.staff_id
        )
    except InvalidRequest:
        wrong = words.plain("A gift has to be at most as many stamps as fill a card. Nothing was changed.")
        await show(turn, position, win_back or _usual(await _terms(turn, position)), wrong=wrong)
        return
    begins = (
        words.say("✅ Switched on. The first messages leave within a minute.")
        if is_time_to_write(now)
        else words.say("✅ Switched on. The first messages leave at 10 o'clock.")
    )
    head = words.say("✅ Switched off. Gifts that were given stay.") if win_back is None else begins
    await show(turn, position, win_back or _usual(program.terms), head=head)
