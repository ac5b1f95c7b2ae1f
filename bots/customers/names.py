"""Names: customers change the name on their card; until they or the shop do, it follows their Telegram name.

Each chat keeps the name that its person had when they were last here. A card with that name on it is renamed when they
have another one now. Any other name was chosen, and stays.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bots.buttons import new_nonce
from bots.customers.own_cards import back_row, find_own, pressed_card, turn_over
from bots.turn import Draft, Turn
from loyalty_app.chat.card_queue import NameInChat, names_in_chat, note_name
from loyalty_app.chat.chats import ChatChange
from loyalty_app.counter import Caller
from loyalty_app.counter.orders import chat_key
from loyalty_app.customers.card_snapshots import CardSnapshot
from loyalty_app.db.each_shard import ask_each_shard
from loyalty_app.shops.businesses import find_business
from loyalty_core.customers import ProfileChange, clean_name, name_from
from loyalty_core.errors import Busy, InvalidRequest
from loyalty_core.fields import NAME_LENGTH, BusinessId
from loyalty_core.ledger import Actor, ActorType

KIND = "myname"
Answer = Callable[[Turn], Awaitable[None]]


async def ask_name(turn: Turn) -> None:
    """[My name]: shop. Show the name on the card and ask for another."""
    snapshot = await pressed_card(turn)
    if snapshot is not None:
        await _ask(turn, snapshot)


async def _ask(turn: Turn, snapshot: CardSnapshot) -> None:
    words, shop = turn.words, snapshot.business
    turn.ask(Draft(KIND, {"shop": shop.id, "nonce": new_nonce()}))
    text = words.say(
        "✏️ Your name at <b>{shop}</b>: <b>{name}</b>\n\nSend another name if you would like one on the card.",
        shop=shop.name,
        name=snapshot.customer.name,
    )
    await turn_over(turn, snapshot, text, back_row(turn, snapshot, "mymore"))


async def take_name(turn: Turn, text: str) -> None:
    """Take the name that was typed; one that cannot be used is explained."""
    draft = turn.draft or Draft(KIND)
    snapshot = await find_own(turn, BusinessId(int(draft.answers.get("shop") or 0)))
    words = turn.words
    if snapshot is None:
        turn.note(ChatChange(draft=None))
        await turn.screen(words.say("This card is no longer here."))
        return
    try:
        name = clean_name(" ".join(text.split()))
    except InvalidRequest:
        await turn.screen(words.say("Please send a name of at most {n} letters.", n=NAME_LENGTH))
        return
    turn.note(ChatChange(draft=None))
    await _rename(turn, snapshot.business.id, snapshot.customer.id, name, nonce=str(draft.answers.get("nonce") or ""))
    said = words.say(
        "✅ Your card at <b>{shop}</b> is in the name of <b>{name}</b> now.", shop=snapshot.business.name, name=name
    )
    await turn.screen(said)


async def _rename(turn: Turn, business_id: BusinessId, customer_id: int, name: str, *, nonce: str = "") -> None:
    shop = await turn.read(lambda connection: find_business(connection, business_id))
    actor = Actor(ActorType.CUSTOMER, customer_id)
    caller = Caller(business=shop, actor=actor, key=chat_key(nonce) if nonce else None)
    await turn.counter.change_profile(caller, customer_id, ProfileChange(name=name))


def following(answer: Answer) -> Answer:
    """An answer after which the person's cards follow their Telegram name. It ends the question for another name."""

    async def run(turn: Turn) -> None:
        if turn.draft is not None and turn.draft.kind == KIND:
            turn.note(ChatChange(draft=None))
        await answer(turn)
        await follow_name(turn)

    return run


async def follow_name(turn: Turn) -> None:
    """Rename the person's cards that have the name which they had in Telegram before, and note the one of now."""
    bot_id, user_id, name = turn.bot_id, turn.user_id, name_from(turn.user.full_name)
    if name is None:
        return
    database = turn.runtime.database
    with suppress(Busy):  # the next answer follows, once all that is away is back
        for one in await ask_each_shard(database, lambda connection: names_in_chat(connection, bot_id, user_id)):
            await _follow(turn, one, name)


async def _follow(turn: Turn, one: NameInChat, name: str) -> None:
    if one.telegram_name == name:
        return
    if one.telegram_name is not None and one.telegram_name == one.name:
        await _rename(turn, one.card.business_id, one.card.customer_id, name)
    await note_name(turn.runtime.database, one.card, name)


PRESSES = {"myname": ask_name}
DRAFTS = {KIND: take_name}
