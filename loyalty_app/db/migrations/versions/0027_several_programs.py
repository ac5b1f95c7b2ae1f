"""Several programs: further ones with their terms, cards and figures, and which program an entry or reward is of.

No row is touched: what is there is of the program with which its shop began, and has NULL there. An older server may go
on beside, as long as no shop has made a second program.

Revision 0027, after 0026.
"""

import sqlalchemy as sa
from alembic import op

from loyalty_app.db.types import BigId, UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FIGURES = (
    "visits",
    "stamps_added",
    "stamps_voided",
    "rewards_earned",
    "rewards_redeemed",
    "rewards_expired",
)


def upgrade() -> None:
    op.add_column("business", sa.Column("main_program_id", BigId, nullable=True))
    zero = sa.text("0")
    op.add_column("business", sa.Column("programs_version", sa.Integer(), nullable=False, server_default=zero))
    for table in ("transaction", "reward"):
        op.add_column(table, sa.Column("program_id", BigId, nullable=True))
    _make_programs()
    _make_cards()


def _make_programs() -> None:
    op.create_table(
        "shop_program",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("id", BigId, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("archived_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("business_id", "id", name="pk_shop_program"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "program_terms",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("program_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stamps_required", sa.Integer(), nullable=False),
        sa.Column("reward_description", sa.Text(), nullable=False),
        sa.Column("surplus", sa.String(length=8), nullable=False),
        sa.Column("cooldown_seconds", sa.Integer(), nullable=False),
        sa.Column("daily_stamp_cap", sa.Integer(), nullable=True),
        sa.Column("reward_valid_days", sa.Integer(), nullable=True),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("card_codes", sa.String(length=16), nullable=False, server_default=sa.text("'fixed'")),
        sa.Column("reward_cost", BigId, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("steps", sa.Text(), nullable=True),
        sa.Column("opening_stamps", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("bonus_hours", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("business_id", "program_id", "version", name="pk_program_terms"),
        sqlite_with_rowid=False,
    )


def _make_cards() -> None:
    op.create_table(
        "card",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("customer_id", BigId, nullable=False),
        sa.Column("program_id", BigId, nullable=False),
        sa.Column("current_stamps", sa.Integer(), nullable=False),
        sa.Column("goal", sa.Integer(), nullable=False),
        sa.Column("program_version", sa.Integer(), nullable=False),
        sa.Column("total_stamps", sa.Integer(), nullable=False),
        sa.Column("total_visits", sa.Integer(), nullable=False),
        sa.Column("rewards_earned", sa.Integer(), nullable=False),
        sa.Column("rewards_available", sa.Integer(), nullable=False),
        sa.Column("last_visit_at", UtcDateTime, nullable=True),
        sa.Column("last_visit_by", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_stamps", sa.Integer(), nullable=False),
        sa.Column("steps_since", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("business_id", "customer_id", "program_id", name="pk_card"),
        sa.ForeignKeyConstraint(
            ["business_id", "customer_id"], ["customer.business_id", "customer.id"], name="fk_card_customer"
        ),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "program_day",
        sa.Column("business_id", BigId, nullable=False),
        sa.Column("program_id", BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("business_id", "program_id", "day", name="pk_program_day"),
        sqlite_with_rowid=False,
    )
