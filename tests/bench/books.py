"""What a database holds: how many rows each table has, and where the books do not agree with the ledger."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, func, select

from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import open_database
from loyalty_app.db.tables import business, metadata
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import business_of

Rows = dict[str, int]
Result = TypeVar("Result")


def look(settings: Settings, work: Callable[[Connection], Result]) -> Result:
    """Open a database, read and close it."""

    async def run() -> Result:
        database = open_database(settings)
        result = await database.read(work)
        await database.close()
        return result

    return asyncio.run(run())


def rows(settings: Settings) -> Rows:
    """How many rows each table has."""

    def work(connection: Connection) -> Rows:
        counts = ((table.name, select(func.count()).select_from(table)) for table in metadata.sorted_tables)
        return {name: int(connection.execute(count).scalar_one()) for name, count in counts}

    return look(settings, work)


def added(before: Rows, after: Rows) -> Rows:
    """By how many rows tables have grown; those that have not are left out."""
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


def differences(settings: Settings) -> list[str]:
    """What does not agree with the ledger, over all shops."""

    def work(connection: Connection) -> list[str]:
        proofs = [Proof(business_of(row)) for row in connection.execute(select(business))]
        for proof in proofs:
            proof.run(connection)
        return [str(difference) for proof in proofs for difference in proof.differences]

    return look(settings, work)
