"""The store's exception tree."""

from __future__ import annotations

from seealso_sdk.errors import SeealsoError


class StoreError(SeealsoError):
    """The root of what the store raises."""


class StoreUnavailable(StoreError):
    """The database can't be reached or written just now: wait, then try again."""


class SchemaNewer(StoreError):
    """A newer seealso has written this database: this one must not touch it."""
