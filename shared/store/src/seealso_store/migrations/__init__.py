"""Alembic's scripts: `env` runs them on the connection that `seealso_store.migrate` hands over.

The history is linear; `seealso_store.migrate.HEAD` names its newest revision. To add one, write
``versions/r0002_<what>.py`` by hand and raise HEAD; a test compares the result with the schema.
"""
