"""Programs: the list of those of a shop, and what is done with one as a whole: archive it, or make it the main one.

What a program says is in `program`, how one more is made in `new_program`. The rules are in the core.
"""

from bots.buttons import RISKY, Rows, button
from bots.owners.program import show_program
from bots.owners.screens import back, below
from bots.owners.win_back import WIN_BACK
from bots.turn import Turn
from bots.words import Html, Words, shortened
from loyalty_app.chat.card_queue import repaint
from loyalty_app.shops.programs import find_program
from loyalty_app.shops.several_programs import ProgramDeed, change_programs
from loyalty_app.shops.staff import Position
from loyalty_app.words import numbered
from loyalty_core.errors import InvalidRequest
from loyalty_core.programs import Program
from loyalty_core.views import program_number


async def press_programs(turn: Turn, position: Position) -> None:
    """[Program]: shop, and the number of one of several. Without it, all are listed, or the only one is shown."""
    shop, number = position.business, turn.press.program(1)
    main = await turn.read(lambda connection: find_program(connection, shop.id))
    if number or not main.others:
        await show_program(turn, position, number=number or None)
    else:
        await _show_list(turn, position, main)


async def _show_list(turn: Turn, position: Position, main: Program, head: Html | None = None) -> None:
    words, shop = turn.words, position.business
    programs = sorted(main.all_of_shop, key=lambda one: one.archived_at is not None)
    lines = [words.say("⭐ <b>Programs of {shop}</b>", shop=shop.name), Html("")]
    lines += [_line(words, program) for program in programs]
    titles = numbered(shortened(_sign(program) + title_of(program)) for program in programs)
    rows: Rows = [
        [button(title, "program", shop.id, program_number(shop.id, program.id))]
        for title, program in zip(titles, programs, strict=True)
    ]
    rows += [[button(words.label("➕ Another program"), "addprogram", shop.id)]]
    rows += [[button(words.label("Win back"), WIN_BACK, shop.id)]]
    rows += [[button(words.label("Name of the shop"), "rename", shop.id)], back(words, position)]
    await turn.screen(below(head, Html("\n".join(lines))), rows)


def _sign(program: Program) -> str:
    return "🗄 " if program.archived_at is not None else "⭐ " if program.main else ""


def title_of(program: Program) -> str:
    """What a program is called: by its title, or as the shop."""
    return program.title or program.name


def _line(words: Words, program: Program) -> Html:
    """A program in the list; long texts are cut, so that all fit."""
    promise = words.plain_count(
        "{n} stamp makes: {reward}",
        "{n} stamps make: {reward}",
        program.terms.stamps_required,
        reward=shortened(program.terms.reward_description, 60),
    )
    return words.say("{sign}<b>{title}</b>\n{promise}", sign=_sign(program), title=title_of(program), promise=promise)


async def ask_archive(turn: Turn, position: Position) -> None:
    """[Archive …]: shop, number. Says what it means, and asks."""
    words, shop, number = turn.words, position.business, turn.press.program(1)
    program = await turn.read(lambda connection: find_program(connection, shop.id, number))
    text = words.say(
        "🗄 Archive <b>{title}</b>?\n\nIt takes no new stamps from then on, for good. Cards stay as they are, and their "
        "rewards can be redeemed.",
        title=title_of(program),
    )
    yes = button(words.label("🗄 Yes, archive it"), "archived", shop.id, number, look=RISKY)
    await turn.screen(text, [[yes], [button(words.label("‹ Back"), "program", shop.id, number)]])


async def archive(turn: Turn, position: Position) -> None:
    """[Yes, archive it]: shop, number. Raises ProgramNotFound or MainProgramNeeded."""
    program = await change_programs(
        turn.runtime.database, _deed(turn, position, archive=turn.press.program(1)), repaint=repaint
    )
    await _show_after(turn, position, turn.words.say("🗄 Archived: <b>{title}</b>", title=title_of(program)))


async def make_main(turn: Turn, position: Position) -> None:
    """[Make it the main one]: shop, number. Raises ProgramNotFound or ProgramArchived."""
    deed = _deed(turn, position, promote=turn.press.program(1))
    try:
        program = await change_programs(turn.runtime.database, deed, repaint=repaint)
    except InvalidRequest:
        wrong = turn.words.say("A gift of the shop is more stamps than fill this card. Make the gift smaller first.")
        await show_program(turn, position, wrong, deed.promote)
        return
    await _show_after(turn, position, turn.words.say("⭐ The main one now: <b>{title}</b>", title=title_of(program)))


def _deed(turn: Turn, position: Position, *, archive: int | None = None, promote: int | None = None) -> ProgramDeed:
    shop, by = position.business.id, position.staff_id
    return ProgramDeed(business_id=shop, now=turn.now(), archive=archive, promote=promote, by=by)


async def _show_after(turn: Turn, position: Position, head: Html) -> None:
    shop = position.business.id
    await _show_list(turn, position, await turn.read(lambda connection: find_program(connection, shop)), head)
