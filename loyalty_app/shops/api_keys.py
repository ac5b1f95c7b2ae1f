"""API keys: making, listing, revoking and recognising them.

Only a key's SHA-256 is kept. A text with a wrong checksum never reaches the database. A key that was recognised is
remembered for half a second, so that revoking it works within a second in every process. Keys in use that will soon be
forgotten are looked up anew, all at once, while nobody waits for it.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import api_key, business
from loyalty_app.ids import Kind
from loyalty_app.shops.businesses import Business, business_of, find_business
from loyalty_app.shops.rights import require_staff
from loyalty_core.access import (
    KEY_RANDOM_BYTES,
    PUBLIC_RANDOM_BYTES,
    Role,
    Scope,
    key_digest,
    make_key,
    public_id_from,
    public_id_of,
    require_api,
)
from loyalty_core.customers import clean_name
from loyalty_core.errors import IdempotencyKeyReused, InvalidApiKey, InvalidRequest

REMEMBERED_SECONDS = 0.5
MOST_REMEMBERED = 10_000
NOTED_EVERY = timedelta(minutes=1)
ALL_SCOPES = tuple(Scope)

log = logging.getLogger(__name__)


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key; its text is not."""

    key_id: int
    name: str
    public_id: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made, with the text that is shown once."""

    key_id: int
    api_key: str


class KeyHolder(msgspec.Struct, frozen=True):
    """Who asks: a key, and the business that it opens."""

    key: KeyInfo
    business: Business


def _key_info(row: Row[Any]) -> KeyInfo:
    return KeyInfo(
        key_id=row.id,
        name=row.name,
        public_id=row.public_id,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


async def create_key(
    database: Database, business_id: int, *, name: str, scopes: Iterable[Scope] = ALL_SCOPES
) -> ShownKey:
    """Make a key for a business. Raises InvalidRequest."""
    return await database.write(
        lambda connection: add_key(database, connection, business_id=business_id, name=name, scopes=scopes)
    )


async def create_key_in_chat(database: Database, business_id: int, *, name: str, by: int, nonce: str) -> ShownKey:
    """Make a key for an owner, `by` the number on the staff; a nonce makes one key, which is shown once.

    Raises NotOnStaff, RoleRequired, InvalidRequest, PlanRequired, and IdempotencyKeyReused for a used nonce.
    """
    start = hashlib.sha256(f"{business_id}:{nonce}".encode()).digest()

    def work(connection: Connection) -> ShownKey:
        require_staff(connection, business_id, by, Role.OWNER)
        require_api(find_business(connection, business_id).plan)
        used = select(api_key.c.id).where(api_key.c.public_id == public_id_from(start))
        if connection.execute(used).first() is not None:
            raise IdempotencyKeyReused
        return add_key(database, connection, business_id=business_id, name=name, start=start)

    try:
        return await database.write(work)
    except IntegrityError:  # the same nonce has made it meanwhile: now it can be seen
        return await database.write(work)


def add_key(
    database: Database,
    connection: Connection,
    *,
    business_id: int,
    name: str,
    scopes: Iterable[Scope] = ALL_SCOPES,
    start: bytes = b"",
) -> ShownKey:
    """Make a key inside a transaction that may hold more; `start` may give its public id. Raises InvalidRequest."""
    random = start[:PUBLIC_RANDOM_BYTES] + secrets.token_bytes(KEY_RANDOM_BYTES)
    new, title = make_key(random), clean_name(name)
    find_business(connection, business_id)
    with database.ids(connection) as ids:
        key_id = ids.take(Kind.API_KEY)
    row = {
        "business_id": business_id,
        "id": key_id,
        "public_id": new.public_id,
        "digest": new.digest,
        "name": title,
        "scopes": " ".join(sorted(scopes)),
        "created_at": datetime.now(UTC),
    }
    database.insert(connection, api_key, [row])
    return ShownKey(key_id=key_id, api_key=new.text)


async def list_keys(database: Database, business_id: int) -> list[KeyInfo]:
    """The keys of a business, the oldest first. Raises InvalidRequest if there is no such business."""

    def work(connection: Connection) -> list[KeyInfo]:
        find_business(connection, business_id)
        own = select(api_key).where(api_key.c.business_id == business_id).order_by(api_key.c.id)
        return [_key_info(row) for row in connection.execute(own)]

    return await database.read(work)


async def revoke_key(database: Database, business_id: int, key_id: int, *, by: int | None = None) -> KeyInfo:
    """Close a key for ever; closing it again changes nothing. `by` is who of the staff asks: an owner.

    Raises InvalidRequest if there is no such key, NotOnStaff, RoleRequired.
    """
    own = (api_key.c.business_id == business_id, api_key.c.id == key_id)

    def work(connection: Connection) -> KeyInfo:
        require_staff(connection, business_id, by, Role.OWNER)
        revoked = update(api_key).where(*own, api_key.c.revoked_at.is_(None))
        connection.execute(revoked.values(revoked_at=datetime.now(UTC)))
        row = connection.execute(select(api_key).where(*own)).one_or_none()
        if row is None:
            raise InvalidRequest.field("key_id", f"business {business_id} has no key {key_id}")
        return _key_info(row)

    return await database.write(work)


class ApiKeys:
    """Recognises keys, and notes at most once a minute that they are used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[bytes, tuple[float, KeyHolder]] = {}
        self._used: set[bytes] = set()
        """Those of them that were used since they were looked up."""
        self._refreshing: asyncio.Task[None] | None = None
        self._asked: dict[bytes, asyncio.Task[KeyHolder]] = {}
        self._noted: dict[int, datetime] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def recognise(self, text: str) -> KeyHolder:
        """Whose key this is. Raises InvalidApiKey, the same for unknown, expired and revoked ones."""
        public_id = public_id_of(text)
        if public_id is None:
            raise InvalidApiKey
        digest = key_digest(text)
        until, holder = self._remembered.get(digest, (0.0, None))
        if holder is None or time.monotonic() > until:
            holder = await self._look_up_once(public_id, digest)
        else:
            self._used.add(digest)
            self._refresh_if_due(until)
        self._note_use(holder)
        return holder

    async def _look_up_once(self, public_id: str, digest: bytes) -> KeyHolder:
        """Look a key up; who comes with the same one meanwhile waits for the same answer."""
        if digest not in self._asked:
            self._asked[digest] = task = asyncio.create_task(self._look_up(public_id, digest))
            task.add_done_callback(lambda _: self._asked.pop(digest))
        return await asyncio.shield(self._asked[digest])

    async def _look_up(self, public_id: str, digest: bytes) -> KeyHolder:
        began, found = time.monotonic(), await self._find({digest: public_id})
        self._remember(found, began)
        if digest not in found:
            raise InvalidApiKey
        return found[digest]

    async def _find(self, asked: Mapping[bytes, str]) -> dict[bytes, KeyHolder]:
        """Whose keys these are, of those that are valid; the others are forgotten."""
        self._used -= asked.keys()
        found = await self._database.read(lambda connection: _holders(self._database, connection, asked))
        for other in asked.keys() - found.keys():
            self._remembered.pop(other, None)
        return found

    def _refresh_if_due(self, until: float) -> None:
        """Look up anew what is in use and will soon be forgotten, if the key at hand will be."""
        soon = time.monotonic() + REMEMBERED_SECONDS / 2
        if until > soon or self._refreshing is not None:
            return
        used = ((digest, self._remembered[digest]) for digest in self._used if digest in self._remembered)
        asked = {digest: holder.key.public_id for digest, (until, holder) in used if until < soon}
        self._refreshing = asyncio.create_task(self._refresh(asked))

    async def _refresh(self, asked: Mapping[bytes, str]) -> None:
        began = time.monotonic()
        try:
            found = await self._find(asked)
            # Who was refused meanwhile stays refused: what was read here may be older.
            self._remember({digest: one for digest, one in found.items() if digest in self._remembered}, began)
        except (SQLAlchemyError, OSError):  # whoever comes with one of them later looks it up, and is told
            log.info("keys in use could not be looked up anew")
        finally:
            self._refreshing = None

    def _remember(self, found: Mapping[bytes, KeyHolder], began: float) -> None:
        """Remember keys for half a second from when they began to be looked up, however long that took."""
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
            self._used.clear()
        until = began + REMEMBERED_SECONDS
        self._remembered.update({digest: (until, holder) for digest, holder in found.items()})

    def _note_use(self, holder: KeyHolder) -> None:
        now, key_id = datetime.now(UTC), holder.key.key_id
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
        except Exception:  # a note is not worth a failure
            log.warning("that key %d is used could not be noted", holder.key.key_id, exc_info=True)

    async def close(self) -> None:
        """Finish noting and looking up."""
        await asyncio.gather(*self._notes, *[self._refreshing] if self._refreshing else [])


def _holders(database: Database, connection: Connection, asked: Mapping[bytes, str]) -> dict[bytes, KeyHolder]:
    """Whose keys these are, of those that are valid; asked by digest, each with its public id."""
    now, wanted = datetime.now(UTC), {(public_id,) for public_id in asked.values()}
    rows = [row for row in database.fetch(connection, api_key, ("public_id",), wanted) if _is_valid(row, now)]
    shops = database.fetch(connection, business, ("id",), {(row.business_id,) for row in rows})
    owners = {shop.id: business_of(shop) for shop in shops}
    same: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        same[row.public_id].append(row)
    return {
        digest: KeyHolder(_key_info(row), owners[row.business_id])
        for digest, public_id in asked.items()
        for row in same[public_id]
        if hmac.compare_digest(row.digest, digest)
    }


def _is_valid(row: Row[Any], now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)
