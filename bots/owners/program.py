"""The program: how many stamps make a reward, and the policies; each is explained and can be changed.

Of several programs one is shown by its number; which there are is in `programs`. What a change means for cards in
progress is a rule of the core; it is only explained here.
"""

from telegram import InlineKeyboardButton

from bots.buttons import GOOD, Rows, button
from bots.owners import win_back
from bots.owners.bonus_hour_words import row_in_words, sorted_rows
from bots.owners.program_questions import QUESTIONS, ProgramQuestion
from bots.owners.program_values import label_of, offered_value, packed, read_value, value_of
from bots.owners.screens import ask_again, back
from bots.owners.typed_answers import UnclearAnswer, read_change
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import Html, Words
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.programs import change_program, find_program
from loyalty_app.shops.staff import Position
from loyalty_core.errors import InvalidRequest
from loyalty_core.gifts import GIFTS
from loyalty_core.programs import Program, ProgramChange
from loyalty_core.views import program_number

PROGRAM = "program"


async def show_program(turn: Turn, position: Position, head: Html | None = None, number: int | None = None) -> None:
    """Show a program with all its policies, and a button for each. Raises ProgramNotFound."""
    words, shop = turn.words, position.business
    program = await turn.read(lambda connection: find_program(connection, shop.id, number))
    name = (program.title if program.others else None) or shop.name
    lines = [*([head, ""] if head else []), words.say("⭐ <b>Program of {shop}</b>", shop=name), ""]
    lines += _state_lines(words, program)
    questions = _questions_of(program)
    lines += [
        words.say("{label}: <b>{value}</b>", label=words.plain(question.title), value=value_of(words, program, field))
        for field, question in questions.items()
    ]
    lines += [_hours_line(words, program), *([win_back.state_line(words, program.terms)] if program.main else [])]
    named = (program_number(shop.id, program.id),) if program.others else ()
    buttons = [button(words.label(one.title), "ask", shop.id, field, *named) for field, one in questions.items()]
    buttons += [button(words.label("Bonus hours"), "hours", shop.id, *named)]
    buttons += [button(words.label("Win back"), win_back.WIN_BACK, shop.id)] if program.main else []
    rows: Rows = [buttons[place : place + 2] for place in range(0, len(buttons), 2)]
    await turn.screen(Html("\n".join(lines)), [*rows, *_last_rows(words, position, program)])


def _hours_line(words: Words, program: Program) -> Html:
    rows = sorted_rows(program.terms.bonus_hours)
    hours = "; ".join(row_in_words(words, row) for row in rows) or words.label("none")
    return words.say("{label}: <b>{value}</b>", label=words.plain("Bonus hours"), value=hours)


def _questions_of(program: Program) -> dict[str, ProgramQuestion]:
    """What can be asked about a program. A title is of use beside others; the codes and gifts are the shop's."""
    left_out = {"title"} if not program.others else set() if program.main else {"card_codes", *GIFTS}
    return {field: question for field, question in QUESTIONS.items() if field not in left_out}


def _state_lines(words: Words, program: Program) -> list[Html]:
    """What is to be known of one of several programs."""
    if program.archived_at is not None:
        return [words.say("🗄 Archived: it takes no new stamps. Its rewards can still be redeemed."), Html("")]
    if program.others and program.main:
        return [words.say("It is the main one: tills that name no program stamp it."), Html("")]
    return []


def _last_rows(words: Words, position: Position, program: Program) -> Rows:
    shop = position.business.id
    another = button(words.label("➕ Another program"), "addprogram", shop)
    if not program.others:
        return [[button(words.label("Name of the shop"), "rename", shop)], [another], back(words, position)]
    number = program_number(shop, program.id)
    deeds = [
        button(words.label("⭐ Make it the main one"), "mainprogram", shop, number),
        button(words.label("🗄 Archive …"), "archive", shop, number),
    ]
    can_change = not program.main and program.archived_at is None
    return [deeds if can_change else [], [button(words.label("« Programs"), "program", shop)]]


async def press_question(turn: Turn, position: Position) -> None:
    """[Stamps] and its neighbours: shop, field, and the number of the program if there are several."""
    await ask_value(turn, position, turn.press.text(1), turn.press.program(2) or None)


