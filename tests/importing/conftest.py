"""What tests of importing and exporting stand on: a shop on every kind of database."""

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
    twin,
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
    "twin",
]
