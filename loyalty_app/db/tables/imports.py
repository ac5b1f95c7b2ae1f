"""Tables of imports over the API: lists that integrators have sent, and what became of them."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, text

from loyalty_app.db.tables.metadata import owned
from loyalty_app.db.types import BigId, UtcDateTime

# `customers` goes once the job is done; `done` counts the customers that are dealt with; `report` is about the others.
import_job = owned(
    "import_job",
    Column("id", BigId, nullable=False),
    Column("status", String(16), nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("customers", LargeBinary),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("already_there", Integer, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("lease", String(40)),
    Column("lease_until", UtcDateTime),
    PrimaryKeyConstraint("business_id", "id"),
    Index(None, "finished_at"),
    sqlite_with_rowid=True,  # rows too long for an index
)
Index(
    "ix_import_job_queue",
    import_job.c.created_at,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)

import_job.append_constraint(ForeignKeyConstraint(["business_id"], ["business.id"]))
