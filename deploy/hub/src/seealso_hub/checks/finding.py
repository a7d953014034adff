"""What a check says, and how it ends when something that nobody foresaw stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from seealso_core.log import without_secrets

State = Literal["ok", "note", "fail"]
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `remedy` is empty where nothing is to be done."""

    check: str
    state: State
    found: str
    remedy: str = ""


def contained(check: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check; whatever stops it is one more, and the next check goes on."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001  # every library under a check has exceptions of its own
        found = without_secrets(" ".join(str(error).split())) or type(error).__name__
        yield Finding(check, "fail", found, "Mend what it says, then run `seealso doctor` again.")
