"""People in the sandbox: what they do on their phones, and what bots hear of it."""

import asyncio
import json

import pytest
from telegram import Bot, KeyboardButton, Message, ReplyKeyboardMarkup

from testkit.people import Person
from testkit.sandbox import SandboxServer
from tests.bots.pictures import code, picture

CARD = "https://t.me/stamp_bot?start=c_CUS12AB34CD56"


async def heard(bot: Bot) -> Message:
    """The last message that the bot has got."""
    (update,) = await bot.get_updates(offset=-1)
    assert update.message is not None
    return update.message


@pytest.fixture
async def ben(sandbox: SandboxServer, bot: Bot) -> Person:
    return await sandbox.add_person("Ben", bot=bot.username)


async def test_start_carries_the_payload_of_a_link(bot: Bot, ana: Person) -> None:
    await ana.start("j_bean-leaf_1")

    message = await heard(bot)
    assert message.text == "/start j_bean-leaf_1"
    assert [(entity.type, message.parse_entity(entity)) for entity in message.entities] == [("bot_command", "/start")]
    assert message.from_user is not None
    assert (message.from_user.id, message.from_user.full_name) == (ana.id, "Ana Ruiz")
    assert (message.from_user.language_code, message.chat.type) == ("es", "private")


@pytest.mark.parametrize("payload", ["x" * 65, "ä", "a b", "a=b"])
async def test_a_link_carries_64_plain_letters(sandbox: SandboxServer, ana: Person, payload: str) -> None:
    path = f"control/chats/{ana.id}/stamp_bot/start"
    answer = await sandbox.client.post(path, json={"payload": payload})

    assert (answer.status_code, "at most 64 letters" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize("link", [CARD, "t.me/stamp_bot?start=c_CUS12AB34CD56", CARD.replace("stamp_bot", "Stamp_Bot")])
async def test_a_link_opens_its_bot(bot: Bot, ben: Person, link: str) -> None:
    await ben.open(link)

    assert (await heard(bot)).text == "/start c_CUS12AB34CD56"


async def test_a_link_without_a_payload_only_opens_the_chat(bot: Bot, ben: Person) -> None:
    await ben.open("https://t.me/stamp_bot")

    assert (await ben.screen()).started is False
    assert await bot.get_updates() == ()


@pytest.mark.parametrize("link", ["https://t.me/nobody_bot?start=x", "https://a.example/stamp_bot?start=x", "x"])
async def test_a_link_to_elsewhere_opens_nothing(sandbox: SandboxServer, ana: Person, link: str) -> None:
    answer = await sandbox.client.post("control/open", json={"person_id": ana.id, "link": link})

    assert (answer.status_code, answer.json()) == (409, {"detail": f"{link} leads to no bot of this sandbox."})


async def test_the_camera_opens_the_link_on_the_other_phone(bot: Bot, ana: Person, ben: Person) -> None:
    await bot.send_photo(ana.id, code(CARD))
    await bot.send_message(ana.id, "Show it at the till")

    assert await ben.scan(ana) == [CARD]
    message = await heard(bot)
    assert (message.chat.id, message.text) == (ben.id, "/start c_CUS12AB34CD56")


async def test_the_camera_reads_a_card_that_was_sent_as_a_file_and_one_of_another_bot(
    sandbox: SandboxServer, bot: Bot, ana: Person, ben: Person
) -> None:
    made = await sandbox.add_bot(username="other_bot")
    await ana.at("other_bot").start()
    async with sandbox.client_of(made) as other:
        await other.send_document(ana.id, code(CARD), filename="card.png")

    assert await ben.scan(ana) == [CARD]
    assert (await heard(bot)).chat.id == ben.id


async def test_the_camera_reads_the_card_of_the_bot_that_is_open_on_the_other_phone(
    sandbox: SandboxServer, bot: Bot, ana: Person, ben: Person
) -> None:
    made = await sandbox.add_bot(username="other_bot")
    await ana.at("other_bot").start()
    theirs = "https://t.me/other_bot?start=c_CUS98ZY76XW54"
    await bot.send_photo(ana.id, code(CARD))
    async with sandbox.client_of(made) as other:
        await other.send_photo(ana.id, code(theirs))

    for open_there, seen in (("other_bot", theirs), ("stamp_bot", CARD)):
        scanned = await sandbox.post(f"control/chats/{ben.id}/stamp_bot/scan", {"of": ana.id, "bot": open_there})
        assert scanned["found"] == [seen]


@pytest.mark.parametrize("shown", ["nothing", "no code", "no link"])
async def test_the_camera_finds_nothing_where_there_is_nothing(
    sandbox: SandboxServer, bot: Bot, ana: Person, ben: Person, shown: str
) -> None:
    if shown != "nothing":
        await bot.send_photo(ana.id, picture() if shown == "no code" else code("CUS12AB34CD56"))

    answer = await sandbox.client.post(f"control/chats/{ben.id}/stamp_bot/scan", json={"of": ana.id})
    assert (answer.status_code, "The other phone shows no" in answer.json()["detail"]) == (409, True)


async def test_a_contact_is_ones_own_or_somebody_elses_or_of_nobody_here(
    sandbox: SandboxServer, bot: Bot, ana: Person, ben: Person
) -> None:
    await ana.share_contact()
    own = (await heard(bot)).contact
    await ana.share_contact(user_id=ben.id)
    other = (await heard(bot)).contact
    await ana.share_contact(user_id=None, phone="+4915112345678", first_name="Omi")
    nobody = (await heard(bot)).contact
    await ana.share_contact(user_id=ana.id, phone="+1999")
    forged = (await heard(bot)).contact

    assert own is not None
    assert (own.user_id, own.phone_number, own.first_name) == (ana.id, "+34600111222", "Ana")
    assert other is not None
    assert (other.user_id, other.phone_number, other.first_name) == (ben.id, ben.phone, "Ben")
    assert nobody is not None
    assert (nobody.user_id, nobody.phone_number, nobody.first_name) == (None, "+4915112345678", "Omi")
    assert forged is not None
    assert (forged.user_id, forged.phone_number) == (ana.id, "+1999")
    assert len(await sandbox.get("control/people")) == 2


async def test_the_button_that_asks_for_a_contact_sends_ones_own(bot: Bot, ana: Person) -> None:
    rows = [[KeyboardButton("My number", request_contact=True), KeyboardButton("Later")]]
    await bot.send_message(ana.id, "?", reply_markup=ReplyKeyboardMarkup(rows, one_time_keyboard=True))
    screen = await ana.press_reply("My number")

    contact = (await heard(bot)).contact
    assert contact is not None
    assert contact.user_id == ana.id
    assert screen.reply_keyboard is None
    await bot.send_message(ana.id, "?", reply_markup=ReplyKeyboardMarkup(rows))
    assert (await ana.press_reply("Later")).reply_keyboard is not None
    assert (await heard(bot)).text == "Later"


async def test_who_has_blocked_the_bot_cannot_write(sandbox: SandboxServer, ana: Person) -> None:
    await ana.block()
    path = f"control/chats/{ana.id}/stamp_bot/say"

    answer = await sandbox.client.post(path, json={"text": "x"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "Ana has blocked stamp_bot."})


async def test_pressing_waits_for_the_answer_if_asked_to(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    said, (start,) = await bot.send_message(ana.id, "x"), await bot.get_updates()
    path = f"control/chats/{ana.id}/stamp_bot/press"
    press = asyncio.create_task(sandbox.post(path, {"message_id": said.message_id, "data": "d", "wait": 10}))
    (update,) = await bot.get_updates(offset=start.update_id + 1, timeout=10)
    assert update.callback_query is not None
    await update.callback_query.answer("Done")

    assert (await press)["answered"] == {"text": "Done", "show_alert": False, "url": None}


async def test_phones_hear_of_every_change(sandbox: SandboxServer, bot: Bot, ana: Person) -> None:
    kinds = []
    async with sandbox.client.stream("GET", "control/events") as events:
        lines = events.aiter_lines()
        assert await anext(lines) == "retry: 500"
        said = await bot.send_message(ana.id, "x")
        await bot.edit_message_text("y", ana.id, said.message_id)
        await bot.delete_message(ana.id, said.message_id)
        async for line in lines:
            if line.startswith("data: "):
                change = json.loads(line.removeprefix("data: "))
                assert (change["person_id"], change["bot"]) == (ana.id, "stamp_bot")
                kinds.append(change["kind"])
            if len(kinds) == 3:
                break

    assert kinds == ["message", "edited", "deleted"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("control/chats/1/stamp_bot/say", {"text": "x"}, 404),
        ("control/chats/100001/nobody_bot/say", {"text": "x"}, 404),
        ("control/chats/100001/stamp_bot/say", {"text": " "}, 409),
        ("control/chats/100001/stamp_bot/say", {}, 400),
        ("control/chats/100001/stamp_bot/press", {"message_id": 1, "row": 3}, 409),
        ("control/chats/100001/stamp_bot/press_reply", {"text": "x"}, 409),
        ("control/chats/100001/stamp_bot/photo", {}, 400),
        ("control/faults", {"bot": "stamp_bot", "kind": "earthquake"}, 400),
        ("control/redeliver", {"bot": "stamp_bot", "update_id": 1}, 404),
        ("control/bots", {"username": "Stamp_Bot"}, 400),
    ],
)
async def test_what_no_phone_can_do_is_refused(
    sandbox: SandboxServer, ana: Person, path: str, body: dict[str, object], status: int
) -> None:
    assert ana.id == 100_001
    answer = await sandbox.client.post(path, json=body)

    assert (answer.status_code, set(answer.json())) == (status, {"detail"})


async def test_what_is_no_picture_is_not_sent_as_one(sandbox: SandboxServer, ana: Person) -> None:
    path = f"control/chats/{ana.id}/stamp_bot/photo"
    answer = await sandbox.client.post(path, files={"file": ("a.jpg", b"x", "image/jpeg")})

    assert (answer.status_code, answer.json()) == (409, {"detail": "a.jpg is no picture."})
