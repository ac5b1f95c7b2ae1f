"""Messages that bots send in the sandbox: what is shown, what is measured, what is refused."""

from typing import Any

import pytest
from telegram import (
    Bot,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden

from testkit.people import Person
from testkit.sandbox import SandboxServer

GRIN = "😀"  # two UTF-16 units
FIREWORKS = "5046509860389126442"


def under(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([buttons])


def with_data(data: str) -> InlineKeyboardMarkup:
    return under(InlineKeyboardButton("Press", callback_data=data))


async def test_what_a_bot_says_is_on_the_phone(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "Hello", disable_notification=True, message_effect_id=FIREWORKS)

    shown = (await ana.screen()).last
    assert (shown.id, shown.sender, shown.words, shown.silent) == (said.message_id, "bot", "Hello", True)
    assert shown.effect == said.effect_id == FIREWORKS
    assert said.from_user == await bot.get_me()


async def test_messages_are_numbered_in_each_chat(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    ben = await sandbox.add_person("Ben", bot=bot.username)
    await ben.start()

    assert [(await bot.send_message(ana.id, "x")).message_id for _ in range(2)] == [2, 3]
    assert (await bot.send_message(ben.id, "x")).message_id == 2


async def test_a_reply_quotes_its_message(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "Welcome", reply_parameters=ReplyParameters(ana.last.id))

    assert said.reply_to_message is not None
    assert said.reply_to_message.text == "/start"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(ana.id, "x", reply_parameters=ReplyParameters(99))


# Formatting.


@pytest.mark.parametrize(
    ("text", "plain", "kinds"),
    [
        ("<b>a</b> <i>b</i> <u>c</u> <s>d</s>", "a b c d", ["bold", "italic", "underline", "strikethrough"]),
        ("<code>x</code><pre>y</pre>", "xy", ["code", "pre"]),
        ("<tg-spoiler>x</tg-spoiler>", "x", ["spoiler"]),
        ("<blockquote>x</blockquote>", "x", ["blockquote"]),
        ("<blockquote expandable>x</blockquote>", "x", ["expandable_blockquote"]),
        ('<a href="https://a.example/?a=1&amp;b=2">x</a>', "x", ["text_link"]),
        ("1 &lt; 2 &amp; &quot;3&quot; &#128512;", f'1 < 2 & "3" {GRIN}', []),
        ("&nbsp;&copy;&ampx", "&nbsp;&copy;&ampx", []),
        ("<b></b>x", "x", []),
    ],
)
async def test_html_becomes_entities(bot: Bot, ana: Person, text: str, plain: str, kinds: list[str]) -> None:
    said = await bot.send_message(ana.id, text, parse_mode="HTML")

    assert said.text == plain
    assert [entity.type for entity in said.entities] == kinds


async def test_entities_are_counted_in_utf_16_and_moved_with_the_space_that_is_cut_off(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, f"  {GRIN}<b>bold<i>er</i> </b>", parse_mode="HTML")

    assert said.text == f"{GRIN}bolder"
    assert [(entity.type, entity.offset, entity.length) for entity in said.entities] == [
        ("bold", 2, 6),
        ("italic", 6, 2),
    ]
    assert said.parse_entity(said.entities[0]) == "bolder"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<foo>x</foo>", 'Unsupported start tag "foo" at byte offset 0'),
        ("é<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("1 <b", "Unclosed start tag at byte offset 2"),
        ("<a href='x'", "Unclosed start tag at byte offset 0"),
    ],
)
async def test_html_that_cannot_be_parsed_is_refused(bot: Bot, ana: Person, text: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(ana.id, text, parse_mode="HTML")

    assert refused.value.message == f"Can't parse entities: {reason}".capitalize()


async def test_other_parse_modes_are_refused_loudly(bot: Bot, ana: Person) -> None:
    with pytest.raises(BadRequest, match="not supported by the sandbox"):
        await bot.send_message(ana.id, "*x*", parse_mode="MarkdownV2")


async def test_commands_and_links_are_found_but_not_in_code(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "Try /card at https://t.me/x?start=1. <code>/not</code>", parse_mode="HTML")

    assert [(entity.type, said.parse_entity(entity)) for entity in said.entities] == [
        ("bot_command", "/card"),
        ("url", "https://t.me/x?start=1"),
        ("code", "/not"),
    ]


async def test_entities_may_be_given_instead(bot: Bot, ana: Person) -> None:
    said = await bot.send_message(ana.id, "a b", entities=[MessageEntity("bold", 2, 1)])

    assert [(entity.type, entity.offset) for entity in said.entities] == [("bold", 2)]


# Limits.


@pytest.mark.parametrize("text", ["x" * 4096, GRIN * 2048, "<b>" + "x" * 4096 + "</b>"])
async def test_a_text_may_have_4096_units(bot: Bot, ana: Person, text: str) -> None:
    await bot.send_message(ana.id, text, parse_mode="HTML")


@pytest.mark.parametrize("text", ["x" * 4097, GRIN * 2048 + "x"])
async def test_a_longer_text_is_refused(bot: Bot, ana: Person, text: str) -> None:
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(ana.id, text)


@pytest.mark.parametrize("text", ["", "  \n", "<b> </b>"])
async def test_an_empty_text_is_refused(bot: Bot, ana: Person, text: str) -> None:
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message(ana.id, text, parse_mode="HTML")


@pytest.mark.parametrize("data", ["x", "x" * 64, "é" * 32])
async def test_a_button_carries_64_bytes(bot: Bot, ana: Person, data: str) -> None:
    await bot.send_message(ana.id, "x", reply_markup=with_data(data))


@pytest.mark.parametrize("data", ["x" * 65, "é" * 33])
async def test_a_button_carries_no_more(bot: Bot, ana: Person, data: str) -> None:
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(ana.id, "x", reply_markup=with_data(data))
    assert (await ana.screen()).from_bot == []


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x"}, "Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "x"}, "Text buttons are unallowed"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "url": "nowhere"}, "inline keyboard button URL 'nowhere' is invalid"),
        ({"text": "x", "url": "https://a.example", "callback_data": "x"}, "Text buttons are unallowed"),
        ({"text": "x", "web_app": {"url": "http://a.example"}}, "Only HTTPS links are allowed"),
        ({"text": "x", "copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
    ],
)
async def test_a_wrong_button_is_refused(
    sandbox: SandboxServer, bot: Bot, ana: Person, button: dict[str, Any], reason: str
) -> None:
    body = {"chat_id": ana.id, "text": "x", "reply_markup": {"inline_keyboard": [[button]]}}
    answer = await sandbox.client.post(f"/bot{bot.token}/sendMessage", json=body)

    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert reason in answer.json()["description"]


