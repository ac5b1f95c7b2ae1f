"""Statistics: tells SQLite what its tables hold, so that it reads the rows of one card and not of a whole shop.

Why: without statistics SQLite assumes ten rows a shop, and reads the shop's whole ledger in the order of its key, where
an index has the ten rows of a card. ANALYZE would have to run again and again, and would measure young shops before
they grow. So the figures of a grown shop stand here, once, for every file.
"""

from sqlalchemy import Connection, text

GROWN = {
    ("customer", "customer"): "100000 10000 1",
    ("customer", "sqlite_autoindex_customer_2"): "100000 10000 1",
    ("customer", "sqlite_autoindex_customer_3"): "100000 1 1",
    ("customer_word", "customer_word"): "700000 70000 10 1",
    ("transaction", "transaction"): "1000000 100000 1",
    ("transaction", "ix_transaction_business_id_customer_id_id"): "1000000 100000 10 1",
    ("transaction", "uq_transaction_once_key"): "1000000 100000 1",
    ("transaction", "uq_transaction_order_ref"): "300000 30000 1",
    ("transaction", "ix_transaction_undone_order_ref"): "3000 300 1",
    ("transaction", "ix_transaction_type"): "100000 10000 5000 1",
    ("transaction", "ix_transaction_branch_id"): "300000 30000 10000 1",
    ("transaction", "ix_transaction_program"): "300000 30000 10000 1",
    ("transaction", "ix_transaction_staff"): "300000 30000 3000 1",
    ("transaction", "ix_transaction_win_back"): "10000 1000 2 1",
    ("ledger_span", "ledger_span"): "10000 1000 1",
    ("ledger_span", "ix_ledger_span_business_id_reached"): "10000 1000 1",
    ("straggler", "straggler"): "10000 1000 1 1",
    ("telegram_card", "telegram_card"): "100000 10000 5000 1",
    ("telegram_card", "ix_telegram_card_business_id_customer_id_bot_id"): "100000 10000 1 1",
    ("telegram_card", "ix_telegram_card_user_id"): "100000 2",
    ("telegram_card", "ix_telegram_card_queue"): "100 50 2",
    ("reward", "reward"): "100000 10000 1",
    ("reward", "ix_reward_business_id_customer_id_id"): "100000 10000 2 1",
    ("reward", "ix_reward_business_id_status_id"): "100000 10000 4000 1",
    ("reward", "ix_reward_expires_at"): "100 2",
    ("reward", "ix_reward_program"): "30000 3000 1000 400 1",
    ("reward", "ix_reward_open"): "40000 4000 4 2 1",
    ("event", "sqlite_autoindex_event_1"): "100000 10000 1",
    ("event", "ix_event_business_id_customer_id"): "100000 10000 10",
    ("idempotency", "sqlite_autoindex_idempotency_1"): "1000000 100000 1",
    ("idempotency", "ix_idempotency_business_id_customer_id"): "1000000 100000 10",
    ("delivery", "delivery"): "100000 10000 1",
    ("delivery", "ix_delivery_business_id_endpoint_id_id"): "100000 10000 5000 1",
    ("delivery", "ix_delivery_business_id_event_id"): "100000 10000 2",
    ("delivery", "ix_delivery_leased"): "100 2",
    ("delivery", "ix_delivery_line"): "100000 1000 2 1",
    ("fan_out", "fan_out"): "1000 100 1",
    ("attempt", "sqlite_autoindex_attempt_1"): "100000 10000 2 1",
    ("attempt", "ix_attempt_business_id_endpoint_id_at"): "100000 10000 5000 1",
    ("attempt", "ix_attempt_at"): "100000 2",
    ("daily_total", "sqlite_autoindex_daily_total_1"): "10000 500 1",
}
"""A table and an index of it (the key has the table's name) to how many rows it has, and how many share its first
column, its first two columns, and so on: the form of `sqlite_stat1`."""


def describe(connection: Connection) -> None:
    """Write the statistics into a file that has others or none; connections opened later plan by them."""
    if _written(connection) == GROWN:
        return
    connection.execute(text("ANALYZE alembic_version"))  # creates the table of statistics
    connection.execute(text("DELETE FROM sqlite_stat1"))
    rows = [{"table": table, "index": index, "stat": stat} for (table, index), stat in GROWN.items()]
    connection.execute(text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :stat)"), rows)
    connection.execute(text("ANALYZE sqlite_schema"))  # loads it


def _written(connection: Connection) -> dict[tuple[str, str], str]:
    there = text("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'")
    if not connection.execute(there).scalar_one():
        return {}
    rows = connection.execute(text("SELECT tbl, idx, stat FROM sqlite_stat1")).all()
    return {(row.tbl, row.idx): row.stat for row in rows}
