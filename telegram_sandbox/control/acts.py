"""Routes of what people do on their phones."""

from litestar import get, post
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Struct, UnsetType

from telegram_sandbox import cameras, phones, web_apps
from telegram_sandbox.chats import Message
from telegram_sandbox.control.asking import body, chat_of, person_of, shown, world_of
from telegram_sandbox.control.screens import screen, shown_message
from telegram_sandbox.files import Upload
from telegram_sandbox.parameters import AnyRequest, read_sent
from telegram_sandbox.people import Json, Person
from telegram_sandbox.phones import Impossible
from telegram_sandbox.world import World

CHAT = "/control/chats/{person_id:int}/{bot:str}"


class Text(Struct):
    """A text."""

    text: str


class Payload(Struct):
    """The payload of a link."""

    payload: str = ""


class Button(Struct):
    """A button, by its place or by any data; and how many seconds to wait for the bot's answer."""

    message_id: int
    row: int | None = None
    column: int = 0
    data: str | None = None
    wait: float = 0


class Contact(Struct):
    """A contact: one's own by default; `user_id` null means somebody who is not on Telegram."""

    phone: str | None = None
    user_id: int | UnsetType | None = UNSET
    first_name: str | None = None


class Which(Struct):
    """A message."""

    message_id: int


class Other(Struct):
    """Another person's phone, and the bot that is open on it; without one, the bot that is open here."""

    of: int
    bot: str | None = None
    begin: bool = True


class Link(Struct):
    """A link, and the person on whose phone it is opened."""

    person_id: int
    link: str
    begin: bool = True


def written(message: Message) -> ASGIResponse:
    """The message that was sent."""
    return shown({"message_id": message.id, "message": shown_message(message)})


@get(CHAT)
async def show(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Show the chat on the phone."""
    return shown(screen(world_of(request), chat_of(request, person_id, bot)))


@post(f"{CHAT}/say")
async def say(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Type a text."""
    chat = chat_of(request, person_id, bot)
    return written(phones.say(world_of(request), chat, (await body(request, Text)).text))


@post(f"{CHAT}/start")
async def start(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Press START."""
    chat = chat_of(request, person_id, bot)
    return written(phones.start(world_of(request), chat, (await body(request, Payload)).payload))


@post(f"{CHAT}/press")
async def press(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Press a button under a message; for one that opens or copies something, answer with the button."""
    chat, wanted = chat_of(request, person_id, bot), await body(request, Button)
    button: Json = {"callback_data": wanted.data}
    if wanted.row is not None:
        button = phones.button_at(chat, wanted.message_id, wanted.row, wanted.column)
    data = button.get("callback_data")
    if data is None:
        return shown({"query_id": None, "answered": None, "button": button})
    world = world_of(request)
    query = phones.press(world, chat, wanted.message_id, data)
    await world.changed.until(lambda: query.answered is not None, wanted.wait)
    return shown({"query_id": query.id, "answered": query.answered})


@post(f"{CHAT}/press_reply")
async def press_reply(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Press a button of the reply keyboard."""
    chat = chat_of(request, person_id, bot)
    return written(phones.press_reply(world_of(request), chat, (await body(request, Text)).text))


@post(f"{CHAT}/contact")
async def contact(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Share a contact."""
    chat, wanted, world = chat_of(request, person_id, bot), await body(request, Contact), world_of(request)
    owner = chat.person
    if isinstance(wanted.user_id, int):
        owner = world.people.get(wanted.user_id, owner)
    card = phones.contact_of(owner) | ({"phone_number": wanted.phone} if wanted.phone else {})
    card |= {"first_name": wanted.first_name} if wanted.first_name else {}
    if wanted.user_id is None:
        card.pop("user_id")
    elif isinstance(wanted.user_id, int):
        card["user_id"] = wanted.user_id
    return written(phones.share_contact(world, chat, card))


async def uploaded(request: AnyRequest) -> tuple[Upload, Json]:
    """The file in a form, and the fields of its caption and album. Raises ClientException."""
    sent = await read_sent(request)
    if "file" not in sent.uploads:
        raise ClientException("The form has no file.")
    beside = cameras.titled(str(sent.fields.get("caption", "")), str(sent.fields.get("album", "")))
    return sent.uploads["file"], beside


@post(f"{CHAT}/photo")
async def photo(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Send a picture."""
    chat, (upload, beside) = chat_of(request, person_id, bot), await uploaded(request)
    return written(await cameras.send_photo(world_of(request), chat, upload, beside))


@post(f"{CHAT}/document")
async def document(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Send a file."""
    chat, (upload, beside) = chat_of(request, person_id, bot), await uploaded(request)
    return written(cameras.send_document(world_of(request), chat, upload, beside))


@post(f"{CHAT}/block")
async def block(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Block the bot."""
    phones.block(world_of(request), chat_of(request, person_id, bot))
    return shown({"blocked": True})


@post(f"{CHAT}/unblock")
async def unblock(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Let the bot write again."""
    phones.unblock(world_of(request), chat_of(request, person_id, bot))
    return shown({"blocked": False})


@post(f"{CHAT}/delete")
async def delete(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Delete a message."""
    phones.delete(world_of(request), chat_of(request, person_id, bot), (await body(request, Which)).message_id)
    return shown({"deleted": True})


@post(f"{CHAT}/scan")
async def scan(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Point the camera at the other phone, and open the link it shows."""
    world, chat = world_of(request), chat_of(request, person_id, bot)
    wanted = await body(request, Other)
    other, shows = person_of(world, wanted.of), world.bot_called(wanted.bot or "") or chat.bot
    picture = cameras.newest_picture(world, other, shows)
    found = await cameras.seen(picture) if picture else []
    link = next((text for text in found if phones.is_bot_link(text)), None)
    if link is None:
        raise Impossible("The other phone shows no link to a bot." if picture else "The other phone shows no picture.")
    return followed(world, chat.person, link, found=found, begin=wanted.begin)


@post("/control/open")
async def open_link(request: AnyRequest) -> ASGIResponse:
    """Open a link on a phone."""
    wanted, world = await body(request, Link), world_of(request)
    person = person_of(world, wanted.person_id)
    return followed(world, person, wanted.link, found=[wanted.link], begin=wanted.begin)


def followed(world: World, person: Person, link: str, *, found: list[str], begin: bool) -> ASGIResponse:
    """Where a link led: to a page, or to a chat.

    With `begin` its START is pressed; `offers` is the link whose START waits to be pressed.
    """
    if app := web_apps.launch_of(world, link):
        return shown({"found": found, "bot": app.bot, "message_id": None, "text": None, "offers": None, "app": app})
    chat, payload = phones.chat_behind(world, person, link)
    message = phones.start(world, chat, payload) if payload and begin else None
    text = message.content["text"] if message else None
    offers = link if payload and not begin else None
    answer = {"found": found, "bot": chat.bot.username, "message_id": message and message.id, "text": text}
    return shown({**answer, "offers": offers})


@get("/control/files/{unique_id:str}")
async def file(request: AnyRequest, unique_id: FromPath[str]) -> ASGIResponse:
    """The bytes of any file, for the page."""
    found = world_of(request).files.get(unique_id)
    if found is None:
        raise NotFoundException(f"There is no file {unique_id}.")
    return ASGIResponse(body=found.content, media_type=found.mime_type)


HANDLERS = [
    *(show, say, start, press, press_reply, contact, photo, document, block, unblock, delete, scan),
    *(open_link, file),
]
