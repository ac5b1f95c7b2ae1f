"""What tests of the command stand on: databases, a shop in one, and a sandbox that plays Telegram."""

from tests.app.conftest import (
    citus_database,
    citus_settings,
    database,
    empty,
    migrated_citus,
    migrated_postgres,
    postgres_settings,
    settings,
    shop,
    sqlite_settings,
    sqlite_template,
)
from tests.bots.conftest import sandbox

__all__ = [
    "citus_database",
    "citus_settings",
    "database",
    "empty",
    "migrated_citus",
    "migrated_postgres",
    "postgres_settings",
    "sandbox",
    "settings",
    "shop",
    "sqlite_settings",
    "sqlite_template",
]
