"""Intake: what comes from Telegram is handled once, whichever way it came, and one bad update stops nobody."""

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Row, select

from api.app import create_app
from loyalty_app.chat.bots import find_secret
from loyalty_app.db.tables import telegram_update
from loyalty_app.settings import Settings
from tests.api.till import Api, open_api, started
from tests.app.crowd import until
from tests.bots.bot_api import check_calls
from tests.bots.people import Person, SandboxServer, open_sandbox
from tests.bots.serving import free_port, served
from tests.bots.town import BOT, Town


async def updates(town: Town) -> list[Row[tuple[object, ...]]]:
    kept = select(telegram_update).order_by(telegram_update.c.update_id)
    return await town.held.database.read(lambda connection: list(connection.execute(kept)))


def a_message(number: int, text: str = "/start", **more: object) -> dict[str, object]:
    """An update as Telegram sends it."""
    ana = {"id": 77, "is_bot": False, "first_name": "Ana"}
    message = {"message_id": number, "date": 1, "chat": {"id": 77, "type": "private"}, "from": ana, "text": text}
    return {"update_id": number, "message": {**message, **more}}


async def test_somebody_who_comes_is_answered(either_town: Town) -> None:
    lena = await either_town.person("Lena")
    screen = await lena.start()
    assert len(screen.from_bot) == 1


async def test_an_update_that_comes_again_is_not_answered_again(town: Town) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [handled] = await updates(town)
    again = a_message(int(handled.update_id))
    await town.office.intake.take(int(handled.bot_id), [again])
    await town.idle()
    assert len((await lena.screen()).from_bot) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"message": {"message_id": "x", "from": {"id": 77}}},
        {"callback_query": {"id": "1", "from": {"id": 77}}},
        {"message": {"from": {"id": 77}}},
    ],
)
async def test_a_broken_update_is_set_aside_and_the_next_of_the_same_person_is_answered(
    town: Town, broken: dict[str, object]
) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [bot_id] = town.office.bots
    await town.office.intake.take(bot_id, [{"update_id": 900_000_001, **broken}])
    await town.idle()
    *_, aside = await updates(town)
    assert aside.error is not None
    await town.office.intake.take(bot_id, [a_message(900_000_002)])
    await town.idle()
    assert (await updates(town))[-1].done_at is not None


async def test_what_was_written_down_before_a_restart_is_handled_after_it(town: Town) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [bot_id] = town.office.bots
    await town.stop()
    async with open_api(town.settings) as api:
        secret = await api.database.read(lambda connection: find_secret(connection, bot_id))
        assert (await send(api, bot_id, a_message(900_000_001), str(secret))).status_code == 200
    await town.start()
    await town.idle()
    assert all(row.done_at is not None for row in await updates(town))
    assert len(await updates(town)) == 2


async def test_updates_that_are_sent_to_a_public_address_are_handled_as_those_asked_for(
    sqlite_settings: Settings,
) -> None:
    async with open_sandbox() as sandbox, free_port() as listener:
        bot = await sandbox.add_bot(username=BOT)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = replace(sqlite_settings, telegram_token=bot["token"], telegram_api_url=sandbox.url, public_url=url)
        app = create_app(settings, chatting=True)
        async with started(app), served(app, listener):
            await until(lambda: webhook_is_set(sandbox))
            lena = await sandbox.add_person("Lena", bot=BOT)
            await lena.start()
            await until(lambda: is_answered(lena))
        assert not await sandbox.calls(method="getUpdates")
        check_calls(await sandbox.calls())


async def webhook_is_set(sandbox: SandboxServer) -> bool:
    return bool(await sandbox.calls(method="setWebhook"))


async def is_answered(person: Person) -> bool:
    return bool((await person.screen()).from_bot)


@pytest.mark.parametrize("secret", ["", "wrong", "é"])
async def test_who_does_not_know_the_secret_puts_nothing_in_and_learns_nothing(town: Town, secret: str) -> None:
    [bot_id] = town.office.bots
    await town.stop()
    async with open_api(town.settings) as api:
        known = await send(api, bot_id, a_message(900_000_001), secret)
        unknown = await send(api, 4711, a_message(900_000_001), secret)
    assert known.status_code == unknown.status_code == 404
    assert known.json()["code"] == unknown.json()["code"] == "not_found"
    await town.start()
    assert await updates(town) == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"update_id": "x"}', b'{"update_id": -1}', b"{"])
async def test_what_is_no_update_is_refused(town: Town, body: bytes) -> None:
    [bot_id] = town.office.bots
    await town.stop()
    async with open_api(town.settings) as api:
        secret = await api.database.read(lambda connection: find_secret(connection, bot_id))
        answer = await send(api, bot_id, body, str(secret))
    assert answer.status_code == 400
    await town.start()


async def send(api: Api, bot_id: int, update: object, secret: str) -> httpx.Response:
    """Send an update as Telegram does; its way in is none of the API's operations."""
    header = {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    body = update if isinstance(update, bytes) else msgspec.json.encode(update)
    transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)  # type: ignore[arg-type]  # the same in other words
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return await client.post(f"/telegram/{bot_id}", content=body, headers=header)
