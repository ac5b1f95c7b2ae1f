"""Routes: what people can say and press, and which function answers. The table of contents of the bot.

Every answer is one function that takes the turn. A refusal of the rules is answered with a sentence; any other failure
is told to the person too, and then left to the intake.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from telegram import Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bots import customers, languages, owners, staff
from bots.intake import check_hope
from bots.pasted_links import Entry, open_pasted
from bots.telegram_limits import may_pass
from bots.turn import Turn
from bots.words import reply
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.refusal_sentences import is_held
from loyalty_app.shops.links import CARD_PREFIX, FRIEND_PREFIX, INVITE_PREFIX, JOIN_PREFIX
from loyalty_core.errors import Busy, LoyaltyError

Answer = Callable[[Turn], Awaitable[None]]


async def _open_own_card(turn: Turn, code: str) -> bool:
    """Show staff of the card's shop whom to stamp, and its holder their card. False for everybody else."""
    return await staff.open_card(turn, code) or await customers.open_card(turn, code)


async def _open_card(turn: Turn, code: str) -> None:
    """Open a card for those who may see it; everybody else learns nothing."""
    if not await _open_own_card(turn, code):
        await customers.refuse_card(turn)


# What follows /start, by its first letters, in links that people open.
STARTS: dict[str, Entry] = {
    JOIN_PREFIX: customers.join,
    FRIEND_PREFIX: customers.join_by_friend,
    CARD_PREFIX: _open_card,
    INVITE_PREFIX: partial(staff.accept_invitation, further=owners.question_for_newcomer),
}

COMMANDS: dict[str, Answer] = {
    "card": customers.show_cards,
    "rewards": customers.show_rewards,
    "language": languages.ask,
    "mydata": customers.show_my_data,
    "shop": owners.show_shop,
    "newshop": owners.begin_shop,
    "newcard": staff.begin_card,
    "help": customers.help_,
    "cancel": owners.cancel,
}

PRESSES: dict[str, Answer] = {**customers.PRESSES, **staff.PRESSES, **owners.PRESSES, **languages.PRESSES}

# The first word of a draft: the function that reads the typed answer.
DRAFTS: dict[str, Entry] = {**customers.DRAFTS, **staff.DRAFTS, **owners.DRAFTS}


async def start(turn: Turn) -> None:
    """Answer /start: a link was opened or pasted, or a person came without one."""
    turn.note(ChatChange(draft=None))
    payload = turn.args[0] if turn.args else ""
    entry = STARTS.get(payload[:2])
    if entry is not None:
        await entry(turn, payload[2:])
    elif not (payload and await open_pasted(turn, STARTS, own=_open_own_card)):
        await customers.welcome(turn)


def commanded(answer: Answer) -> Answer:
    """An answer to a command, which ends any running draft."""

    async def run(turn: Turn) -> None:
        turn.note(ChatChange(draft=None))
        await answer(turn)

    return run


async def typed(turn: Turn) -> None:
    """Answer a text: a link of ours, an answer to the last question, a card's code or number, or anything else."""
    staff.end_album(turn)
    if turn.draft is not None and turn.draft.kind in owners.PICTURES:
        turn.note(ChatChange(draft=None))
    if await open_pasted(turn, STARTS, own=_open_own_card):
        return
    draft = turn.draft
    if draft is not None and (entry := DRAFTS.get(draft.kind.split(".")[0])):
        await entry(turn, turn.text)
    elif not await staff.find_typed(turn, turn.text):
        await customers.help_(turn)


async def pressed(turn: Turn) -> None:
    """Answer a pressed button."""
    answer = PRESSES.get(turn.press.verb)
    if answer is None:
        await turn.toast(turn.words.plain("This button is from an older version. Please open the card again."))
    else:
        await answer(turn)


async def photographed(turn: Turn) -> None:
    """Answer a photo, or a picture sent as a file: it is what was asked for, or shows cards."""
    draft = turn.draft
    if draft is not None and (entry := owners.PICTURES.get(draft.kind)):
        await entry(turn, "")
    elif not await staff.scan(turn):
        await customers.help_(turn)


async def blocked_or_back(turn: Turn) -> None:
    """Note that the person blocked the bot, or came back."""
    member = turn.incoming.my_chat_member
    if member is None or member.chat.type != ChatType.PRIVATE:
        return
    gone = member.new_chat_member.status in {"kicked", "left"}
    turn.note(ChatChange(blocked_at=turn.now() if gone else None))
    if not gone:
        await languages.repaint_cards(turn)


def answered(answer: Answer) -> Callable[[Update, Turn], Coroutine[Any, Any, None]]:
    """An answer in the form that the library calls: refusals are told, and the turn's notes are stored."""

    async def run(_update: Update, turn: Turn) -> None:
        try:
            check_hope()
            await answer(turn)
        except Busy as busy:
            if not is_held(busy):  # it is tried again by itself
                await turn.toast(reply(turn.words, busy, turn.now()))
                raise
            await _refuse(turn, busy)
        except LoyaltyError as refusal:
            await _refuse(turn, refusal)
        except Exception as error:
            if not may_pass(error):  # what may pass is tried again by itself
                await _apologize(turn)
            raise
        finally:
            await _finish(turn)

    return run


async def _finish(turn: Turn) -> None:
    await turn.finish()
    if turn.is_back:
        await languages.repaint_cards(turn)
    await staff.follow_menu(turn)


async def _apologize(turn: Turn) -> None:
    await turn.toast(turn.words.plain("Something went wrong here. Please try again."))
    if turn.incoming.message:
        with suppress(TelegramError):
            await turn.say(turn.words.say("Something went wrong here. Please try again."))


async def _refuse(turn: Turn, refusal: LoyaltyError) -> None:
    said = reply(turn.words, refusal, turn.now())
    if turn.incoming.callback_query:
        await turn.toast(said, alert=True)
    else:
        await turn.screen(turn.words.say("{text}", text=said))


PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE

HANDLERS: list[BaseHandler[Any, Turn, Any]] = [
    ChatMemberHandler(answered(blocked_or_back), ChatMemberHandler.MY_CHAT_MEMBER),
    CallbackQueryHandler(answered(pressed)),
    CommandHandler("start", answered(start), PRIVATE),
    *(CommandHandler(name, answered(commanded(answer)), PRIVATE) for name, answer in COMMANDS.items()),
    MessageHandler(PRIVATE & filters.CONTACT, answered(customers.take_contact)),
    MessageHandler(PRIVATE & (filters.PHOTO | filters.Document.ALL), answered(photographed)),
    MessageHandler(PRIVATE & filters.TEXT, answered(typed)),
    MessageHandler(PRIVATE & ~filters.StatusUpdate.ALL, answered(customers.help_)),
]
