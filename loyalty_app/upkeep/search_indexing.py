"""Search indexing: gives customers their words whom an older release has written, some at a time.

After an upgrade that is everybody; beside an older server, those whom it creates or changes. Each portion is a short
transaction, and locks its customers only: stamps go on in between. A restart goes on where it was.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection, delete, select, tuple_
from sqlalchemy.exc import IntegrityError

from loyalty_app.db.bulk import BulkInsert, BulkUpdate
from loyalty_app.db.each_shard import in_each_shard
from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import served
from loyalty_app.db.merged_customers import Key
from loyalty_app.db.rows import customer_of, customer_row
from loyalty_app.db.search_index import UNINDEXED, is_indexed, noted_changes, with_words_of_merged, word_rows
from loyalty_app.db.shards import Shard
from loyalty_app.db.tables import customer, customer_word
from loyalty_app.upkeep.periodic import Every, Stop

AT_ONCE, EVERY_SECONDS = 200, 60
START: Key = (0, 0)
KEY = ("business_id", "id")


def search_indexing(database: Database) -> Every:
    """Index customers without words, and look for new ones every minute."""

    async def index(stop: Stop) -> None:
        await index_customers(database, stop=stop)

    return Every(EVERY_SECONDS, index, "customers could not be indexed for searching")


async def index_customers(database: Database, *, stop: Stop | None = None, at_once: int = AT_ONCE) -> int:
    """Index all customers without words, `at_once` at a time, until `stop` is asked; return how many were."""
    return await in_each_shard(database, partial(_index_all, database, stop=stop or Stop(), at_once=at_once))


async def _index_all(database: Database, shard: Shard | None, *, stop: Stop, at_once: int) -> int:
    indexed, last = 0, START
    while not stop.asked:
        keys = await database.read(_after(last, at_once), shard=shard)
        if keys:
            indexed += await _index(database, keys, shard, cleaning=len(keys) < at_once)
        if len(keys) < at_once:
            break
        last = keys[-1]
    return indexed


def _after(last: Key, at_once: int) -> Callable[[Connection], list[Key]]:
    """The next customers without words."""
    key = (customer.c.business_id, customer.c.id)
    unindexed = (UNINDEXED, served(customer), tuple_(*key) > tuple_(*last))
    following = select(*key).where(*unindexed).order_by(*key).limit(at_once)
    return lambda connection: [(row.business_id, row.id) for row in connection.execute(following)]


async def _index(database: Database, keys: Sequence[Key], shard: Shard | None, *, cleaning: bool) -> int:
    """Write the words of some customers; `cleaning` removes old ones first.

    Why not always: an older server leaves words that nobody can name, so all of them have to be looked through.
    """
    try:
        return await database.write(lambda c: _write(database, c, keys, cleaning=cleaning), shard=shard)
    except IntegrityError:
        return await database.write(lambda c: _write(database, c, keys, cleaning=True), shard=shard)


def _write(database: Database, connection: Connection, keys: Sequence[Key], *, cleaning: bool) -> int:
    held = database.fetch(connection, customer, KEY, keys, lock=True)
    plain = [customer_row(customer_of(row)) for row in held if not is_indexed(row.search_text)]
    rows = with_words_of_merged(connection, plain)
    own = [(row["business_id"], row["id"]) for row in rows]
    if cleaning and own:
        theirs = tuple_(customer_word.c.business_id, customer_word.c.customer_id)
        connection.execute(delete(customer_word).where(theirs.in_(own)))
    texts = [{name: row[name] for name in (*KEY, "search_text")} for row in rows]
    words = BulkInsert(customer_word, [*word_rows(rows)])
    database.put(connection, [words, BulkUpdate(customer, texts, KEY), noted_changes(rows)])
    return len(rows)
