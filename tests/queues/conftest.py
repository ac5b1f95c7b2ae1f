"""A shop on every kind of database, and the same data as a second process opens it."""

from tests.app.conftest import (
    citus_settings,
    database,
    migrated_citus,
    migrated_postgres,
    postgres_settings,
    second_database,
    settings,
    shop,
    sqlite_settings,
    sqlite_template,
)

__all__ = [
    "citus_settings",
    "database",
    "migrated_citus",
    "migrated_postgres",
    "postgres_settings",
    "second_database",
    "settings",
    "shop",
    "sqlite_settings",
    "sqlite_template",
]
