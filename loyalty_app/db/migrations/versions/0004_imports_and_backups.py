"""Imports over the API, and deliveries that pause after a backup was restored.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.LargeBinary(), nullable=False),
        sa.Column("customers", sa.LargeBinary(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("already_there", sa.Integer(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name=op.f("fk_import_job_business")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_import_job")),
        sqlite_with_rowid=True,
    )
    with op.batch_alter_table("import_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_job_finished_at"), ["finished_at"], unique=False)
        batch_op.create_index(
            "ix_import_job_queue",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    with op.batch_alter_table("business", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deliveries_paused_at", UtcDateTime(), nullable=True))
    _give_out_numbers()


def _give_out_numbers() -> None:
    """A sequence on PostgreSQL, a row on SQLite."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE import_number")
    else:
        numbers = sa.table("numbers", sa.column("name"), sa.column("last"))
        op.bulk_insert(numbers, [{"name": "import", "last": 0}])
