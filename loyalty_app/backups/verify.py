"""Verifying: counts what a copy of the database holds, proves its ledger, and finds what does not belong there.

Copying and replacing live elsewhere.
"""

import logging

import msgspec
from sqlalchemy import Connection, Table, func, select, text

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.db.migrate import check_known, current, newest
from loyalty_app.db.own_triggers import OWN_TRIGGERS
from loyalty_app.shops.businesses import business_of

log = logging.getLogger(__name__)


class BackupContents(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy holds. `proven`: its schema is the newest, and every figure agrees with the ledger."""

    version: str
    proven: bool
    businesses: int
    customers: int
    transactions: int


def look_into(connection: Connection) -> BackupContents:
    """Count the rows, and prove them if the schema is the newest. Raises BackupRefused, SettingsError."""
    version = current(connection)
    check_known(version)
    if version is None:
        raise BackupRefused("There is nothing in this database. Is it the right one?")
    proven = version == newest()
    if proven:
        _prove(connection)
    return BackupContents(
        version=version,
        proven=proven,
        businesses=_count(connection, tables.business),
        customers=_count(connection, tables.customer),
        transactions=_count(connection, tables.transaction),
    )


FOREIGN_IN_SQLITE = """
SELECT type || ' ' || name FROM sqlite_master
WHERE type IN ('trigger', 'view') OR (type = 'table' AND sql LIKE 'CREATE VIRTUAL%') ORDER BY 1
"""
# What an extension brings along is left out.
FOREIGN_IN_POSTGRES = """
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
extended AS (SELECT objid FROM pg_depend WHERE deptype = 'e'),
classes AS (SELECT * FROM pg_class WHERE relnamespace IN (SELECT * FROM ours) AND oid NOT IN (SELECT * FROM extended))
SELECT 'trigger ' || tgname FROM pg_trigger
    WHERE NOT tgisinternal AND NOT (tgrelid IN (SELECT * FROM extended) AND tgfoid IN (SELECT * FROM extended))
UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger WHERE oid NOT IN (SELECT * FROM extended)
UNION ALL SELECT 'view ' || relname FROM classes WHERE relkind IN ('v', 'm', 'f')
UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite
    WHERE ev_class IN (SELECT oid FROM classes WHERE relkind IN ('r', 'p'))
ORDER BY 1
"""
OF_MOVES = {f"trigger {name}" for name in OWN_TRIGGERS}


def foreign_in(connection: Connection) -> list[str]:
    """What a database holds that runs by itself or stands for a table: triggers, rules, views.

    We make none but those of moves, which a restore takes away.
    """
    question = FOREIGN_IN_SQLITE if connection.dialect.name == "sqlite" else FOREIGN_IN_POSTGRES
    return [found for found in connection.execute(text(question)).scalars() if found not in OF_MOVES]


def refuse_foreign(connection: Connection) -> None:
    """Raise BackupRefused if a copy holds anything that would run by itself once it is restored."""
    if found := foreign_in(connection):
        message = f"The copy holds what does not belong there and could change what is written: {', '.join(found[:5])}."
        raise BackupRefused(message)


def warn_of_foreign(connection: Connection) -> None:
    """Say that a copy that is being made will not be restored as it is."""
    if found := foreign_in(connection):
        log.warning(
            "the database holds %s: a restore refuses that; keep views and triggers of your own in another database",
            ", ".join(found[:5]),
        )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _prove(connection: Connection) -> None:
    """Prove the books of all shops but those that are being deleted: theirs are not whole any more."""
    shops = [business_of(row) for row in connection.execute(select(tables.business).order_by(tables.business.c.id))]
    for shop in (one for one in shops if not one.is_closing):
        proof = Proof(shop)
        proof.run(connection)
        if proof.found:
            first = proof.differences[0]
            message = f"The books of the copy are wrong, so it does not count. {first}. See `loyalty doctor`."
            raise BackupRefused(message)
