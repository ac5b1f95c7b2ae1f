"""A sender for tests that may reach this machine, and a job for it: Bean & Leaf's till tells of a stamp."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from loyalty_app.clock import Clock
from loyalty_app.webhooks.addresses import Guard, read_ranges
from loyalty_app.webhooks.delivery_queue import DeliveryJob
from loyalty_app.webhooks.sender import Sender
from loyalty_core.webhooks import make_secret

SECRET, OLD_SECRET = make_secret(b"n" * 32), make_secret(b"o" * 32)
EVENT_ID = "msg_019ad1c2f3a4b5c6"
BODY = '{"type":"stamp.added", "data":{"name":"Zoë ☕","stamps":1.0}}\n'.encode()

PUBLIC_ONLY = Guard()
THIS_MACHINE_TOO = Guard(read_ranges("127.0.0.0/8 ::1"))
PATIENCE_SECONDS = 20.0


def a_job(url: str, **values: object) -> DeliveryJob:
    """The first try to tell of a stamp, except for what is named."""
    job = DeliveryJob(
        business_id=1,
        delivery_id=1,
        endpoint_id=1,
        number=1,
        url=url,
        secrets=(SECRET.encode(),),
        event_id=EVENT_ID,
        body=BODY,
        failing=False,
        lease="held",
    )
    return replace(job, **values)


@asynccontextmanager
async def sending(
    guard: Guard = THIS_MACHINE_TOO, *, deadline: float = PATIENCE_SECONDS, signed_at: Clock | None = None
) -> AsyncIterator[Sender]:
    """A sender until the block ends; in its jobs secrets are not encrypted."""
    sender = Sender(guard, bytes.decode, deadline=deadline, signed_at=signed_at)
    try:
        yield sender
    finally:
        await sender.close()
