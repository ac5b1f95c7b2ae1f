"""What tests let another process do: `python -m tests.app.elsewhere serve|join|stamp|greet URL …`."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from itertools import count

from loyalty_app.counter import Answer, Caller, Counter
from loyalty_app.db.engine import open_database
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import find_business
from loyalty_core.outcomes import Stamped
from loyalty_core.referrals import Referral
from testkit.clocks import Clock
from testkit.console import A_KEY
from testkit.shop import Shop

TILLS = 8


async def serve(settings: Settings) -> None:
    """Serve until the input ends, or say why not."""
    try:
        async with open_runtime(settings):
            say("serving")
            await asyncio.to_thread(sys.stdin.read)
    except SettingsError as error:
        say(f"refused: {error}")


async def join(settings: Settings, business_id: str) -> None:
    """Write beside the server, as commands do."""
    async with the_shop(settings, business_id) as shop:
        say(f"joined: {(await shop.join()).id}")


async def stamp(settings: Settings, business_id: str, customer_id: str, first: str) -> None:
    """Stamp one card for ever, each stamp under its own key, and say each one that was acknowledged."""

    async def till(shop: Shop, numbers: Iterator[int]) -> None:
        for number in numbers:
            stamped = await shop.stamp(int(customer_id), key=f"stamp {number}")
            say(f"{number} {stamped.transaction_id}")

    async with the_shop(settings, business_id) as shop:
        numbers = count(int(first))
        await asyncio.gather(*(till(shop, numbers) for _ in range(TILLS)))


class DoomedCounter(Counter):
    """Ends its process at once when somebody is to be thanked for a friend: before that is done, or after it."""

    after = False

    async def thank_referrer(self, caller: Caller, referral: Referral) -> Answer[Stamped | None]:
        """Thank or not, and be killed."""
        if self.after:
            await super().thank_referrer(caller, referral)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(referral)


async def greet(settings: Settings, business_id: str, customer_id: str, moment: str) -> None:
    """Stamp the first visit of a friend, and be killed `before` or `after` who brought them is thanked."""
    async with the_shop(settings, business_id) as shop:
        counter = DoomedCounter(shop.database, clock=shop.clock)
        counter.after = moment == "after"
        await Shop(shop.database, shop.business, shop.clock, counter).stamp(int(customer_id))


@asynccontextmanager
async def the_shop(settings: Settings, business_id: str) -> AsyncIterator[Shop]:
    database = open_database(settings)
    business = await database.read(lambda connection: find_business(connection, int(business_id)))
    shop = Shop(database, business, Clock())
    yield shop
    await shop.counter.close()
    await database.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


DEEDS: dict[str, Callable[..., Coroutine[None, None, None]]] = {
    "serve": serve,
    "join": join,
    "stamp": stamp,
    "greet": greet,
}

if __name__ == "__main__":
    deed, url, *rest = sys.argv[1:]
    asyncio.run(DEEDS[deed](Settings(database_url=url, secret_key=A_KEY), *rest))
