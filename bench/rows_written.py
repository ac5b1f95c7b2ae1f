"""The rows written: what a stamp leaves in a database, in the tables that all contestants have under the same names."""

import asyncio
from contextlib import closing

import asyncpg

from loyalty_app.db.sqlite.engine import driver
from loyalty_app.settings import Settings

TABLES = ("transaction", "reward", "event", "delivery", "idempotency")
CONSISTENT = {
    "stamps of cards": "SELECT COALESCE(SUM(total_stamps), 0) FROM customer",
    "stamps of days": "SELECT COALESCE(SUM(stamps_added), 0) FROM daily_total",
    "stamps of the ledger": 'SELECT COALESCE(SUM(stamps), 0) FROM "transaction"',
}


def rows(settings: Settings) -> dict[str, int]:
    """The number of rows in each table."""
    counts = _asked(settings, [f'SELECT count(*) FROM "{table}"' for table in TABLES])  # noqa: S608  # our own names
    return dict(zip(TABLES, counts, strict=True))


def stamps(settings: Settings) -> dict[str, int]:
    """The stamps that were given, added up in three ways that must agree."""
    return dict(zip(CONSISTENT, _asked(settings, [*CONSISTENT.values()]), strict=True))


def check(name: str, settings: Settings, answered: int) -> None:
    """Raise SystemExit unless all answered stamps were written, and all sums agree."""
    found = stamps(settings)
    if len(set(found.values())) != 1 or min(found.values()) < answered:
        raise SystemExit(f"{name} has answered {answered} stamps, and has written {found}.")


def _asked(settings: Settings, questions: list[str]) -> list[int]:
    """The answers to questions for one figure each, at one moment: stamps may still be on their way."""
    whole = f"SELECT {', '.join(f'({question})' for question in questions)}"  # our own questions
    if not settings.on_sqlite:
        return asyncio.run(_ask(settings.database_url, whole))
    with closing(driver.connect(str(settings.sqlite_path))) as connection:
        return [int(figure) for figure in connection.execute(whole).fetchone()]


async def _ask(url: str, question: str) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return [int(figure) for figure in await connection.fetchrow(question)]
    finally:
        await connection.close()
