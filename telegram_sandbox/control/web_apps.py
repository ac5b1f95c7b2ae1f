"""Routes for Mini Apps: their addresses, their start data, what they keep and feel, and what a camera sees."""

from typing import Literal

from litestar import delete, get, post
from litestar.exceptions import ClientException
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Struct, structs

from telegram_sandbox import cameras, web_apps
from telegram_sandbox.control.acts import CHAT
from telegram_sandbox.control.asking import body, bot_of, chat_of, person_of, shown, world_of
from telegram_sandbox.keyboards import is_app_link
from telegram_sandbox.parameters import AnyRequest, read_sent
from telegram_sandbox.people import Json
from telegram_sandbox.web_apps import Source, Storage
from telegram_sandbox.world import Held

STORAGE = f"{CHAT}/storage/{{kind:str}}"
CAMERA = "/control/people/{person_id:int}/camera"


class App(Struct):
    """A Mini App of a bot, by its name in links; the main one has none. Without an address it is removed."""

    url: str | None
    name: str = ""


class Start(Struct):
    """How a page was opened, what its link carried, and how many seconds ago that was."""

    source: Source = "button"
    start_param: str = ""
    age: int = 0


class Entry(Struct):
    """A value to keep; null removes it."""

    key: str
    value: str | None = None


class Haptic(Struct):
    """How a phone shakes: its kind, and the style of an impact or the kind of a notice."""

    type: Literal["impact", "notification", "selection_change"]
    impact_style: str | None = None
    notification_type: str | None = None


class Words(Struct):
    """The text of a code before the camera."""

    text: str


class Beyond(Struct):
    """The phone that a camera points at, and the bot that is open on it."""

    of: int | None = None
    bot: str | None = None


@post("/control/bots/{bot:str}/apps")
async def set_app(request: AnyRequest, bot: FromPath[str]) -> ASGIResponse:
    """Give a bot a Mini App for links, as its owner does at BotFather."""
    apps, wanted = bot_of(world_of(request), bot).apps, await body(request, App)
    if wanted.url is None:
        apps.pop(wanted.name, None)
    elif is_app_link(wanted.url):
        apps[wanted.name] = wanted.url
    else:
        raise ClientException("Only HTTPS links and pages of this machine are allowed.")
    return shown(apps)


@post(f"{CHAT}/init_data")
async def init_data(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Signed start data for a page, new each time."""
    chat, wanted = chat_of(request, person_id, bot), await body(request, Start)
    world, carried = world_of(request), wanted.start_param
    made = web_apps.init_data(world, chat, wanted.source, start_param=carried, age=wanted.age)
    return shown({"init_data": made})


@get("/control/signing_key")
async def signing_key(request: AnyRequest) -> ASGIResponse:
    """The public key for the field `signature`."""
    return shown({"ed25519": web_apps.public_key(world_of(request))})


@get(STORAGE)
async def stored(
    request: AnyRequest, person_id: FromPath[int], bot: FromPath[str], kind: FromPath[Storage]
) -> ASGIResponse:
    """Everything that pages of the bot keep for this person."""
    return shown(web_apps.kept(chat_of(request, person_id, bot), kind))


@post(STORAGE)
async def store(
    request: AnyRequest, person_id: FromPath[int], bot: FromPath[str], kind: FromPath[Storage]
) -> ASGIResponse:
    """Keep a value, or remove it."""
    entry = await body(request, Entry)
    web_apps.store(chat_of(request, person_id, bot), kind, entry.key, entry.value)
    return shown({"kept": entry.value is not None})


@delete(STORAGE, status_code=200)
async def clear(
    request: AnyRequest, person_id: FromPath[int], bot: FromPath[str], kind: FromPath[Storage]
) -> ASGIResponse:
    """Forget all that is kept."""
    web_apps.kept(chat_of(request, person_id, bot), kind).clear()
    return shown({"kept": False})


@get(f"{CHAT}/haptics")
async def haptics(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """How pages of the bot have shaken this phone, the oldest first."""
    return shown(list(chat_of(request, person_id, bot).haptics))


@post(f"{CHAT}/haptics")
async def shake(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """Note that the phone shook."""
    haptic = await body(request, Haptic)
    chat_of(request, person_id, bot).haptics.append(structs.asdict(haptic))
    return shown(haptic)


@post(CAMERA)
async def hold(request: AnyRequest, person_id: FromPath[int]) -> ASGIResponse:
    """Hold something before the camera of a phone: the file of a form, or the text of a code."""
    world, person = world_of(request), person_of(world_of(request), person_id)
    sent = await read_sent(request)
    if "file" in sent.uploads:
        return shown(as_seen(await cameras.hold_picture(world, person, sent.uploads["file"])))
    return shown(as_seen(cameras.hold(world, person, [(await body(request, Words)).text])))


@delete(CAMERA, status_code=200)
async def put_down(request: AnyRequest, person_id: FromPath[int]) -> ASGIResponse:
    """Take it away, so that the camera sees the other phone."""
    world = world_of(request)
    cameras.put_down(world, person_of(world, person_id))
    return shown({"held": False})


@post(f"{CHAT}/look")
async def look(request: AnyRequest, person_id: FromPath[int], bot: FromPath[str]) -> ASGIResponse:
    """What the camera sees: what a test holds before it, else the newest picture on the other phone."""
    world, chat, wanted = world_of(request), chat_of(request, person_id, bot), await body(request, Beyond)
    other = None if wanted.of is None else person_of(world, wanted.of)
    shows = world.bot_called(wanted.bot or "") or chat.bot
    return shown(as_seen(await cameras.before_camera(world, chat.person, other, shows)))


def as_seen(held: Held) -> Json:
    """What is before a camera: texts of codes, the picture's address, and the number of a holding by a test."""
    picture = held.picture and f"control/files/{held.picture.unique_id}"
    return {"held": held.n, "codes": held.codes, "picture": picture}


HANDLERS = [set_app, init_data, signing_key, stored, store, clear, haptics, shake, hold, put_down, look]
