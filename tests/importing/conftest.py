"""What tests of importing and exporting stand on: a shop on either database."""

from tests.app.conftest import (
    database,
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
    "database",
    "migrated_postgres",
    "postgres_settings",
    "second_database",
    "settings",
    "shop",
    "sqlite_settings",
    "sqlite_template",
    "twin",
]
