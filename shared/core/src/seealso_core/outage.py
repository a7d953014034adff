"""Trouble with what the hub stands on, in the words that those who ask from outside may read.

    the store raises an Outage ──> web answers 503 or 507 with Retry-After, nobody's request is lost
                               └─> a worker's loop says it in one line, waits, and tries again

The message of the exception is the operator's: it names the place and the remedy, and goes to the
log. Callers outside see `said`, which names neither.
"""

from __future__ import annotations

from seealso_sdk.errors import SeealsoError


class Outage(SeealsoError):
    """What the hub stands on can't do its work just now; what was not confirmed is not stored.

    Attributes:
        status: of HTTP.
        said: to whoever asked, one or two sentences.
        retry_after: seconds.
    """

    temporary = True
    status = 503
    said = "The hub can't reach its database just now. Try again."
    retry_after = 5


class Full(Outage):
    """There is no room left to write."""

    status = 507
    said = "The hub has no room left on its disk. Send it again when its operator has made some."
    retry_after = 60


class Damaged(Outage):
    """What was stored can't be read: waiting does not mend it, a restored back-up does."""

    said = "The hub's database is damaged. Send it again when its operator has restored it."
    retry_after = 300
