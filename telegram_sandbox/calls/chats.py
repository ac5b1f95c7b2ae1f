"""What else a bot does in a chat: deleting, pinning, reactions, typing, answers to presses, reading the chat."""

from msgspec import Struct, field
from telegram.constants import ChatAction, ReactionEmoji

from telegram_sandbox.calls.call import Call
from telegram_sandbox.chats import Chat
from telegram_sandbox.entities import units
from telegram_sandbox.people import Json, Query
from telegram_sandbox.phones import is_bot_link
from telegram_sandbox.refusals import bad_request

TYPING_SECONDS = 5
ANSWERABLE_SECONDS = 60
LONGEST_TOAST = 200
REMEMBERED_TOASTS = 100
MOST_AT_ONCE = 100
ACTIONS = {action.value for action in ChatAction}
REACTIONS = {emoji.value for emoji in ReactionEmoji}
NOTHING_TO_DELETE = bad_request("message to delete not found")
TOO_OLD_TO_DELETE = bad_request("message can't be deleted for everyone")
DELETABLE_SECONDS = 48 * 3_600
TOO_OLD = bad_request("query is too old and response timeout expired or query ID is invalid")


class OneMessage(Struct, kw_only=True):
    """A message of a chat."""

    chat_id: int | str = 0
    message_id: int = 0


class SomeMessages(Struct, kw_only=True):
    """Parameters of deleteMessages."""

    chat_id: int | str = 0
    message_ids: list[int] = field(default_factory=list)


class Pin(OneMessage, kw_only=True):
    """Parameters of pinChatMessage."""

    disable_notification: bool = False


class OneChat(Struct, kw_only=True):
    """A chat."""

    chat_id: int | str = 0


class Reaction(OneMessage, kw_only=True):
    """Parameters of setMessageReaction."""

    reaction: list[Json] = field(default_factory=list)
    is_big: bool = False


class Action(OneChat, kw_only=True):
    """Parameters of sendChatAction."""

    action: str = ""


class AnswerCallbackQuery(Struct, kw_only=True):
    """Parameters of answerCallbackQuery."""

    callback_query_id: str = ""
    text: str = ""
    show_alert: bool = False
    url: str | None = None
    cache_time: int = 0


def delete_message(call: Call, asked: OneMessage) -> bool:
    """Delete a message, the bot's own or the person's, within two days."""
    chat = call.chat(asked.chat_id)
    message = call.message(chat, asked.message_id, NOTHING_TO_DELETE)
    if call.now() - message.date > DELETABLE_SECONDS:
        raise TOO_OLD_TO_DELETE
    chat.remove(asked.message_id)
    call.world.tell(chat, "deleted")
    return True


def delete_messages(call: Call, asked: SomeMessages) -> bool:
    """Delete messages; those that are gone are skipped."""
    chat = call.chat(asked.chat_id)
    if not 1 <= len(asked.message_ids) <= MOST_AT_ONCE:
        raise bad_request("too many message identifiers specified" if asked.message_ids else "MESSAGE_IDS_EMPTY")
    for message_id in chat.messages.keys() & set(asked.message_ids):
        chat.remove(message_id)
    call.world.tell(chat, "deleted")
    return True


def pin_chat_message(call: Call, asked: Pin) -> bool:
    """Pin a message; the chat shows that, and the bot gets an update."""
    chat = call.open_chat(asked.chat_id)
    message = call.message(chat, asked.message_id, bad_request("message to pin not found"))
    chat.pinned = [pinned for pinned in chat.pinned if pinned != message.id] + [message.id]
    notice = chat.add({"pinned_message": chat.wire(message, quoting=False)}, by_bot=True, date=call.now())
    notice.silent = asked.disable_notification
    call.bot.queue.add("message", chat.wire(notice))
    call.world.tell(chat, "pinned")
    return True


def unpin_chat_message(call: Call, asked: OneMessage) -> bool:
    """Unpin a message, the newest if none is named."""
    chat = call.open_chat(asked.chat_id)
    message_id = asked.message_id or (chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    call.world.tell(chat, "pinned")
    return True


def unpin_all_chat_messages(call: Call, asked: OneChat) -> bool:
    """Unpin a message, the newest if none is named."""
    chat = call.open_chat(asked.chat_id)
    chat.pinned = []
    call.world.tell(chat, "pinned")
    return True


def set_message_reaction(call: Call, asked: Reaction) -> bool:
    """React to a message, or remove the reaction."""
    chat = call.open_chat(asked.chat_id)
    message = call.message(chat, asked.message_id, bad_request("message to react not found"))
    if len(asked.reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(each.get("emoji") not in REACTIONS for each in asked.reaction):
        raise bad_request("REACTION_INVALID")
    message.reaction = asked.reaction
    call.world.tell(chat, "reaction")
    return True


def send_chat_action(call: Call, asked: Action) -> bool:
    """Show for some seconds what the bot is doing."""
    chat = call.open_chat(asked.chat_id)
    if asked.action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.acting = (asked.action, call.world.now() + TYPING_SECONDS)
    call.world.tell(chat, "action")
    return True


def answer_callback_query(call: Call, asked: AnswerCallbackQuery) -> bool:
    """Answer a press. A second answer is accepted and changes nothing."""
    query = call.bot.queries.get(asked.callback_query_id)
    if query is None or call.world.now() - query.pressed_at > ANSWERABLE_SECONDS:
        raise TOO_OLD
    if units(asked.text) > LONGEST_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    if asked.url and not is_bot_link(asked.url):
        raise bad_request("URL_INVALID")
    if query.answered is None:
        show_answer(call, query, asked)
    return True


def show_answer(call: Call, query: Query, asked: AnswerCallbackQuery) -> None:
    """Show an answer on the phone."""
    query.answered = {"text": asked.text, "show_alert": asked.show_alert, "url": asked.url}
    chat = call.world.chat(call.bot, call.world.people[query.person_id])
    if asked.text:
        chat.toasts.append({"query_id": query.id, "date": call.now(), **query.answered})
        del chat.toasts[:-REMEMBERED_TOASTS]
    call.world.tell(chat, "answered")


def get_chat(call: Call, asked: OneChat) -> Json:
    """The chat, as a `ChatFullInfo`."""
    chat = call.chat(asked.chat_id)
    if not chat.started:
        raise bad_request("chat not found")
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return {
        **chat.person.as_chat(),
        "accent_color_id": chat.person.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, True),
        **pinned_in(chat),
    }


def pinned_in(chat: Chat) -> Json:
    """The newest pinned message, if any."""
    return {"pinned_message": chat.wire(chat.messages[chat.pinned[-1]], quoting=False)} if chat.pinned else {}
