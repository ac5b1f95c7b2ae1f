"""Days of all shops: on SQLite the totals of a day lie together, whatever shop they are of.

They lay by shop, so a batch with stamps of many shops changed a page for each. Now rows lie as they came, those of
today at the end. Only these rows are copied, one for each shop and day. Elsewhere they always lay so.

Revision 0034, after 0033.
"""

import re

from alembic import op
from sqlalchemy import text

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = ("daily_total", "program_day")
MADE = text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name")
BY_SHOP = re.compile(r"\s*WITHOUT ROWID\s*$")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for name in TABLES:
        made = connection.execute(MADE, {"name": name}).scalar_one()
        if BY_SHOP.search(made):
            op.execute(f"ALTER TABLE {name} RENAME TO {name}_by_shop")
            op.execute(BY_SHOP.sub("", made))
            op.execute(f"INSERT INTO {name} SELECT * FROM {name}_by_shop ORDER BY day, business_id")  # noqa: S608  # ours
            op.execute(f"DROP TABLE {name}_by_shop")
