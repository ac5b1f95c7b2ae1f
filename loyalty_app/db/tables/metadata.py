"""Metadata: what all tables share, how constraints are named, what it means that a row belongs to a business.

Also the table of the numbers that were given out, which belongs to nobody.
"""

from typing import Any

from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.schema import SchemaItem

from loyalty_app.db.types import BigId

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def owned(name: str, *items: SchemaItem, **options: Any) -> Table:  # noqa: ANN401  # each dialect's own
    """A table of things that belong to a business."""
    owner = Column("business_id", BigId, nullable=False)
    return Table(name, metadata, owner, *items, **{"sqlite_with_rowid": False, **options})


numbers = Table(
    "numbers",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("last", BigId, nullable=False),
    sqlite_with_rowid=False,
    comment="The last number given out, for SQLite; PostgreSQL has sequences.",
)
