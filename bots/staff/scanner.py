"""Scanner: the ways from the chat to the scanner's page: the menu button of staff, and a button on their screens.

There is a page only where people reach this installation: LOYALTY_PUBLIC_URL. What the page does is in `api/pages`. It
looks up the rights of its person itself, so a button that is left over lets nobody in.
"""

import logging
from collections.abc import MutableMapping

from telegram import InlineKeyboardButton, MenuButton, MenuButtonDefault, MenuButtonWebApp, WebAppInfo
from telegram.error import TelegramError

from bots.buttons import page_row, page_url
from bots.telegram_limits import TelegramBot
from bots.turn import Turn
from bots.words import Words
from loyalty_app.settings import Settings
from loyalty_app.shops.staff import was_on_a_staff
from loyalty_core.fields import BotId

MENU = "menu"
"""Where the chat's memory in this process has the language of the menu button; empty for that of customers."""

log = logging.getLogger(__name__)


def scanner_url(settings: Settings, bot_id: BotId) -> str | None:
    """The address of the scanner; None where Telegram would not open it."""
    return page_url(settings, bot_id, "scan")


def scanner_row(turn: Turn) -> list[InlineKeyboardButton]:
    """The button that opens the scanner; none without a public address."""
    return page_row(scanner_url(turn.runtime.settings, turn.bot_id), turn.words.label("📷 Scanner"))


async def follow_menu(turn: Turn) -> None:
    """Give the menu button of staff to people who work here, and take it from those who no longer do.

    Only what this turn has looked up anyhow is known of the person. Nothing is raised: a menu button is a short cut.
    """
    url = scanner_url(turn.runtime.settings, turn.bot_id)
    if url is None or turn.at_work is None:
        return
    memory: MutableMapping[str, str] = turn.chat_data if turn.chat_data is not None else {}
    wanted = turn.words.code if turn.at_work else ""
    if memory.get(MENU) == wanted:
        return
    user_id = turn.user_id
    if not wanted and MENU not in memory and not await turn.read(lambda known: was_on_a_staff(known, user_id)):
        return
    if await set_menu_button(turn.bot, user_id, button_of(turn.words, url) if wanted else MenuButtonDefault()):
        memory[MENU] = wanted


def button_of(words: Words, url: str) -> MenuButton:
    """The menu button of staff."""
    return MenuButtonWebApp(words.label("Scan"), WebAppInfo(url))


async def set_menu_button(bot: TelegramBot, user_id: int, button: MenuButton) -> bool:
    """Set the menu button of one chat. False if Telegram did not take it: it is tried again at another turn."""
    try:
        await bot.set_chat_menu_button(user_id, button)
    except TelegramError as error:
        log.info("the menu button of a chat could not be set: %s", type(error).__name__)
        return False
    return True
