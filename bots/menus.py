"""Menus: the commands that Telegram offers, and the bot's description before the first message, in each language."""

import logging

from telegram import BotCommand
from telegram.error import BadRequest, NetworkError, TelegramError

from bots.telegram_limits import TelegramBot
from bots.words import LANGUAGES, N_, words_for

COMMANDS = (
    ("card", N_("My cards")),
    ("rewards", N_("My rewards")),
    ("shop", N_("My shop")),
    ("language", N_("Language")),
    ("mydata", N_("My data")),
    ("help", N_("Help")),
)
NEW_SHOP = ("newshop", N_("Open a shop"))
DESCRIPTION = N_("Your stamp cards, always at hand. Open a shop's link or scan its poster to get a card.")
SHORT_DESCRIPTION = N_("Stamp cards of shops near you")

log = logging.getLogger(__name__)


async def set_menus(bot: TelegramBot, *, shared: bool) -> None:
    """Send commands and descriptions to Telegram, where they differ. The bot goes on without them if that fails."""
    for code in (None, *LANGUAGES):
        try:
            await _set_menu(bot, code, shared=shared)
        except TelegramError as error:
            out_of_reach = isinstance(error, NetworkError) and not isinstance(error, BadRequest)
            log.log(
                logging.INFO if out_of_reach else logging.WARNING,
                "the menu of @%s could not be set: %s",
                bot.username,
                error,
            )
            return


async def _set_menu(bot: TelegramBot, code: str | None, *, shared: bool) -> None:
    words = words_for(code)
    named = [*COMMANDS, NEW_SHOP] if shared else COMMANDS
    commands = tuple(BotCommand(name, words.plain(label)) for name, label in named)
    if await bot.get_my_commands(language_code=code) != commands:
        await bot.set_my_commands(commands, language_code=code)
    description, short = words.plain(DESCRIPTION), words.plain(SHORT_DESCRIPTION)
    if (await bot.get_my_description(code)).description != description:
        await bot.set_my_description(description, code)
    if (await bot.get_my_short_description(code)).short_description != short:
        await bot.set_my_short_description(short, code)
