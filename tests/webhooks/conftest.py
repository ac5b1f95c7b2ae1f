"""A shop with an outbox, on every kind of database, for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from loyalty_app.settings import Settings
from testkit.shop import Shop
from tests.api.till import Api, open_api
from tests.app.conftest import (
    DATABASES,
    citus_settings,
    database,
    fresh_database,
    migrated_citus,
    migrated_postgres,
    postgres_settings,
    second_database,
    shop,
    sqlite_settings,
    sqlite_template,
)
from tests.webhooks.office import SECRET_KEY, THIS_MACHINE, Office

__all__ = [
    "citus_settings",
    "database",
    "migrated_citus",
    "migrated_postgres",
    "postgres_settings",
    "second_database",
    "shop",
    "sqlite_settings",
    "sqlite_template",
]


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest) -> Settings:
    """A fresh database of each kind; deliveries may reach this machine."""
    return replace(fresh_database(request, request.param), secret_key=SECRET_KEY, webhook_allow=THIS_MACHINE)


@pytest.fixture
def office(shop: Shop) -> Office:
    """Bean & Leaf and its outbox; nothing is sent until a test opens a worker."""
    return Office(shop)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[Api]:
    """The whole API, running, with its worker."""
    async with open_api(settings, delivering=True) as api:
        yield api
