"""Processes that a test kills without warning. Settings come from the environment, as they do in earnest.

`python -m tests.webhooks.doomed stamp BUSINESS` gives stamps to customer after customer and prints the transaction of
each as soon as it is committed; nothing is delivered. `python -m tests.webhooks.doomed deliver` is a worker that prints
a line once it has begun.
"""

import asyncio
import sys

import msgspec

from loyalty_app.counter import Caller
from loyalty_app.runtime import open_runtime, open_webhook_worker
from loyalty_app.settings import read_settings
from loyalty_app.shops.businesses import find_business
from loyalty_core.customers import Profile
from loyalty_core.outcomes import Stamped
from loyalty_core.stamping import StampOrder
from loyalty_core.views import CustomerView
from testkit.builders import TILL


async def stamp(business_id: int) -> None:
    """Stamp for ever."""
    async with open_runtime(read_settings(), delivering=False) as held:
        business = await held.database.read(lambda connection: find_business(connection, business_id))
        caller = Caller(business=business, actor=TILL)
        joined = await held.counter.join(caller, Profile(name="Lena"))
        lena = msgspec.json.decode(joined.body, type=CustomerView)
        while True:
            answers = [held.counter.give_stamp(caller, lena.id, StampOrder()) for _ in range(5)]
            for answer in await asyncio.gather(*answers):
                say(msgspec.json.decode(answer.body, type=Stamped).transaction_id)


async def deliver() -> None:
    """Deliver for ever."""
    async with open_webhook_worker(read_settings()):
        say("delivering")
        await asyncio.Event().wait()


def say(what: object) -> None:
    """Print at once."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(stamp(int(sys.argv[2])) if sys.argv[1] == "stamp" else deliver())
