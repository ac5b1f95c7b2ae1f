"""Column types that mean the same on every database, and what all tables share: metadata and owner."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Dialect, Index, MetaData, String, Table, event, text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import BigInteger, Integer, TypeDecorator, TypeEngine

BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in time. Takes only datetimes with a time zone, and returns them in UTC.

    PostgreSQL stores a timestamptz. SQLite would drop the offset, so it stores text of fixed width
    (2026-03-01T09:30:00.000000+00:00), which sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, timestamptz elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Convert a moment to UTC, and to text for SQLite."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"an instant needs a time zone: {value!r}"
            raise ValueError(message)
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Read a moment back, in UTC."""
        del dialect
        if value is None:
            return None
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


OPTIONS = "options"
"""Where a table or an index keeps what only one dialect understands, until it is created or compared."""


def owned(name: str, *items: SchemaItem, **own: Any) -> Table:  # noqa: ANN401  # each dialect's own
    """A table whose rows belong to a business."""
    owner = Column("business_id", BigId, nullable=False)
    return Table(name, metadata, owner, *items, info=options(**{"sqlite_with_rowid": False, **own}))


def options(**own: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401  # the same
    """The options of a table or an index, each with its dialect before its name, as its `info`.

    Why not as SQLAlchemy takes them: it loads a dialect for its first option, and a process needs one dialect only.
    Measured: 30 ms of each start.
    """
    return {OPTIONS: own}


def where(condition: str) -> dict[str, dict[str, Any]]:
    """The options of an index that has only the rows that meet a condition."""
    return options(sqlite_where=text(condition), postgresql_where=text(condition))


def tell_dialect(name: str) -> None:
    """Give all tables their options of this dialect, before they are compared. Creating one does not need this."""
    for table in metadata.tables.values():
        _tell(table, name)
        for index in table.indexes:
            _tell(index, name)


def _tell(item: Table | Index, name: str) -> None:
    own = item.info.get(OPTIONS, {})
    item.dialect_kwargs.update({key: own[key] for key in own if key.startswith(f"{name}_")})


def _tell_before(item: Table | Index, connection: Connection, **_: object) -> None:
    _tell(item, connection.dialect.name)


for kind in (Table, Index):
    event.listen(kind, "before_create", _tell_before)
