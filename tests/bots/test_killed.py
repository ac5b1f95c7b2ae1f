"""A bot that is killed at any moment: each press counts once, whatever the bot had done by then."""

from random import Random

from loyalty_app.settings import Settings
from testkit.killed_bots import check, open_stamper, press_and_kill
from testkit.sandbox import SandboxServer

KILLS = 5


async def test_a_press_counts_once_though_the_bot_is_killed_in_the_middle(
    sandbox: SandboxServer, sqlite_settings: Settings
) -> None:
    async with open_stamper(sandbox, sqlite_settings) as (bot, stamper):
        dice = Random()
        for _ in range(KILLS):
            await press_and_kill(bot, stamper, dice)
        await check(stamper)
