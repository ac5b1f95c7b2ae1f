"""Kept trials: lists that were uploaded and tried, kept for a day until somebody says that they are to be imported.

A trial is a row of the import jobs that no importer takes: it is finished, with a status of its own. Starting it makes
it an ordinary job, once, however many people press. Each shop imports one list at a time: so that people without a
phone number, who stand in two lists, are found in the second.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from loyalty_app.counter import Caller
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedRequest, answer_once, fingerprint_of
from loyalty_app.db.tables import business as business_table
from loyalty_app.db.tables import import_job
from loyalty_app.ids import Kind
from loyalty_app.importing.candidates import ListedCustomer
from loyalty_app.importing.import_jobs import TRIED, ImportView, import_view
from loyalty_app.importing.trials import Trial, TriedList, Upload
from loyalty_core.ledger import Actor

TRIALS_KEPT = timedelta(days=1)
SHOWN, RECENT = 5, 10

encode = msgspec.json.Encoder().encode


class Start(StrEnum):
    """What came of starting a trial: it is imported now, it was started before, another list is at work, it is gone."""

    STARTED = "started"
    BEFORE = "before"
    WAITS = "waits"
    GONE = "gone"


class UploadedList(msgspec.Struct, frozen=True, kw_only=True):
    """An import as its shop sees it. `trial` tells how its file was read; None if a program has sent the list.

    It `is_trial` until it is started; then `people` are the first ones of it, as they were read.
    """

    view: ImportView
    trial: Trial | None
    is_trial: bool
    people: tuple[ListedCustomer, ...]


async def keep_trial(database: Database, caller: Caller, upload: Upload, tried: TriedList, *, now: datetime) -> int:
    """Keep a list that was tried; return its id. With the same key and file it is kept once.

    Raises IdempotencyKeyReused.
    """
    fingerprint = fingerprint_of(b"upload", upload.content, (upload.encoding or "").encode())
    request = KeyedRequest(business_id=caller.business.id, key=caller.key, fingerprint=fingerprint)

    def work(connection: Connection) -> bytes:
        with database.ids(connection) as ids:
            number = ids.take(Kind.IMPORT)
        row = {"business_id": caller.business.id, "id": number, "status": TRIED, "actor": encode(caller.actor)}
        row |= {"customers": encode(tried.customers), "total": len(tried.customers), "report": b"[]"}
        row |= dict.fromkeys(("done", "imported", "already_there"), 0) | {"sheet": encode(tried.trial)}
        database.insert(connection, import_job, [{**row, "created_at": now, "finished_at": now}])
        return str(number).encode()

    return int((await answer_once(database, request, work, now=now)).body)


async def start_trial(database: Database, business_id: int, number: int, *, actor: Actor, now: datetime) -> Start:
    """Let a trial be imported, once. `actor` is the one whom the ledger names for it."""

    def work(connection: Connection) -> Start:
        locked = select(business_table.c.id).where(business_table.c.id == business_id).with_for_update()
        connection.execute(locked).close()
        row = connection.execute(select(import_job).where(*_own(business_id, number))).one_or_none()
        if row is None:
            return Start.GONE
        if row.status != TRIED:
            return Start.BEFORE
        at_work = select(import_job.c.id).where(
            import_job.c.business_id == business_id, import_job.c.finished_at.is_(None)
        )
        if connection.execute(at_work.limit(1)).first() is not None:
            return Start.WAITS
        # The example is a name. It is needed no more.
        trial = msgspec.structs.replace(msgspec.json.decode(row.sheet, type=Trial), example=None)
        values = {"status": "queued", "finished_at": None, "created_at": now, "actor": encode(actor)}
        started = update(import_job).where(*_own(business_id, number))
        connection.execute(started.values(**values, sheet=encode(trial))).close()
        return Start.STARTED

    return await database.write(work)


async def discard_trial(database: Database, business_id: int, number: int) -> bool:
    """Throw a trial away; False if there is none, or if it was started."""
    gone = delete(import_job).where(*_own(business_id, number), import_job.c.status == TRIED)
    return bool(await database.write(lambda connection: connection.execute(gone).rowcount))


def read_upload(connection: Connection, business_id: int, number: int, *, now: datetime) -> UploadedList | None:
    """An import, or a trial; None if the shop has none with that id, or not any more."""
    row = connection.execute(select(import_job).where(*_own(business_id, number))).one_or_none()
    return _uploaded(row, now) if row is not None else None


def recent_uploads(connection: Connection, business_id: int, *, now: datetime) -> list[UploadedList]:
    """The last lists of a shop, the newest first, those of programs too; trials are not among them."""
    names = [column for column in import_job.c if column.name != "customers"]
    own = select(*names).where(import_job.c.business_id == business_id, import_job.c.status != TRIED)
    rows = connection.execute(own.order_by(import_job.c.id.desc()).limit(RECENT))
    return [_uploaded(row, now) for row in rows]


def _uploaded(row: Row[Any], now: datetime) -> UploadedList:
    is_trial = row.status == TRIED
    people = msgspec.json.decode(row.customers, type=tuple[ListedCustomer, ...])[:SHOWN] if is_trial else ()
    trial = msgspec.json.decode(row.sheet, type=Trial) if row.sheet else None
    return UploadedList(view=import_view(row, now), trial=trial, is_trial=is_trial, people=people)


def _own(business_id: int, number: int) -> tuple[Any, Any]:
    return import_job.c.business_id == business_id, import_job.c.id == number
