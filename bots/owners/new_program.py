"""New program: one more card in a shop, made by three questions, each with answers to press: title, stamps, reward.

The answers are kept in the draft of the chat. The draft has a nonce under which the program is made: an answer that is
delivered twice makes one.
"""

from collections.abc import Awaitable, Callable

import msgspec

from bots.buttons import MAIN, Rows, button, new_nonce
from bots.owners.program import show_program
from bots.owners.screens import ask_again
from bots.owners.typed_answers import LONGEST_TITLE, UnclearAnswer, read_name, read_reward, read_stamps
from bots.rights import TypedAnswer, own_position
from bots.turn import Draft, Turn
from bots.words import N_, Html
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter.orders import chat_key
from loyalty_app.db.idempotency import KeyedRequest, fingerprint_of
from loyalty_app.shops.programs import find_program
from loyalty_app.shops.several_programs import ProgramDeed, change_programs_once
from loyalty_app.shops.staff import Position
from loyalty_core.access import Role
from loyalty_core.errors import LoyaltyError
from loyalty_core.programs import NewProgram, Program
from loyalty_core.several_programs import check_room_for_program
from loyalty_core.views import ProgramView

ADD = "addprogram"
TITLE, STAMPS, REWARD = f"{ADD}.title", f"{ADD}.stamps", f"{ADD}.reward"
TITLES = (N_("🥗 Salad"), N_("☕ Coffee"), N_("🍕 Pizza"), N_("🍰 Cake"), N_("💇 Haircut"), N_("🎟 Another card"))
NUMBERS = (5, 8, 10, 12)
REWARDS = (N_("One for free"), N_("A treat of your choice"), N_("Half price next time"))
USUAL_NUMBER = 10


async def begin(turn: Turn, position: Position) -> None:
    """[Another program]: shop. Asks for its title. Raises ProgramLimitReached."""
    program = await _main(turn, position)
    check_room_for_program(program)
    draft = Draft(TITLE, {"business": position.business.id, "nonce": new_nonce()})
    turn.ask(draft)
    await _ask_title(turn, draft)


async def _main(turn: Turn, position: Position) -> Program:
    shop = position.business.id
    return await turn.read(lambda connection: find_program(connection, shop))


async def _ask_title(turn: Turn, draft: Draft, wrong: str = "") -> None:
    words = turn.words
    question = words.say(
        "<b>Another program</b> · 1 of 3\n\nWhat is this card called? Press a title, or send another one. An emoji in "
        "front makes it easy to find."
    )
    offered = [(words.label(title), place) for place, title in enumerate(TITLES)]
    await _ask(turn, draft, ask_again(words, question, wrong), _rows(draft, offered, 0, wide=2))


async def _ask_stamps(turn: Turn, draft: Draft, wrong: str = "") -> None:
    words = turn.words
    question = words.say(
        "<b>{title}</b> · 2 of 3\n\nHow many stamps make a reward? Press a number, or send another one from 1 to 100.",
        title=draft.answers["title"],
    )
    offered = [(words.number(number), number) for number in NUMBERS]
    await _ask(turn, draft, ask_again(words, question, wrong), _rows(draft, offered, USUAL_NUMBER, wide=len(NUMBERS)))


async def _ask_reward(turn: Turn, draft: Draft, wrong: str = "") -> None:
    words = turn.words
    question = words.count(
        "<b>{title}</b> · 3 of 3\n\nWhat does a customer get for {n} stamp? Press a reward, or send another one.",
        "<b>{title}</b> · 3 of 3\n\nWhat does a customer get for {n} stamps? Press a reward, or send another one.",
        int(draft.answers["stamps"] or 0),
        title=draft.answers["title"],
    )
    offered = [(words.label(reward), place) for place, reward in enumerate(REWARDS)]
    await _ask(turn, draft, ask_again(words, question, wrong), _rows(draft, offered, 0, wide=1))


