"""What a person does on the phone, and the updates that bots get from it. Pictures and cameras are in `cameras`.

`control` calls these functions; they raise Impossible for what cannot be done on a phone.
"""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from telegram_sandbox.chats import Chat, Message
from telegram_sandbox.entities import with_found
from telegram_sandbox.people import Json, Person, Query
from telegram_sandbox.world import World

PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
FOR_EVER = 0
FIRST_QUERY_ID = 4_000_000_000_000_000_001


class Impossible(Exception):
    """No phone lets a person do that; the text says why."""


def write(world: World, chat: Chat, content: Json) -> Message:
    """Send a message to the bot. Raises Impossible if the person has blocked it."""
    if chat.blocked:
        raise Impossible(f"{chat.person.first_name} has blocked {chat.bot.username}.")
    chat.started = True
    message = chat.add(content, by_bot=False, date=int(world.now()))
    chat.bot.queue.add("message", chat.wire(message))
    world.tell(chat, "message")
    return message


def say(world: World, chat: Chat, text: str) -> Message:
    """Type a text."""
    if not text.strip():
        raise Impossible("There is no text to send.")
    entities = with_found(text.strip(), [])
    return write(world, chat, {"text": text.strip()} | ({"entities": entities} if entities else {}))


def start(world: World, chat: Chat, payload: str = "") -> Message:
    """Press START, or RESTART after blocking; with the payload of a link."""
    if not PAYLOAD.fullmatch(payload):
        raise Impossible(f"A link carries at most 64 letters, digits, _ and -, not {payload!r}.")
    if chat.blocked:
        unblock(world, chat)
    return say(world, chat, f"/start {payload}")


def press(world: World, chat: Chat, message_id: int, data: str) -> Query:
    """Press a button; the data may be anything, as from a manipulated app."""
    message, query = there(chat, message_id), new_query(world, chat)
    chat.bot.queue.add("callback_query", as_callback_query(chat, message, query.id) | {"data": data})
    return query


def new_query(world: World, chat: Chat) -> Query:
    """A press that waits for its answer."""
    query_id = str(world.number("query", FIRST_QUERY_ID))
    query = Query(id=query_id, person_id=chat.person.id, pressed_at=world.now())
    chat.bot.queries[query.id] = query
    chat.pressed.append(query)
    return query


def as_callback_query(chat: Chat, message: Message, query_id: str) -> Json:
    """The `CallbackQuery` without its data."""
    return {
        "id": query_id,
        "from": chat.person.as_user(),
        "message": chat.wire(message),
        "chat_instance": str(chat.bot.id * 1_000_003 + chat.person.id),
    }


def there(chat: Chat, message_id: int) -> Message:
    """A message that the phone shows. Raises Impossible."""
    if message_id not in chat.messages:
        raise Impossible(f"The phone shows no message {message_id}.")
    return chat.messages[message_id]


def button_at(chat: Chat, message_id: int, row: int, column: int) -> Json:
    """A button under a message, counted from 0. Raises Impossible."""
    try:
        return (there(chat, message_id).keyboard or [])[row][column]
    except IndexError:
        raise Impossible(f"Message {message_id} has no button at row {row}, column {column}.") from None


def press_reply(world: World, chat: Chat, text: str) -> Message:
    """Press a button of the reply keyboard."""
    keyboard = chat.reply_keyboard or {"keyboard": []}
    button = next((each for row in keyboard["keyboard"] for each in row if each["text"] == text), None)
    if button is None:
        raise Impossible(f"The keyboard has no button {text!r}.")
    if button.get("web_app"):
        raise Impossible(f"{text!r} opens a page and says nothing.")
    if keyboard.get("one_time_keyboard"):
        chat.reply_keyboard = None
    if button.get("request_contact"):
        return share_contact(world, chat, contact_of(chat.person))
    return say(world, chat, text)


def contact_of(person: Person) -> Json:
    """The `Contact` of a person."""
    names = {name: value for name, value in person.names().items() if name != "username"}
    return {"phone_number": person.phone, "user_id": person.id, **names}


def share_contact(world: World, chat: Chat, contact: Json) -> Message:
    """Send a contact, one's own or another."""
    return write(world, chat, {"contact": contact})


def block(world: World, chat: Chat) -> None:
    """Block the bot."""
    if not chat.blocked:
        chat.blocked = True
        tell_membership(world, chat)


def unblock(world: World, chat: Chat) -> None:
    """Let the bot write again."""
    if chat.blocked:
        chat.blocked = False
        tell_membership(world, chat)


def tell_membership(world: World, chat: Chat) -> None:
    """Send the update on blocking or unblocking."""
    bot = chat.bot.as_user()
    member = {"status": "member", "user": bot}
    banned = {"status": "kicked", "user": bot, "until_date": FOR_EVER}
    old, new = (member, banned) if chat.blocked else (banned, member)
    update: dict[str, Any] = {"chat": chat.person.as_chat(), "from": chat.person.as_user(), "date": int(world.now())}
    chat.bot.queue.add("my_chat_member", update | {"old_chat_member": old, "new_chat_member": new})
    world.tell(chat, "blocked" if chat.blocked else "unblocked")


def delete(world: World, chat: Chat, message_id: int) -> None:
    """Delete a message on both sides. The bot gets no update."""
    there(chat, message_id)
    chat.remove(message_id)
    world.tell(chat, "deleted")


def open_link(world: World, person: Person, link: str) -> tuple[Chat, Message | None]:
    """Open t.me/<bot>?start=<payload> and press START; without a payload only the chat is opened."""
    chat, payload = chat_behind(world, person, link)
    return chat, start(world, chat, payload) if payload else None


def chat_behind(world: World, person: Person, link: str) -> tuple[Chat, str]:
    """The chat that a link opens, as the camera or a browser does, and its payload, which START sends.

    Raises Impossible.
    """
    parts = urlsplit(link if "//" in link else f"https://{link}")
    bot = world.bot_called(parts.path.strip("/")) if parts.hostname in {"t.me", "telegram.me"} else None
    if bot is None:
        raise Impossible(f"{link} leads to no bot of this sandbox.")
    return world.chat(bot, person), parse_qs(parts.query).get("start", [""])[0]


def is_bot_link(text: str) -> bool:
    """Whether a text is a link that Telegram opens."""
    return urlsplit(text).hostname in {"t.me", "telegram.me"}
