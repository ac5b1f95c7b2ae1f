"""Pictures and files in the sandbox: sizes, file ids, downloads."""

import io

import pytest
from PIL import Image
from telegram import Bot, InputFile
from telegram.error import BadRequest, InvalidToken

from testkit.people import Person
from testkit.sandbox import SandboxServer
from tests.bots.pictures import picture, size_of


async def test_a_picture_is_kept_as_a_jpeg_in_several_sizes(bot: Bot, ana: Person) -> None:
    said = await bot.send_photo(ana.id, picture((2560, 1440)), caption="<i>Card</i>", parse_mode="HTML")

    assert [(size.width, size.height) for size in said.photo] == [(90, 51), (320, 180), (1280, 720)]
    assert (said.caption, [entity.type for entity in said.caption_entities]) == ("Card", ["italic"])
    assert size_of(await ana.picture((await ana.screen()).last)) == ("JPEG", (1280, 720))


async def test_a_small_picture_stays_small(bot: Bot, ana: Person) -> None:
    said = await bot.send_photo(ana.id, picture((200, 100)))

    assert [(size.width, size.height) for size in said.photo] == [(90, 45), (200, 100)]


async def test_a_bot_downloads_what_it_was_sent(bot: Bot, ana: Person) -> None:
    await ana.send_photo(picture((1000, 600)), caption="Here /card")
    (_, update) = await bot.get_updates()

    assert update.message is not None
    assert update.message.caption == "Here /card"
    file = await bot.get_file(update.message.photo[-1].file_id)
    content = bytes(await file.download_as_bytearray())
    assert size_of(content) == ("JPEG", (1000, 600))
    assert file.file_size == len(content)


async def test_a_file_comes_as_it_was_sent(bot: Bot, ana: Person) -> None:
    await ana.send_document(b"a,b\n", name="list.csv", mime_type="text/csv")
    (_, update) = await bot.get_updates()

    assert update.message is not None
    document = update.message.document
    assert document is not None
    assert (document.file_name, document.mime_type, document.file_size) == ("list.csv", "text/csv", 4)
    assert bytes(await (await document.get_file()).download_as_bytearray()) == b"a,b\n"


async def test_a_bot_sends_a_file_with_its_name(bot: Bot, ana: Person) -> None:
    said = await bot.send_document(ana.id, InputFile(b"{}", filename="data.json"), caption="Yours")
    again = await bot.send_document(ana.id, said.document.file_id if said.document else "")

    assert again.document == said.document
    shown = (await ana.screen()).last.document
    assert shown is not None
    assert (shown.name, shown.size, shown.mime_type) == ("data.json", 2, "application/json")


async def test_a_picture_is_sent_again_by_any_of_its_file_ids(bot: Bot, ana: Person) -> None:
    said = await bot.send_photo(ana.id, picture())
    again = await bot.send_photo(ana.id, said.photo[0].file_id)

    assert again.photo == said.photo


async def test_file_ids_belong_to_one_bot_though_the_file_is_the_same(
    sandbox: SandboxServer, bot: Bot, ana: Person
) -> None:
    said = await bot.send_photo(ana.id, picture())
    made = await sandbox.add_bot(username="other_bot")
    await ana.at("other_bot").start()

    async with sandbox.client_of(made) as other:
        with pytest.raises(BadRequest, match="Wrong file_id or the file is temporarily unavailable"):
            await other.get_file(said.photo[-1].file_id)
        with pytest.raises(BadRequest, match="Wrong file identifier"):
            await other.send_photo(ana.id, said.photo[-1].file_id)
        path = (await bot.get_file(said.photo[0].file_id)).file_path
        assert path is not None
        assert (await sandbox.client.get(path)).status_code == 200
        assert (await sandbox.client.get(path.replace(bot.token, other.token))).status_code == 404
        assert (await sandbox.client.get(path.replace(bot.token, "1:nobody"))).status_code == 401
        own = await other.send_photo(ana.id, picture())
        assert own.photo[-1].file_unique_id == said.photo[-1].file_unique_id
        assert own.photo[-1].file_id != said.photo[-1].file_id


async def test_a_file_of_one_kind_is_not_sent_as_the_other(bot: Bot, ana: Person) -> None:
    photo, document = await bot.send_photo(ana.id, picture()), await bot.send_document(ana.id, b"x")

    with pytest.raises(BadRequest, match="Type of file mismatch"):
        await bot.send_document(ana.id, photo.photo[-1].file_id)
    assert document.document is not None
    with pytest.raises(BadRequest, match="Type of file mismatch"):
        await bot.send_photo(ana.id, document.document.file_id)


@pytest.mark.parametrize("content", [b"no picture", picture()[:60], picture((6000, 4001)), picture((2100, 100))])
async def test_what_is_no_picture_or_too_large_is_refused(bot: Bot, ana: Person, content: bytes) -> None:
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(ana.id, content)


async def test_captions_are_measured(bot: Bot, ana: Person) -> None:
    await bot.send_photo(ana.id, picture(), caption="😀" * 512)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_photo(ana.id, picture(), caption="😀" * 512 + "x")


async def test_a_transparent_picture_lies_on_white(bot: Bot, ana: Person) -> None:
    target = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(target, "PNG")
    await bot.send_photo(ana.id, target.getvalue())

    await ana.screen()
    with Image.open(io.BytesIO(await ana.picture())) as shown:
        assert shown.getpixel((50, 50)) == (255, 255, 255)


async def test_nothing_is_fetched_from_elsewhere(bot: Bot, ana: Person) -> None:
    with pytest.raises(BadRequest, match="does not fetch files by url"):
        await bot.send_photo(ana.id, "https://a.example/card.jpg")


async def test_a_token_that_nobody_has_opens_nothing(sandbox: SandboxServer, bot: Bot) -> None:
    stranger = sandbox.client_of({"token": bot.token[:-1]})

    with pytest.raises(InvalidToken):
        await stranger.initialize()
    assert (await sandbox.client.get(f"/bot{bot.token}x/getMe")).json() == {
        "ok": False,
        "error_code": 401,
        "description": "Unauthorized",
    }
    await stranger.shutdown()
