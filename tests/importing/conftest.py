"""What tests of importing and exporting stand on: a shop on either database."""

from tests.app.conftest import (
    database,
    migrated_postgres,
    postgres_settings,
    settings,
    shop,
    sqlite_settings,
    sqlite_template,
)

__all__ = [
    "database",
    "migrated_postgres",
    "postgres_settings",
    "settings",
    "shop",
    "sqlite_settings",
    "sqlite_template",
]
