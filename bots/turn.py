"""The turn: one update of one person, with the chat it came from, the words to answer in, and the ways to answer.

The library makes a turn for each update. Sending is done here, so that everything that can happen on the way (a person
who has blocked the bot, a message that is gone, an answer that was lost) is handled in one place. What to say is
decided elsewhere.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from telegram import Message, Update, User
from telegram.error import BadRequest, Forbidden, TelegramError, TimedOut
from telegram.ext import CallbackContext

from bots.buttons import Press, Rows, keyboard, read_press
from bots.telegram_limits import TelegramBot
from bots.words import Html, Words, words_for
from loyalty_app.chat.chats import Chat, ChatChange, change_chat, find_chat
from loyalty_app.counter import Counter
from loyalty_app.runtime import Runtime
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.links import NO_NUMBERS, past_numbers
from loyalty_core.fields import BotId, ChatId, UserId

log = logging.getLogger(__name__)

Result = TypeVar("Result")
NOT_MODIFIED = "message is not modified"


class Draft(msgspec.Struct, frozen=True):
    """The open question, as "newshop.reward", and the answers so far.

    `by` is the update after which it was asked. If that update comes once more, it is no answer to this question.
    """

    kind: str
    answers: dict[str, str | int | None] = {}
    by: int = 0


def write_draft(draft: Draft) -> bytes:
    """Encode a draft for storage."""
    return msgspec.json.encode(draft)


def read_draft(kept: bytes | None) -> Draft | None:
    """Decode a stored draft; None if there is none, or an older release wrote it."""
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept, type=Draft)
    except msgspec.DecodeError:
        return None


class Turn(CallbackContext[TelegramBot, Any, Any, Runtime]):
    """One update of one person in their chat with one bot: what came, and the ways to answer.

    A handler takes one: `async def show(turn: Turn) -> None`. It reads `turn.text`, `turn.press` and `turn.user`, asks
    `turn.counter` or `turn.read(...)`, notes what changes in the chat by `turn.note(ChatChange(...))`, and answers by
    `turn.screen(turn.words.say("Hello {name}", name=...), rows)`. A blocked bot, a message that is gone and an answer
    that was lost are handled here; other errors of Telegram's are raised, and the update may be tried again.
    """

    incoming: Update
    chat: Chat
    words: Words
    is_back = False
    """Whether the person had blocked the bot, and now writes or presses again."""
    at_work: bool | None = None
    """Whether the person is on the staff of a shop here, if this turn has looked."""
    _answered = False
    _last_before: int | None = None
    _noted = ChatChange()
    _past: Mapping[int, int] = NO_NUMBERS

    @classmethod
    def from_update(cls, update: object, application: Any) -> "Turn":  # noqa: ANN401  # the library's own signature
        """Make the turn of an update; called by the library."""
        turn = super().from_update(update, application)
        if isinstance(update, Update):
            turn.incoming = update
        return turn

    async def refresh_data(self) -> None:
        """Load the chat before anybody answers; called by the library."""
        user, bot_id, chat_id = self.user, self.bot_id, self.chat_id
        named = self.press.number(0)
        self.chat, self._past = await self.runtime.database.glance(
            lambda c: (find_chat(c, bot_id, chat_id), past_numbers(c, bot_id, named))
        )
        self.words = words_for(self.chat.language or user.language_code)
        message = self.incoming.message
        self._last_before = self.chat.last_id
        self.is_back = self.chat.blocked_at is not None and bool(message or self.incoming.callback_query)
        change = ChatChange(
            language_code=user.language_code if user.language_code != self.chat.language_code else msgspec.UNSET,
            blocked_at=None if self.is_back else msgspec.UNSET,
            last_id=message.message_id if message else msgspec.UNSET,
        )
        self.note(change)

    # Who, where and when.

    @property
    def runtime(self) -> Runtime:
        """What this process holds open."""
        return self.bot_data

    @property
    def counter(self) -> Counter:
        """The counter, through which cards are written."""
        return self.runtime.counter

    @property
    def user(self) -> User:
        """The person. Only updates of people reach a turn."""
        if self.incoming.effective_user is None:
            message = "an update without a person"
            raise ValueError(message)
        return self.incoming.effective_user

    @property
    def user_id(self) -> UserId:
        """Telegram's id of the person."""
        return UserId(self.user.id)

    @property
    def chat_id(self) -> ChatId:
        """Telegram's id of their private chat, which equals the person's."""
        return ChatId(self.user.id)

    @property
    def bot_id(self) -> BotId:
        """Telegram's id of the bot in this chat."""
        return BotId(self.bot.id)

    def now(self, business: Business | None = None) -> datetime:
        """The time now, in the shop's time zone if a shop is given."""
        moment = self.runtime.clock()
        return moment.astimezone(business.zone) if business else moment

    async def read(self, work: Callable[..., Result]) -> Result:
        """Read from the database."""
        return await self.runtime.database.read(work)

    def note(self, change: ChatChange) -> None:
        """Note a change of the chat; it is stored at the end of the turn."""
        self.chat = msgspec.structs.replace(self.chat, **_asked(change))
        self._noted = msgspec.structs.replace(self._noted, **_asked(change))

    def ask(self, draft: Draft) -> None:
        """Note the question that is asked now, after this update."""
        self.note(ChatChange(draft=write_draft(msgspec.structs.replace(draft, by=self.incoming.update_id))))

    def has_asked(self, draft: Draft) -> bool:
        """Whether the question was asked after this very update, which comes once more: it failed, or was cut off."""
        return draft.by == self.incoming.update_id

    async def finish(self) -> None:
        """End the turn: answer the press in any case, and store the notes."""
        await self.toast()
        if _asked(self._noted):
            await change_chat(self.runtime.database, self.bot_id, self.chat_id, self._noted, now=self.now())
            self._noted = ChatChange()

    # What the person did.

    @property
    def text(self) -> str:
        """The typed text; empty if there is none."""
        return (self.incoming.message.text or "").strip() if self.incoming.message else ""

    @property
    def draft(self) -> Draft | None:
        """The open draft; None if no question is open."""
        return read_draft(self.chat.draft)

    @property
    def press(self) -> Press:
        """The button that was pressed."""
        query = self.incoming.callback_query
        return read_press(query.data or "" if query else "", self._past)

    @property
    def pressed_id(self) -> int | None:
        """The id of the message whose button was pressed."""
        query = self.incoming.callback_query
        return query.message.message_id if query and query.message else None

    # Ways to answer.

    async def toast(self, text: str = "", *, alert: bool = False) -> None:
        """Answer a press, once: with a line that disappears by itself, or with an alert that has to be closed."""
        query = self.incoming.callback_query
        if query is None or self._answered:
            return
        self._answered = True
        with suppress(TelegramError):  # too old, or answered on an earlier try; the deed itself is done
            await query.answer(text[:200] or None, show_alert=alert)

    async def say(self, text: Html, rows: Rows | None = None, **options: Any) -> Message | None:  # noqa: ANN401  # the library's
        """Send a message of its own; None if it is not certain that it arrived."""
        return await self.sent(self.bot.send_message, text=text, reply_markup=keyboard(rows), **options)

    async def sent(self, send: Callable[..., Awaitable[Message]], **what: Any) -> Message | None:  # noqa: ANN401  # the library's
        """Send something into the chat; None if it may not have arrived.

        A time-out is not retried: it may have arrived.
        """
        try:
            message = await send(chat_id=self.user.id, **what)
        except TimedOut:
            log.warning("it is not known whether a message arrived")
            return None
        except Forbidden:
            self.note(ChatChange(blocked_at=self.runtime.clock()))
            return None
        self.note(ChatChange(last_id=message.message_id))
        return message

    async def screen(self, text: Html, rows: Rows | None = None) -> None:
        """Show something on the person's screen: one message that is edited in place.

        After a press that is the message with the button. Otherwise it is the last screen, if it is the last message of
        the chat without the person's own; else a new one replaces it.
        """
        pressed = self.pressed_id
        if pressed is not None and await self.edit(pressed, text, rows):
            return
        if pressed is None:
            await self.swallow()
        old, last = self.chat.screen_id, self.chat.last_id
        if old is not None and old != pressed and last is not None and old >= last and await self.edit(old, text, rows):
            return
        message = await self.say(text, rows)
        if old is not None and message is not None:
            await self.remove(old)
        self.note(ChatChange(screen_id=message.message_id if message else None))

    async def edit(self, message_id: int, text: Html, rows: Rows | None = None) -> bool:
        """Edit a text message in place; False if it does not exist any more, or is a picture."""
        return await self.edited(self.bot.edit_message_text, message_id, text=text, reply_markup=keyboard(rows))

    async def edited(self, edit: Callable[..., Awaitable[Message | bool]], message_id: int, **what: Any) -> bool:  # noqa: ANN401  # the library's
        """Edit something in the chat; False if it does not exist any more. An edit may be repeated without harm."""
        try:
            await edit(chat_id=self.user.id, message_id=message_id, **what)
        except TimedOut:
            log.warning("it is not known whether an edit arrived")
        except Forbidden:
            self.note(ChatChange(blocked_at=self.runtime.clock()))
        except BadRequest as error:
            return NOT_MODIFIED in str(error).lower()
        return True

    async def swallow(self) -> None:
        """Delete the person's own message, once it was understood."""
        message = self.incoming.message
        if message is None:
            return
        await self.remove(message.message_id)
        if self.chat.last_id == message.message_id:
            self.note(ChatChange(last_id=self._last_before))

    async def remove(self, message_id: int) -> None:
        """Delete a message; one that is gone already, or too old, is left."""
        with suppress(TelegramError):
            await self.bot.delete_message(self.user.id, message_id)


def _asked(change: ChatChange) -> dict[str, Any]:
    return {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not msgspec.UNSET}
