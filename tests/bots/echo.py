"""A laptop with a sandbox on it, mounted as in `loyalty demo`, and a bot that gives back whatever it is told."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import qrcode
from litestar.types import Receive, Scope, Send
from telegram import (
    Bot,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.error import Conflict

from telegram_sandbox import World, create_sandbox
from testkit.http_server import served

MOUNTED_AT = "/sandbox"
FIREWORKS = "5046509860389126442"
BUTTONS = ("toast", "alert", "edit")
LONG_POLL_SECONDS = 20


class Laptop:
    """A sandbox at a port of this machine, and its control API."""

    def __init__(self, url: str, control: httpx.AsyncClient) -> None:
        self.url, self.control = url, control

    async def add(self, kind: str, **known: str) -> dict[str, str]:
        """Bring in a bot or a person: `kind` is bots or people."""
        answer = (await self.control.post(kind, json=known)).raise_for_status()
        added: dict[str, str] = answer.json()
        return added

    @asynccontextmanager
    async def echoing(self) -> AsyncIterator[str]:
        """Run the bot; gives its username."""
        made = await self.add("bots", username="echo_bot", name="Echo")
        async with Bot(made["token"], base_url=f"{self.url}bot", base_file_url=f"{self.url}file/bot") as bot:
            listening = asyncio.create_task(listen(bot))
            yield made["username"]
            await self.control.get(f"{self.url}bot{made['token']}/getUpdates")  # a newer call ends the older one
            with suppress(Conflict):
                await listening


async def listen(bot: Bot) -> None:
    """Answer every update, one after the other."""
    confirmed = 0
    while True:
        for update in await bot.get_updates(offset=confirmed, timeout=LONG_POLL_SECONDS):
            confirmed = update.update_id + 1
            await answer(bot, update)


async def answer(bot: Bot, update: Update) -> None:
    """Give back what came."""
    if update.callback_query:
        await answer_press(update.callback_query)
    elif update.message and update.message.text:
        await answer_text(bot, update.message, update.message.text)


async def answer_text(bot: Bot, message: Message, text: str) -> None:
    """Say the same, except for a few words."""
    if text == "card":
        await message.reply_photo(card(f"https://t.me/{bot.username}?start=c_42"), caption="A card")
    elif text == "buttons":
        rows = [[InlineKeyboardButton(name, callback_data=name)] for name in BUTTONS]
        await message.reply_text("Press one", reply_markup=InlineKeyboardMarkup(rows))
    elif text == "number":
        share = KeyboardButton("Share my number", request_contact=True)
        await message.reply_text("Which number?", reply_markup=ReplyKeyboardMarkup([[share]], one_time_keyboard=True))
    elif text == "fireworks":
        await message.reply_text("Hooray", message_effect_id=FIREWORKS)
    elif text == "swallow":
        await message.delete()
        await message.reply_text("Swallowed")
    else:
        await message.reply_text(f"You said: {text}")


async def answer_press(query: CallbackQuery) -> None:
    """Do what the button says."""
    if query.data == "edit":
        await query.edit_message_text("Now it says something else")
        await query.answer()
    else:
        await query.answer(f"A {query.data} for you", show_alert=query.data == "alert")


def card(link: str) -> bytes:
    """A picture with a code."""
    target = io.BytesIO()
    qrcode.make(link).save(target)
    return target.getvalue()


@asynccontextmanager
async def open_laptop(port: int = 0) -> AsyncIterator[Laptop]:
    """Serve a new sandbox, at any free port if none is given."""
    world = World()
    sandbox = create_sandbox(world)

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        scope["root_path"] = MOUNTED_AT
        await sandbox(scope, receive, send)

    with socket.create_server(("127.0.0.1", port)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}{MOUNTED_AT}/"
        async with served(mounted, door), httpx.AsyncClient(base_url=f"{url}control/") as control:
            yield Laptop(url, control)
            await world.stop()
