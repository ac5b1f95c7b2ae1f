"""Flags: what an owner may want to look at, the newest entry first, and each entry with a way to undo it.

What is flagged is decided in `loyalty_core/flags.py`.
"""

from bots.buttons import RISKY, Rows, button, new_nonce
from bots.flag_texts import numbered_lines
from bots.owners.screens import back, below
from bots.owners.staff_work import what_of
from bots.turn import Turn
from bots.words import TEXT, Html, Words, fitted, shortened
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.flags import FlagView, list_flags, look
from loyalty_app.customers.staff_work import StaffDeed, read_deed
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.notice_facts import FlagLine
from loyalty_app.shops.staff import Position
from loyalty_core.ledger import EntryType

ON_A_PAGE = 8
LAST_PAGE = 1_000
IN_A_ROW = 4


async def show_flags(turn: Turn, position: Position) -> None:
    """Show a page of what was flagged up to now, with a button for each entry."""
    words, shop, now = turn.words, position.business, turn.now(position.business)
    await look(turn.runtime.database, shop, now=now)
    page = min(max(1, turn.press.number(1)), LAST_PAGE)
    wanted = PageRequest(page=page, limit=ON_A_PAGE)
    found = await turn.read(lambda connection: list_flags(connection, shop, wanted=wanted))
    lines = tuple(line_of(shop, flag) for flag in found.data)
    head = words.say("🔎 <b>Worth a look at {shop}</b>\nThere may be a good reason for each.", shop=shop.name)
    texts = numbered_lines(words, lines, now) or [words.say("Nothing was flagged.")]
    undone = [flag.undone for flag in found.data] or [False]
    told = [Html(f"<s>{text}</s>") if gone else text for text, gone in zip(texts, undone, strict=True)]
    numbers = [
        button(words.label("{number}", number=number), "flagged", shop.id, line.transaction_id)
        for number, line in enumerate(lines, start=1)
    ]
    rows: Rows = [numbers[place : place + IN_A_ROW] for place in range(0, len(numbers), IN_A_ROW)]
    around = [
        *([button(words.label("‹ Newer"), "flags", shop.id, page - 1)] if page > 1 else []),
        *([button(words.label("Older ›"), "flags", shop.id, page + 1)] if found.pagination.next_cursor else []),
    ]
    rules = [button(words.label("⚙️ What is flagged"), "watch", shop.id)]
    text = fitted(head, [Html(""), *told], most=TEXT)
    await turn.screen(text, [*rows, around, rules, back(words, position)])


def line_of(shop: Business, flag: FlagView) -> FlagLine:
    """A flag as it is told."""
    return FlagLine(
        kind=flag.kind,
        transaction_id=flag.transaction_id,
        by=flag.actor.name,
        at=flag.occurred_at.astimezone(shop.zone),
        stamps=flag.stamps,
        number=flag.number,
        can_be_undone=flag.type is EntryType.STAMP and not flag.undone,
    )


async def show_flagged(turn: Turn, position: Position) -> None:
    """Show an entry: who did what, when, on whose card."""
    await _show(turn, position)


async def ask_undo(turn: Turn, position: Position) -> None:
    """Show an entry, and ask whether to undo it."""
    await _show(turn, position, turn.words.say("Undo this entry? The card is added up again without it."))


async def _show(turn: Turn, position: Position, question: Html | None = None) -> None:
    words, shop, number = turn.words, position.business, turn.press.number(1)
    deed = await turn.read(lambda connection: read_deed(connection, shop, number))
    if deed is None:
        await show_flags(turn, position)
        return
    stands = deed.entry.voided_by is None and deed.entry.type in {EntryType.STAMP, EntryType.REDEEM}
    text = below(question if stands else None, _entry_text(turn, shop, deed))
    await turn.screen(text, [*_entry_rows(words, shop, deed, stands=stands), back(words, position)])


def _entry_text(turn: Turn, shop: Business, deed: StaffDeed) -> Html:
    words, now, entry = turn.words, turn.now(shop), deed.entry
    lines = [
        words.say(
            "🧾 <b>{what}</b> · {name}",
            what=what_of(words, deed),
            name=first_name(deed.customer_name) or words.plain("deleted card"),
        ),
        words.say(
            "{time}, {by}",
            time=words.moment(entry.occurred_at.astimezone(now.tzinfo), now),
            by=shortened(entry.actor.name or words.plain("the till")),
        ),
        *([words.say("It was undone.")] if entry.voided_by is not None else []),
    ]
    return Html("\n".join(lines))


def _entry_rows(words: Words, shop: Business, deed: StaffDeed, *, stands: bool) -> Rows:
    entry, known = deed.entry, bool(deed.customer_name)
    undo = (shop.id, entry.customer_id, new_nonce(ago=1.0), entry.id, entry.stamps)
    return [
        [button(words.label("↩️ Undo"), "undo", *undo, look=RISKY)] if stands and known else [],
        [button(words.label("👤 The card"), "serve", shop.id, entry.customer_id)] if known else [],
        [button(words.label("🔎 All that is worth a look"), "flags", shop.id, 1)],
    ]