async def ask_value(turn: Turn, position: Position, field: str, number: int | None = None, *, wrong: str = "") -> None:
    """Explain a field of a program, and ask for another value. Raises ProgramNotFound."""
    question = QUESTIONS.get(field)
    if question is None:
        return
    words, shop = turn.words, position.business
    program = await turn.read(lambda connection: find_program(connection, shop.id, number))
    turn.ask(Draft(PROGRAM, {"business": shop.id, "field": field, "program": number}))
    text = words.say(
        "<b>{title}</b>: {value}\n\n{what}\n\n{how}",
        title=words.plain(question.title),
        value=value_of(words, program, field),
        what=words.plain(question.what),
        how=words.plain(question.how),
    )
    await turn.screen(ask_again(words, text, wrong), _choices(words, shop.id, field, program, number))


def _choices(words: Words, shop: int, field: str, program: Program, number: int | None) -> Rows:
    now, named = offered_value(program, field), (number,) if number else ()
    offered = [
        button(
            label_of(words, field, value),
            "choose",
            shop,
            field,
            packed(value),
            *named,
            look=GOOD if value == now else None,
        )
        for value in QUESTIONS[field].offered
    ]
    wide = 3 if field == "stamps_required" else 2
    rows = [offered[place : place + wide] for place in range(0, len(offered), wide)]
    return [*rows, [button(words.label("« Program"), "program", shop, *named)]]


def surplus_buttons(words: Words, shop: int) -> list[InlineKeyboardButton]:
    """The two answers to what becomes of stamps above the goal; until one is pressed they are dropped."""
    return [
        button(label_of(words, "surplus", value), "choose", shop, "surplus", packed(value))
        for value in QUESTIONS["surplus"].offered
    ]


async def press_value(turn: Turn, position: Position) -> None:
    """Take an offered value that was pressed: shop, field, value, and the number of one of several programs."""
    field, text = turn.press.text(1), turn.press.text(2)
    change = read_change(field, text) if field in QUESTIONS else None
    if change is not None:
        await _change_or_ask(turn, position, change, field, number=turn.press.program(3) or None)


async def take_value(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed value; one that cannot be used is explained, and the question repeated."""
    field, number = str(answer.draft.answers.get("field")), int(answer.draft.answers.get("program") or 0) or None
    shop = answer.position.business.id
    terms = (await turn.read(lambda connection: find_program(connection, shop, number))).terms
    try:
        change = read_value(turn.words, field, answer.text, terms)
    except UnclearAnswer as unclear:
        await ask_value(turn, answer.position, field, number, wrong=str(unclear))
    else:
        await _change_or_ask(turn, answer.position, change, field, number=number)


async def _change_or_ask(
    turn: Turn, position: Position, change: ProgramChange, field: str, *, number: int | None
) -> None:
    """Change a program; what contradicts the rest of it is explained, and the question repeated."""
    try:
        await _change(turn, position, change, field, number=number)
    except InvalidRequest:
        await ask_value(turn, position, field, number, wrong=_contradiction(turn.words, field))


def _contradiction(words: Words, field: str) -> str:
    """What is wrong with a value that contradicts the rest of the program."""
    if field == "birthday":
        return words.plain("A gift has to be at most as many stamps as fill a card. Nothing was changed.")
    if field == "referral":
        return words.plain(
            "Gifts for friends have to be fewer stamps than fill a card, for the friend together with the head start. "
            "Nothing was changed."
        )
    return words.plain(
        "The goal has to be above the head start, above every step and above every gift. Nothing was changed."
    )


async def _change(turn: Turn, position: Position, change: ProgramChange, field: str, *, number: int | None) -> None:
    """Change a program. Raises ProgramNotFound, NotOnStaff or RoleRequired."""
    database, shop = turn.runtime.database, position.business.id
    which = shop if number is None else (shop, number)
    await change_program(database, which, change, now=turn.now(), repaint=repaint, by=position.staff_id)
    turn.note(ChatChange(draft=None))
    question = QUESTIONS[field]
    said = turn.words.say("✅ Saved. {then}", then=turn.words.plain(question.then))
    await show_program(turn, position, said, number)
