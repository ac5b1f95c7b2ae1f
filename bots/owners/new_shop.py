"""New shop: opened in four messages: /newshop, its name, how many stamps, and the reward.

The answers are kept in the draft of the chat, so a restart interrupts nobody. The shop is made in the transaction that
ends the draft: an answer that is delivered twice makes one shop. What its owner then reads is in `new_shop_welcome`.
"""

from collections.abc import Awaitable, Callable

from bots.buttons import MAIN, Rows, button
from bots.owners import cities
from bots.owners.new_shop_welcome import tell
from bots.owners.screens import ask_again
from bots.owners.shop import show_shop
from bots.owners.typed_answers import UnclearAnswer, read_name, read_reward, read_stamps
from bots.rights import own_positions
from bots.turn import Draft, Turn, write_draft
from bots.words import Html
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.businesses import NewBusiness, first_terms
from loyalty_app.shops.links import shop_of_bot
from loyalty_app.shops.opening import MOST_OWNED, DraftGone, ShopFounder, open_shop_in_chat
from loyalty_app.shops.staff import Position
from loyalty_core.access import Plan, Role
from loyalty_core.customers import name_from
from loyalty_core.errors import LoyaltyError, ShopLimitReached

NAME, STAMPS, REWARD = "newshop.name", "newshop.stamps", "newshop.reward"
OPENED = "newshop.opened"
"""The shop exists, but it is not known yet whether the owner was told."""

USUAL = (8, 10, 12)


async def begin_shop(turn: Turn) -> None:
    """Ask for the name of the new shop. Raises ShopLimitReached."""
    bot_id = turn.bot_id
    if await turn.read(lambda connection: shop_of_bot(connection, bot_id)) is not None:
        await turn.screen(turn.words.say("This bot belongs to one shop. Open yours with the bot of all shops."))
        return
    owned = [position for position in await own_positions(turn) if position.role is Role.OWNER]
    if len(owned) >= MOST_OWNED:
        raise ShopLimitReached(MOST_OWNED)
    await _ask_name(turn)


async def take_answer(turn: Turn, text: str) -> None:
    """Take the answer to the last question; an answer that cannot be used is explained, and the question repeated."""
    draft = turn.draft
    entries = {NAME: _take_name, STAMPS: _take_stamps, REWARD: _take_reward, OPENED: _tell_again}
    entry = entries.get(draft.kind) if draft else None
    if draft is None or entry is None:
        turn.note(ChatChange(draft=None))
        return
    if turn.has_asked(draft) and draft.kind in AGAIN:
        await AGAIN[draft.kind](turn, draft)
    else:
        await entry(turn, draft, text)


async def press_stamps(turn: Turn) -> None:
    """Take one of the usual numbers of stamps, which was pressed."""
    draft = turn.draft
    if draft is not None and draft.kind == REWARD and turn.has_asked(draft):
        await _ask_reward(turn, draft)
    elif draft is None or draft.kind != STAMPS:
        await turn.toast(turn.words.plain("That was answered already."))
    else:
        await _take_stamps(turn, draft, turn.press.text(0))


async def cancel(turn: Turn) -> None:
    """End the running draft."""
    turn.note(ChatChange(draft=None))
    await turn.screen(turn.words.say("All right, nothing was changed. /shop shows your shop, /card your cards."))


async def _ask(turn: Turn, draft: Draft, question: Html, rows: Rows, *, wrong: str = "") -> None:
    if not wrong:
        turn.ask(draft)
    await turn.screen(ask_again(turn.words, question, wrong), [*rows, [button(turn.words.label("✖ Cancel"), "cancel")]])


async def _ask_name(turn: Turn, *, wrong: str = "") -> None:
    question = turn.words.say(
        "<b>Open a shop</b> · 1 of 3\n\nWhat is it called? Your customers see the name on their cards."
    )
    await _ask(turn, Draft(NAME), question, [], wrong=wrong)


