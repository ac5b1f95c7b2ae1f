"""What tests of the benchmarks stand on: a database with the newest schema."""

from tests.app.conftest import migrated_postgres, postgres_settings, settings, sqlite_settings, sqlite_template

__all__ = ["migrated_postgres", "postgres_settings", "settings", "sqlite_settings", "sqlite_template"]
