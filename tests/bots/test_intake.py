"""Intake: what comes from Telegram is handled once, whichever way it came, and one bad update stops nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, Row, insert, select, update
from telegram.error import RetryAfter, TelegramError

from api.app import create_app
from bots import customers, intake
from bots.polling import after
from bots.supervisor import open_bots
from bots.telegram_limits import may_pass
from bots.turn import Turn
from loyalty_app.chat.bots import BotRecord, find_secret, list_bots, new_secret, register, remove_bot
from loyalty_app.chat.card_queue import CardQueue, ShownCard, cards_of
from loyalty_app.chat.update_queue import TelegramUpdate, will_be_tried
from loyalty_app.db.tables import telegram_card, telegram_update
from loyalty_app.observability.metrics import REGISTRY
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings
from loyalty_app.vault import Vault
from loyalty_core.errors import Busy, BusyReason
from loyalty_core.fields import BotId, UserId
from testkit.bot_api import check_calls
from testkit.builders import NOON
from testkit.concurrency import until
from testkit.console import A_KEY
from testkit.http_server import free_port, served
from testkit.people import Person
from testkit.sandbox import SandboxServer, open_sandbox
from testkit.shop import found, open_next_door
from testkit.town import BOT, Town
from tests.api.till import Api, open_api, started
from tests.bots.cafe import open_cafe, own_bot

pytestmark = pytest.mark.usefixtures("connections")


async def updates(town: Town) -> list[Row[tuple[object, ...]]]:
    kept = select(telegram_update).order_by(telegram_update.c.update_id)
    return await town.runtime.database.read(lambda connection: list(connection.execute(kept)))


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
    await town.supervisor.intake.take(int(handled.bot_id), [again])
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
    [bot_id] = town.supervisor.bots
    await town.supervisor.intake.take(bot_id, [{"update_id": 900_000_001, **broken}])
    await town.idle()
    *_, aside = await updates(town)
    assert aside.error is not None
    await town.supervisor.intake.take(bot_id, [a_message(900_000_002)])
    await town.idle()
    assert (await updates(town))[-1].done_at is not None


@pytest.mark.parametrize("tries", [2, 3])
async def test_an_update_that_ended_its_process_twice_is_set_aside_its_person_is_told_and_the_next_is_answered(
    town: Town, tries: int
) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [before] = await updates(town)
    [bot_id] = town.supervisor.bots
    before_it = REGISTRY.get_sample_value("loyalty_jobs_set_aside_total", {"queue": "updates"}) or 0
    killer = {**msgspec.json.decode(msgspec.json.encode(a_message(900_000_001))), "update_id": 900_000_001}
    body = msgspec.json.encode(from_person(killer, int(before.person_id)))
    row = {"bot_id": bot_id, "update_id": 900_000_001, "person_id": before.person_id, "body": body, "tries": tries}
    await town.runtime.database.write(
        lambda connection: connection.execute(insert(telegram_update).values(**row, received_at=town.clock()))
    )
    await town.idle()
    *_, aside = await updates(town)
    assert (aside.error, aside.done_at is not None) == ("NeverCameBack", True)
    assert REGISTRY.get_sample_value("loyalty_jobs_set_aside_total", {"queue": "updates"}) == before_it + 1
    told = [message.text for message in (await lena.screen()).from_bot if "Something went wrong" in str(message.text)]
    assert len(told) == (tries == 2), "telling is not tried where telling did it too"
    await lena.say("/help")
    assert all(row.done_at is not None for row in await updates(town))


def from_person(update: dict[str, Any], person: int) -> dict[str, Any]:
    message = update["message"]
    return {
        **update,
        "message": {**message, "chat": {**message["chat"], "id": person}, "from": {**message["from"], "id": person}},
    }


def welcome_after(monkeypatch: pytest.MonkeyPatch, refusals: list[Busy]) -> None:
    """People are welcomed once all these refusals are raised, the last one first."""
    welcome = customers.welcome

    async def welcome_later(turn: Turn) -> None:
        if refusals:
            raise refusals.pop()
        await welcome(turn)

    monkeypatch.setattr(customers, "welcome", welcome_later)


async def test_who_has_to_wait_for_the_database_is_told_once_and_answered_when_it_is_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BUSY_PAUSE", timedelta())
    outage = [Busy(5), Busy(5)]
    welcome_after(monkeypatch, outage)
    lena = await town.person("Lena")
    await lena.start()
    await town.idle()
    told, answered = (await lena.screen()).from_bot
    assert "tries again by itself" in str(told.text)
    assert "tries again by itself" not in str(answered.text)
    assert [(row.tries, row.error) for row in await updates(town)] == [(1, None)]


async def test_who_asks_what_only_a_machine_has_that_is_away_waits_for_a_while_and_then_others_of_theirs_go_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BUSY_PAUSE", timedelta())
    monkeypatch.setattr(intake, "NODE_PATIENCE", timedelta())
    away = [Busy(5, BusyReason.NODE_AWAY)]
    welcome_after(monkeypatch, away)
    lena = await town.person("Lena")
    await lena.start()
    await lena.start()
    await town.idle()
    told, answered = (await lena.screen()).from_bot
    assert "was not done" in str(told.text)
    assert "was not done" not in str(answered.text)
    first, second = await updates(town)
    assert (first.error, first.body is None, second.error) == ("Busy", False, None)


async def test_what_may_have_been_saved_by_a_machine_that_is_away_waits_until_that_is_known(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "BUSY_PAUSE", timedelta())
    monkeypatch.setattr(intake, "NODE_PATIENCE", timedelta())
    away = [Busy(5, BusyReason.NODE_AWAY), Busy(5, BusyReason.IN_DOUBT)]
    welcome_after(monkeypatch, away)
    lena = await town.person("Lena")
    await lena.start()
    await town.idle()
    assert len((await lena.screen()).from_bot) == 2
    assert [(row.tries, row.error) for row in await updates(town)] == [(1, None)]


async def test_another_process_knows_what_may_have_been_saved_by_a_machine_that_is_away(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_TOLD", 0)  # nothing is remembered, as where another one goes on
    monkeypatch.setattr(intake, "BUSY_PAUSE", timedelta())
    monkeypatch.setattr(intake, "NODE_PATIENCE", timedelta())
    away = [Busy(5, BusyReason.NODE_AWAY), Busy(5, BusyReason.NODE_AWAY), Busy(5, BusyReason.IN_DOUBT)]
    welcome_after(monkeypatch, away)
    lena = await town.person("Lena")
    await lena.start()
    await town.idle()
    assert [(row.tries, row.error) for row in await updates(town)] == [(1, None)]
    assert not away


async def test_what_was_written_down_before_a_restart_is_handled_after_it(town: Town) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [bot_id] = town.supervisor.bots
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
        app = create_app(settings, bots=open_bots)
        async with started(app), served(app, listener):
            await until(lambda: webhook_is_set(sandbox))
            lena = await sandbox.add_person("Lena", bot=BOT)
            await lena.start()
            await until(lambda: is_answered(lena))
        assert not await sandbox.calls(method="getUpdates")
        check_calls(await sandbox.calls())


async def test_the_first_bot_of_all_is_opened_while_the_process_runs(sqlite_settings: Settings) -> None:
    async with open_sandbox() as sandbox:
        settings = replace(sqlite_settings, telegram_api_url=sandbox.url, secret_key=A_KEY)
        async with open_runtime(settings, bots=open_bots) as held:
            assert not await sandbox.calls(), "there is nobody to open yet"
            bot, shop = await sandbox.add_bot(username=BOT), await found(held.database)
            own = BotRecord(
                bot_id=bot["id"], business_id=shop.id, username=BOT, secret=new_secret(), token=bot["token"]
            )
            await register(held.database, held.vault, own, now=held.clock())
            lena = await sandbox.add_person("Lena", bot=BOT)
            await lena.start()
            await until(lambda: is_answered(lena))
        check_calls(await sandbox.calls())


async def webhook_is_set(sandbox: SandboxServer) -> bool:
    return bool(await sandbox.calls(method="setWebhook"))


async def is_answered(person: Person) -> bool:
    return bool((await person.screen()).from_bot)


@pytest.mark.parametrize("secret", ["", "wrong", "é"])
async def test_who_does_not_know_the_secret_puts_nothing_in_and_learns_nothing(town: Town, secret: str) -> None:
    [bot_id] = town.supervisor.bots
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
    [bot_id] = town.supervisor.bots
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


async def test_an_update_waits_for_its_bot_and_is_not_set_aside(town: Town) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [(bot_id, bot)] = town.supervisor.bots.items()
    del town.supervisor.bots[bot_id]
    handled = await town.supervisor.intake._handle(an_update(bot_id))  # noqa: SLF001  # claimed a moment before it closed
    town.supervisor.bots[bot_id] = bot
    assert (handled.error, will_be_tried(handled), handled.wait) == (None, True, timedelta())


def an_update(bot_id: int) -> TelegramUpdate:
    body = msgspec.json.encode(a_message(900_000_001))
    return TelegramUpdate(
        bot_id=bot_id, update_id=900_000_001, person_id=77, body=body, tries=9, lease="", received_at=NOON
    )


async def test_what_cannot_be_written_down_stops_none_of_those_beside_it(town: Town) -> None:
    lena = await town.person("Lena")
    await lena.start()
    [bot_id] = town.supervisor.bots
    torn = a_message(900_000_001, text="\ud800")
    await town.supervisor.intake.take(bot_id, [{"update_id": -1}, torn, a_message(900_000_002)])
    await town.idle()
    assert [row.update_id for row in await updates(town)][1:] == [900_000_002]


def test_what_has_come_is_not_asked_for_again_though_it_is_no_update() -> None:
    assert after([{"update_id": 7}, {}, {"update_id": "x"}, {"update_id": 8}]) == 9
    with pytest.raises(TelegramError):
        after([{}])


def test_being_put_off_passes() -> None:
    assert may_pass(RetryAfter(timedelta(seconds=60)))


async def test_a_bot_whose_token_cannot_be_read_stops_no_other(town: Town) -> None:
    cafe = await open_cafe(town)
    await own_bot(cafe, "cafe_bot")
    elsewhere = Vault("another key of an installation")
    records = await list_bots(town.runtime.database, elsewhere)
    assert [(one.username, one.token) for one in records] == [(BOT, None), ("cafe_bot", None)]


async def test_a_bot_that_has_moved_to_another_shop_shows_the_cards_of_that_one_only(town: Town) -> None:
    cafe = await open_cafe(town)
    await own_bot(cafe, "cafe_bot")
    lena = await town.person("Lena", bot="cafe_bot")
    await lena.start(f"j_{cafe.shop.business.slug}")
    database, shop_id = town.runtime.database, cafe.shop.business.id
    [own] = [one for one in await list_bots(database, town.runtime.vault) if one.business_id == shop_id]
    assert len(await database.read(lambda connection: cards_of(connection, BotId(own.bot_id), UserId(lena.id)))) == 1
    await remove_bot(database, shop_id, now=town.clock())
    next_door = (await open_next_door(cafe.shop)).business.id
    await register(database, town.runtime.vault, replace(own, business_id=next_door), now=town.clock())
    assert await database.read(lambda connection: cards_of(connection, BotId(own.bot_id), UserId(lena.id))) == []


async def test_a_card_that_cannot_be_shown_is_tried_more_and_more_seldom_and_not_without_its_bot(town: Town) -> None:
    shop = await town.open_shop()
    lena = await town.person("Lena")
    await lena.start(f"j_{shop.business.slug}")
    [bot_id] = town.supervisor.bots
    await shop.database.write(lambda connection: show_again_at(connection, bot_id))
    queue, database, now, pauses = CardQueue(lambda: [bot_id]), shop.database, SOME_DAY, []
    for _ in range(3):
        [card] = await database.write(lambda connection: queue.claim(connection, database, now=now, room=9))  # noqa: B023  # at once
        failed = [ShownCard(card=card, failed=True)]
        await database.write(lambda connection: queue.record(connection, database, failed, now=now))  # noqa: B023  # at once
        due: datetime = await database.read(lambda c: c.execute(select(telegram_card.c.due_at)).scalar_one())
        pauses.append((due - now).total_seconds())
        now = due
        assert not await database.read(lambda connection: CardQueue(list).is_due(connection, now))  # noqa: B023  # at once
    assert pauses == [5, 10, 20]


SOME_DAY = datetime(2100, 1, 1, tzinfo=UTC)


def show_again_at(connection: Connection, bot_id: int) -> None:
    connection.execute(update(telegram_card).where(telegram_card.c.bot_id == bot_id).values(due_at=SOME_DAY))
