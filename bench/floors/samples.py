"""Samples: bodies that the application itself makes for a stamp, so that the floors write as many bytes."""

import asyncio

import msgspec
from sqlalchemy import Connection, select

from bench.shops import GOAL, Card
from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import open_database
from loyalty_app.db.tables import event
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import find_business
from loyalty_core.ledger import SYSTEM
from loyalty_core.stamping import StampOrder


class Samples(msgspec.Struct, frozen=True):
    """The bodies of both events, and an answer."""

    stamped: bytes
    earned: bytes
    answer: bytes


def take_samples(settings: Settings, card: Card) -> Samples:
    """Fill one card through the counter, and keep the bodies."""
    return asyncio.run(_take_samples(settings, card))


async def _take_samples(settings: Settings, card: Card) -> Samples:
    database = open_database(settings)
    counter = Counter(database)
    business = await database.read(lambda connection: find_business(connection, card.business_id))
    caller = Caller(business=business, actor=SYSTEM)
    answers = [await counter.give_stamp(caller, card.customer_id, StampOrder()) for _ in range(GOAL)]
    bodies = await database.read(_bodies)
    await counter.close()
    await database.close()
    return Samples(bodies["stamp.added"], bodies["reward.earned"], answers[0].body)


def _bodies(connection: Connection) -> dict[str, bytes]:
    return {row.type: row.body for row in connection.execute(select(event.c.type, event.c.body))}
