"""Pictures that people send, and the phone's camera: it finds links in the picture on the other phone."""

import asyncio
import io

import zxingcpp
from PIL import Image

from telegram_sandbox.chats import Chat, Message
from telegram_sandbox.entities import with_found
from telegram_sandbox.files import File, NotAPicture, Upload, as_document, as_photo_size, keep_document, keep_photo
from telegram_sandbox.people import Bot, Json, Person
from telegram_sandbox.phones import Impossible, write
from telegram_sandbox.world import Held, World

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


async def send_photo(world: World, chat: Chat, upload: Upload, beside: Json | None = None) -> Message:
    """Send a picture; it is made smaller, as Telegram does."""
    try:
        sizes = await asyncio.to_thread(keep_photo, upload.content)
    except NotAPicture:
        raise Impossible(f"{upload.name} is no picture.") from None
    world.keep_photo(sizes, chat.bot)
    return write(world, chat, {"photo": [as_photo_size(size, chat.bot.token) for size in sizes]} | (beside or {}))


def send_document(world: World, chat: Chat, upload: Upload, beside: Json | None = None) -> Message:
    """Send a file as it is."""
    file = keep_document(upload)
    world.keep([file], chat.bot)
    return write(world, chat, {"document": as_document(file, chat.bot.token)} | (beside or {}))


def titled(caption: str, album: str = "") -> Json:
    """The fields of a caption, and of the album that a picture is part of."""
    entities = with_found(caption, [])
    words = ({"caption": caption} if caption else {}) | ({"caption_entities": entities} if entities else {})
    return words | ({"media_group_id": album} if album else {})


def newest_picture(world: World, person: Person, bot: Bot) -> File | None:
    """The picture that a phone shows: the newest one in the chat with this bot, else in any chat."""
    chats = [chat for chat in world.chats.values() if chat.person is person]
    chats.sort(key=lambda chat: chat.bot is not bot)
    shown = (picture_of(chat, message) for chat in chats for message in reversed(chat.messages.values()))
    return next((picture for picture in shown if picture), None)


def picture_of(chat: Chat, message: Message) -> File | None:
    """The picture in a message, sent as a photo or as a file."""
    if "photo" in message.content:
        return chat.bot.files.get(message.content["photo"][-1]["file_id"])
    document = message.content.get("document", {})
    if str(document.get("mime_type", "")).startswith("image/"):
        return chat.bot.files.get(document["file_id"])
    return None


async def seen(picture: File) -> list[str]:
    """The texts of the QR codes in a picture."""
    return await asyncio.to_thread(read, picture.content)


def read(content: bytes) -> list[str]:
    """Read a picture once, as a phone's camera does."""
    with Image.open(io.BytesIO(content)) as picture:
        codes = zxingcpp.read_barcodes(picture.convert("L"), formats=QR_CODES)
    return [code.text for code in codes]


async def hold_picture(world: World, person: Person, upload: Upload) -> Held:
    """Hold a picture before the camera of a person's phone, in place of what it saw. Raises Impossible."""
    file = keep_document(upload)
    try:
        codes = await seen(file)
    except OSError:
        raise Impossible(f"{upload.name} is no picture.") from None
    world.files[file.unique_id] = file
    return hold(world, person, codes, file)


def hold(world: World, person: Person, codes: list[str], picture: File | None = None) -> Held:
    """Hold codes before the camera of a person's phone. Holding the same again is seen again."""
    held = world.held[person.id] = Held(n=world.number("held"), codes=codes, picture=picture)
    world.note(person.id, "", "camera")
    return held


def put_down(world: World, person: Person) -> None:
    """Let the camera of a person's phone see the other phone again."""
    if world.held.pop(person.id, None):
        world.note(person.id, "", "camera")


async def before_camera(world: World, person: Person, other: Person | None, bot: Bot) -> Held:
    """What the camera of a person's phone sees: what a test holds there, else the newest picture on another phone."""
    if person.id in world.held:
        return world.held[person.id]
    picture = newest_picture(world, other, bot) if other else None
    return Held(n=0, codes=await seen(picture) if picture else [], picture=picture)
