"""Stories are told of the API as its own tests know it."""

from tests.api.conftest import (
    api,
    migrated_postgres,
    place,
    postgres_settings,
    sqlite_settings,
    sqlite_template,
    till,
)

__all__ = ["api", "migrated_postgres", "place", "postgres_settings", "sqlite_settings", "sqlite_template", "till"]
