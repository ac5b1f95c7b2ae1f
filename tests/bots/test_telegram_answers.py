"""Telegram away, or a token revoked: a figure moves, and the owners of a shop's own bot are told."""

import asyncio

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import select

from bots.notice_texts import notice_text
from bots.polling import keep_asking
from bots.words import LANGUAGES, words_for
from loyalty_app.db.tables import notice, telegram_bot
from loyalty_app.observability.telegram_answers import NAME, TelegramAnswers, telegram_answers
from loyalty_app.shops.notice_facts import BotFacts
from loyalty_core.access import Role
from testkit.concurrency import until
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, own_bot
from tests.bots.test_owner_notice_worker import A_NOTICE, told

pytestmark = pytest.mark.usefixtures("unhurried", "connections")
OWN = "bean_bot"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked again is asked at once."""
    for name in ("PAUSE_SECONDS", "ASK_EVERY_SECONDS"):
        monkeypatch.setattr(f"bots.polling.{name}", 0.01)
    monkeypatch.setattr("bots.polling.LONGEST_PAUSE_SECONDS", 0.02)


class Seconds:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def figures(answers: TelegramAnswers) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(answers)
    lines = [line for line in generate_latest(registry).decode().splitlines() if line.startswith(NAME)]
    return {line.partition("}")[0].partition("{")[2]: float(line.rpartition(" ")[2]) for line in lines}


def test_the_figure_grows_until_telegram_answers_and_goes_with_the_bot() -> None:
    clock = Seconds()
    answers = TelegramAnswers(clock)
    answers.expect(7)
    answers.expect(8)
    clock.now += 50
    answers.expect(7)
    answers.note(8)
    clock.now += 5
    assert figures(answers) == {'bot="7"': 55, 'bot="8"': 5}
    answers.forget(7)
    assert figures(answers) == {'bot="8"': 5}


def seconds(bot_id: int) -> float | None:
    return figures(telegram_answers).get(f'bot="{bot_id}"')


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    monkeypatch.setattr(telegram_answers, "_clock", clock)
    monkeypatch.setattr(telegram_answers, "_last", {})
    return clock


async def test_a_bot_whose_updates_come_counts_as_answered_and_one_that_fails_does_not(
    clock: Seconds, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    [bot_id] = town.supervisor.bots
    paul = await town.person("Paul")
    clock.now += 600
    await paul.say("hello")
    assert seconds(bot_id) == 0
    await town.sandbox.order_fault(BOT, "server_error", method="getUpdates", times=10_000)
    await say_raw(town, paul, BOT)

    async def failed() -> bool:
        return caplog.text.count("could not be fetched") > 2

    await until(failed)
    clock.now += 600
    caplog.clear()
    await until(failed)
    assert seconds(bot_id) == 600


async def say_raw(town: Town, person: Person, bot: str) -> None:
    """Say something, and do not wait for what comes of it."""
    await town.sandbox.post(f"control/chats/{person.id}/{bot}/start", {"payload": ""})


async def owner_of_own_bot(town: Town) -> tuple[Shop, Person]:
    """A shop with a bot of its own, and its owner, who has met the bot of all shops."""
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await own_bot(Cafe(town=town, shop=shop, ana=mira, lena=await shop.join()), OWN)
    return shop, mira


async def heard(shop: Shop, person: Person) -> list[str]:
    await until(lambda: told(shop))
    return [message.words for message in (await person.screen()).from_bot if "refuses the token" in message.words]


async def refused_at(shop: Shop) -> object:
    own = select(telegram_bot.c.refused_at).where(telegram_bot.c.business_id == shop.business.id)
    return await shop.database.read(lambda connection: connection.scalar(own))


async def test_a_revoked_token_is_told_to_the_owner_once_by_the_bot_of_all_shops(
    either_town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    shop, mira = await owner_of_own_bot(either_town)
    await either_town.sandbox.order_fault(OWN, "unauthorized", times=10_000)

    async def noted() -> bool:
        return bool(await shop.rows(notice))

    async def refused_again() -> bool:
        return caplog.text.count("Telegram refuses the token") == 2

    await until(noted)
    [said] = await heard(shop, mira.at(BOT))
    assert f"@{OWN}" in said
    assert f"loyalty business set-bot --business {shop.business.id}" in said
    await either_town.restart()
    shop.database = either_town.runtime.database
    await until(refused_again)
    assert len(await heard(shop, mira.at(BOT))) == 1


async def test_a_token_that_is_taken_again_ends_it(town: Town) -> None:
    shop, mira = await owner_of_own_bot(town)
    await town.sandbox.order_fault(OWN, "unauthorized", method="getUpdates", times=1)
    await say_raw(town, mira, OWN)

    async def noted() -> bool:
        return await refused_at(shop) is not None

    await until(noted)
    await say_raw(town, mira, OWN)

    async def over() -> bool:
        return await refused_at(shop) is None

    await until(over)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_can_be_told_in_every_language(language: str) -> None:
    facts = BotFacts(business_id=7, username=OWN)
    assert "<code>loyalty business set-bot --business 7</code>" in notice_text(
        words_for(language), replace(A_NOTICE, kind="bot", facts=facts)
    )


async def test_with_a_public_address_telegram_is_asked_too(clock: Seconds, town: Town) -> None:
    [bot_id], [application] = town.supervisor.bots, town.supervisor.bots.values()
    asking = asyncio.create_task(keep_asking(town.runtime, application.bot))
    clock.now += 600
    await until(lambda: answered(bot_id))
    asking.cancel()
    assert [call["method"] for call in await town.sandbox.calls(BOT, method="getWebhookInfo")]


async def answered(bot_id: int) -> bool:
    return seconds(bot_id) == 0