async def test_buttons_of_all_kinds_are_shown(bot: Bot, ana: Person) -> None:
    buttons = [
        InlineKeyboardButton("Press", callback_data="d"),
        InlineKeyboardButton("Look", url="https://a.example/"),
        InlineKeyboardButton("Copy", copy_text=CopyTextButton("CUS123")),
    ]
    await bot.send_message(ana.id, "x", reply_markup=InlineKeyboardMarkup([buttons[:1], buttons[1:]]))

    shown = (await ana.screen()).last.keyboard
    assert [[button.kind for button in row] for row in shown] == [["callback"], ["url", "copy_text"]]
    assert (shown[0][0].data, shown[1][0].url, shown[1][1].value) == ("d", "https://a.example/", "CUS123")


async def test_a_hundred_buttons_are_enough(bot: Bot, ana: Person) -> None:
    row = [InlineKeyboardButton("x", callback_data="x")]

    await bot.send_message(ana.id, "x", reply_markup=InlineKeyboardMarkup([row] * 100))
    with pytest.raises(BadRequest, match="Reply markup is too long"):
        await bot.send_message(ana.id, "x", reply_markup=InlineKeyboardMarkup([row] * 101))


async def test_a_keyboard_for_replies_stays_until_it_is_taken_away(bot: Bot, ana: Person) -> None:
    keyboard = ReplyKeyboardMarkup([[KeyboardButton("My number", request_contact=True)], ["Later"]])
    said = await bot.send_message(ana.id, "Your number?", reply_markup=keyboard)
    await bot.send_message(ana.id, "It helps")

    shown = (await ana.screen()).reply_keyboard
    assert shown is not None
    assert [[button["text"] for button in row] for row in shown["keyboard"]] == [["My number"], ["Later"]]
    assert said.reply_markup is None, "bots do not get such keyboards back"
    await bot.send_message(ana.id, "Thanks", reply_markup=ReplyKeyboardRemove())
    assert (await ana.screen()).reply_keyboard is None


# Whom a bot may write to.


async def test_a_chat_that_nobody_has_is_not_found(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(424_242, "x")


async def test_a_bot_may_not_begin(sandbox: SandboxServer, bot: Bot) -> None:
    ben = await sandbox.add_person("Ben", bot=bot.username)

    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ben.id, "x")


async def test_a_bot_that_is_blocked_may_not_write(bot: Bot, ana: Person) -> None:
    await ana.block()

    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ana.id, "x")
    await ana.unblock()
    await bot.send_message(ana.id, "x")


async def test_an_effect_that_nobody_knows_is_refused(bot: Bot, ana: Person) -> None:
    with pytest.raises(BadRequest, match=r"(?i)effect_id_invalid"):
        await bot.send_message(ana.id, "x", message_effect_id="1")
