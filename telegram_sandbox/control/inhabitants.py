"""Routes that add bots and people to the sandbox, and list them."""

from litestar import get, post
from litestar.exceptions import ClientException
from litestar.response.base import ASGIResponse
from msgspec import Struct, structs

from telegram_sandbox.control.asking import body, shown, world_of
from telegram_sandbox.parameters import AnyRequest
from telegram_sandbox.people import Bot, Json


class NewBot(Struct):
    """A bot; missing values are made up."""

    token: str | None = None
    username: str | None = None
    name: str | None = None


class NewPerson(Struct):
    """A person; a missing phone number is made up."""

    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    phone: str | None = None


def as_shown(bot: Bot) -> Json:
    """A bot, with its token: this is a sandbox."""
    return {"id": bot.id, "token": bot.token, "username": bot.username, "name": bot.name}


@post("/control/bots")
async def add_bot(request: AnyRequest) -> ASGIResponse:
    """Add a bot, or rename a known one."""
    world, wanted = world_of(request), await body(request, NewBot)
    other = world.bot_called(wanted.username) if wanted.username else None
    if other is not None and other.token != wanted.token:
        raise ClientException(f"Another bot is called {wanted.username}.")
    bot = world.add_bot(token=wanted.token, username=wanted.username, name=wanted.name)
    return shown(as_shown(bot))


@get("/control/bots")
async def list_bots(request: AnyRequest) -> ASGIResponse:
    """List all bots."""
    return shown([as_shown(bot) for bot in world_of(request).bots.values()])


@post("/control/people")
async def add_person(request: AnyRequest) -> ASGIResponse:
    """Add a person."""
    wanted = await body(request, NewPerson)
    return shown(world_of(request).add_person(**structs.asdict(wanted)))


@get("/control/people")
async def list_people(request: AnyRequest) -> ASGIResponse:
    """List all people."""
    return shown(list(world_of(request).people.values()))


HANDLERS = [add_bot, list_bots, add_person, list_people]
