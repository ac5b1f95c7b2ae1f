"""New bonus hours: one screen on which an owner puts a row together, from what is usual, and adds it.

Each button carries the whole row as it is after the press, so nothing has to be remembered, except typed hours.
"""

from msgspec.structs import replace
from telegram import InlineKeyboardButton

from bots.buttons import GOOD, MAIN, Rows, button
from bots.owners.bonus_hour_words import (
    day_in_words,
    days_in_words,
    hours_in_words,
    pack_row,
    read_hours,
    row_in_words,
    unpack_row,
)
from bots.owners.bonus_hours import change_hours, pressed_program, pressed_row, show_hours, too_many
from bots.owners.screens import ask_again
from bots.owners.typed_answers import UnclearAnswer
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import Words
from loyalty_app.shops.programs import find_program
from loyalty_app.shops.staff import Position
from loyalty_core.bonus_hours import MOST_ROWS, BonusFactor, BonusHours, overlap, with_row
from loyalty_core.errors import InvalidRequest
from loyalty_core.programs import Program
from loyalty_core.views import program_number

HOURS = "newhours"
WORKDAYS, ALL_DAYS = (1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 6, 7)
OFFERED = (
    ("14:00", "16:00"),
    ("16:00", "18:00"),
    ("18:00", "20:00"),
    ("08:00", "10:00"),
    ("12:00", "14:00"),
    ("22:00", "02:00"),
)
LONGEST_OF_THREE = 13
"""Letters of the longest hours of which three fit beside each other: those of a clock of 24 hours."""
FACTORS: tuple[BonusFactor, ...] = (2, 3)


async def press_new(turn: Turn, position: Position) -> None:
    """[Add hours], and what changes the row on its screen: shop, program, row. Raises ProgramNotFound."""
    program = await pressed_program(turn, position)
    row = pressed_row(turn) if turn.press.text(2) else _usual_row(program.terms.bonus_hours)
    await _show_row(turn, position, program, row)


def _usual_row(rows: tuple[BonusHours, ...]) -> BonusHours:
    """The first hours on workdays that are free; the first of all if none are."""
    usual = [BonusHours(weekdays=WORKDAYS, begin=begin, end=end, factor=2) for begin, end in OFFERED]
    return next((row for row in usual if not any(overlap(row, other) for other in rows)), usual[0])


async def _show_row(turn: Turn, position: Position, program: Program, row: BonusHours, wrong: str = "") -> None:
    words, which = turn.words, (position.business.id, program_number(position.business.id, program.id))
    turn.ask(Draft(HOURS, {"business": which[0], "program": which[1], "row": pack_row(row)}))
    question = words.say(
        "⏰ <b>New bonus hours of {program}</b>\n\n{hours}\n\nPress what you want to change, or send other hours, for "
        "example: 14:00–16:30. Hours that end earlier than they begin last into the next day.",
        program=program.title or program.name,
        hours=words.say("<b>{hours}</b>", hours=row_in_words(words, row)),
    )
    add = [button(words.label("✅ Add these hours"), "addhours", *which, pack_row(row), look=MAIN)]
    back = [button(words.label("« Bonus hours"), "hours", *which)]
    await turn.screen(ask_again(words, question, wrong), [add, *_rows(words, which, row), back])


def _rows(words: Words, which: tuple[int, int], row: BonusHours) -> Rows:
    def turn_to(label: str, other: BonusHours, *, on: bool) -> InlineKeyboardButton:
        return button(label, HOURS, *which, pack_row(other), look=GOOD if on else None)

    days = [
        turn_to(day_in_words(words, day), replace(row, weekdays=_turned(row, day)), on=day in row.weekdays)
        for day in ALL_DAYS
    ]
    many = [
        turn_to(days_in_words(words, some), replace(row, weekdays=some), on=row.weekdays == some)
        for some in (WORKDAYS, ALL_DAYS)
    ]
    hours = [
        turn_to(hours_in_words(words, *some), replace(row, begin=some[0], end=some[1]), on=(row.begin, row.end) == some)
        for some in OFFERED
    ]
    factors = [turn_to(f"×{words.number(one)}", replace(row, factor=one), on=row.factor == one) for one in FACTORS]
    wide = 3 if all(len(one.text) <= LONGEST_OF_THREE for one in hours) else 2
    of_day = [hours[place : place + wide] for place in range(0, len(hours), wide)]
    return [days[:4], days[4:], many, *of_day, factors]


def _turned(row: BonusHours, day: int) -> tuple[int, ...]:
    """The days of a row with one more or less; the last one stays."""
    return tuple(sorted({*row.weekdays} ^ {day})) or row.weekdays


async def take_hours(turn: Turn, answer: TypedAnswer) -> None:
    """Take typed hours, and show the row with them. Raises ProgramNotFound."""
    shop, number = answer.position.business.id, int(answer.draft.answers.get("program") or 0)
    program = await turn.read(lambda connection: find_program(connection, shop, number))
    row, wrong = unpack_row(str(answer.draft.answers.get("row"))) or _usual_row(program.terms.bonus_hours), ""
    try:
        row = read_hours(turn.words, answer.text, row)
    except UnclearAnswer as unclear:
        wrong = str(unclear)
    await _show_row(turn, answer.position, program, row, wrong)


async def press_add(turn: Turn, position: Position) -> None:
    """[Add these hours]: shop, program, row. A row that is there already is shown. Raises ProgramNotFound."""
    words, row = turn.words, pressed_row(turn)
    try:
        program = await change_hours(turn, position, lambda rows: with_row(rows, row))
    except InvalidRequest:
        program = await pressed_program(turn, position)
        await _show_row(turn, position, program, row, _why_not(words, program.terms.bonus_hours, row))
    else:
        said = words.say("✅ Saved. {then}", then=words.plain("This applies from the next stamp on."))
        await show_hours(turn, position, program, head=said)


def _why_not(words: Words, rows: tuple[BonusHours, ...], row: BonusHours) -> str:
    """Why a row was not added: there are seven, it is empty, or it overlaps others."""
    if len(rows) >= MOST_ROWS:
        return too_many(words)
    if row.begin == row.end:
        return words.plain("These hours are empty: they end when they begin.")
    others = [row_in_words(words, other) for other in rows if overlap(row, other)]
    return words.plain("These hours overlap with {others}. Nothing was changed.", others=words.join(others))
