"""What tests of backups stand on: a shop on either database, and PostgreSQL's own programs on the PATH."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from loyalty_app.settings import Settings
from testkit import servers
from testkit.console import A_KEY
from tests.app.conftest import migrated_postgres, postgres_settings, sqlite_settings, sqlite_template

__all__ = ["migrated_postgres", "postgres_settings", "sqlite_settings", "sqlite_template"]


ODD_PASSWORD = "50%41 p@ss:w/rd?#$HOME&=+'\"\\é密🔑"
"""Every letter that URLs, shells, settings of libpq or encodings take for something else."""


@pytest.fixture
async def strict_database(postgres_url: str) -> AsyncIterator[str]:
    """A new, empty PostgreSQL database that asks its owner for a password."""
    async with servers.strict_postgres(postgres_url, ODD_PASSWORD) as url:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="")
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tools: None) -> Settings:
    """A database of this test's own, which may be put aside."""
    del tools
    if request.param == "sqlite":
        found: Settings = request.getfixturevalue("sqlite_settings")
        return found
    return Settings(database_url=request.getfixturevalue("strict_database"), secret_key=A_KEY)
