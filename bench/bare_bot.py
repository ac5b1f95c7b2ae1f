"""A bare bot: the library with ten lines of code. It counts presses on its message. Runs as a process."""

import os
from typing import Any

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler, ContextTypes

PEOPLE = 256
Context = ContextTypes.DEFAULT_TYPE


def keys(count: int) -> InlineKeyboardMarkup:
    """A button whose data is how often it was pressed."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("+1", callback_data=str(count))]])


async def begin(update: Update, _context: Context) -> None:
    """Send the message."""
    if update.message is not None:
        await update.message.reply_text("0", reply_markup=keys(0))


async def pressed(update: Update, _context: Context) -> None:
    """Edit the message, and answer the press."""
    query: CallbackQuery | None = update.callback_query
    if query is not None:
        count = int(query.data or 0) + 1
        await query.edit_message_text(str(count), reply_markup=keys(count))
        await query.answer()


def main() -> None:
    """Poll for updates until stopped."""
    where = os.environ["LOYALTY_TELEGRAM_API_URL"]
    builder: Any = ApplicationBuilder().token(os.environ["LOYALTY_TELEGRAM_TOKEN"]).base_url(f"{where}/bot")
    application = builder.concurrent_updates(PEOPLE).build()
    application.add_handlers([CommandHandler("start", begin), CallbackQueryHandler(pressed)])
    application.run_polling()


if __name__ == "__main__":
    main()
