"""The search index: which words lead to which customers, beside the customers themselves.

A customer's words are written in the transaction that writes the profile. `customer.search_text` holds the same words;
in a row from an older release it holds something else, and such rows are indexed later (`upkeep`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, literal_column, select, tuple_

from loyalty_app.db.bulk import BulkAdd, Values
from loyalty_app.db.merged_customers import Key, ProfileOfMerged, profiles_of_merged
from loyalty_app.db.tables import customer, customer_word, posting_change
from loyalty_core.customers import fold_case
from loyalty_core.search_words import joined_text, search_text

ONE: ColumnElement[int] = literal_column("1")
UNINDEXED = func.substr(customer.c.search_text, ONE, ONE) != literal_column("'\n'")
"""Literals, so that the databases see that an index holds exactly these customers."""


def is_indexed(search_text: str) -> bool:
    """Whether a customer's words are in the index, judged by their `search_text`."""
    return search_text.startswith("\n")


def word_rows(customer_rows: Iterable[Mapping[str, object]]) -> Iterator[Values]:
    """The rows of `customer_word` that belong to rows of `customer`."""
    for row in customer_rows:
        text = str(row["search_text"])
        for word in text.split("\n")[1:] if is_indexed(text) else ():
            if word:
                yield {"business_id": row["business_id"], "word": word, "customer_id": row["id"]}


def noted_changes(customer_rows: Iterable[Mapping[str, object]]) -> BulkAdd:
    """Notes that the words of customers change, for the lists of beginnings (`upkeep/posting_lists.py`)."""
    keys = sorted({_key(row) for row in customer_rows})
    rows = [{"business_id": business_id, "customer_id": number, "changes": 1} for business_id, number in keys]
    return BulkAdd(posting_change, rows, ("business_id", "customer_id"))


def with_words_of_merged(connection: Connection, rows: Sequence[dict[str, object]]) -> Sequence[dict[str, object]]:
    """Rows of `customer`, found by what those told as well who were merged into them; the erased by nothing."""
    keys = [_key(row) for row in rows if row["erased_at"] is None]
    merged = profiles_of_merged(connection, keys) if keys else {}
    return [_found_by(row, merged[_key(row)]) if _key(row) in merged else row for row in rows]


def _key(row: Mapping[str, object]) -> Key:
    return int(str(row["business_id"])), int(str(row["id"]))


def _found_by(row: dict[str, object], merged: Iterable[ProfileOfMerged]) -> dict[str, object]:
    texts = [search_text(one.name, one.phone, one.email) for one in merged]
    return {**row, "search_text": joined_text(str(row["search_text"]), texts)}


def rewritten(connection: Connection, rows: Sequence[dict[str, object]]) -> Sequence[dict[str, object]]:
    """Rows of `customer` with which changed profiles are to be written; their old words are removed here.

    A customer who was not indexed stays so: nobody knows which words an older release has left.
    """
    if not rows:
        return rows
    keys = [(row["business_id"], row["id"]) for row in rows]
    own = tuple_(customer.c.business_id, customer.c.id).in_(keys)
    kept = select(customer.c.business_id, customer.c.id, customer.c.search_text).where(own)
    found = [one._asdict() for one in connection.execute(kept)]
    words = [(row["business_id"], row["word"], row["customer_id"]) for row in word_rows(found)]
    if words:
        connection.execute(delete(customer_word).where(tuple_(*customer_word.primary_key.columns).in_(words)))
    waiting = {(one["business_id"], one["id"]) for one in found if not is_indexed(one["search_text"])}
    return [_unindexed(row) if (row["business_id"], row["id"]) in waiting else row for row in rows]


def _unindexed(row: dict[str, object]) -> dict[str, object]:
    """A row with the text that older releases search."""
    told = (row[name] for name in ("name", "phone", "email"))
    return {**row, "search_text": fold_case(" ".join(str(part) for part in told if part))}
