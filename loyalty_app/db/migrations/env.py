"""Alembic's entry: runs the migrations on the connection that `loyalty_app.db.migrate` hands over."""

from alembic import context

from loyalty_app.db.tables import metadata
from loyalty_app.db.types import tell_dialect

connection = context.config.attributes["connection"]
tell_dialect(connection.dialect.name)
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
