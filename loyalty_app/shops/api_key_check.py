"""The check of API keys: whose key a text is, whether it is valid, and that it was used.

Only a key's SHA-256 is stored. A text with a wrong checksum never reaches the database. A recognised key is cached for
less than a second, so that revoking it works within a second in every process. Once one that is used will soon leave
the cache, all used ones are looked up again, at once, while nobody waits for it. Keys that are not in the cache are
looked up together with all that come while earlier ones are: with many shops most requests bring such a key. Keys are
made in `api_keys`.
"""

import asyncio
import hmac
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, update

from loyalty_app.clock import Clock, utc_now
from loyalty_app.db.engine import Database
from loyalty_app.db.tables import api_key, business
from loyalty_app.shops.api_keys import KeyInfo, key_info_of
from loyalty_app.shops.businesses import Business, business_of, check_here
from loyalty_core.access import (
    key_digest,
    public_id_of,
)
from loyalty_core.errors import Busy, InvalidApiKey

REMEMBERED_SECONDS = 0.9
AT_ONCE = 2
"""How many lookups run at once; a key that comes later waits for the next, which takes all that wait."""
MOST_REMEMBERED = 10_000
NOTED_EVERY = timedelta(minutes=1)

log = logging.getLogger(__name__)


class KeyHolder(msgspec.Struct, frozen=True):
    """Who calls the API: a key, and its business."""

    key: KeyInfo
    business: Business


class ApiKeys:
    """Recognises keys, and records at most once a minute that they are used.

    api_keys = ApiKeys(database)
    holder = await api_keys.recognise(text)  # holder.business, holder.key.scopes
    await api_keys.close()
    """

    def __init__(
        self, database: Database, *, clock: Clock = utc_now, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` decides what has expired and when a key was used, `seconds` how long a key stays cached."""
        self._database, self._clock, self._seconds = database, clock, seconds
        self._remembered: dict[bytes, tuple[float, KeyHolder]] = {}
        self._used: set[bytes] = set()
        """Those that were used since they were looked up."""
        self._refreshing: asyncio.Task[None] | None = None
        self._asked: dict[bytes, asyncio.Task[dict[bytes, KeyHolder]]] = {}
        """The keys that are looked up or wait for it, and their lookup."""
        self._waiting: dict[bytes, str] = {}
        self._next: asyncio.Task[dict[bytes, KeyHolder]] | None = None
        """The lookup for which they wait."""
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._noted: dict[int, datetime] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def recognise(self, text: str) -> KeyHolder:
        """Whose key this is.

        Raises InvalidApiKey, the same for unknown, expired and revoked ones; ShopMoved, ShopClosed.
        """
        if not text.isascii():
            raise InvalidApiKey
        digest = key_digest(text)
        until, holder = self._remembered.get(digest, (0.0, None))
        if holder is None or self._seconds() > until:
            holder = await self._look_up_once(text, digest)
        else:
            self._used.add(digest)
            self._refresh_if_due(until)
        check_here(holder.business)
        self._note_use(holder)
        return holder

    async def _look_up_once(self, text: str, digest: bytes) -> KeyHolder:
        """Look a key up, with all others that come meanwhile. Raises InvalidApiKey."""
        public_id = public_id_of(text)
        if public_id is None:
            raise InvalidApiKey
        if digest not in self._asked:
            self._waiting[digest] = public_id
            self._next = self._next or asyncio.create_task(self._look_up())
            self._asked[digest] = self._next
        found = await asyncio.shield(self._asked[digest])
        if digest not in found:
            raise InvalidApiKey
        return found[digest]

    async def _look_up(self) -> dict[bytes, KeyHolder]:
        """Look all keys up that wait, once it is their turn."""
        async with self._turns:
            asked, self._waiting, self._next = self._waiting, {}, None
            began = self._seconds()
            try:
                found = await self._find(asked)
            finally:
                for digest in asked:
                    del self._asked[digest]
            self._remember(found, began)
            return found

    async def _find(self, asked: Mapping[bytes, str]) -> dict[bytes, KeyHolder]:
        """The holders of those keys that are valid; the others leave the cache."""
        self._used -= asked.keys()
        now = self._clock()
        found = await self._database.glance(lambda connection: _holders(self._database, connection, asked, now=now))
        for other in asked.keys() - found.keys():
            self._remembered.pop(other, None)
        return found

    def _refresh_if_due(self, until: float) -> None:
        """If this key will soon leave the cache, look up again all that were used, however new they are there.

        So all are soon looked up at the same moments, a few times a second. If only those were that will soon leave,
        there would be a lookup for nearly each key.
        """
        if until > self._seconds() + REMEMBERED_SECONDS / 2 or self._refreshing is not None:
            return
        used = ((digest, self._remembered[digest]) for digest in self._used if digest in self._remembered)
        asked = {digest: holder.key.public_id for digest, (_, holder) in used}
        self._refreshing = asyncio.create_task(self._refresh(asked))

    async def _refresh(self, asked: Mapping[bytes, str]) -> None:
        began = self._seconds()
        try:
            with suppress(Busy):  # a later request with such a key looks it up, and is told
                found = await self._find(asked)
                # A key refused meanwhile stays refused: what was read here may be older.
                self._remember({digest: one for digest, one in found.items() if digest in self._remembered}, began)
        finally:
            self._refreshing = None

    def _remember(self, found: Mapping[bytes, KeyHolder], began: float) -> None:
        """Cache keys for that long from when their lookup began, however long that took."""
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
            self._used.clear()
        until = began + REMEMBERED_SECONDS
        self._remembered.update({digest: (until, holder) for digest, holder in found.items()})

    def _note_use(self, holder: KeyHolder) -> None:
        now, key_id = self._clock(), holder.key.key_id
        last = self._noted.get(key_id) or holder.key.last_used_at
        if last is not None and now - last < NOTED_EVERY:
            return
        self._noted[key_id] = now
        task = asyncio.create_task(self._write_use(holder, now))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_use(self, holder: KeyHolder, now: datetime) -> None:
        own = (api_key.c.business_id == holder.business.id, api_key.c.id == holder.key.key_id)
        used = update(api_key).where(*own).values(last_used_at=now)
        try:
            await self._database.write(lambda connection: connection.execute(used).close())
        except Busy:
            self._noted.pop(holder.key.key_id, None)
        except Exception:  # a note is not worth a failure
            log.warning("use of key %d could not be noted", holder.key.key_id, exc_info=True)

    async def close(self) -> None:
        """Finish running notes and lookups."""
        await asyncio.gather(*self._notes, *[self._refreshing] if self._refreshing else [])


def _holders(
    database: Database, connection: Connection, asked: Mapping[bytes, str], *, now: datetime
) -> dict[bytes, KeyHolder]:
    """The holders of those keys that are valid; `asked` maps digests to public ids.

    What is known of a business may be newer than its key, and it may be gone: there is no transaction, which would cost
    three more round trips.
    """
    wanted = {(public_id,) for public_id in asked.values()}
    rows = [row for row in database.fetch(connection, api_key, ("public_id",), wanted) if _is_valid(row, now)]
    shops = database.fetch(connection, business, ("id",), {(row.business_id,) for row in rows})
    owners = {shop.id: business_of(shop) for shop in shops}
    same: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        same[row.public_id].append(row)
    return {
        digest: KeyHolder(key_info_of(row), owners[row.business_id])
        for digest, public_id in asked.items()
        for row in same[public_id]
        if row.business_id in owners and hmac.compare_digest(row.digest, digest)
    }


def _is_valid(row: Row[Any], now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)
