"""Idempotency: a request with a key happens once in its business, and always gets the same bytes as its answer.

The rules, in words:
- Key, fingerprint and answer are written in the transaction that does the work: all of it is there, or nothing.
- The same key with the same request gets the first answer. With another request it is refused.
- Once the customer of an answer is erased, the answer is gone; the key stays used.
- A refusal stores nothing, so its key stays free.
- If two take one key at once, one loses: the key is a primary key. The loser is decided again and sees the winner.

- An answer that holds a secret is stored encrypted, with the vault that its caller gives.

Stamps, redemptions and undos keep their key in their entry of the ledger, as a number, and so little of their answer
that it can be made again (`counter/replays.py`). Everything else is stored in the table `idempotency`: by the counter
for a whole batch, by `answer_once` for a single request. `write_once` is for work that has a unique key of its own.
What is asked is not known here.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Row, and_, delete, select, update
from sqlalchemy.exc import IntegrityError

from loyalty_app.db import tables
from loyalty_app.db.bulk import Lookup
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import NOWHERE
from loyalty_core.errors import CustomerNotFound, IdempotencyKeyReused, ShopClosed

Result = TypeVar("Result")

COLUMNS = ("business_id", "key")
NOBODY = 0
"""The customer of an answer about no customer: no erasure removes it."""

KeyOfBusiness = tuple[int, str]
"""A business's id and a key that one of its callers chose."""

CHECK_BYTES = 4
"""How many bytes of an entry's `once` tell its request, besides the 64 bits of `once_key`. In a shop with ten million
keys the chance that two have one number is 3 in a million. The later one is refused then, and may come with another
key."""


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request with a key, as JSON; `body` is None once its customer is erased."""

    business_id: int
    key: str
    fingerprint: bytes
    customer_id: int
    body: bytes | None
    created_at: datetime


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is to happen once; without a key it happens each time."""

    business_id: int
    key: str | None = None
    fingerprint: bytes = b""


class KeyedAnswer(NamedTuple):
    """The answer to a request, as JSON, and whether it is the first answer once more."""

    body: bytes
    replayed: bool = False


class Locks(Protocol):
    """Encrypts an answer and decrypts it, as the vault does."""

    def lock(self, text: str) -> bytes:
        """Encrypt."""

    def unlock(self, locked: bytes) -> str:
        """Decrypt."""


def fingerprint_of(*parts: bytes) -> bytes:
    """32 bytes that distinguish a request, made from its content and not from its spelling."""
    return hashlib.sha256(b"".join(parts)).digest()


