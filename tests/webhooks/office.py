"""An office: a shop's endpoints and outbox, workers when a test opens one, and what is kept of what they did."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row

from loyalty_app.db import tables
from loyalty_app.db.engine import Database
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.db.shards import Shard
from loyalty_app.queues.pace import Rush
from loyalty_app.vault import Vault
from loyalty_app.webhooks.addresses import Guard, read_ranges
from loyalty_app.webhooks.delivery_queue import DEADLINE_SECONDS, DeliveryAttempt, DeliveryJob, DeliveryQueue
from loyalty_app.webhooks.endpoints import NewWebhookView, WebhookChange, Webhooks
from loyalty_app.webhooks.sender import Sender
from loyalty_app.webhooks.worker import WebhookWorker
from loyalty_core.delivery_retries import Delivered, Verdict
from testkit.concurrency import until
from testkit.shop import Shop

SECRET_KEY = "a key for tests only"
THIS_MACHINE = "127.0.0.0/8"
EVERYTHING_BUT_TESTS = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.merged",
    "customer.unmerged",
    "stamp.added",
    "reward.earned",
    "reward.redeemed",
    "transaction.voided",
)
PLENTY = 64


class Office:
    """Stands beside a shop, and looks at the same clock."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.database, self.clock = shop, shop.database, shop.clock
        self.vault, self.guard = Vault(SECRET_KEY), Guard(read_ranges(THIS_MACHINE))
        self.webhooks = Webhooks(self.database, vault=self.vault, guard=self.guard, clock=self.clock)

    async def endpoint(self, url: str, *events: str) -> NewWebhookView:
        """Register an endpoint; it listens to stamps unless told otherwise."""
        answer = await self.webhooks.register(self.once, url, events or ("stamp.added",))
        return msgspec.json.decode(answer.body, type=NewWebhookView)

    @property
    def once(self) -> KeyedRequest:
        """A request of the shop without a key."""
        return KeyedRequest(business_id=self.shop.business.id)

    async def rotate(self, webhook_id: int) -> NewWebhookView:
        """Give an endpoint a new secret."""
        answer = await self.webhooks.rotate_secret(self.once, webhook_id)
        return msgspec.json.decode(answer.body, type=NewWebhookView)

    async def change(self, webhook_id: int, **change: Any) -> None:  # noqa: ANN401  # the fields of a change
        await self.webhooks.change(self.once, webhook_id, WebhookChange(**change))

    async def stamps(self, count: int) -> list[int]:
        """A new customer's stamps, one after the other; their transactions."""
        lena = await self.shop.join()
        return [(await self.shop.stamp(lena.id)).transaction_id for _ in range(count)]

    @asynccontextmanager
    async def worker(
        self,
        database: Database | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
        deadline: float = DEADLINE_SECONDS,
        woken: bool = True,
        rush: Rush | None = None,
    ) -> AsyncIterator[WebhookWorker]:
        """A worker until the block ends; the counter wakes it, unless it is to be `woken` by nobody."""
        sender = Sender(self.guard, self.vault.unlock, deadline=deadline)
        worker = WebhookWorker(database or self.database, sender, clock=clock or self.clock, rush=rush)
        if woken:
            self.shop.counter.wakeups.deliveries.listen(worker.wake)
        try:
            yield worker
        finally:
            await worker.close()

    async def claim(self, room: int = PLENTY, database: Database | None = None) -> list[DeliveryJob]:
        """Claim as a worker does."""
        where = database or self.database
        return await where.write(
            lambda connection: DeliveryQueue().claim(connection, where, now=self.clock.now, room=room), shard=self.shard
        )

    async def record(self, *tries: DeliveryAttempt) -> None:
        """Note what came of attempts, as a worker does."""
        now = self.clock.now
        await self.database.write(
            lambda connection: DeliveryQueue().record(connection, self.database, tries, now=now), shard=self.shard
        )

    def tried(self, job: DeliveryJob, verdict: Verdict | None = None) -> DeliveryAttempt:
        """An attempt that has ended now; the receiver has it unless told otherwise."""
        return DeliveryAttempt(job=job, at=self.clock.now, milliseconds=1, verdict=verdict or Delivered())

    async def is_due(self) -> bool:
        """Whether anything is to be sent now."""
        return await self.database.read(
            lambda connection: DeliveryQueue().is_due(connection, self.clock.now), shard=self.shard
        )

    @property
    def shard(self) -> Shard | None:
        """The part of the database in which the shop is."""
        return self.database.shard_of(self.shop.business.id)

    async def events(self) -> list[Row[Any]]:
        return await self.shop.rows(tables.event)

    async def deliveries(self) -> list[Row[Any]]:
        return await self.shop.rows(tables.delivery)

    async def attempts(self) -> list[Row[Any]]:
        return await self.shop.rows(tables.attempt)

    async def notices(self) -> list[str]:
        return [row.text for row in await self.shop.rows(tables.notice)]

    async def is_active(self) -> list[bool]:
        """Of each endpoint, whether it is switched on."""
        return [row.active for row in await self.shop.rows(tables.webhook_endpoint)]

    async def until_attempts(self, count: int) -> None:
        """Wait until so many attempts are noted."""

        async def noted() -> bool:
            return len(await self.attempts()) >= count

        await until(noted)

    async def until_delivered(self, count: int) -> None:
        """Wait until so many deliveries are noted as delivered."""

        async def noted() -> bool:
            return [row.status for row in await self.deliveries()].count("delivered") >= count

        await until(noted)
