"""Import jobs: lists that integrators have sent, stored until they are imported, even across restarts.

A list is stored first and answered at once. Any process with a counter leases it and imports it part by part; after
each part it stores how far it is. Each customer of a list has an idempotency key, so that a part that was done twice
counts once. Once the job is done, the list is removed; figures and remarks without names stay. `importer` does the
work. A list is running while somebody holds its lease: so one that was given back, or whose process was killed, is
queued again without a further write.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Connection, Row, select

from loyalty_app.counter import Answer, Caller
from loyalty_app.db.bulk import Values
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedRequest, answer_once, fingerprint_of
from loyalty_app.db.tables import import_job
from loyalty_app.ids import Kind
from loyalty_app.importing.candidates import Fate, ListedCustomer, Remark
from loyalty_app.queues.leased_table import Lease, LeasedTable
from loyalty_core.ledger import Actor

LEASE = timedelta(seconds=60)
TRIED = "tried"
"""The status of a list that nobody has started yet: `kept_trials` keeps those."""
KEY = ("business_id", "id")
MOST_REMARKS = 1_000
"""So many remarks are kept of a list that is longer than that, and all of any other. The figures count every line.

Why: the report is written again after each part, and a list that was uploaded may be long.
"""

Status: TypeAlias = Literal["queued", "running", "done"]

encode = msgspec.json.Encoder().encode


class ImportQueued(msgspec.Struct, frozen=True):
    """A list that was taken, and where to ask what becomes of it."""

    id: int
    status: Literal["queued"]
    url: str


QUEUED = msgspec.json.Decoder(ImportQueued)


class ImportRemark(msgspec.Struct, frozen=True):
    """Why a customer of a list was not taken: their place in it, counted from 0, what is wrong, what would be right.

    `customer_id` is the customer who is there already, if one phone number says so.
    """

    index: int
    outcome: Literal["already_there", "left_out"]
    field: str | None
    message: str
    customer_id: int | None = None


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a list so far; `done` of `total` are dealt with."""

    id: int
    status: Status
    created_at: datetime
    finished_at: datetime | None
    total: int
    done: int
    imported: int
    already_there: int
    left_out: int
    report: tuple[ImportRemark, ...]


async def queue_import(
    database: Database,
    caller: Caller,
    customers: Sequence[ListedCustomer],
    *,
    now: datetime,
    url_of: Callable[[int], str],
) -> Answer[ImportQueued]:
    """Store a list; a key makes it once-only. `url_of` says where to ask about the import with that id.

    Raises IdempotencyKeyReused.
    """
    body = encode(customers)
    request = KeyedRequest(business_id=caller.business.id, key=caller.key, fingerprint=fingerprint_of(b"import", body))

    def work(connection: Connection) -> bytes:
        with database.ids(connection) as ids:
            job_id = ids.take(Kind.IMPORT)
        row = {"business_id": caller.business.id, "id": job_id, "status": "queued", "actor": encode(caller.actor)}
        row |= {"customers": body, "total": len(customers), "done": 0, "imported": 0, "already_there": 0}
        database.insert(connection, import_job, [{**row, "report": b"[]", "created_at": now}])
        return encode(ImportQueued(job_id, "queued", url_of(job_id)))

    answer = await answer_once(database, request, work, now=now)
    return Answer(answer.body, QUEUED, replayed=answer.replayed)


def read_import(connection: Connection, business_id: int, job_id: int, *, now: datetime) -> ImportView | None:
    """The state of an import now; None if the business sent none with that id, or a month ago."""
    own = (import_job.c.business_id == business_id, import_job.c.id == job_id, import_job.c.status != TRIED)
    row = connection.execute(select(import_job).where(*own)).one_or_none()
    return None if row is None else import_view(row, now)


def import_view(row: Row[Any], now: datetime) -> ImportView:
    """The state of an import, from its row."""
    return ImportView(
        id=row.id,
        status=_status(row, now),
        created_at=row.created_at,
        finished_at=row.finished_at,
        total=row.total,
        done=row.done,
        imported=row.imported,
        already_there=row.already_there,
        left_out=row.done - row.imported - row.already_there,
        report=msgspec.json.decode(row.report, type=tuple[ImportRemark, ...]),
    )


