"""Bots from a terminal: a shop is given a bot of its own, a poster is made, the doctor asks Telegram who they are.

The sandbox plays Telegram.
"""

import asyncio
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from loyalty_app.chat.bots import list_bots
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.tables import telegram_bot
from loyalty_app.settings import Settings
from loyalty_app.vault import open_vault
from testkit.console import CAFE, Console, Ended, refused
from testkit.sandbox import SandboxServer

# Tokens that only a sandbox knows.
TOKEN, OTHER_TOKEN = (f"{number}:{'a' * 30}-{number}" for number in (700_001, 700_002))
UNKNOWN_TOKEN = f"700009:{'b' * 35}"
NOWHERE = "http://127.0.0.1:9"


class Cafe:
    """A terminal whose Telegram is the sandbox, and a café that is business 1."""

    def __init__(self, console: Console, settings: Settings, sandbox: SandboxServer) -> None:
        self.console, self.settings, self.sandbox = console, settings, sandbox
        self.variables = {"LOYALTY_TELEGRAM_API_URL": sandbox.url}

    async def run(self, *words: str, **variables: str) -> Ended:
        """A command; what comes of it holds no token, whatever comes."""
        ended = await asyncio.to_thread(self.console.run, *words, **{**self.variables, **variables})
        assert not any(token in ended.stdout + ended.stderr for token in (TOKEN, OTHER_TOKEN))
        return ended

    async def set_bot(self, token: str = TOKEN, business: int = 1, **variables: str) -> Ended:
        given = {"LOYALTY_BOT_TOKEN": token, **variables}
        return await self.run("business", "set-bot", "--business", str(business), "--json", **given)

    async def telegram(self, **variables: str) -> dict[str, Any]:
        """What the doctor says of Telegram."""
        report = json.loads((await self.run("doctor", "--json", **variables)).stdout)
        [check] = [one for one in report["checks"] if one["name"] == "Telegram"]
        return dict(check)

    def open(self) -> Database:
        return open_database(self.settings)


@pytest.fixture
async def cafe(tmp_path: Path, sqlite_settings: Settings, sandbox: SandboxServer) -> Cafe:
    sandbox.attended = False
    console = Console(tmp_path, sqlite_settings)
    await asyncio.to_thread(console.ask, "business", "create", *CAFE)
    await sandbox.add_bot(token=TOKEN, username="cafe_bot", name="Café Zoë")
    await sandbox.add_bot(token=OTHER_TOKEN, username="other_bot", name="Another")
    return Cafe(console, sqlite_settings, sandbox)


async def kept(cafe: Cafe) -> list[tuple[str, str | None]]:
    """The bots that there are, with their tokens."""
    database = cafe.open()
    try:
        return [(one.username, one.token) for one in await list_bots(database, open_vault(cafe.settings))]
    finally:
        await database.close()


async def test_a_shop_is_given_a_bot_whose_token_is_checked_and_kept_encrypted(cafe: Cafe) -> None:
    ended = await cafe.set_bot()
    assert json.loads(ended.stdout) == {"business_id": 1, "bot_id": 700_001, "username": "cafe_bot"}
    assert await kept(cafe) == [("cafe_bot", TOKEN)]
    database = cafe.open()
    token = await database.read(lambda connection: connection.scalar(select(telegram_bot.c.token)))
    await database.close()
    assert token is not None
    assert TOKEN.encode() not in bytes(token)


async def test_another_bot_takes_the_place_of_the_first_and_none_does_if_asked(cafe: Cafe) -> None:
    await cafe.set_bot()
    await cafe.set_bot(OTHER_TOKEN)
    assert await kept(cafe) == [("other_bot", OTHER_TOKEN)]
    removed = await cafe.run("business", "set-bot", "--business", "1", "--remove", "--json")
    assert json.loads(removed.stdout) == {"business_id": 1, "bot_id": None, "username": None}
    assert await kept(cafe) == []


async def test_a_bot_serves_one_shop_and_the_shared_one_is_nobodys_own(cafe: Cafe) -> None:
    await asyncio.to_thread(cafe.console.ask, "business", "create", *CAFE)
    await cafe.set_bot()
    taken = refused(await cafe.set_bot(business=2), 2)
    assert taken == "Error: Invalid value for --token: belongs to a bot that serves somebody else."
    shared = await cafe.set_bot(OTHER_TOKEN, 2, LOYALTY_TELEGRAM_TOKEN=OTHER_TOKEN)
    assert "the shared bot" in refused(shared, 2)
    assert await kept(cafe) == [("cafe_bot", TOKEN)]


