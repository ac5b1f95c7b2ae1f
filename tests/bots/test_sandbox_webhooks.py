"""How bots of the sandbox get their updates by webhook."""

import asyncio

import pytest
from telegram import Bot
from telegram.error import BadRequest, Conflict

from testkit.bot_api import check_updates
from testkit.people import Person
from testkit.sandbox import SandboxServer
from tests.bots.hook import open_hook

ELSEWHERE = "https://a.invalid/hook"


async def test_updates_are_delivered_in_order_with_the_secret(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    async with open_hook() as hook:
        assert await bot.set_webhook(hook.url, secret_token="a-secret_1")
        sandbox.attended = True
        await ana.say("one")

        came = [await hook.next(), await hook.next()]
        assert [delivery.update["message"]["text"] for delivery in came] == ["/start", "one"]
        assert {delivery.secret for delivery in came} == {"a-secret_1"}
        check_updates([delivery.update for delivery in came])
        assert (await bot.get_webhook_info()).pending_update_count == 0


async def test_a_delivery_that_fails_is_repeated_before_the_next(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    async with open_hook(500, 302) as hook:
        await ana.say("one")
        await bot.set_webhook(hook.url)
        came = [await hook.next() for _ in range(4)]
        sandbox.attended = True
        await sandbox.settle("stamp_bot")

    assert [delivery.update["message"]["text"] for delivery in came] == ["/start", "/start", "/start", "one"]
    assert {delivery.secret for delivery in came} == {None}
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 302 Found"
    assert info.last_error_date is not None


async def test_what_waits_is_counted_and_why(bot: Bot, ana: Person) -> None:
    async with open_hook(500, 500, 500, 500, 500, 500) as hook:
        await bot.set_webhook(hook.url, max_connections=7, allowed_updates=["message"])
        await ana.say("one")
        await hook.next()
        info = await bot.get_webhook_info()
        assert await bot.delete_webhook()

    assert (info.url, info.pending_update_count, info.max_connections) == (hook.url, 2, 7)
    assert info.allowed_updates == ("message",)
    assert (await bot.get_webhook_info()).url == ""
    assert len(await bot.get_updates()) == 2, "what was not delivered can be asked for"


async def test_polling_and_a_webhook_exclude_each_other(sandbox: SandboxServer, bot: Bot) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=30))
    await sandbox.polled("stamp_bot")
    await bot.set_webhook(ELSEWHERE)

    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await polling
    with pytest.raises(Conflict, match="while webhook is active; use deleteWebhook to delete the webhook first"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_updates_may_be_dropped(bot: Bot, ana: Person) -> None:
    await bot.set_webhook(ELSEWHERE, drop_pending_updates=True)
    assert (await bot.get_webhook_info()).pending_update_count == 0
    await ana.say("one")
    await bot.delete_webhook(drop_pending_updates=True)

    assert await bot.get_updates() == ()


@pytest.mark.parametrize("url", ["http://a.invalid/hook", "http://10.0.0.1/hook", "ftp://127.0.0.1/", "nowhere"])
async def test_a_webhook_is_https_unless_it_is_on_this_machine(bot: Bot, url: str) -> None:
    with pytest.raises(BadRequest, match="an https url must be provided for webhook"):
        await bot.set_webhook(url)


async def test_a_secret_has_only_plain_letters(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Secret token contains unallowed characters"):
        await bot.set_webhook(ELSEWHERE, secret_token="ä")