async def _ask_stamps(turn: Turn, draft: Draft, *, wrong: str = "") -> None:
    words = turn.words
    question = words.say(
        "<b>{shop}</b> · 2 of 3\n\nHow many stamps make a reward? Press a number, or send another one from 1 to 100.",
        shop=draft.answers["name"],
    )
    row = [button(words.number(number), "goal", number, look=MAIN if number == USUAL[1] else None) for number in USUAL]
    await _ask(turn, draft, question, [row], wrong=wrong)


async def _ask_reward(turn: Turn, draft: Draft, *, wrong: str = "") -> None:
    question = turn.words.count(
        "<b>{shop}</b> · 3 of 3\n\nWhat does a customer get for {n} stamp? For example: A coffee of your choice",
        "<b>{shop}</b> · 3 of 3\n\nWhat does a customer get for {n} stamps? For example: A coffee of your choice",
        int(draft.answers["stamps"] or 0),
        shop=draft.answers["name"],
    )
    await _ask(turn, draft, question, [], wrong=wrong)


# Questions to repeat when the answer to the question before them comes again.
AGAIN: dict[str, Callable[[Turn, Draft], Awaitable[None]]] = {STAMPS: _ask_stamps, REWARD: _ask_reward}


async def _take_name(turn: Turn, _draft: Draft, text: str) -> None:
    try:
        name = read_name(turn.words, text)
    except UnclearAnswer as unclear:
        await _ask_name(turn, wrong=str(unclear))
    else:
        await _ask_stamps(turn, Draft(STAMPS, {"name": name}))


async def _take_stamps(turn: Turn, draft: Draft, text: str) -> None:
    try:
        stamps = read_stamps(turn.words, text)
    except UnclearAnswer as unclear:
        await _ask_stamps(turn, draft, wrong=str(unclear))
    else:
        await _ask_reward(turn, Draft(REWARD, {**draft.answers, "stamps": stamps}))


async def _take_reward(turn: Turn, draft: Draft, text: str) -> None:
    try:
        reward = read_reward(turn.words, text)
    except UnclearAnswer as unclear:
        await _ask_reward(turn, draft, wrong=str(unclear))
        return
    try:
        position = await _open(turn, draft, reward)
    except DraftGone:
        turn.note(ChatChange(draft=None))
        return
    except LoyaltyError:
        turn.note(ChatChange(draft=None))
        raise
    await tell(turn, position, stamps=int(draft.answers["stamps"] or 0), reward=reward)


async def _tell_again(turn: Turn, draft: Draft, text: str) -> None:
    """The last answer comes once more, because the owner could not be told before: the shop exists already."""
    name, reward = draft.answers.get("name"), draft.answers.get("reward")
    owned = [position for position in await own_positions(turn) if position.role is Role.OWNER]
    made = [position for position in owned if position.business.name == name]
    if made and " ".join(text.split()) == reward:
        await tell(turn, made[-1], stamps=int(draft.answers["stamps"] or 0), reward=str(reward))
    else:
        turn.note(ChatChange(draft=None))
        await show_shop(turn)


async def _place(turn: Turn) -> cities.Place:
    """Where a new shop is likely to be: where the owner's first one is, or else what their language tells."""
    owned = [position.business for position in await own_positions(turn) if position.role is Role.OWNER]
    if owned:
        return cities.Place(owned[0].timezone, owned[0].country)
    return cities.guess(turn.user.language_code or turn.chat.language)


async def _open(turn: Turn, draft: Draft, reward: str) -> Position:
    place = await _place(turn)
    plan = Plan(turn.runtime.settings.new_shop_plan)
    new = NewBusiness(name=str(draft.answers["name"]), plan=plan, timezone=place.timezone, country=place.country)
    founder = ShopFounder(
        bot_id=turn.bot_id,
        chat_id=turn.user_id,
        draft=turn.chat.draft or b"",
        after=write_draft(Draft(OPENED, {**draft.answers, "reward": reward})),
        name=name_from(turn.user.full_name) or "Owner",
    )
    now = turn.now()
    terms = first_terms(int(draft.answers["stamps"] or 0), reward, now)
    return await open_shop_in_chat(turn.runtime.database, new, terms, founder=founder, now=now)
