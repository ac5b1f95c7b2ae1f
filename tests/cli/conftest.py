"""What tests of the command stand on: databases, a shop in one, and a sandbox that plays Telegram."""

from tests.app.conftest import (
    database,
    migrated_postgres,
    postgres_settings,
    settings,
    shop,
    sqlite_settings,
    sqlite_template,
)
from tests.bots.conftest import sandbox

__all__ = [
    "database",
    "migrated_postgres",
    "postgres_settings",
    "sandbox",
    "settings",
    "shop",
    "sqlite_settings",
    "sqlite_template",
]