def _rows(draft: Draft, offered: list[tuple[str, int]], usual: int, *, wide: int) -> Rows:
    shop = int(draft.answers["business"] or 0)
    step = draft.kind.rpartition(".")[2]
    buttons = [
        button(label, "added", shop, step, value, look=MAIN if value == usual else None) for label, value in offered
    ]
    return [buttons[place : place + wide] for place in range(0, len(buttons), wide)]


async def _ask(turn: Turn, draft: Draft, question: Html, rows: Rows) -> None:
    shop = int(draft.answers["business"] or 0)
    await turn.screen(question, [*rows, [button(turn.words.label("✖ Cancel"), "program", shop)]])


ASK: dict[str, Callable[[Turn, Draft, str], Awaitable[None]]] = {
    TITLE: _ask_title,
    STAMPS: _ask_stamps,
    REWARD: _ask_reward,
}


async def press_answer(turn: Turn) -> None:
    """An offered answer: shop, which question, and the place or number of the answer."""
    position = await own_position(turn, turn.press.business_id, Role.OWNER)
    draft = turn.draft
    if draft is None or draft.kind not in ASK or draft.answers.get("business") != position.business.id:
        await turn.toast(turn.words.plain("That was answered already."))
    elif turn.has_asked(draft):
        await ASK[draft.kind](turn, draft, "")
    elif draft.kind != f"{ADD}.{turn.press.text(1)}":
        await turn.toast(turn.words.plain("That was answered already."))
    else:
        await _take(turn, TypedAnswer(position=position, draft=draft, text=_offered(turn, draft)))


def _offered(turn: Turn, draft: Draft) -> str:
    """The text of the offered answer that was pressed; empty if there is none such."""
    texts = {TITLE: TITLES, REWARD: REWARDS}.get(draft.kind)
    if texts is None:
        return turn.press.text(2)
    place = turn.press.number(2)
    return turn.words.label(texts[place]) if place < len(texts) else ""


async def take_answer(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed answer to the open question."""
    if answer.draft.kind not in ASK:
        turn.note(ChatChange(draft=None))
    elif turn.has_asked(answer.draft):
        await ASK[answer.draft.kind](turn, answer.draft, "")
    else:
        await _take(turn, answer)


async def _take(turn: Turn, answer: TypedAnswer) -> None:
    """Take an answer, and ask the next question; one that cannot be used is explained, and the question repeated."""
    words, draft, text = turn.words, answer.draft, answer.text
    try:
        if draft.kind == TITLE:
            title = read_name(words, text, longest=LONGEST_TITLE)
            await _go_on(turn, Draft(STAMPS, {**draft.answers, "title": title}))
        elif draft.kind == STAMPS:
            await _go_on(turn, Draft(REWARD, {**draft.answers, "stamps": read_stamps(words, text)}))
        else:
            await _make(turn, answer, read_reward(words, text))
    except UnclearAnswer as unclear:
        await ASK[draft.kind](turn, draft, str(unclear))


async def _go_on(turn: Turn, draft: Draft) -> None:
    turn.ask(draft)
    await ASK[draft.kind](turn, draft, "")


async def _make(turn: Turn, answer: TypedAnswer, reward: str) -> None:
    """Make the program, once, and show it. Raises ProgramLimitReached, NotOnStaff or RoleRequired."""
    position, answers, words = answer.position, answer.draft.answers, turn.words
    title, stamps = str(answers["title"]), int(answers["stamps"] or 0)
    new = NewProgram(title=title, stamps_required=stamps, reward_description=reward)
    shop = position.business.id
    deed = ProgramDeed(business_id=shop, now=turn.now(), make=new, by=position.staff_id)
    key, what = chat_key(str(answers["nonce"])), fingerprint_of(b"program", title.encode(), reward.encode())
    once = KeyedRequest(business_id=shop, key=key, fingerprint=what)
    try:
        made = await change_programs_once(turn.runtime.database, once, deed, repaint=repaint)
    except LoyaltyError:
        turn.note(ChatChange(draft=None))
        raise
    turn.note(ChatChange(draft=None))
    said = words.say("✅ <b>{title}</b> is there. Staff can stamp it now.", title=title)
    await show_program(turn, position, said, msgspec.json.decode(made.body, type=ProgramView).id or None)
