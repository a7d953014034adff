"""The store's exception tree."""

from __future__ import annotations

from seealso_sdk.errors import SeealsoError


class StoreError(SeealsoError):
    """The root of what the store raises."""


class StoreUnavailable(StoreError):
    """The database can't be reached or written just now: wait, then try again."""

    temporary = True


class StoreFolderMissing(StoreError):
    """The folder that the database file should lie in does not exist."""


class StoreNotWritable(StoreError):
    """The database file or its folder can't be written by this user."""


class NotADatabase(StoreError):
    """The file is there, and is not (or is no longer) an SQLite database."""


class SchemaForeign(StoreError):
    """The database holds tables of the same names that seealso did not make."""


class SchemaNewer(StoreError):
    """A newer seealso has written this database: this one must not touch it."""
