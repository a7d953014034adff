"""The purge mark: what caches in front of the hub keep documents under.

    a commit that takes something back, or corrects it ──> renew ──> another mark, in that commit
    a cache asks for the mark ──> the same: what it keeps is good   another: all of it is old

The mark is a row of the database, so it is as durable as the withdrawal, and no crash can come
between the two: nobody has to send anything, and a cache that was away asks when it is back. It is
random, so that a database restored from a back-up never says again what it said before.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection

from seealso_store import hub

_NAME = "purge"
_BEFORE_THE_FIRST = "0"


def renew(tx: Connection) -> None:
    """From this commit on nothing is good that was kept before.

    Call it last in a transaction: others who renew wait for its end, and it must wait for nobody.
    """
    hub.remember(tx, _NAME, secrets.token_hex(8))


def mark(conn: Connection) -> str:
    """The mark as it stands: letters and digits."""
    return hub.recall(conn, _NAME) or _BEFORE_THE_FIRST
