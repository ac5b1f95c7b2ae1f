"""Alembic's scripts: `env` runs them, `versions` holds one for each schema version."""
