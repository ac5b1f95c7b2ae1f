"""Cases: each queue of the application, with jobs to put into it, and what comes of a job that goes well.

The first job that is put in has waited longest, so it is served first. None keeps another one waiting: each delivery
has an endpoint of its own, each update a person of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, Table

from loyalty_app.chat.card_queue import CardQueue, ShownCard
from loyalty_app.chat.chats import HeldCard
from loyalty_app.chat.update_queue import HandledUpdate, TelegramUpdate, UpdateQueue
from loyalty_app.db import tables
from loyalty_app.db.bulk import Values
from loyalty_app.importing.import_jobs import ImportJob, ImportQueue
from loyalty_app.queues.leased_table import Key
from loyalty_app.queues.worker import WorkQueue
from loyalty_app.shops.owner_notices import Notice, NoticeQueue, NoticeSent
from loyalty_app.webhooks.delivery_queue import DeliveryAttempt, DeliveryJob, DeliveryQueue
from loyalty_core.access import Role
from loyalty_core.delivery_retries import Delivered
from testkit.builders import NOON, TILL
from testkit.shop import Shop

BOT, OWNER = 7, 501
Rows: TypeAlias = Mapping[Table, Sequence[Values]]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A queue. `rows` are those of so many jobs, table by table; `ended` is what comes of a job that goes well.

    `is_done` says of a row of the leased table whether that is written.
    """

    name: str
    queue: WorkQueue[Any, Any]
    rows: Callable[[int], Rows]
    ended: Callable[[Any], object]
    is_done: Callable[[Any], bool]

    @property
    def table(self) -> Table:
        """The leased table."""
        return self.queue.leases.table


def waiting_since(place: int) -> datetime:
    """When the job at a place came."""
    return NOON - timedelta(hours=1) + timedelta(seconds=place)


def deliveries(count: int) -> Rows:
    endpoint = {"url": "http://127.0.0.1:9", "events": "stamp.added", "active": True, "created_at": NOON}
    endpoint |= {"secret": b"x", "secret_hint": "x", "warnings": 0}
    one_event = {"type": "stamp.added", "customer_id": 1, "body": b"{}", "created_at": NOON}
    waiting = {"status": "queued", "attempts": 0, "created_at": NOON}
    places = range(1, count + 1)
    return {
        tables.webhook_endpoint: [{**endpoint, "id": place} for place in places],
        tables.event: [{**one_event, "id": f"msg_{place}"} for place in places],
        tables.delivery: [
            {**waiting, "id": n, "endpoint_id": n, "event_id": f"msg_{n}", "next_at": waiting_since(n)} for n in places
        ],
    }


def updates(count: int) -> Rows:
    return {
        tables.telegram_update: [
            {"bot_id": BOT, "update_id": n, "person_id": n, "body": b"{}", "received_at": waiting_since(n), "tries": 0}
            for n in range(1, count + 1)
        ]
    }


def cards(count: int) -> Rows:
    """Cards of the first customers of the shop, each held by a person of their own."""
    bot = {"bot_id": BOT, "business_id": None, "username": "stamp_bot", "secret": "x", "created_at": NOON}
    shown = {"shown_version": 0, "shown_stamps": 0, "shown_rewards": 0, "muted": False, "created_at": NOON}
    places = range(1, count + 1)
    return {
        tables.telegram_bot: [bot],
        tables.telegram_card: [
            {**shown, "bot_id": BOT, "user_id": n, "customer_id": n, "due_at": waiting_since(n)} for n in places
        ],
    }


def notices(count: int) -> Rows:
    owner = {"id": 1, "name": "Otto", "role": Role.OWNER.value, "created_at": NOON, "user_id": OWNER}
    return {
        tables.staff: [owner],
        tables.notice: [
            {"id": n, "at": waiting_since(n), "kind": "webhook", "text": "It fails."} for n in range(1, count + 1)
        ],
    }


def import_jobs(count: int) -> Rows:
    """Lists with nobody in them."""
    empty = {"status": "queued", "customers": b"[]", "total": 0, "done": 0, "imported": 0, "already_there": 0}
    empty |= {"actor": msgspec.json.encode(TILL), "report": b"[]"}
    return {tables.import_job: [{**empty, "id": n, "created_at": waiting_since(n)} for n in range(1, count + 1)]}


def delivered(job: DeliveryJob) -> DeliveryAttempt:
    return DeliveryAttempt(job=job, at=NOON, milliseconds=1, verdict=Delivered())


def handled(job: TelegramUpdate) -> HandledUpdate:
    return HandledUpdate(update=job)


def shown(job: HeldCard) -> ShownCard:
    return ShownCard(card=job, message_id=77, version=1)


def told(job: Notice) -> NoticeSent:
    return NoticeSent(notice=job, told_to=job.people, everybody=True)


def imported(job: ImportJob) -> ImportJob:
    return job


CASES = (
    Case(
        name="deliveries",
        queue=DeliveryQueue(),
        rows=deliveries,
        ended=delivered,
        is_done=lambda row: bool(row.status == "delivered"),
    ),
    Case(
        name="updates",
        queue=UpdateQueue(lambda: [BOT]),
        rows=updates,
        ended=handled,
        is_done=lambda row: row.done_at is not None,
    ),
    Case(
        name="cards",
        queue=CardQueue(lambda: [BOT]),
        rows=cards,
        ended=shown,
        is_done=lambda row: row.due_at is None,
    ),
    Case(
        name="notices",
        queue=NoticeQueue(),
        rows=notices,
        ended=told,
        is_done=lambda row: row.told_at is not None,
    ),
    Case(
        name="import jobs",
        queue=ImportQueue(),
        rows=import_jobs,
        ended=imported,
        is_done=lambda row: row.finished_at is not None,
    ),
)


async def put(shop: Shop, case: Case, count: int) -> list[Key]:
    """Put jobs into a queue; gives the keys of their rows in the order in which they are to be served."""
    if case.table is tables.telegram_card:
        for _ in range(count):
            await shop.join()
    rows = {table: [_owned(shop, table, row) for row in some] for table, some in case.rows(count).items()}

    def work(connection: Connection) -> None:
        for table, some in rows.items():
            shop.database.insert(connection, table, some)

    await shop.database.write(work)
    return [tuple(int(str(row[name])) for name in case.queue.leases.key) for row in rows[case.table]]


def _owned(shop: Shop, table: Table, row: Values) -> Values:
    return {"business_id": shop.business.id, **row} if "business_id" in table.c else row
