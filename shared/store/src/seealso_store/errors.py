"""The store's exception tree.

What is an `Outage` too ends when somebody mends its cause: workers wait and try again, web answers
503 or 507. `seealso_store.trouble` says which error of an engine is which.
"""

from __future__ import annotations

from seealso_core.outage import Damaged, Full, Outage
from seealso_sdk.errors import SeealsoError


class StoreError(SeealsoError):
    """The root of what the store raises."""


class StoreUnavailable(StoreError, Outage):
    """The database can't be reached or written just now: wait, then try again."""


class StoreFull(StoreUnavailable, Full):
    """There is no room left where the database lies."""


class StoreConflict(StoreUnavailable):
    """Two transactions were in each other's way (a deadlock): the same again succeeds.

    `Database.transact` does it again by itself.
    """


class StoreBusy(StoreUnavailable):
    """A lock was not to be had in time: somebody else holds it."""


class StoreRefused(StoreUnavailable):
    """The server does not let us in: wrong password, no such role or database."""


class StoreForbidden(StoreUnavailable):
    """The server's role may not do this: a grant is missing."""


class StoreFolderMissing(StoreError):
    """The folder that the database file should lie in does not exist."""


class StoreNotWritable(StoreError, Outage):
    """The database file or its folder can't be written by this user."""


class NotADatabase(StoreError, Damaged):
    """The file is there, and is not (or is no longer) an SQLite database."""


class SchemaForeign(StoreError):
    """The database holds tables of the same names that seealso did not make."""


class SchemaNewer(StoreError):
    """A newer seealso has written this database: this one must not touch it."""


class SchemaMissing(StoreUnavailable):
    """The database has not this release's schema, and this role may not bring it there."""


class BackupFailed(StoreError):
    """A back-up could not be made or restored; what was there before is as it was."""
