"""API keys: making, listing and revoking them. `api_key_check` recognises them.

Only a key's SHA-256 is stored; its text is shown once.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import write_once
from loyalty_app.db.tables import api_key
from loyalty_app.ids import Kind
from loyalty_app.shops.businesses import Business, find_business, require_no_twin, require_staff, twin_of
from loyalty_core.access import (
    KEY_RANDOM_BYTES,
    PLANS,
    PREFIX,
    PUBLIC_RANDOM_BYTES,
    Plan,
    Role,
    Scope,
    make_key,
    public_id_from,
    requests_per_hour,
    require_api,
)
from loyalty_core.customers import clean_name
from loyalty_core.errors import IdempotencyKeyReused, InvalidRequest

ALL_SCOPES = tuple(Scope)


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored about a key; its text is not."""

    key_id: int
    name: str
    public_id: str
    scopes: frozenset[Scope]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key, with the text that is shown once."""

    key_id: int
    api_key: str


def key_info_of(row: Row[Any]) -> KeyInfo:
    """Read a row of the table `api_key`."""
    return KeyInfo(
        key_id=row.id,
        name=row.name,
        public_id=row.public_id,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


class KeyBusiness(msgspec.Struct, frozen=True, kw_only=True):
    """The shop of a key. `test` says that it is a test key: what it writes is kept apart from the shop's."""

    id: int
    name: str
    plan: Plan
    timezone: str
    country: str | None
    test: bool


class KeyLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a key may do; `customers` is null for any number."""

    requests_per_hour: int
    customers: int | None


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the world sees it: what it may do, and for whom. `starts_with` tells keys apart."""

    id: int
    name: str
    starts_with: str
    scopes: tuple[Scope, ...]
    limits: KeyLimits
    business: KeyBusiness
    created_at: datetime
    expires_at: datetime | None


def key_view(key: KeyInfo, shop: Business) -> KeyView:
    """Show a key."""
    requests = requests_per_hour(shop.plan, shop.rate_limit)
    return KeyView(
        id=key.key_id,
        name=key.name,
        starts_with=PREFIX + key.public_id,
        scopes=tuple(scope for scope in Scope if scope in key.scopes),
        limits=KeyLimits(requests_per_hour=requests, customers=PLANS[shop.plan].customers),
        business=KeyBusiness(
            id=shop.id,
            name=shop.name,
            plan=shop.plan,
            timezone=shop.timezone,
            country=shop.country,
            test=shop.test_of is not None,
        ),
        created_at=key.created_at,
        expires_at=key.expires_at,
    )


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key to be made; the public id comes from `start` if given, else it is random."""

    business_id: int
    name: str
    now: datetime
    scopes: Iterable[Scope] = ALL_SCOPES
    start: bytes = b""


async def create_key(
    database: Database, business_id: int, *, name: str, now: datetime, scopes: Iterable[Scope] = ALL_SCOPES
) -> ShownKey:
    """Make a key for a business. Raises InvalidRequest, for a twin too: `twins` makes test keys."""
    new = NewKey(business_id=business_id, name=name, now=now, scopes=scopes)

    def work(connection: Connection) -> ShownKey:
        require_no_twin(connection, business_id)
        return add_key(database, connection, new)

    return await database.write(work)


async def create_key_once(database: Database, new: NewKey, *, by: int, nonce: str) -> ShownKey:
    """Make a key for an owner, who is `by` on the staff; a nonce makes one key, shown once.

    Raises NotOnStaff, RoleRequired, InvalidRequest, PlanRequired, and IdempotencyKeyReused for a used nonce.
    """
    business_id = new.business_id
    start = hashlib.sha256(f"{business_id}:{nonce}".encode()).digest()

    def work(connection: Connection) -> ShownKey:
        require_staff(connection, business_id, by, Role.OWNER)
        require_api(find_business(connection, business_id).plan)
        used = select(api_key.c.id).where(api_key.c.public_id == public_id_from(start))
        if connection.execute(used).first() is not None:
            raise IdempotencyKeyReused
        return add_key(database, connection, msgspec.structs.replace(new, start=start))

    return await write_once(database, work)


def add_key(database: Database, connection: Connection, new: NewKey) -> ShownKey:
    """Make a key inside the caller's transaction. Raises InvalidRequest."""
    random = new.start[:PUBLIC_RANDOM_BYTES] + secrets.token_bytes(KEY_RANDOM_BYTES)
    key, title = make_key(random), clean_name(new.name)
    find_business(connection, new.business_id)
    with database.ids(connection) as ids:
        key_id = ids.take(Kind.API_KEY)
    row = {
        "business_id": new.business_id,
        "id": key_id,
        "public_id": key.public_id,
        "digest": key.digest,
        "name": title,
        "scopes": " ".join(sorted(new.scopes)),
        "created_at": new.now,
    }
    database.insert(connection, api_key, [row])
    return ShownKey(key_id=key_id, api_key=key.text)


async def list_keys(database: Database, business_id: int) -> list[KeyInfo]:
    """The keys of a business, the oldest first, without test keys. Raises InvalidRequest if there is no such one."""

    def work(connection: Connection) -> list[KeyInfo]:
        require_no_twin(connection, business_id)
        own = select(api_key).where(api_key.c.business_id == business_id).order_by(api_key.c.id)
        return [key_info_of(row) for row in connection.execute(own)]

    return await database.read(work)


async def revoke_key(
    database: Database, business_id: int, key_id: int, *, now: datetime, by: int | None = None
) -> KeyInfo:
    """Revoke a key for ever, a test key too; again changes nothing. `by` is the member of the staff who asks: an owner.

    Raises InvalidRequest if there is no such key, NotOnStaff, RoleRequired.
    """

    def work(connection: Connection) -> KeyInfo:
        require_staff(connection, business_id, by, Role.OWNER)
        both = (business_id, twin_of(connection, business_id))
        own = (api_key.c.business_id.in_(both), api_key.c.id == key_id)
        revoked = update(api_key).where(*own, api_key.c.revoked_at.is_(None))
        connection.execute(revoked.values(revoked_at=now))
        row = connection.execute(select(api_key).where(*own)).one_or_none()
        if row is None:
            raise InvalidRequest.field("key_id", f"business {business_id} has no key {key_id}")
        return key_info_of(row)

    return await database.write(work)
