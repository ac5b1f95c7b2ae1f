"""Verifying: counts what a copy of the database holds and proves its ledger. Copying and replacing live elsewhere."""

import msgspec
from sqlalchemy import Connection, Table, func, select

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.customers.proof import Proof
from loyalty_app.db import tables
from loyalty_app.db.migrate import check_known, current, newest
from loyalty_app.shops.businesses import business_of


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


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _prove(connection: Connection) -> None:
    shops = [business_of(row) for row in connection.execute(select(tables.business).order_by(tables.business.c.id))]
    for shop in shops:
        proof = Proof(shop)
        proof.run(connection)
        if proof.found:
            first = proof.differences[0]
            message = f"The books of the copy are wrong, so it does not count. {first}. See `loyalty doctor`."
            raise BackupRefused(message)