@pytest.mark.parametrize("token", ["", "hello", "700001:own/../bot", UNKNOWN_TOKEN])
async def test_a_token_that_telegram_does_not_know_is_refused_in_one_line(cafe: Cafe, token: str) -> None:
    words = ("business", "set-bot", "--business", "1", "--token", token)
    line = refused(await cafe.run(*words), 2)
    assert line.startswith("Error: Invalid value for --token: ")
    assert not token or token not in line
    assert await kept(cafe) == []


async def test_a_telegram_that_is_away_is_said_so_without_the_token(cafe: Cafe) -> None:
    line = refused(await cafe.set_bot(LOYALTY_TELEGRAM_API_URL=NOWHERE), 1)
    assert line == f"Error: {NOWHERE} does not answer."


async def test_a_server_that_is_no_telegram_is_said_to_be_none(cafe: Cafe) -> None:
    await cafe.sandbox.order_fault("cafe_bot", "server_error", method="getMe")
    assert "status 500" in refused(await cafe.set_bot(), 1)


async def test_without_a_token_and_without_a_terminal_nobody_is_asked(cafe: Cafe) -> None:
    ended = await cafe.run("business", "set-bot", "--business", "1")
    assert ended.returncode == 2
    assert "LOYALTY_BOT_TOKEN" in ended.stderr


async def test_a_shop_that_is_not_there_gets_no_bot(cafe: Cafe) -> None:
    line = refused(await cafe.set_bot(business=7), 2)
    assert line == "Error: Invalid value for --business: there is no business 7."


async def test_the_code_on_a_poster_opens_the_shops_own_bot(cafe: Cafe, tmp_path: Path) -> None:
    await cafe.set_bot()
    file = tmp_path / "poster.png"
    ended = await cafe.run("business", "poster", "--business", "1", str(file), "--json")
    answer = json.loads(ended.stdout)
    [code] = zxingcpp.read_barcodes(Image.open(BytesIO(file.read_bytes())))
    assert code.text == answer["link"]
    assert code.text.startswith("https://t.me/cafe_bot?start=j_cafe-zoe-")


async def test_a_sheet_is_a_pdf_with_a_logo_and_a_wrong_logo_is_named(cafe: Cafe, tmp_path: Path) -> None:
    await cafe.set_bot()
    file, logo = tmp_path / "tent.pdf", tmp_path / "logo.png"
    await asyncio.to_thread(Image.new("RGB", (90, 30), "red").save, logo)
    asked = ("business", "poster", "--business", "1", str(file), "--sheet", "tent", "--logo", str(logo))
    assert json.loads((await cafe.run(*asked, "--json")).stdout)["sheet"] == "tent"
    assert file.read_bytes().startswith(b"%PDF-")
    logo.write_bytes(b"no picture")
    assert "--logo" in refused(await cafe.run(*asked), 2)


async def test_without_a_bot_there_is_no_poster(cafe: Cafe, tmp_path: Path) -> None:
    line = refused(await cafe.run("business", "poster", "--business", "1", str(tmp_path / "poster.png")), 1)
    assert "loyalty business set-bot" in line
    assert not any(await asyncio.to_thread(lambda: list(tmp_path.glob("*.png"))))


async def test_without_any_bot_the_doctor_is_content_and_makes_no_key(cafe: Cafe, tmp_path: Path) -> None:
    assert (await cafe.telegram())["status"] == "ok"
    assert not any(await asyncio.to_thread(lambda: list(tmp_path.glob("*.key"))))


async def test_the_doctor_names_the_bots_that_telegram_knows(cafe: Cafe) -> None:
    await cafe.set_bot()
    found = await cafe.telegram(LOYALTY_TELEGRAM_TOKEN=OTHER_TOKEN)
    assert (found["status"], found["message"]) == ("ok", "It knows @other_bot, @cafe_bot.")


async def test_the_doctor_says_which_token_is_wrong_and_what_to_mend(cafe: Cafe) -> None:
    await cafe.set_bot()
    found = await cafe.telegram(LOYALTY_TELEGRAM_TOKEN=UNKNOWN_TOKEN)
    assert (found["status"], found["details"]) == ("problem", ["LOYALTY_TELEGRAM_TOKEN: the token is not known there."])
    assert "BotFather" in found["mend"]


async def test_the_doctor_says_when_telegram_is_out_of_reach(cafe: Cafe) -> None:
    await cafe.set_bot()
    found = await cafe.telegram(LOYALTY_TELEGRAM_API_URL=NOWHERE)
    assert found["details"] == [f"Business 1, @cafe_bot: {NOWHERE} does not answer."]
    assert "LOYALTY_TELEGRAM_API_URL" in found["mend"]


async def test_the_doctor_says_that_tokens_cannot_be_read_with_another_key(cafe: Cafe) -> None:
    await cafe.set_bot()
    found = await cafe.telegram(LOYALTY_SECRET_KEY="quite another key than before")
    assert (found["status"], "LOYALTY_SECRET_KEY" in found["message"]) == ("problem", True)
