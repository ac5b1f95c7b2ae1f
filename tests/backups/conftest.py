"""What tests of backups stand on: a shop on either database, and PostgreSQL's own programs on the PATH."""

import pytest

from loyalty_app.settings import Settings
from tests.app.conftest import migrated_postgres, postgres_settings, sqlite_settings, sqlite_template

__all__ = ["migrated_postgres", "postgres_settings", "sqlite_settings", "sqlite_template"]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tools: None) -> Settings:
    """A database of this test's own, which may be put aside."""
    del tools
    if request.param == "sqlite":
        found: Settings = request.getfixturevalue("sqlite_settings")
        return found
    return Settings(database_url=request.getfixturevalue("postgres_database"), secret_key="a key for tests, and more")
