"""Bonus hours of a program: the owner sees the rows, takes one away, and puts it back.

How a row is made is in `new_bonus_hours`, how one is written in words in `bonus_hour_words`. The rules are in the core.
"""

from collections.abc import Callable

from bots.buttons import MAIN, Rows, button
from bots.owners.bonus_hour_words import pack_row, row_in_words, sorted_rows, unpack_row
from bots.owners.screens import below
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.chat.card_queue import repaint
from loyalty_app.shops.programs import change_program, find_program
from loyalty_app.shops.staff import Position
from loyalty_app.words import numbered
from loyalty_core.bonus_hours import MOST_ROWS, BonusHours, BonusWeek, without_row
from loyalty_core.errors import InvalidRequest
from loyalty_core.programs import Program, ProgramChange, Terms
from loyalty_core.views import program_number

LONGEST_DAYS = 30


async def press_hours(turn: Turn, position: Position) -> None:
    """[Bonus hours]: shop, and the number of one of several programs. Raises ProgramNotFound."""
    await show_hours(turn, position, await pressed_program(turn, position))


async def pressed_program(turn: Turn, position: Position) -> Program:
    """The program whose number a button carries, or the main one. Raises ProgramNotFound."""
    shop, number = position.business.id, turn.press.program(1) or None
    return await turn.read(lambda connection: find_program(connection, shop, number))


async def show_hours(
    turn: Turn, position: Position, program: Program, *, head: Html | None = None, gone: BonusHours | None = None
) -> None:
    """Show the rows of a program below `head`; `gone` is a row that was just taken away, and can be put back."""
    words, which = turn.words, (position.business.id, program_number(position.business.id, program.id))
    rows = sorted_rows(program.terms.bonus_hours)
    lines = [
        words.say("⏰ <b>Bonus hours of {program}</b>", program=program.title or program.name),
        "",
        words.say(
            "A stamp in these hours counts two or three times, by the clock of the shop. What is added is a gift, and "
            "the daily limit does not count it."
        ),
        "",
        *(words.say("• {hours}", hours=row_in_words(words, row)) for row in rows),
        *([] if rows else [words.say("There are none yet.")]),
        *(["", too_many(words)] if len(rows) == MOST_ROWS else []),
    ]
    again = [] if gone is None else [button(words.label("↩️ Put it back"), "addhours", *which, pack_row(gone))]
    more = [button(words.label("➕ Add hours"), "newhours", *which, look=MAIN)] if len(rows) < MOST_ROWS else []
    back = [button(words.label("« Program"), "program", *which)]
    await turn.screen(below(head, Html("\n".join(lines))), [again, *_removals(words, which, rows), more, back])


def too_many(words: Words) -> str:
    """That there are as many rows as there can be."""
    return words.plain_count(
        "{n} row is the most that a card can have.", "{n} rows are the most that a card can have.", MOST_ROWS
    )


def _removals(words: Words, which: tuple[int, int], rows: tuple[BonusHours, ...]) -> Rows:
    texts = numbered(row_in_words(words, row, longest=LONGEST_DAYS) for row in rows)
    return [
        [button(words.label("✖ {hours}", hours=text), "endhours", *which, pack_row(row))]
        for text, row in zip(texts, rows, strict=True)
    ]


async def press_end(turn: Turn, position: Position) -> None:
    """[✖ 14:00–16:00 …]: shop, program, row. A row that is gone already is shown as gone. Raises ProgramNotFound."""
    row = pressed_row(turn)
    program = await change_hours(turn, position, lambda rows: without_row(rows, row))
    said = turn.words.say("✅ Removed: {hours}", hours=row_in_words(turn.words, row))
    await show_hours(turn, position, program, head=said, gone=row)


async def change_hours(turn: Turn, position: Position, change: Callable[[BonusWeek], BonusWeek]) -> Program:
    """Change the rows of the pressed program as they are when it is written. Raises InvalidRequest, ProgramNotFound."""
    database, shop, number = turn.runtime.database, position.business.id, turn.press.program(1)

    def asked(terms: Terms) -> ProgramChange:
        return ProgramChange(bonus_hours=change(terms.bonus_hours))

    which = (shop, number) if number else shop
    return await change_program(database, which, asked, now=turn.now(), repaint=repaint, by=position.staff_id)


def pressed_row(turn: Turn) -> BonusHours:
    """The row that a button carries. Raises InvalidRequest if it is none."""
    row = unpack_row(turn.press.text(2))
    if row is None:
        raise InvalidRequest.field("bonus_hours", "must be rows of hours")
    return row