def _status(row: Row[Any], now: datetime) -> Status:
    if row.finished_at is not None:
        return "done"
    return "running" if row.lease_until is not None and row.lease_until > now else "queued"


class ImportJob(msgspec.Struct, frozen=True, kw_only=True):
    """A list that this process may import until its lease ends, and how far it is."""

    business_id: int
    id: int
    actor: Actor
    customers: tuple[ListedCustomer, ...]
    done: int
    imported: int
    already_there: int
    report: tuple[ImportRemark, ...]
    lease: str


class ImportQueue:
    """The lists of all businesses as a queue, the oldest first."""

    leases = LeasedTable(
        import_job,
        key=KEY,
        due=select(import_job)
        .where(import_job.c.finished_at.is_(None))
        .order_by(import_job.c.created_at, import_job.c.id),
        lasts=LEASE,
    ).among(import_job.c.finished_at.is_(None))

    def lease_of(self, job: ImportJob) -> Lease:
        """The lease of a list."""
        return Lease((job.business_id, job.id), job.lease)

    def is_due(self, connection: Connection, now: datetime) -> bool:
        """Whether any list can be imported."""
        return self.leases.is_due(connection, now)

    def claim(self, connection: Connection, database: Database, *, now: datetime, room: int) -> list[ImportJob]:
        """Lease one list to the caller, if there is room; a list may be long."""
        leased = self.leases.claim(connection, database, now=now, room=min(room, 1))
        return [_job(row, lease) for row, lease in leased]

    def record(self, connection: Connection, database: Database, ended: Sequence[ImportJob], *, now: datetime) -> None:
        """Record that lists are done; an unfinished one is given back. One whose lease is lost is left alone."""
        jobs = {self.lease_of(job): job for job in ended}
        for lease in self.leases.held(connection, database, jobs):
            self.leases.finish(connection, database, {lease: _after(jobs[lease], now)})

    def set_aside(self, job: ImportJob, _now: datetime) -> ImportJob:
        """A list on which the work fails ends where it is; its other customers are left out, and the report says so."""
        message = "was not imported, because of a fault of the server; send this customer again"
        done, total = job.done, len(job.customers)
        report = (*job.report, *(ImportRemark(place, "left_out", None, message) for place in range(done, total)))
        return msgspec.structs.replace(job, done=total, report=report)


def _after(job: ImportJob, now: datetime) -> Values:
    """What to store of a list after work on it."""
    if job.done < len(job.customers):
        return {"status": "queued"}
    return {"status": "done", "finished_at": now, "customers": None, "done": job.done, "report": encode(job.report)}


def _job(row: Row[Any], lease: Lease) -> ImportJob:
    return ImportJob(
        business_id=row.business_id,
        id=row.id,
        actor=msgspec.json.decode(row.actor, type=Actor),
        customers=msgspec.json.decode(row.customers, type=tuple[ListedCustomer, ...]),
        done=row.done,
        imported=row.imported,
        already_there=row.already_there,
        report=msgspec.json.decode(row.report, type=tuple[ImportRemark, ...]),
        lease=lease.token,
    )


async def note_progress(database: Database, job: ImportJob, *, now: datetime) -> bool:
    """Store how far a list is, and renew its lease; False if another process has it."""
    figures = {"done": job.done, "imported": job.imported, "already_there": job.already_there}
    own = {"business_id": job.business_id, "id": job.id, "lease": job.lease}
    row = own | figures | {"report": encode(job.report), "lease_until": now + LEASE}
    return bool(
        await database.write(lambda connection: database.update(connection, import_job, [row], key=(*KEY, "lease")))
    )


def remark_of(remark: Remark) -> ImportRemark:
    """A remark for integrators."""
    outcome: Literal["already_there", "left_out"] = "left_out" if remark.fate == "left_out" else "already_there"
    return ImportRemark(remark.place, outcome, remark.field, remark.message, remark.customer_id)


def remark_again(told: ImportRemark) -> Remark:
    """The remark that was told to integrators."""
    return Remark(
        place=told.index, fate=Fate(told.outcome), field=told.field, message=told.message, customer_id=told.customer_id
    )
