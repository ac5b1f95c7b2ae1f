"""Loading merges: who was merged into whom, for requests about either. Nothing is decided here.

A request that names a merged customer means the other. Both are locked.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_app.counter.merges import Key, MergeRecord, decode
from loyalty_app.counter.orders import Erase, Request, UnmergeCustomers
from loyalty_app.counter.state import BatchState, Overtaken
from loyalty_app.db import tables
from loyalty_app.db.bulk import Lookup, Wanted
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import customer_of
from loyalty_core.number_plans import forms_of

OWN_KEY = ("business_id", "id")
Fetch = Callable[[Lookup], Sequence[Row[Any]]]


def kept_ids(database: Database, connection: Connection, named: Iterable[Row[Any]]) -> set[Key]:
    """Into whom named customers were merged, in turn, before anything is locked."""
    found: set[Key] = set()
    into = _into(named)
    while into:
        found |= into
        into = _into(database.fetch(connection, tables.customer, OWN_KEY, into)) - found
    return found


def _into(rows: Iterable[Row[Any]]) -> set[Key]:
    return {(row.business_id, row.merged_into) for row in rows if row.merged_into is not None}


def lock_kept(state: BatchState, locked: Fetch) -> None:
    """Lock those into whom locked customers were merged since they were read, in turn.

    It never waits, since it is out of the order of the locks; a patient batch, which would, is begun again. A claim may
    change whom a claimable one leads to.
    """
    if state.patient and _unknown(state):
        raise Overtaken
    while wanted := _unknown(state):
        for row in locked(Lookup(tables.customer, OWN_KEY, wanted)):
            state.keep_customer(customer_of(row))
        if missing := wanted - state.customers.keys():
            _note_held(state, missing)
            return
    merged = [key for key in state.claimable if (one := state.customers.get(key)) and one.merged_into is not None]
    for business_id, number in merged:
        if (kept := state.kept(business_id, number)) is not None:
            state.claimable.add((business_id, kept.id))


def _unknown(state: BatchState) -> set[Key]:
    into = {(one.business_id, one.merged_into) for one in state.customers.values() if one.merged_into is not None}
    return {(business_id, number) for business_id, number in into if (business_id, number) not in state.customers}


def _note_held(state: BatchState, missing: Iterable[Key]) -> None:
    """Those who lead to a customer whom somebody else holds are held too."""
    held = set(missing)
    while leading := [
        one
        for one in state.customers.values()
        if (one.business_id, one.merged_into) in held and (one.business_id, one.id) not in held
    ]:
        held |= {(one.business_id, int(one.id)) for one in leading}
        state.held_elsewhere |= {(one.business_id, one.qr_code) for one in leading}
    state.held_elsewhere |= held


def read_merges(database: Database, connection: Connection, state: BatchState, requests: Sequence[Request]) -> None:
    """Read the merges that requests take back, and those into customers who may be erased or merged again."""

    def fetch(columns: tuple[str, ...], wanted: Iterable[Wanted]) -> Iterator[MergeRecord]:
        rows = database.fetch(connection, tables.customer_merge, columns, set(wanted))
        return map(MergeRecord.of, rows)

    asked = list(_asked(state, requests))
    for record in fetch(("business_id", "from_id"), asked):
        state.merges.keep(record)
    into = {*asked, *state.claimable}
    while into:
        found = [record for record in fetch(("business_id", "into_id"), into) if record.key not in state.merges.known]
        for record in found:
            state.merges.keep(record)
        into = {record.key for record in found}
    _read_phones(database, connection, state)


def _asked(state: BatchState, requests: Iterable[Request]) -> Iterator[Key]:
    for request in requests:
        match request.order:
            case UnmergeCustomers(other=ref):
                named = state.row_of(request.business_id, ref)
            case Erase(customer=ref):
                named = state.find_customer(request.business_id, ref)
            case _:
                continue
        if named is not None:
            yield named.business_id, named.id


def _read_phones(database: Database, connection: Connection, state: BatchState) -> None:
    """The customers who have the phone numbers that merged ones get back."""
    undos = [(one.business_id, decode(one.undo).merge.other) for one in state.merges.known.values() if one.undo]
    wanted: list[Wanted] = [
        (business_id, form) for business_id, other in undos if other.phone for form in forms_of(other.phone)
    ]
    for row in database.fetch(connection, tables.customer, ("business_id", "phone"), wanted):
        state.keep_phone(row.business_id, row.phone, row.id)