def once_key_of(key: str) -> int:
    """The number for a key, under which an entry of the ledger is found: 64 bits, with a sign."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)


def check_of(key: str, fingerprint: bytes) -> bytes:
    """What tells whether an entry was made by this request under this key."""
    return fingerprint_of(key.encode(), b"\0", fingerprint)[:CHECK_BYTES]


def replayed(kept: KeptAnswer, fingerprint: bytes) -> bytes:
    """The first answer, for a repeated request with that fingerprint.

    Raises IdempotencyKeyReused for another request, CustomerNotFound if the answer is gone.
    """
    if kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if kept.body is None:
        raise CustomerNotFound
    return kept.body


def lookup(keys: Iterable[KeyOfBusiness]) -> Lookup:
    """The lookup for the answers that are stored under these keys; see `kept_answer_of`."""
    return Lookup(tables.idempotency, COLUMNS, set(keys))


def kept_answer_of(row: Row[Any]) -> KeptAnswer:
    """Read a row of the table `idempotency`."""
    return KeptAnswer(
        business_id=row.business_id,
        key=row.key,
        fingerprint=row.fingerprint,
        customer_id=row.customer_id,
        body=row.answer,
        created_at=row.created_at,
    )


def kept_answer_row(kept: KeptAnswer) -> dict[str, object]:
    """Write a row of the table `idempotency`."""
    return {
        "business_id": kept.business_id,
        "key": kept.key,
        "fingerprint": kept.fingerprint,
        "customer_id": kept.customer_id,
        "answer": kept.body,
        "created_at": kept.created_at,
    }


async def used_keys(database: Database, keys: Iterable[KeyOfBusiness]) -> set[KeyOfBusiness]:
    """Which of these keys are used."""
    rows = await database.read(lambda connection: _fetch(database, connection, keys))
    return {(row.business_id, row.key) for row in rows}


def _fetch(database: Database, connection: Connection, keys: Iterable[KeyOfBusiness]) -> list[KeptAnswer]:
    asked = lookup(keys)
    return [kept_answer_of(row) for row in database.fetch(connection, asked.table, asked.columns, asked.wanted)]


def forget_answers(connection: Connection, business_id: int, customer_id: int) -> None:
    """Remove the answers about an erased customer, and what others would be made of."""
    columns, past = tables.idempotency.c, tables.past_profile.c
    about = and_(columns.business_id == business_id, columns.customer_id == customer_id)
    connection.execute(update(tables.idempotency).where(about).values(answer=None))
    theirs = and_(past.business_id == business_id, past.customer_id == customer_id)
    connection.execute(delete(tables.past_profile).where(theirs))


async def answer_once(
    database: Database,
    request: KeyedRequest,
    work: Callable[[Connection], bytes],
    *,
    now: datetime,
    vault: Locks | None = None,
) -> KeyedAnswer:
    """The answer of `work`, or the stored one of the same request. `work` is about no customer.

    With a `vault` the answer is stored encrypted. Raises IdempotencyKeyReused, ShopClosed, and what `work` raises.
    """

    def once(connection: Connection) -> KeyedAnswer:
        _check_open(connection, request.business_id)
        first = _first_answer(database, connection, request, vault)
        if first is not None:
            return first
        body = work(connection)
        if request.key is not None:
            kept = body if vault is None else vault.lock(body.decode())
            _keep(database, connection, request, body=kept, now=now)
        return KeyedAnswer(body)

    return await write_once(database, once)


def _check_open(connection: Connection, business_id: int) -> None:
    """Raise ShopClosed if the shop is being deleted, or is gone: its key was looked up a moment before."""
    own = select(tables.business.c.moved_to).where(tables.business.c.id == business_id)
    row = connection.execute(own).one_or_none()
    if row is None or row.moved_to == NOWHERE:
        raise ShopClosed


async def first_answer(database: Database, request: KeyedRequest, vault: Locks | None = None) -> KeyedAnswer | None:
    """The stored answer of a repeated request, before anything is checked that may be otherwise now; else None.

    Raises IdempotencyKeyReused.
    """
    if request.key is None:
        return None
    return await database.read(lambda connection: _first_answer(database, connection, request, vault))


def _first_answer(
    database: Database, connection: Connection, request: KeyedRequest, vault: Locks | None
) -> KeyedAnswer | None:
    if request.key is None:
        return None
    for kept in _fetch(database, connection, [(request.business_id, request.key)]):
        body = replayed(kept, request.fingerprint)
        return KeyedAnswer(body if vault is None else vault.unlock(body).encode(), replayed=True)
    by_number = (request.business_id, once_key_of(request.key))
    if database.fetch(connection, tables.transaction, ("business_id", "once_key"), [by_number]):
        raise IdempotencyKeyReused
    return None


def _keep(database: Database, connection: Connection, request: KeyedRequest, *, body: bytes, now: datetime) -> None:
    kept = KeptAnswer(
        business_id=request.business_id,
        key=str(request.key),
        fingerprint=request.fingerprint,
        customer_id=NOBODY,
        body=body,
        created_at=now,
    )
    database.insert(connection, tables.idempotency, [kept_answer_row(kept)])


async def write_once(database: Database, work: Callable[[Connection], Result]) -> Result:
    """Run `work` in a transaction; once more if another took its key meanwhile, which it now sees."""
    try:
        return await database.write(work)
    except IntegrityError:
        return await database.write(work)
