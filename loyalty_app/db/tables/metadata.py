"""Metadata: what all tables share, their naming and what it means that a row belongs to a business."""

from typing import Any

from sqlalchemy import Column, MetaData, Table
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
