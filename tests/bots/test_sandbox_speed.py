"""The sandbox is not what a bot waits for."""

import asyncio
import time

import aiohttp
from telegram import Bot

from testkit.people import Person
from testkit.sandbox import SandboxServer

CALLS, AT_ONCE = 600, 8
ENOUGH_A_SECOND = 200  # it is 1,000 and more on an idle machine, client and server in one process


async def test_calls_are_answered_fast_enough(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    url = f"{sandbox.url}/bot{bot.token}/sendMessage"
    body = {"chat_id": ana.id, "text": "<b>Hi</b>", "parse_mode": "HTML"}

    async def call(session: aiohttp.ClientSession) -> None:
        for _ in range(CALLS // AT_ONCE):
            async with session.post(url, json=body) as answer:
                assert answer.status == 200

    async with aiohttp.ClientSession() as session:
        began = time.perf_counter()
        await asyncio.gather(*(call(session) for _ in range(AT_ONCE)))
        took = time.perf_counter() - began

    assert CALLS / took > ENOUGH_A_SECOND
