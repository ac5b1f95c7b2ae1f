"""What a customer has in the chat after something went wrong: a block, a failure of Telegram, a failure of ours."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from bots.card_news import EFFECTS
from bots.turn import Draft, write_draft
from loyalty_app.chat.card_news import NewsKind
from loyalty_app.chat.chats import ChatChange, change_chat
from loyalty_app.clock import utc_now
from loyalty_app.db.tables import telegram_chat
from loyalty_app.settings import Settings
from loyalty_core.fields import BotId, ChatId
from testkit.bot_api import check_calls
from testkit.people import Person
from testkit.screens import Json
from testkit.town import BOT, Town, open_town
from tests.bots.customers import card_of, cards_on, come_in, mark, only, sent, stamp

pytestmark = pytest.mark.usefixtures("unhurried", "connections")


class Later:
    """The clock of a process that can be set forward."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.passed


async def blocked(town: Town) -> list[bool]:
    """Of each chat, whether its person counts as gone."""

    def work(connection: Connection) -> list[bool]:
        return [row.blocked_at is not None for row in connection.execute(select(telegram_chat.c.blocked_at))]

    return await town.runtime.database.read(work)


async def change(town: Town, person: Person, changed: ChatChange) -> None:
    """Change what is known of somebody's chat."""
    [bot_id] = town.supervisor.bots
    await change_chat(town.runtime.database, BotId(bot_id), ChatId(person.id), changed, now=town.clock())


async def come_raw(town: Town, person: Person, kind: str, body: Json) -> None:
    """An update that no phone in the sandbox makes."""
    user = {"id": person.id, "is_bot": False, "first_name": person.first_name}
    [bot_id] = town.supervisor.bots
    await town.supervisor.intake.take(bot_id, [{"update_id": 900_000_001, kind: {"from": user, "date": 1, **body}}])
    await town.idle()


async def test_a_card_is_not_sent_again_because_its_news_could_not_be_told(sqlite_settings: Settings) -> None:
    clock = Later()
    async with open_town(sqlite_settings, clock=clock) as town:
        shop = await town.open_shop(stamps_required=2)
        lena = await come_in(town, shop)
        await lena.delete(lena.last.id)
        await town.sandbox.order_fault(BOT, "server_error", method="sendMessage", times=2)
        await stamp(town, shop, await only(shop))
        for _ in range(2):
            clock.passed += timedelta(minutes=2)
            town.supervisor.card_worker.wake()
            await town.idle()
        screen = await lena.screen()
        assert [message.photo is not None for message in screen.from_bot] == [True, False]
        assert "One stamp to go" in screen.last.words
        check_calls(await town.sandbox.calls())


async def test_a_card_that_may_have_arrived_is_not_sent_again_for_its_news(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    await lena.delete(lena.last.id)
    await town.sandbox.order_fault(BOT, "lost_answer", method="sendPhoto")
    await town.sandbox.order_fault(BOT, "server_error", method="sendMessage")
    await stamp(town, shop, await only(shop))
    assert len(await cards_on(lena)) == 1


async def test_news_whose_effect_telegram_does_not_know_any_more_is_told_without_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EFFECTS, NewsKind.ONE_TO_GO, "1")
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    await stamp(town, shop, await only(shop))
    told = (await lena.screen()).last
    assert ("One stamp to go" in told.words, told.effect) == (True, None)


async def test_who_unblocks_the_bot_sees_the_card_as_it_is_and_reads_what_is_news(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    await lena.block()
    await stamp(town, shop, await only(shop), 2)
    assert "0 of 2 stamps" in (await card_of(lena)).words
    await lena.unblock()
    await town.idle()
    assert "1 reward is waiting" in (await card_of(lena)).words
    assert "is full!" in (await lena.screen()).last.words


@pytest.mark.parametrize("act", ["press", "say"])
async def test_who_does_something_is_back_and_sees_the_card_as_it_is(town: Town, act: str) -> None:
    shop = await town.open_shop()
    lena = await come_in(town, shop)
    await change(town, lena, ChatChange(blocked_at=utc_now()))
    await stamp(town, shop, await only(shop), 3)
    await (lena.press("More") if act == "press" else lena.say("/language"))
    await town.idle()
    assert await blocked(town) == [False]
    assert "3 of 10 stamps" in (await card_of(lena)).words


async def test_who_forbids_a_card_is_not_taken_to_have_seen_it(town: Town) -> None:
    shop = await town.open_shop(stamps_required=2)
    lena = await come_in(town, shop)
    await town.sandbox.order_fault(BOT, "forbidden", method="editMessageMedia")
    await stamp(town, shop, await only(shop))
    assert len(await cards_on(lena)) == 1
    await lena.say("/card")
    assert "One stamp to go" in (await lena.screen()).last.words


async def test_a_bot_that_is_put_out_of_a_group_still_writes_to_who_did_it(town: Town) -> None:
    lena = await come_in(town, await town.open_shop())
    [bot_id] = town.supervisor.bots
    me = {"id": bot_id, "is_bot": True, "first_name": "Stamps", "username": BOT}
    group = {"id": -100_500, "type": "supergroup", "title": "Friends"}
    left = {"old_chat_member": {"user": me, "status": "member"}, "new_chat_member": {"user": me, "status": "left"}}
    await come_raw(town, lena, "my_chat_member", {"chat": group, **left})
    assert await blocked(town) == [False]


async def test_what_telegram_says_about_the_chat_itself_is_not_answered(town: Town) -> None:
    lena = await come_in(town, await town.open_shop())
    since, chat = await mark(town), {"id": lena.id, "type": "private"}
    timer = {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86_400}}
    await come_raw(town, lena, "message", {"message_id": 77, "chat": chat, **timer})
    assert [call for call in await town.sandbox.calls(BOT, since=since) if call["method"] != "getUpdates"] == []


async def test_a_message_that_nobody_could_handle_is_answered_all_the_same(town: Town) -> None:
    lena = await come_in(town, await town.open_shop())
    await change(town, lena, ChatChange(draft=write_draft(Draft("rename", {"business": "broken"}))))
    assert "Something went wrong here" in (await lena.say("New name")).last.words


async def test_what_is_only_tidied_up_is_not_tried_again(town: Town) -> None:
    lena = await come_in(town, await town.open_shop())
    since = await mark(town)
    await town.sandbox.order_fault(BOT, "server_error", method="deleteMessage")
    await lena.say("/help")
    await town.sandbox.order_fault(BOT, "server_error", method="answerCallbackQuery")
    await lena.press("My cards")
    made = [call["method"] for call in await town.sandbox.calls(BOT, since=since)]
    assert made.count("answerCallbackQuery") == 1
    assert len(await sent(town, since=since)) == 2
