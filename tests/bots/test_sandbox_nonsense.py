"""Nonsense that bots may send: the sandbox refuses it in Telegram's way, and never breaks."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot

from telegram_sandbox.calls import METHODS
from telegram_sandbox.entities import parse, units, with_found
from telegram_sandbox.refusals import Refused
from testkit.people import Person
from testkit.sandbox import SandboxServer

PIECES = ["<b>", "</b>", "<i>", "</i>", '<a href="x">', "</a>", "<", ">", "&lt;", "&#128512;", "😀", " ", "x", "/card"]
TEXTS = ["", "x", "[]", "{}", "[[]]", '"x"', "-1", "1e9", "null", "attach://x", "true", "[1]", '[{"x": 1}]', "\ud83d"]
NONSENSE: list[Any] = [*TEXTS, 0, -1, 10**30, 1.5, True, [], {}, [None], {"type": "chat", "chat_id": "x"}]
AS_JSON = {"content-type": "application/json"}
KEYBOARDS: list[Any] = [
    {"inline_keyboard": "x"},
    {"inline_keyboard": ["x"]},
    {"inline_keyboard": [["x"]]},
    {"inline_keyboard": [[{"text": 1, "callback_data": 1}]]},
    {"inline_keyboard": [[{"text": "x", "web_app": "x"}]]},
    {"inline_keyboard": [[{"text": "x", "copy_text": "x"}]]},
    {"inline_keyboard": [[{"text": "x", "url": 1}]]},
    {"inline_keyboard": [[{"text": "x", "url": "http://[x"}]]},
    {"keyboard": "x"},
    {"keyboard": [[1]]},
    {"nothing": 1},
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_whatever_is_parsed_lies_within_its_text(text: str) -> None:
    try:
        plain, entities = parse(text, "HTML")
    except Refused as refused:
        assert refused.description.startswith("Bad Request: can't parse entities: ")  # noqa: PT017  # either is right
        return
    for entity in with_found(plain, entities):
        assert entity["offset"] >= 0
        assert entity["length"] > 0
        assert entity["offset"] + entity["length"] <= units(plain)


@pytest.mark.parametrize("name", [method.name for method in METHODS.values()])
async def test_no_parameters_break_the_sandbox(sandbox: SandboxServer, bot: Bot, ana: Person, name: str) -> None:
    url, method = f"/bot{bot.token}/{name}", METHODS[name.lower()]
    said = await bot.send_message(ana.id, "x")
    right = {"chat_id": ana.id, "message_id": said.message_id, "text": "x", "media": {"type": "photo", "media": "x"}}
    known = {field.name for field in msgspec.structs.fields(method.wants)}
    for field in known - {"timeout"}:
        for value in [*NONSENSE, *(KEYBOARDS if field == "reply_markup" else [])]:
            given = {name: right[name] for name in right.keys() & known} | {field: value}
            answer = await sandbox.client.post(url, content=json.dumps(given), headers=AS_JSON)
            assert answer.status_code in {200, 400, 403, 409}, (given, answer.text)
            assert answer.json()["ok"] == (answer.status_code == 200)
    await sandbox.forgive()
