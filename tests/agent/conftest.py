"""The whole API for agents, on SQLite."""

from tests.api.conftest import api, place, sqlite_settings, sqlite_template, till

__all__ = ["api", "place", "sqlite_settings", "sqlite_template", "till"]
