"""A shop on SQLite and on PostgreSQL, and the same data as a second process opens it."""

from tests.app.conftest import (
    database,
    migrated_postgres,
    postgres_settings,
    second_database,
    settings,
    shop,
    sqlite_settings,
    sqlite_template,
)

__all__ = [
    "database",
    "migrated_postgres",
    "postgres_settings",
    "second_database",
    "settings",
    "shop",
    "sqlite_settings",
    "sqlite_template",
]
