"""The program: how many stamps make a reward, and the policies; each is explained and can be changed.

What a change means for cards in progress is a rule of the core; it is only explained here.
"""

from datetime import timedelta

from telegram import InlineKeyboardButton

from bots.buttons import GOOD, Rows, button
from bots.owners.program_questions import QUESTIONS, ProgramQuestion, TermValue
from bots.owners.screens import ask_again, back
from bots.owners.typed_answers import (
    NONE,
    UnclearAnswer,
    read_change,
    read_cost,
    read_number,
    read_reward,
    read_stamps,
    read_steps,
)
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import N_, Html, Words
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.programs import change_program, read_program
from loyalty_app.shops.staff import Position
from loyalty_core.errors import InvalidRequest
from loyalty_core.programs import CardCodes, ProgramChange, Surplus, Terms

PROGRAM = "program"
CODES = {
    CardCodes.FIXED: N_("nothing"),
    CardCodes.ROTATING_REDEEM: N_("rewards"),
    CardCodes.ROTATING_ALL: N_("stamps and rewards"),
}
"""What a changing code is needed for."""
NOTHING = {
    "daily_stamp_cap": N_("no limit"),
    "reward_valid_days": N_("for ever"),
    "reward_cost": N_("not known"),
    "steps": N_("none"),
}
"""What no value of a field means."""
MINUTE = 60


async def show_program(turn: Turn, position: Position, head: Html | None = None) -> None:
    """Show the program with all its policies, and a button for each."""
    words, shop = turn.words, position.business
    terms = (await turn.read(lambda connection: read_program(connection, shop.id))).terms
    lines = [*([head, ""] if head else []), words.say("⭐ <b>Program of {shop}</b>", shop=shop.name), ""]
    lines += [
        words.say("{label}: <b>{value}</b>", label=words.plain(question.title), value=value_of(words, terms, field))
        for field, question in QUESTIONS.items()
    ]
    buttons = [button(words.label(question.title), "ask", shop.id, field) for field, question in QUESTIONS.items()]
    rows: Rows = [buttons[place : place + 2] for place in range(0, len(buttons), 2)]
    rows += [[button(words.label("Name of the shop"), "rename", shop.id)], back(words, position)]
    await turn.screen(Html("\n".join(lines)), rows)


async def ask_value(turn: Turn, position: Position, field: str = "", wrong: str = "") -> None:
    """Explain a field of the program, and ask for another value."""
    field = field or turn.press.text(1)
    question = QUESTIONS.get(field)
    if question is None:
        return
    words, shop = turn.words, position.business
    terms = (await turn.read(lambda connection: read_program(connection, shop.id))).terms
    turn.ask(Draft(PROGRAM, {"business": shop.id, "field": field}))
    text = words.say(
        "<b>{title}</b>: {value}\n\n{what}\n\n{how}",
        title=words.plain(question.title),
        value=value_of(words, terms, field),
        what=words.plain(question.what),
        how=words.plain(question.how),
    )
    await turn.screen(ask_again(words, text, wrong), _choices(words, shop.id, field, question, terms))


def _choices(words: Words, shop: int, field: str, question: ProgramQuestion, terms: Terms) -> Rows:
    now = getattr(terms, field)
    offered = [
        button(label_of(words, field, value), "choose", shop, field, packed(value), look=GOOD if value == now else None)
        for value in question.offered
    ]
    wide = 3 if field == "stamps_required" else 2
    rows = [offered[place : place + wide] for place in range(0, len(offered), wide)]
    return [*rows, [button(words.label("« Program"), "program", shop)]]


def surplus_buttons(words: Words, shop: int) -> list[InlineKeyboardButton]:
    """The two answers to what becomes of stamps above the goal; until one is pressed they are dropped."""
    return [
        button(label_of(words, "surplus", value), "choose", shop, "surplus", packed(value))
        for value in QUESTIONS["surplus"].offered
    ]


async def press_value(turn: Turn, position: Position) -> None:
    """Take an offered value that was pressed."""
    field, text = turn.press.text(1), turn.press.text(2)
    change = read_change(field, text) if field in QUESTIONS else None
    if change is not None:
        await _change_or_ask(turn, position, change, field)


async def take_value(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed value; one that cannot be used is explained, and the question repeated."""
    field = str(answer.draft.answers.get("field"))
    shop = answer.position.business.id
    terms = (await turn.read(lambda connection: read_program(connection, shop))).terms
    try:
        change = _read(turn.words, field, answer.text, terms)
    except UnclearAnswer as unclear:
        await ask_value(turn, answer.position, field, str(unclear))
    else:
        await _change_or_ask(turn, answer.position, change, field)


async def _change_or_ask(turn: Turn, position: Position, change: ProgramChange, field: str) -> None:
    """Change the program; what contradicts the rest of it is explained, and the question repeated."""
    try:
        await _change(turn, position, change, field)
    except InvalidRequest:
        wrong = turn.words.plain("The goal has to be above the head start and above every step. Nothing was changed.")
        await ask_value(turn, position, field, wrong)


def _read(words: Words, field: str, text: str, terms: Terms) -> ProgramChange:
    if field == "reward_cost":
        return read_cost(words, text, terms.currency)
    if field == "steps":
        return read_steps(words, text)
    if field == "stamps_required":
        return ProgramChange(stamps_required=read_stamps(words, text))
    if field == "reward_description":
        return ProgramChange(reward_description=read_reward(words, text))
    number = read_number(text)
    factor = MINUTE if field == "cooldown_seconds" else 1
    change = read_change(field, str(number * factor)) if number is not None else None
    if change is None:
        raise UnclearAnswer(
            words.plain("Please press one of the buttons, or send a whole number that is not too large.")
        )
    return change


async def _change(turn: Turn, position: Position, change: ProgramChange, field: str) -> None:
    """Change the program. Raises NotOnStaff or RoleRequired."""
    database, shop = turn.runtime.database, position.business.id
    await change_program(database, shop, change, now=turn.now(), repaint=repaint, by=position.staff_id)
    turn.note(ChatChange(draft=None))
    question = QUESTIONS[field]
    said = turn.words.say("✅ Saved. {then}", then=turn.words.plain(question.then))
    await show_program(turn, position, said)


def value_of(words: Words, terms: Terms, field: str) -> str:
    """The present value of a field, in words."""
    if field == "reward_cost" and terms.reward_cost is not None and terms.currency is not None:
        return words.money(terms.reward_cost, terms.currency)
    if field == "steps":
        return words.join(f"{step.stamps}: {step.reward_description}" for step in terms.steps) or words.label("none")
    return label_of(words, field, getattr(terms, field))


def label_of(words: Words, field: str, value: TermValue) -> str:
    """A value of a field in words, short enough for a button unless the owner wrote it."""
    if isinstance(value, int):
        return _number_in_words(words, field, value)
    match field:
        case "surplus":
            return words.label("go on to the next card") if value is Surplus.CARRY else words.label("are dropped")
        case "card_codes":
            return words.label(CODES[CardCodes(str(value))])
        case _:
            return str(value) if value is not None else words.label(NOTHING[field])


def _number_in_words(words: Words, field: str, number: int) -> str:
    match field:
        case "cooldown_seconds":
            return words.span(timedelta(seconds=number)) if number else words.label("no waiting")
        case "daily_stamp_cap":
            return words.plain_count("{n} stamp a day", "{n} stamps a day", number)
        case "reward_valid_days":
            return words.plain_count("{n} day", "{n} days", number)
        case _:
            return words.number(number)


def packed(value: TermValue) -> str:
    """A value as a button carries it."""
    return NONE if value is None else str(value)
