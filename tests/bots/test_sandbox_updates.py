"""How bots of the sandbox get their updates by long polling."""

import asyncio

import pytest
from telegram import Bot, Update
from telegram.error import Conflict, NetworkError

from testkit.people import Person
from testkit.sandbox import SandboxServer


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    return [update.message.text if update.message else None for update in updates]


async def test_updates_stay_until_a_higher_offset_confirms_them(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    await ana.say("one")
    first = await bot.get_updates()

    assert texts(first) == ["/start", "one"]
    assert [update.update_id - first[0].update_id for update in first] == [0, 1]
    assert await bot.get_updates() == first
    assert texts(await bot.get_updates(offset=first[1].update_id)) == ["one"]
    assert texts(await bot.get_updates()) == ["one"], "what was confirmed is gone for good"
    assert (await sandbox.get("control/settled", bot=bot.username))["waiting"] == 1
    assert await bot.get_updates(offset=first[1].update_id + 1) == ()
    assert (await sandbox.get("control/settled", bot=bot.username))["waiting"] == 0


async def test_a_negative_offset_keeps_only_the_last_updates(bot: Bot, ana: Person) -> None:
    for text in ("one", "two", "three"):
        await ana.say(text)

    assert texts(await bot.get_updates(offset=-2)) == ["two", "three"]
    assert texts(await bot.get_updates()) == ["two", "three"]


async def test_no_more_updates_come_at_once_than_wanted(bot: Bot, ana: Person) -> None:
    await ana.say("one")

    assert texts(await bot.get_updates(limit=1)) == ["/start"]


async def test_a_long_poll_ends_with_the_first_update(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    await bot.get_updates(offset=-1)
    (start,) = await bot.get_updates()
    polling = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=30))
    await sandbox.polled("stamp_bot")
    await ana.say("one")

    assert texts(await polling) == ["one"]


async def test_a_short_poll_ends_at_once_and_a_long_one_in_time(bot: Bot) -> None:
    assert await bot.get_updates(timeout=0) == ()
    assert await bot.get_updates(timeout=1) == ()


async def test_the_newer_call_ends_the_older_one(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    start = (await bot.get_updates())[-1]
    older = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=30))
    await sandbox.polled("stamp_bot")
    newer = asyncio.create_task(bot.get_updates(timeout=30))

    with pytest.raises(Conflict, match="erminated by other getUpdates request; make sure that only one bot instance"):
        await older
    await ana.say("one")
    assert texts(await newer) == ["one"]


async def test_whatever_lasts_ends_when_the_sandbox_stops(sandbox: SandboxServer, bot: Bot) -> None:
    polling = asyncio.create_task(bot.get_updates(timeout=30))
    await sandbox.polled("stamp_bot")
    async with sandbox.client.stream("GET", "control/events") as events:
        lines = events.aiter_lines()
        assert await anext(lines) == "retry: 500"
        await sandbox.world.stop()

        assert [line async for line in lines if line] == []
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await polling


async def test_only_wanted_updates_come_and_the_wish_is_remembered(bot: Bot, ana: Person) -> None:
    (start,) = await bot.get_updates(allowed_updates=["callback_query"])
    await ana.say("unheard")
    said = await bot.send_message(ana.id, "x")
    await ana.press_data(said.message_id, "d")

    (update,) = await bot.get_updates(offset=start.update_id + 1)
    assert (update.update_id, update.callback_query and update.callback_query.data) == (start.update_id + 1, "d")
    await bot.get_updates(allowed_updates=[])
    await ana.say("heard")
    assert texts(await bot.get_updates(offset=update.update_id + 1)) == ["heard"]


async def test_each_bot_has_updates_of_its_own(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    made = await sandbox.add_bot(username="other_bot")
    await ana.at("other_bot").say("to the other")

    async with sandbox.client_of(made) as other:
        assert texts(await other.get_updates()) == ["to the other"]
    assert texts(await bot.get_updates()) == ["/start"]


async def test_an_update_that_is_sent_again_has_a_new_id_and_a_press_a_new_query(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    said = await bot.send_message(ana.id, "x")
    await ana.press_data(said.message_id, "d")
    again = await sandbox.redeliver("stamp_bot")
    first, second = (await bot.get_updates())[1:]

    assert (second.update_id, second.update_id - first.update_id) == (again, 1)
    assert first.callback_query is not None
    assert second.callback_query is not None
    assert first.callback_query.id != second.callback_query.id
    assert first.callback_query.data == second.callback_query.data == "d"
    await second.callback_query.answer("Twice")
    assert [toast["text"] for toast in (await ana.screen()).toasts] == ["Twice"]

    await sandbox.redeliver("stamp_bot", update_id=first.update_id - 1)
    assert texts(await bot.get_updates(offset=again + 1)) == ["/start"]
