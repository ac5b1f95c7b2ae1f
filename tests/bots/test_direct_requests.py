"""A bot that asks the sandbox without a connection learns what it learns over one, and the sandbox sees the same."""

import asyncio
import re
from typing import Any

import pytest
from telegram import Bot, InputMediaPhoto
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from testkit.direct_requests import DirectRequest
from testkit.sandbox import SandboxServer, open_sandbox
from testkit.screens import Json
from tests.bots.pictures import picture

PICTURE = picture((320, 200))


def client(sandbox: SandboxServer, token: str, kind: type[HTTPXRequest]) -> Bot:
    requests = [kind(httpx_kwargs={"verify": False}) for _ in range(2)]
    return Bot(
        token,
        base_url=f"{sandbox.url}/bot",
        base_file_url=f"{sandbox.url}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )


async def fails(call: Any) -> str:  # noqa: ANN401 - any call of the library
    """The kind of error in which a call ends."""
    with pytest.raises(TelegramError) as caught:
        await call
    return type(caught.value).__name__


def noticed(call: Json) -> tuple[object, ...] | None:
    """What the sandbox notes of a call, except random names; None for the one that nobody waited for."""
    sent = call["params"]
    names = sorted(re.sub("(?<=attached)[0-9a-f]+", "", name) for name in sent)
    return None if sent.get("text") == "late" else (call["method"], call["status"], sent.get("text"), names)


async def story(kind: type[HTTPXRequest]) -> tuple[object, ...]:
    """What a bot hears, and what the sandbox notes of it."""
    async with open_sandbox() as sandbox:
        sandbox.attended = False
        made = await sandbox.add_bot(token=f"700001:{'a' * 35}", username="stamp_bot")
        ana = await sandbox.add_person("Ana", bot="stamp_bot")
        await ana.start()
        bot = client(sandbox, made["token"], kind)
        await bot.initialize()
        said = await bot.send_message(ana.id, "Ünïcode & <b>more</b>=1+1", parse_mode="HTML")
        shown = await bot.send_photo(ana.id, PICTURE, caption="Card")
        await bot.edit_message_media(InputMediaPhoto(PICTURE, caption="Newer"), ana.id, shown.message_id)
        file = await (await bot.get_file(shown.photo[-1].file_id)).download_as_bytearray()
        [update] = await bot.get_updates(timeout=1)
        await sandbox.order_fault("stamp_bot", "lost_answer", method="sendMessage")
        lost = await fails(bot.send_message(ana.id, "lost"))
        await sandbox.order_fault("stamp_bot", "too_many_requests", retry_after=7)
        refused = await fails(bot.send_message(ana.id, "refused"))
        its_time = asyncio.Event()
        sandbox.world.faults.wait = lambda _: its_time.wait()
        await sandbox.order_fault("stamp_bot", "slow")
        late = await fails(bot.send_message(ana.id, "late", read_timeout=0.01))
        await bot.send_message(ana.id, "again")
        its_time.set()
        await bot.shutdown()
        noted = [noticed(call) for call in await sandbox.calls("stamp_bot")]
        return said.text, bytes(file), update.message is not None, lost, refused, late, [*filter(None, noted)]


async def test_a_bot_without_a_connection_learns_the_same_and_asks_the_same() -> None:
    direct = await story(DirectRequest)
    assert direct[3:6] == (NetworkError.__name__, RetryAfter.__name__, TimedOut.__name__)
    assert direct == await story(HTTPXRequest)
