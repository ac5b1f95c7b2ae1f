"""What bots of the sandbox do in a chat besides sending: presses, deleting, pins, reactions, typing."""

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ReactionEmoji
from telegram.error import BadRequest, Forbidden

from testkit.people import Person
from testkit.sandbox import SandboxServer

TOO_OLD = "Query is too old and response timeout expired or query id is invalid"


async def pressed(bot: Bot, ana: Person, data: str = "d") -> tuple[str, int]:
    """The query of a press on a button of a new message, and the message's number."""
    said = await bot.send_message(ana.id, "x")
    await ana.press_data(said.message_id, data)
    (update,) = await bot.get_updates(offset=-1)
    assert update.callback_query is not None
    return update.callback_query.id, said.message_id


async def test_a_press_brings_who_where_and_what(bot: Bot, ana: Person) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("+1", callback_data="a:1")]])
    said = await bot.send_message(ana.id, "x", reply_markup=keyboard)
    await ana.press("+1")
    (update,) = await bot.get_updates(offset=-1)

    query = update.callback_query
    assert query is not None
    assert (query.data, query.from_user.id, query.message) == ("a:1", ana.id, said)
    assert update.effective_chat == said.chat


async def test_an_answer_is_a_toast_or_an_alert(bot: Bot, ana: Person) -> None:
    first, _ = await pressed(bot, ana)
    await bot.answer_callback_query(first, "Stamped")
    second, _ = await pressed(bot, ana)
    await bot.answer_callback_query(second, "Too soon", show_alert=True)
    third, _ = await pressed(bot, ana)
    await bot.answer_callback_query(third)

    screen = await ana.screen()
    assert [(toast["text"], toast["show_alert"]) for toast in screen.toasts] == [("Stamped", False), ("Too soon", True)]
    assert screen.unanswered == []


async def test_a_button_spins_until_it_is_answered(bot: Bot, ana: Person) -> None:
    query, _ = await pressed(bot, ana)

    assert (await ana.screen()).unanswered == [query]


async def test_a_second_answer_is_taken_and_changes_nothing(bot: Bot, ana: Person) -> None:
    query, _ = await pressed(bot, ana)

    assert await bot.answer_callback_query(query, "First")
    assert await bot.answer_callback_query(query, "Second")
    assert [toast["text"] for toast in (await ana.screen()).toasts] == ["First"]


async def test_a_query_is_answered_within_a_minute_or_not_at_all(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    query, _ = await pressed(bot, ana)
    await sandbox.pass_time(61)

    with pytest.raises(BadRequest, match=TOO_OLD):
        await bot.answer_callback_query(query)


async def test_a_query_belongs_to_its_bot(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    query, _ = await pressed(bot, ana)
    made = await sandbox.add_bot(username="other_bot")

    async with sandbox.client_of(made) as other:
        with pytest.raises(BadRequest, match=TOO_OLD):
            await other.answer_callback_query(query)


async def test_an_answer_has_200_units(bot: Bot, ana: Person) -> None:
    query, _ = await pressed(bot, ana)

    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query(query, "😀" * 100 + "x")
    assert await bot.answer_callback_query(query, "😀" * 100)


async def test_an_answer_opens_links_to_bots_only(bot: Bot, ana: Person) -> None:
    query, _ = await pressed(bot, ana)

    with pytest.raises(BadRequest, match="Url_invalid"):
        await bot.answer_callback_query(query, url="https://a.example/")
    assert await bot.answer_callback_query(query, url="https://t.me/stamp_bot?start=x")


async def test_a_press_may_carry_anything_and_stands_under_a_message_that_is_there(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    _, message_id = await pressed(bot, ana, data="forged " * 20)
    await bot.delete_message(ana.id, message_id)

    path = f"control/chats/{ana.id}/{bot.username}/press"
    answer = await sandbox.client.post(path, json={"message_id": message_id, "data": "x"})
    assert (answer.status_code, answer.json()) == (409, {"detail": f"The phone shows no message {message_id}."})


async def test_a_bot_deletes_its_own_messages_and_those_of_people(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "x")
    for message_id in (said.message_id, ana.last.id):
        assert await bot.delete_message(ana.id, message_id)

    assert (await ana.screen()).messages == []
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(ana.id, said.message_id)
    assert await bot.delete_messages(ana.id, [1, 2, 3])


async def test_a_pinned_message_is_told_and_stays_until_unpinned(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "Card")
    assert await bot.pin_chat_message(ana.id, said.message_id, disable_notification=True)

    screen = await ana.screen()
    assert (screen.pinned, screen.last.pinned_message) == (said.message_id, said.message_id)
    (update,) = await bot.get_updates(offset=-1)
    assert update.message is not None
    assert update.message.pinned_message == said
    assert (await bot.get_chat(ana.id)).pinned_message == said
    assert await bot.unpin_chat_message(ana.id, said.message_id)
    assert (await ana.screen()).pinned is None
    with pytest.raises(BadRequest, match="Message to unpin not found"):
        await bot.unpin_chat_message(ana.id, said.message_id)
    await bot.pin_chat_message(ana.id, said.message_id)
    assert await bot.unpin_all_chat_messages(ana.id)
    with pytest.raises(BadRequest, match="Message to pin not found"):
        await bot.pin_chat_message(ana.id, 99)


async def test_a_deleted_message_is_pinned_no_longer(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "Card")
    await bot.pin_chat_message(ana.id, said.message_id)
    await ana.delete(said.message_id)

    assert (await ana.screen()).pinned is None


async def test_a_reaction_is_shown_until_it_is_taken_back(bot: Bot, ana: Person) -> None:
    assert await bot.set_message_reaction(ana.id, ana.last.id, ReactionEmoji.PARTY_POPPER)
    assert (await ana.screen()).last.reaction == ["🎉"]
    assert await bot.set_message_reaction(ana.id, ana.last.id)
    assert (await ana.screen()).last.reaction == []
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        await bot.set_message_reaction(ana.id, ana.last.id, "🥐")
    with pytest.raises(BadRequest, match="Message to react not found"):
        await bot.set_message_reaction(ana.id, 99, "🎉")


async def test_typing_is_shown_for_five_seconds_or_until_the_message(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    await bot.send_chat_action(ana.id, "typing")
    assert (await ana.screen()).typing == "typing"
    await bot.send_message(ana.id, "x")
    assert (await ana.screen()).typing is None
    await bot.send_chat_action(ana.id, "upload_photo")
    await sandbox.pass_time(6)
    assert (await ana.screen()).typing is None
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await bot.send_chat_action(ana.id, "dancing")


async def test_a_bot_sees_who_is_there(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    seen = await bot.get_chat(ana.id)

    assert (seen.id, seen.type, seen.first_name, seen.last_name) == (ana.id, "private", "Ana", "Ruiz")
    stranger = await sandbox.add_person("Ben", bot="stamp_bot")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.get_chat(stranger.id)


async def test_blocking_is_told_once_and_so_is_coming_back(bot: Bot, ana: Person) -> None:
    await ana.block()
    await ana.block()
    with pytest.raises(Forbidden):
        await bot.send_chat_action(ana.id, "typing")
    await ana.start("again")
    updates = await bot.get_updates()

    members = [update.my_chat_member for update in updates if update.my_chat_member]
    statuses = [(each.old_chat_member.status, each.new_chat_member.status) for each in members]
    assert statuses == [("member", "kicked"), ("kicked", "member")]
    assert [said_in(update) for update in updates if update.message] == ["/start", "/start again"]


def said_in(update: Update) -> str | None:
    return update.message.text if update.message else None
