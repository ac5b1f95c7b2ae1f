"""Messages that bots edit in place in the sandbox."""

from typing import Any

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    Message,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, Forbidden

from testkit.people import Person
from testkit.sandbox import SandboxServer
from tests.bots.pictures import picture, size_of

NOT_MODIFIED = (
    "Message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data="x")]])


def of(message: Message) -> dict[str, Any]:
    return {"chat_id": message.chat_id, "message_id": message.message_id}


async def test_an_edited_text_stands_where_the_old_one_stood(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "One", reply_markup=KEYBOARD)
    edited = await bot.edit_message_text("<b>Two</b>", **of(said), parse_mode="HTML")

    assert isinstance(edited, Message)
    assert (edited.text, edited.edit_date, edited.reply_markup) == ("Two", edited.date, None)
    (shown,) = (await ana.screen()).from_bot
    assert (shown.id, shown.words, shown.edited, shown.buttons) == (said.message_id, "Two", said.date.timestamp(), [])


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot, ana: Person) -> None:
    text = await bot.send_message(ana.id, "One", reply_markup=KEYBOARD)
    photo = await bot.send_photo(ana.id, picture(), caption="One")
    same = InputMediaPhoto(photo.photo[-1].file_id, caption="One")

    for edit in (
        bot.edit_message_text("One", **of(text), reply_markup=KEYBOARD),
        bot.edit_message_text("<b></b>One ", **of(text), parse_mode="HTML", reply_markup=KEYBOARD),
        bot.edit_message_reply_markup(**of(text), reply_markup=KEYBOARD),
        bot.edit_message_caption(**of(photo), caption="One"),
        bot.edit_message_media(same, **of(photo)),
        bot.edit_message_reply_markup(**of(photo)),
    ):
        with pytest.raises(BadRequest) as refused:
            await edit
        assert refused.value.message == NOT_MODIFIED


async def test_a_change_of_the_keyboard_alone_is_a_change(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "One", reply_markup=KEYBOARD)
    await bot.edit_message_text("One", **of(said))
    await bot.edit_message_reply_markup(**of(said), reply_markup=KEYBOARD)

    shown = (await ana.screen()).last
    assert (shown.words, shown.labels) == ("One", ["Press"])


@pytest.mark.parametrize("gone", ["never there", "deleted by the bot", "deleted by the person"])
async def test_a_message_that_is_not_there_cannot_be_edited(bot: Bot, ana: Person, gone: str) -> None:
    message_id = 99
    if gone != "never there":
        message_id = (await bot.send_message(ana.id, "One")).message_id
    if gone == "deleted by the bot":
        await bot.delete_message(ana.id, message_id)
    if gone == "deleted by the person":
        await ana.delete(message_id)

    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("Two", ana.id, message_id)


async def test_what_a_person_said_cannot_be_edited(bot: Bot, ana: Person) -> None:
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("Two", ana.id, ana.last.id)


async def test_a_message_that_changed_the_keyboard_of_replies_cannot_be_edited(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "One", reply_markup=ReplyKeyboardRemove())

    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("Two", **of(said))


async def test_a_picture_has_no_text_and_a_text_no_caption(bot: Bot, ana: Person) -> None:
    text, photo = await bot.send_message(ana.id, "One"), await bot.send_photo(ana.id, picture())

    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("Two", **of(photo))
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await bot.edit_message_caption(**of(text), caption="Two")


async def test_edits_are_measured_as_messages_are(bot: Bot, ana: Person) -> None:
    text, photo = await bot.send_message(ana.id, "One"), await bot.send_photo(ana.id, picture())
    too_much = InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data="x" * 65)]])

    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.edit_message_text("x" * 4097, **of(text))
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.edit_message_text(" ", **of(text))
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.edit_message_caption(**of(photo), caption="😀" * 512 + "x")
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.edit_message_reply_markup(**of(text), reply_markup=too_much)
    await bot.edit_message_caption(**of(photo), caption="😀" * 512)


async def test_a_picture_is_replaced_by_one_that_is_attached(bot: Bot, ana: Person) -> None:
    photo = await bot.send_photo(ana.id, picture((640, 480)), caption="One", reply_markup=KEYBOARD)
    media = InputMediaPhoto(picture((400, 400)), caption="<b>Two</b>", parse_mode="HTML")
    edited = await bot.edit_message_media(media, **of(photo), reply_markup=KEYBOARD)

    assert isinstance(edited, Message)
    assert edited.photo[-1].file_unique_id != photo.photo[-1].file_unique_id
    (shown,) = (await ana.screen()).from_bot
    assert (shown.words, shown.labels) == ("Two", ["Press"])
    assert size_of(await ana.picture(shown)) == ("JPEG", (400, 400))


async def test_a_text_becomes_a_picture_and_a_picture_a_file(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "One")
    await bot.edit_message_media(InputMediaPhoto(picture()), **of(said))
    assert (await ana.screen()).last.photo is not None

    await bot.edit_message_media(InputMediaDocument(b"{}", filename="data.json"), **of(said))
    shown = (await ana.screen()).last
    assert (shown.photo, shown.document and shown.document.name) == (None, "data.json")


async def test_a_person_who_blocks_the_bot_sees_no_edits(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "One")
    await ana.block()

    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.edit_message_text("Two", **of(said))


async def test_bots_edit_only_their_own_chats(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "One")
    other = await sandbox.add_bot(username="other_bot")
    await ana.at("other_bot").start()

    async with sandbox.client_of(other) as client:
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await client.edit_message_text("Two", **of(said))
