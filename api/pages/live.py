"""Live pages: a stream of events that tells a card's page of each new version within a second, and nothing else.

Server-sent events, as a browser or a script reads them. `id` is the version, so a page that was away brings the one
that it has in `Last-Event-ID` and hears at once of a newer one. A stream that is silent sends a sign of life; after
some minutes it ends and the page asks again, so that a link that was revoked is noticed by every process.
"""

import asyncio
from collections.abc import AsyncIterator

from litestar.response import Stream

from api.messages import END_OF_STREAM, AppRequest, runtime_of
from loyalty_app.card_pages.links import CardId
from loyalty_app.card_pages.watch import CardWatch, CardWatcher
from loyalty_app.customers.card_page import read_version

HEARTBEAT_SECONDS, LONGEST_SECONDS = 15.0, 600.0
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""No proxy may keep events back, nor compress them."""
RETRY = b"retry: 3000\n\n"
HEARTBEAT = b": \n\n"


async def live_card(request: AppRequest, card: CardId) -> Stream:
    """The stream of a card. Raises CustomerNotFound, ShopMoved, ShopClosed, and Busy if too many watch."""
    runtime = runtime_of(request)
    watcher = runtime.card_watch.watch(card)  # first, so that nothing is missed while the version is read
    try:
        version = await runtime.database.read(lambda connection: read_version(connection, card))
    except BaseException:
        runtime.card_watch.leave(watcher)
        raise
    request.scope["state"][END_OF_STREAM] = watcher.end
    known = request.headers.get("last-event-id", "")
    first = b"" if known == str(version) else event_of(version)
    return Stream(_events(runtime.card_watch, watcher, RETRY + first), headers=HEADERS, media_type="text/event-stream")


def event_of(version: int) -> bytes:
    """The event that tells of a version."""
    return b'id: %d\nevent: card\ndata: {"version":%d}\n\n' % (version, version)


async def _events(watch: CardWatch, watcher: CardWatcher, first: bytes) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST_SECONDS
    try:
        yield first
        while not watcher.ended and loop.time() < end:
            version = await watcher.news(HEARTBEAT_SECONDS)
            if not watcher.ended:
                yield HEARTBEAT if version is None else event_of(version)
    finally:
        watch.leave(watcher)
