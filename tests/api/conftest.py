"""The API for tests: on SQLite, and on servers too where a test is marked `on_both_databases`."""

from collections.abc import AsyncIterator

import pytest

from loyalty_app.settings import Settings
from tests.api.till import Api, Till, open_api
from tests.app.conftest import (
    citus_settings,
    fresh_database,
    migrated_citus,
    migrated_postgres,
    postgres_settings,
    server_settings,
    sqlite_settings,
    sqlite_template,
)

__all__ = [
    "citus_settings",
    "migrated_citus",
    "migrated_postgres",
    "postgres_settings",
    "server_settings",
    "sqlite_settings",
    "sqlite_template",
]


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Settings:
    """A fresh database; which kind is said by `on_both_databases`."""
    return fresh_database(request, getattr(request, "param", "sqlite"))


@pytest.fixture
async def api(place: Settings) -> AsyncIterator[Api]:
    """The whole API, running."""
    async with open_api(place) as api:
        yield api


@pytest.fixture
async def till(api: Api) -> Till:
    """The till of Bean & Leaf, whose ten stamps make a coffee."""
    return await api.open_till()
