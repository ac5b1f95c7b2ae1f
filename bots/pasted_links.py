"""Pasted links: a link or code of ours that came as a text is opened like a link that was pressed.

One that belongs to another bot of ours is answered with a button to that bot. How links are read is in
`loyalty_app/shops/pasted_links.py`; `routes` says what each kind of payload opens.
"""

from collections.abc import Awaitable, Callable, Mapping

from telegram import MessageEntity

from bots.buttons import link
from bots.turn import Turn
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.links import CARD_PREFIX, ServingBot, start_link
from loyalty_app.shops.pasted_links import StartPayload, bare_payload, other_bot, payload_in

Entry = Callable[[Turn, str], Awaitable[None]]


async def open_pasted(turn: Turn, entries: Mapping[str, Entry], *, own: Callable[[Turn, str], Awaitable[bool]]) -> bool:
    """Answer a text with a link or code of ours. False if there is none in it.

    `entries` are the answers by prefix; `own` opens a card that the person may see, and says whether it did.
    """
    payload = await _payload_of(turn)
    if payload is None:
        return False
    turn.note(ChatChange(draft=None))
    bot_id = turn.bot_id
    there = await other_bot(turn.runtime.database, payload, bot_id=bot_id)
    if there is None:
        await entries[payload.prefix](turn, payload.rest)
    elif not (payload.prefix == CARD_PREFIX and await own(turn, payload.rest)):
        await _point_to(turn, there, payload)
    return True


async def _payload_of(turn: Turn) -> StartPayload | None:
    """The payload in a message or in the addresses behind its words; bare ones only if no question is open."""
    found = next((payload for payload in map(payload_in, _texts(turn)) if payload is not None), None)
    if found is not None or turn.draft is not None:
        return found
    text = turn.text
    return await turn.read(lambda connection: bare_payload(connection, text))


def _texts(turn: Turn) -> list[str]:
    message = turn.incoming.message
    entities = message.parse_entities([MessageEntity.TEXT_LINK]) if message is not None else {}
    return [turn.text, *(entity.url for entity in entities if entity.url)]


async def _point_to(turn: Turn, bot: ServingBot, payload: StartPayload) -> None:
    words = turn.words
    text = words.say("This belongs to another bot, {bot}. Open it there.", bot=f"@{bot.username}")
    url = start_link(bot.username, payload.prefix + payload.rest)
    await turn.screen(text, [[link(words.label("➡️ Open @{bot}", bot=bot.username), url)]])
