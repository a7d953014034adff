"""When to try again, and when to give up. Pure.

Retry(after)            as long as the plugin asked, at least the step below; up to 20 times
Reject                  never
deadline, crash, memory 1 s, 10 s, then given up: the third crash of one version is no accident
anything else           1 s, 10 s, 1 min, 10 min, 1 h, then given up
"""

from __future__ import annotations

from dataclasses import dataclass

from seealso_core.errors import PluginFailed
from seealso_sdk.errors import Reject, Retry

STEPS = (1.0, 10.0, 60.0, 600.0, 3600.0)  # seconds
CRASH_LIMIT = 3
RETRY_LIMIT = 20
LONGEST_WAIT = 24 * 3600.0
LOST_LIMIT = 20  # claims that never came back: something about this article ends workers

CRASHES = ("deadline", "crashed", "memory")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a failure. `wait`: seconds; None: it is a dead letter."""

    wait: float | None
    error: str


def after_failure(error: Exception, attempts: int) -> Verdict:
    """What to do after the nth attempt (counted from 1) has failed."""
    if isinstance(error, Reject):
        return Verdict(None, f"rejected by the plugin: {error.reason}")
    if isinstance(error, Retry):
        said = f"the plugin asked to wait: {error.reason or f'{error.after:g} s'}"
        return _unless_exhausted(said, attempts, RETRY_LIMIT, max(error.after, _step(attempts)))
    if isinstance(error, PluginFailed):
        crashed = error.kind in CRASHES
        limit = CRASH_LIMIT if crashed else len(STEPS) + 1
        return _unless_exhausted(str(error), attempts, limit, _step(attempts))
    said = f"{type(error).__name__}: {error}"
    return _unless_exhausted(said, attempts, len(STEPS) + 1, _step(attempts))


def lost_too_often(attempts: int) -> bool:
    """Whether a row has been claimed so often that it must be what ends the workers."""
    return attempts > LOST_LIMIT


def _step(attempts: int) -> float:
    return STEPS[min(max(attempts, 1), len(STEPS)) - 1]


def _unless_exhausted(said: str, attempts: int, limit: int, wait: float) -> Verdict:
    if attempts >= limit:
        return Verdict(None, f"{said} (given up after {attempts} attempts)")
    return Verdict(min(wait, LONGEST_WAIT), said)
