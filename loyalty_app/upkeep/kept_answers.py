"""Kept answers: moves whole answers about stamps, redemptions and undos into their entries of the ledger.

Releases before schema 0012 stored them whole, in the table `idempotency`. A few are moved at a time, in the order of
their keys, with pauses; after a restart it goes on with what is left. An answer is moved only if it can be made again
to the byte (`counter/replays.py`). Others stay as they are and go on being found: for example those from before a
change of the customer's name.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Table, delete, func, select, tuple_

from loyalty_app.counter.answers import REDEEMED, STAMPED, VOIDED
from loyalty_app.counter.replays import CardHistory, KeyedEntry, PastProfile, Repeatable, once_of, outcome_again
from loyalty_app.db.bulk import Values, Wanted
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.idempotency import COLUMNS, KeptAnswer, KeyOfBusiness, check_of, kept_answer_of, once_key_of
from loyalty_app.db.rows import customer_of, entry_of, reward_of
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import customer, idempotency, past_profile, reward, transaction
from loyalty_app.upkeep.periodic import Every, Stop
from loyalty_core.ledger import Entry, EntryType

AT_ONCE, PAUSE_SECONDS, EVERY_SECONDS = 200, 0.05, 24 * 3_600
OWN_KEY, OF_CUSTOMER = ("business_id", "id"), ("business_id", "customer_id")
BEGINNING = b'{"transaction_id":'

encode = msgspec.json.Encoder().encode


class EntryNamed(msgspec.Struct, frozen=True):
    """The beginning of an answer: the entry that it is about."""

    transaction_id: int


ENTRY_NAMED = msgspec.json.Decoder(EntryNamed)


def kept_answers(database: Database) -> Every:
    """Move what can be moved, at the start and once a day."""

    async def move(stop: Stop) -> None:
        await move_answers(database, stop=stop)

    return Every(EVERY_SECONDS, move, "answers could not be moved into the ledger")


async def move_answers(
    database: Database, *, stop: Stop | None = None, at_once: int = AT_ONCE, pause: float = PAUSE_SECONDS
) -> int:
    """Move whole answers into their entries, `at_once` in a transaction; return how many.

    It ends between two transactions if asked to stop. It need not be durable: what is lost is moved again.
    """
    until = stop or Stop()

    async def move(shard: Shard | None) -> int:
        moved, keys = 0, [(0, "")]
        while not until.asked and (keys := await database.read(_next_keys(keys[-1], at_once), shard=shard)):
            moved += await _move_some(database, keys, shard)
            await until.pause(pause)
        return moved

    return await in_each_shard(database, move)


def _next_keys(after: KeyOfBusiness, most: int) -> Callable[[Connection], list[KeyOfBusiness]]:
    key, table = tuple_(idempotency.c.business_id, idempotency.c.key), idempotency.c
    whole = func.substr(table.answer, 1, len(BEGINNING)) == BEGINNING
    here = (table.answer.is_not(None), whole, served(idempotency))
    found = select(table.business_id, table.key).where(*here, key > after)
    some = found.order_by(table.business_id, table.key).limit(most)
    return lambda connection: [(row.business_id, row.key) for row in connection.execute(some)]


async def _move_some(database: Database, keys: Sequence[KeyOfBusiness], shard: Shard | None) -> int:
    def work(connection: Connection) -> int:
        moving = _Moving(database, connection, keys)
        rows = {(kept.business_id, kept.key): row for kept in moving.answers for row in moving.row_of(kept)}
        database.update(connection, transaction, rows.values(), key=OWN_KEY)
        if rows:
            gone = tuple_(idempotency.c.business_id, idempotency.c.key).in_(list(rows))
            connection.execute(delete(idempotency).where(gone))
        return len(rows)

    return await database.write(work, durable=False, shard=shard)


def _once_of(kept: KeptAnswer, entry: Entry) -> bytes | None:
    """What the entry of an answer would keep; None if it is no answer about this entry, as far as we know."""
    try:
        outcome = _outcome(entry.type, kept.body or b"")
    except msgspec.DecodeError:
        return None
    check = check_of(kept.key, kept.fingerprint)
    return None if outcome is None else once_of(check, outcome, entry, ())


def _outcome(kind: EntryType, body: bytes) -> Repeatable | None:
    match kind:
        case EntryType.STAMP:
            return STAMPED.decode(body)
        case EntryType.REDEEM:
            return REDEEMED.decode(body)
        case EntryType.VOID:
            return VOIDED.decode(body)
        case _:
            return None


class _Moving:
    """Answers to be moved, whose customers are locked, and what they are made of again."""

    def __init__(self, database: Database, connection: Connection, keys: Sequence[KeyOfBusiness]) -> None:
        self.database, self.connection = database, connection
        people = {(row.business_id, row.customer_id) for row in self._rows(idempotency, COLUMNS, keys)}
        locked = database.fetch(connection, customer, OWN_KEY, people, lock=True)
        self.customers = {(row.business_id, row.id): customer_of(row) for row in locked}
        self.answers = [kept_answer_of(row) for row in self._rows(idempotency, COLUMNS, keys) if row.answer is not None]
        named = {(one.business_id, ENTRY_NAMED.decode(one.body or b"").transaction_id) for one in self.answers}
        self.entries = {(row.business_id, row.id): row for row in self._rows(transaction, OWN_KEY, named)}
        self.rewards = [reward_of(row) for row in self._rows(reward, OF_CUSTOMER, people)]
        self.profiles = [PastProfile.of(row) for row in self._rows(past_profile, OF_CUSTOMER, people)]
        numbers = {(business, once_key_of(key)) for business, key in keys}
        taken = self._rows(transaction, ("business_id", "once_key"), numbers)
        self.taken = {(row.business_id, row.once_key) for row in taken}

    def _rows(self, table: Table, columns: tuple[str, ...], wanted: Iterable[Wanted]) -> Sequence[Row[Any]]:
        return self.database.fetch(self.connection, table, columns, wanted)

    def row_of(self, kept: KeptAnswer) -> Iterable[Values]:
        """What to store in the entry of an answer; nothing if it cannot be made again."""
        body, number = kept.body or b"", (kept.business_id, once_key_of(kept.key))
        row = self.entries.get((kept.business_id, ENTRY_NAMED.decode(body).transaction_id))
        if row is None or row.once_key is not None or number in self.taken:
            return
        entry = entry_of(row)
        once = _once_of(kept, entry)
        if once is not None and self._again(KeyedEntry(entry, once)) == body:
            self.taken.add(number)
            yield {"business_id": entry.business_id, "id": entry.id, "once_key": number[1], "once": once}

    def _again(self, kept: KeyedEntry) -> bytes | None:
        whose = (kept.entry.business_id, kept.entry.customer_id)
        if whose not in self.customers:
            return None
        rewards = [one for one in self.rewards if (one.business_id, one.customer_id) == whose]
        profiles = [one for one in self.profiles if (one.business_id, one.customer_id) == whose]
        return encode(outcome_again(kept, CardHistory(self.customers[whose], profiles, rewards, ())))
