"""Notices: owners are told what is wrong with their webhooks, each once, in their own language."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from bots.notice_texts import notice_text
from bots.words import LANGUAGES, words_for
from loyalty_app.db.tables import notice, webhook_endpoint
from loyalty_app.ids import Kind
from loyalty_app.shops.notice_facts import Ailment, Trouble, WebhookFacts
from loyalty_app.shops.owner_notices import Notice
from loyalty_app.webhooks.endpoint_health import note_health
from loyalty_core.access import Role
from loyalty_core.delivery_retries import Disable, Verdict
from loyalty_core.fields import BotId
from testkit.concurrency import until
from testkit.people import Person
from testkit.shop import Shop
from testkit.town import BOT, Town
from tests.bots.cafe import Cafe, own_bot

pytestmark = pytest.mark.usefixtures("unhurried", "connections")

URL = "https://hooks.example.com/stamps"


async def trouble(town: Town, shop: Shop, verdict: Verdict | None = None, *, age: timedelta = timedelta()) -> None:
    """A webhook of the shop gives trouble: its server says that it is gone."""
    number = await shop.database.write(lambda connection: add_endpoint(connection, town, shop))

    def note(connection: Connection) -> None:
        own = webhook_endpoint.c.business_id == shop.business.id, webhook_endpoint.c.id == number
        row = connection.execute(select(webhook_endpoint).where(*own)).one()
        note_health(connection, shop.database, [(row, [verdict or Disable()])], now=town.clock() - age)

    await shop.database.write(note)


def add_endpoint(connection: Connection, town: Town, shop: Shop) -> int:
    with shop.database.ids(connection) as ids:
        number = ids.take(Kind.WEBHOOK)
    row = {
        "business_id": shop.business.id,
        "id": number,
        "url": URL,
        "events": "stamp.added",
        "active": True,
        "created_at": town.clock(),
        "secret": b"",
        "secret_hint": "",
        "warnings": 0,
    }
    shop.database.insert(connection, webhook_endpoint, [row])
    return number


async def told(shop: Shop) -> bool:
    """Whether all notices of the shop are told."""
    return all(row.told_at is not None for row in await shop.rows(notice))


async def warnings(person: Person) -> list[str]:
    return [message.words for message in (await person.screen()).messages if URL in message.words]


async def test_every_owner_is_told_once_also_after_a_restart(either_town: Town) -> None:
    town = either_town
    shop = await town.open_shop()
    mira, otto = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Otto", Role.OWNER)
    max_, ana = await town.hire(shop, "Max", Role.MANAGER), await town.hire(shop, "Ana")
    await trouble(town, shop)
    await until(lambda: told(shop))
    await town.restart()
    shop.database = town.runtime.database
    next_door = await town.open_shop()
    await town.hire(next_door, "Olga", Role.OWNER)
    await trouble(town, next_door)
    await until(lambda: told(next_door))
    assert [len(await warnings(person)) for person in (mira, otto, max_, ana)] == [1, 1, 0, 0]


async def test_what_happens_while_the_bot_is_away_is_told_when_it_is_back(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    worker = town.supervisor.notice_worker
    await worker.close()
    await trouble(town, shop)
    assert await warnings(mira) == []
    await town.restart()
    shop.database = town.runtime.database
    await until(lambda: told(shop))
    assert len(await warnings(mira)) == 1


async def test_who_knows_it_already_is_not_told_again(town: Town) -> None:
    shop = await town.open_shop()
    mira, otto = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Otto", Role.OWNER)
    await town.supervisor.notice_worker.close()
    await trouble(town, shop)
    half_done = update(notice).values(told_to=f"[{mira.id}]")
    await shop.database.write(lambda connection: connection.execute(half_done).close())
    await town.restart()
    shop.database = town.runtime.database
    await until(lambda: told(shop))
    assert [len(await warnings(person)) for person in (mira, otto)] == [0, 1]


async def test_a_server_that_fails_is_asked_again_later(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loyalty_app.shops.owner_notices.AGAIN", timedelta())
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await town.sandbox.order_fault(BOT, "server_error", method="sendMessage")
    await trouble(town, shop)
    await until(lambda: told(shop))
    assert len(await warnings(mira)) == 1


async def test_an_owner_who_has_blocked_the_bot_keeps_nobody_waiting(town: Town) -> None:
    shop = await town.open_shop()
    mira, otto = await town.hire(shop, "Mira", Role.OWNER), await town.hire(shop, "Otto", Role.OWNER)
    await mira.block()
    await trouble(town, shop)
    await until(lambda: told(shop))
    assert [len(await warnings(person)) for person in (mira, otto)] == [0, 1]


async def test_an_owner_who_never_met_the_bot_keeps_nobody_waiting(town: Town) -> None:
    shop = await town.open_shop()
    await town.employ(shop, await town.person("Eva"), Role.OWNER)
    otto = await town.hire(shop, "Otto", Role.OWNER)
    await trouble(town, shop)
    await until(lambda: told(shop))
    assert len(await warnings(otto)) == 1


async def test_old_news_is_not_told_any_more(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await trouble(town, shop, age=timedelta(days=8))
    await trouble(town, shop)
    await until(lambda: one_told(shop))
    assert len(await warnings(mira)) == 1


async def one_told(shop: Shop) -> bool:
    return any(row.told_at is not None for row in await shop.rows(notice))


async def test_a_shop_with_a_bot_of_its_own_hears_it_there(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await own_bot(Cafe(town=town, shop=shop, ana=mira, lena=await shop.join()), "bean_bot")
    there = mira.at("bean_bot")
    await there.start()
    await trouble(town, shop)
    await until(lambda: told(shop))
    assert [len(await warnings(where)) for where in (mira, there)] == [0, 1]


async def test_a_screen_after_a_notice_comes_below_it(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    await mira.say("/shop")
    await trouble(town, shop)
    await until(lambda: told(shop))
    await mira.say("/shop")
    assert URL not in mira.last.words
    assert "📊 Figures" in mira.last.labels


A_NOTICE = Notice(
    business_id=1,
    id=1,
    text="Webhook 1: it failed.",
    shop_name="Bean <& Leaf>",
    kind="webhook",
    facts=WebhookFacts(endpoint_id=1, url=URL, trouble=Trouble(Ailment.FAILING, 3)),
    people=(1,),
    told_to=(),
    bots=(BotId(1),),
    lease="held",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ailment", Ailment)
def test_every_trouble_can_be_said_in_every_language(language: str, ailment: Ailment) -> None:
    facts = WebhookFacts(endpoint_id=1, url=URL, trouble=Trouble(ailment, 3))
    said = notice_text(words_for(language), replace(A_NOTICE, facts=facts))
    assert URL in said
    assert "Bean &lt;&amp; Leaf&gt;" in said


def test_what_an_older_release_has_noted_is_said_as_it_was() -> None:
    assert "Webhook 1: it failed." in notice_text(words_for("de"), replace(A_NOTICE, facts=None))
