"""When a message that the relay did not take is tried again. Pure."""

from __future__ import annotations

MINUTE = 60
DELAYS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)  # seconds


def next_delay(attempts: int) -> int | None:
    """Seconds until the try after `attempts` failed ones; None: enough, it is dead."""
    return DELAYS[attempts - 1] if attempts <= len(DELAYS) else None
