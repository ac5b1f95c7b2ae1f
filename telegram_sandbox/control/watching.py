"""Routes for watching and disturbing: changes, calls, waiting updates; the clock, redelivery, and ordered faults."""

from collections.abc import AsyncIterator
from functools import partial

import msgspec
from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from msgspec import Struct

from telegram_sandbox.control.asking import body, bot_of, shown, world_of
from telegram_sandbox.faults import Fault
from telegram_sandbox.parameters import AnyRequest
from telegram_sandbox.people import Bot, Json, Query
from telegram_sandbox.phones import new_query
from telegram_sandbox.world import Change, World

BREATH_SECONDS = 15
LOOK_AGAIN_MILLISECONDS = 500
"""How soon a page that has lost the sandbox asks for it again. A browser's own default is some seconds."""


class Redelivery(Struct):
    """An update; the last one if none is named."""

    bot: str
    update_id: int | None = None


class Ahead(Struct):
    """Seconds by which the clock is set forward."""

    seconds: float


@post("/control/faults")
async def order_fault(request: AnyRequest) -> ASGIResponse:
    """Make the next calls fail."""
    world, fault = world_of(request), await body(request, Fault)
    bot_of(world, fault.bot)
    world.faults.ordered.append(fault)
    return shown(fault)


@post("/control/clock")
async def set_clock(request: AnyRequest) -> ASGIResponse:
    """Set the sandbox's clock forward."""
    world = world_of(request)
    world.ahead += (await body(request, Ahead)).seconds
    return shown({"now": world.now()})


@post("/control/redeliver")
async def redeliver(request: AnyRequest) -> ASGIResponse:
    """Send an update again, under a new id."""
    world, wanted = world_of(request), await body(request, Redelivery)
    bot = bot_of(world, wanted.bot)
    wanted_ids = {wanted.update_id} if wanted.update_id else {bot.queue.next_id - 1}
    update = next((each for each in bot.queue.past if each.update_id in wanted_ids), None)
    if update is None:
        raise NotFoundException("There is no such update.")
    again = update.what
    if update.kind == "callback_query":
        again = again | {"id": same_press(world, bot, again["id"]).id}
    sent = bot.queue.add(update.kind, again)
    return shown({"update_id": sent.update_id if sent else None})


def same_press(world: World, bot: Bot, query_id: str) -> Query:
    """A new query for a press that is sent once more."""
    person = world.people[bot.queries[query_id].person_id]
    return new_query(world, world.chat(bot, person))


@get("/control/calls")
async def calls(request: AnyRequest, bot: FromQuery[str | None] = None, since: FromQuery[int] = 0) -> ASGIResponse:
    """The calls after a number, of one bot or of all."""
    name = (bot or "").removeprefix("@").lower()
    wanted = [each for each in world_of(request).calls if each["n"] > since and name in {"", each["bot"].lower()}]
    return shown(wanted)


@get("/control/unknown")
async def unknown(request: AnyRequest) -> ASGIResponse:
    """Methods and parameters that bots used and the sandbox does not know."""
    return shown(world_of(request).unknown)


@get("/control/settled")
async def settled(request: AnyRequest, bot: FromQuery[str], wait: FromQuery[float] = 0) -> ASGIResponse:
    """How many updates the bot has not confirmed; waits until none is left, at most `wait` seconds."""
    queue = bot_of(world_of(request), bot).queue
    await queue.bell.until(lambda: not queue.waiting, wait)
    answer: Json = {"waiting": len(queue.waiting), "settled": not queue.waiting, "next_update_id": queue.next_id}
    return shown(answer)


@get("/control/polling")
async def polling(request: AnyRequest, bot: FromQuery[str], wait: FromQuery[float] = 0) -> ASGIResponse:
    """Whether the bot is waiting for updates; waits until it is, at most `wait` seconds."""
    queue = bot_of(world_of(request), bot).queue
    return shown({"polling": await queue.bell.until(lambda: queue.polling and not queue.waiting, wait)})


@get("/control/events")
async def events(request: AnyRequest) -> Stream:
    """Server-sent events: one for every change from now on."""
    world = world_of(request)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(told(world), media_type="text/event-stream", headers=headers)


async def told(world: World) -> AsyncIterator[bytes]:
    """Changes as they come, and a comment line if none comes for a while."""
    seen = world.changes[-1].n if world.changes else 0
    yield b"retry: %d\n\n" % LOOK_AGAIN_MILLISECONDS
    while not world.stopped:
        for change in changes_after(world, seen):
            seen = change.n
            yield b"data: %b\n\n" % msgspec.json.encode(change)
        if not await world.changed.until(partial(is_news, world, seen), BREATH_SECONDS):
            yield b": still here\n\n"


def is_news(world: World, seen: int) -> bool:
    """Whether watchers have something to read, or the world has stopped."""
    return world.stopped or bool(changes_after(world, seen))


def changes_after(world: World, seen: int) -> list[Change]:
    """The changes after a number."""
    if not world.changes or world.changes[-1].n <= seen:
        return []
    return [change for change in world.changes if change.n > seen]


HANDLERS = [order_fault, set_clock, redeliver, calls, unknown, settled, polling, events]
