"""The API and the chat, for tests of what can be seen of them."""

from tests.api.conftest import api, place, till
from tests.app.conftest import (
    citus_settings,
    migrated_citus,
    migrated_postgres,
    postgres_settings,
    sqlite_settings,
    sqlite_template,
)
from tests.bots.conftest import town, unhurried

__all__ = [
    "api",
    "citus_settings",
    "migrated_citus",
    "migrated_postgres",
    "place",
    "postgres_settings",
    "sqlite_settings",
    "sqlite_template",
    "till",
    "town",
    "unhurried",
]
