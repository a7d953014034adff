"""Runs the revisions on the connection and in the transaction that `migrate.prepare` opened."""

from __future__ import annotations

from alembic import context

from seealso_store.migrate import VERSION_TABLE
from seealso_store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
