"""Calls of the sandbox's Bot API as such: how parameters come, faults, the log, what is not known."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from telegram_sandbox import World, create_sandbox
from telegram_sandbox.calls import METHODS
from testkit.bot_api import check_calls, description, find_description
from testkit.concurrency import until
from testkit.people import Person
from testkit.sandbox import SandboxServer
from tests.conftest import leg

KEYBOARD = {"inline_keyboard": [[{"text": "Press", "callback_data": "x"}]]}


@pytest.mark.parametrize("way", ["query", "json", "form", "multipart", "query and json"])
async def test_parameters_come_in_every_way(sandbox: SandboxServer, bot: Bot, ana: Person, way: str) -> None:
    url = f"/bot{bot.token}/SENDMESSAGE"
    plain = {"chat_id": str(ana.id), "text": "Hi", "disable_notification": "true", "reply_markup": json.dumps(KEYBOARD)}
    client = sandbox.client
    answer = {
        "query": lambda: client.get(url, params=plain),
        "json": lambda: client.post(url, json=plain | {"reply_markup": KEYBOARD, "entities": None}),
        "form": lambda: client.post(url, data=plain),
        "multipart": lambda: client.post(url, files={name: (None, value) for name, value in plain.items()}),
        "query and json": lambda: client.post(f"{url}?chat_id={ana.id}", json={"text": "Hi", "reply_markup": KEYBOARD}),
    }[way]()

    assert (await answer).json()["result"]["reply_markup"] == KEYBOARD
    assert (await ana.screen()).last.words == "Hi"


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"chat_id": []}', b'{"text": {}}', b'{"reply_markup": "{"}', b"\xff"])
async def test_parameters_that_cannot_be_read_are_refused(sandbox: SandboxServer, bot: Bot, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await sandbox.client.post(f"/bot{bot.token}/sendMessage", content=body, headers=headers)

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400)
    assert answer.json()["description"].startswith("Bad Request: ")


async def test_an_unknown_method_fails_loudly(
    sandbox: SandboxServer, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidToken, match="Not Found"):
        await bot.send_dice(1)

    assert await sandbox.unknown() == [{"bot": "stamp_bot", "method": "sendDice"}]
    assert "sendDice" in caplog.text
    answer = await sandbox.client.post(f"/bot{bot.token}/nonsense")
    assert (answer.status_code, answer.json()) == (404, {"ok": False, "error_code": 404, "description": "Not Found"})
    await sandbox.forgive()


async def test_an_unknown_parameter_is_noted(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    await bot.send_message(ana.id, "x", api_kwargs={"sparkle": 1})

    assert await sandbox.unknown() == [{"bot": "stamp_bot", "method": "sendMessage", "parameter": "sparkle"}]
    with pytest.raises(AssertionError, match="sparkle"):
        await sandbox.check()
    await sandbox.forgive()


# Faults.


async def test_a_lost_answer_is_a_deed_that_nobody_hears_of(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    await sandbox.order_fault("stamp_bot", "lost_answer", method="sendMessage")

    with pytest.raises(NetworkError):
        await bot.send_message(ana.id, "Did you hear?")
    assert [message.words for message in (await ana.screen()).from_bot] == ["Did you hear?"]
    await bot.send_message(ana.id, "Yes")


async def test_too_many_requests_say_how_long_to_wait_and_do_nothing(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    await sandbox.order_fault("stamp_bot", "too_many_requests", times=2, retry_after=7)

    for _ in range(2):
        with pytest.raises(RetryAfter) as refused:
            await bot.send_message(ana.id, "x")
        assert refused.value._retry_after.total_seconds() == 7  # noqa: SLF001  # its public name changes with a setting
    assert (await ana.screen()).from_bot == []
    (call, _) = await sandbox.calls("stamp_bot", method="sendMessage")
    assert call["answer"]["parameters"] == {"retry_after": 7}
    await bot.send_message(ana.id, "x")


async def test_a_server_error_and_a_block_do_nothing(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    await sandbox.order_fault("stamp_bot", "server_error")
    await sandbox.order_fault("stamp_bot", "forbidden")

    assert len(await bot.get_updates()) == 1, "getUpdates is hit only by name"
    with pytest.raises(NetworkError, match="Internal Server Error"):
        await bot.send_message(ana.id, "x")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ana.id, "x")
    assert (await ana.screen()).from_bot == []


async def test_a_slow_call_is_done_late(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    its_time = asyncio.Event()
    sandbox.world.faults.wait = lambda _: its_time.wait()
    await sandbox.order_fault("stamp_bot", "slow")

    async def both_are_there() -> bool:
        return [message.words for message in (await ana.screen()).from_bot] == ["y", "x"]

    with pytest.raises(TimedOut):
        await bot.send_message(ana.id, "x", read_timeout=0.05)
    await bot.send_message(ana.id, "y")
    assert [message.words for message in (await ana.screen()).from_bot] == ["y"]
    its_time.set()
    await until(both_are_there)


async def test_a_fault_hits_only_its_bot_and_method(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    await sandbox.add_bot(username="other_bot")
    await sandbox.order_fault("other_bot", "server_error")
    await sandbox.order_fault("stamp_bot", "server_error", method="editMessageText")

    await bot.send_message(ana.id, "x")
    await bot.get_updates()
    with pytest.raises(NetworkError):
        await bot.edit_message_text("y", ana.id, 2)


# The log, and Telegram's own description.


async def test_calls_are_logged_with_what_was_sent_and_answered(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    before = (await sandbox.calls())[-1]["n"]
    await bot.send_document(ana.id, b"x", filename="x.txt")
    with pytest.raises(BadRequest):
        await bot.send_message(1, "x")
    (first, second) = await sandbox.calls("stamp_bot", since=before)

    assert (first["method"], first["params"]["document"], first["status"]) == (
        "sendDocument",
        {"file": "x.txt", "size": 1},
        200,
    )
    assert first["answer"]["result"]["document"]["file_name"] == "x.txt"
    assert (second["method"], second["status"], second["answer"]["ok"]) == ("sendMessage", 400, False)


def test_calls_are_checked_against_telegrams_description(home: Path) -> None:
    leg("Bot API description", find_description, home, needed=False)
    user = {"id": 1, "is_bot": True, "first_name": "x"}
    good = {"method": "getMe", "params": {}, "answer": {"ok": True, "result": user}, "status": 200}
    check_calls([good])

    for wrong in (
        {"answer": {"ok": True, "result": user | {"id": "1"}}},
        {"answer": {"ok": True, "result": user | {"shoe_size": 42}}},
        {"answer": {"ok": True, "result": {"id": 1}}},
        {"answer": {"ok": False, "error_code": 400, "description": "x"}, "status": 409},
        {"params": {"who": "me"}},
        {"method": "sendMessage", "params": {"chat_id": "1"}},
    ):
        with pytest.raises(AssertionError):
            check_calls([good | wrong])


def test_every_method_of_the_sandbox_is_one_of_telegrams(home: Path) -> None:
    leg("Bot API description", find_description, home, needed=False)
    known = description() or {}
    for method in METHODS.values():
        fields = {field["name"] for field in known["methods"][method.name].get("fields", [])}
        assert set(method.wants.__struct_fields__) <= fields, method.name


async def test_strangers_paths_are_answered_as_telegram_does(sandbox: SandboxServer, bot: Bot) -> None:
    for path in ("/bot", f"/bot{bot.token}", f"/bot{bot.token}/getMe/more", f"/file/bot{bot.token}/nothing"):
        answer = await sandbox.client.get(path)
        assert answer.status_code == 404, path


async def test_the_sandbox_may_be_mounted_anywhere() -> None:
    world = World()
    made = world.add_bot(token="1:x", username="a_bot")
    app: Any = create_sandbox(world)
    ana = world.add_person("Ana")
    for prefix in ("", "/sandbox"):
        transport = httpx.ASGITransport(app, root_path=prefix)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            assert (await client.get(f"{prefix}/bot{made.token}/getMe")).json()["ok"]
            assert (await client.get(f"{prefix}/control/bots")).json()[0]["username"] == "a_bot"
            assert (await client.get(f"{prefix}/control/people")).json()[0]["id"] == ana.id
            assert (await client.get(f"{prefix}/")).headers["content-type"].startswith("text/html")


async def test_many_calls_at_once_are_all_answered(bot: Bot, ana: Person) -> None:
    said = await asyncio.gather(*(bot.send_message(ana.id, str(number)) for number in range(50)))

    assert len({message.message_id for message in said}) == 50


async def test_no_two_bots_have_the_same_number(sandbox: SandboxServer) -> None:
    first = await sandbox.add_bot(username="first_bot")
    await sandbox.add_bot(token=f"{first['id'] + 1}:{'x' * 35}", username="second_bot")
    third = await sandbox.add_bot(username="third_bot")
    assert third["id"] not in {first["id"], first["id"] + 1}
