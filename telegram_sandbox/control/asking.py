"""What the routes of the control API share: lookups for paths, bodies, answers."""

from typing import TypeVar

import msgspec
from litestar import Response
from litestar.exceptions import ClientException, NotFoundException
from litestar.response.base import ASGIResponse
from msgspec import Struct

from telegram_sandbox.chats import Chat
from telegram_sandbox.parameters import AnyRequest
from telegram_sandbox.people import Bot, Json, Person
from telegram_sandbox.phones import Impossible
from telegram_sandbox.world import World

Wanted = TypeVar("Wanted", bound=Struct)


def world_of(request: AnyRequest) -> World:
    """The world of this sandbox."""
    world: World = request.app.state.world
    return world


def person_of(world: World, person_id: int) -> Person:
    """The person with that id. Raises NotFoundException."""
    if person_id not in world.people:
        raise NotFoundException(f"There is no person {person_id}.")
    return world.people[person_id]


def bot_of(world: World, username: str) -> Bot:
    """The bot with that username. Raises NotFoundException."""
    bot = world.bot_called(username)
    if bot is None:
        raise NotFoundException(f"There is no bot {username}.")
    return bot


def chat_of(request: AnyRequest, person_id: int, bot: str) -> Chat:
    """The chat that a path names."""
    world = world_of(request)
    return world.chat(bot_of(world, bot), person_of(world, person_id))


async def body(request: AnyRequest, wanted: type[Wanted]) -> Wanted:
    """The body as a struct. Raises ClientException."""
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=wanted)
    except msgspec.DecodeError as error:
        raise ClientException(str(error)) from error


def shown(what: object) -> ASGIResponse:
    """A JSON response."""
    return ASGIResponse(body=msgspec.json.encode(what))


def answer_impossible(request: AnyRequest, error: Impossible) -> Response[Json]:
    """Answer 409: no phone lets a person do this."""
    del request
    return Response({"detail": str(error)}, status_code=409)
