"""Time as the store keeps it: whole microseconds since 1970, UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime

SECOND = 1_000_000  # microseconds


def now() -> int:
    """Microseconds since 1970. Callers pass it on as an argument, so that rules stay pure."""
    return time.time_ns() // 1000


def iso(at: int) -> str:
    """RFC 3339, whole seconds, UTC."""
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
