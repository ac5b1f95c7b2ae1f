"""The people of our tests: what they do has been handled when they have done it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update

from testkit.people import Person
from testkit.sandbox import SandboxServer

ROWS = [[("Card", "card")], [("+1", "plus:1"), ("+10", "plus:10")]]


class Slow:
    """A bot that confirms updates before it handles them, as one does that has written them down."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.under_way = bot, set[asyncio.Task[None]]()

    async def listen(self) -> None:
        """Take updates for ever."""
        confirmed = 0
        while True:
            for update in await self.bot.get_updates(offset=confirmed, timeout=20):
                confirmed = update.update_id + 1
                self.under_way.add(asyncio.create_task(self.handle(update)))

    async def handle(self, update: Update) -> None:
        """Answer after some detours."""
        for _ in range(5):
            await self.bot.get_me()
        if update.callback_query:
            await update.callback_query.answer(f"Pressed {update.callback_query.data}")
        elif update.message:
            rows = [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in ROWS]
            await update.message.reply_text(f"Hi {update.message.text}", reply_markup=InlineKeyboardMarkup(rows))

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while pending := [task for task in self.under_way if not task.done()]:
            await asyncio.wait(pending)


@pytest.fixture
async def slow(sandbox: SandboxServer, bot: Bot) -> AsyncIterator[Slow]:
    slow = Slow(bot)
    listening = asyncio.create_task(slow.listen())
    sandbox.attended, sandbox.idle = True, slow.idle
    yield slow
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


@pytest.mark.usefixtures("slow")
async def test_an_act_has_been_handled_when_it_is_done(sandbox: SandboxServer) -> None:
    ana = await sandbox.add_person("Ana", bot="stamp_bot")

    assert [message.words for message in (await ana.start("x")).messages] == ["/start x", "Hi /start x"]
    await ana.say("there")
    assert (ana.last.words, ana.last.labels) == ("Hi there", ["Card", "+1", "+10"])


@pytest.mark.usefixtures("slow")
async def test_people_press_what_they_read_in_the_newest_message_that_has_it(sandbox: SandboxServer) -> None:
    ana = await sandbox.add_person("Ana", bot="stamp_bot")
    await ana.start()

    assert await ana.press("Card") == "Pressed card"
    assert await ana.press("+1") == "Pressed plus:1", "the first of those that fit"
    assert await ana.press("plus:10") == "Pressed plus:10", "or exactly the one with the data"
    assert await ana.press_data(ana.last.id, "forged") == "Pressed forged"
    with pytest.raises(AssertionError, match="no button says 'Nothing'"):
        await ana.press("Nothing")


async def test_an_update_that_nobody_takes_is_noticed(sandbox: SandboxServer, bot: Bot) -> None:
    sandbox.patience_seconds = 0.1
    sandbox.attended = True
    ana = await sandbox.add_person("Ana", bot=bot.username)

    with pytest.raises(AssertionError, match="stamp_bot has left 1 updates unconfirmed"):
        await ana.start()


async def test_a_bot_that_asks_for_what_the_sandbox_does_not_know_is_noticed(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    await sandbox.check()
    with pytest.raises(Exception, match="Not Found"):
        await bot.send_dice(ana.id)

    with pytest.raises(AssertionError, match="sendDice"):
        await sandbox.check()
    await sandbox.forgive()
    await sandbox.check()
