"""What is wrong with a source, judged by one look at it. Pure.

    a look ──> Verdict: the codes that it can judge, and those of them that are so, a sentence each

What a look can't judge stays as it was: a 304 says nothing of the length of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DAY = 86_400  # seconds
STALE_DAYS = 30
MANY_FAILURES = 3  # in a row: one or two happen to everybody
FEW = 4  # articles; of fewer nothing can be said about half of them

CODES: Mapping[str, str] = {
    "unreachable": "It can't be fetched, three times or more in a row.",
    "denied": "The hub is not let in: 401, 402, 403, 451, or robots.txt.",
    "gone": "It answers 410: it is gone for good. The source is paused.",
    "moved": "It redirects for good (301, 308); the hub asks the new address by now.",
    "unreadable": "It answers, and its plugin can't read the answer.",
    "empty": "It answers, and there is nothing in it.",
    "shrinking": "It names less than half of what it named the last time. Nothing is withdrawn.",
    "unextractable": "More than half of its articles have no body.",
    "not-modified": f"It has brought nothing new for {STALE_DAYS} days.",
    "vanished": "Its list no longer names articles that it named, and its policy is to ask.",
}
_DENIED = frozenset({401, 402, 403, 451})
GONE = 410


@dataclass(frozen=True, slots=True)
class Verdict:
    """`judged`: the codes that a look could see; `found`: {code: detail} of those that are so."""

    judged: frozenset[str] = frozenset()
    found: Mapping[str, str] = field(default_factory=dict)

    def also(self, other: Verdict) -> Verdict:
        """Both together; what the other one has found counts."""
        return Verdict(self.judged | other.judged, {**self.found, **other.found})


def of_failure(status: int | None, detail: str, failures: int) -> Verdict:
    """The verdict of a look that did not get an answer.

    Args:
        status: of HTTP, where there was one.
        detail: a sentence, with the remedy.
        failures: in a row, this one included.
    """
    if status == GONE:
        return Verdict(frozenset({"gone"}), {"gone": detail})
    if status in _DENIED:
        return Verdict(frozenset({"denied", "unreachable"}), {"denied": detail})
    if failures < MANY_FAILURES:
        return Verdict()
    return Verdict(
        frozenset({"unreachable"}), {"unreachable": f"{failures} looks in a row failed: {detail}"}
    )


def of_unreadable(detail: str) -> Verdict:
    """The verdict of a look whose answer could not be read."""
    return Verdict(
        frozenset({"unreachable", "denied", "gone", "unreadable"}), {"unreadable": detail}
    )


def of_answer(*, unchanged_seconds: float) -> Verdict:
    """The verdict of any look that got an answer, a 304 too.

    Args:
        unchanged_seconds: since something new came.
    """
    found = {}
    if unchanged_seconds >= STALE_DAYS * DAY:
        days = int(unchanged_seconds // DAY)
        found["not-modified"] = (
            f"nothing new for {days} days: see whether its address is still the right one"
        )
    return Verdict(frozenset({"unreachable", "denied", "gone", "not-modified"}), found)


def of_reading(*, before: int, now: int, bodiless: int) -> Verdict:
    """The verdict of a look whose answer was read.

    Args:
        before, now: pieces in the last answer and in this one.
        bodiless: of the articles in it.
    """
    found = {}
    if now == 0:
        found["empty"] = (
            "it answers, and there is nothing in it: check the address, and its options"
        )
    elif before >= FEW and now * 2 < before:
        found["shrinking"] = shrunk(before, now)
    if now >= FEW and bodiless * 2 > now:
        found["unextractable"] = unextractable(bodiless, now)
    return Verdict(frozenset({"unreadable", "empty", "shrinking", "unextractable"}), found)


def shrunk(before: int, now: int) -> str:
    """A list that lost more than half."""
    return f"it names {now:,} where it named {before:,}: see whether it is whole"


def of_list(*, named: int, missing: int) -> Verdict:
    """The verdict of lists that were followed.

    Args:
        named: what they name.
        missing: what they named and name no more, and nobody has dealt with.
    """
    found = {}
    if named == 0 and missing == 0:
        found["empty"] = "its lists name nothing: check the address, and its options"
    if named + missing >= FEW and missing > named:
        found["shrinking"] = shrunk(named + missing, named)
    return Verdict(frozenset({"empty", "shrinking"}), found)


def of_items(*, read: int, bodiless: int) -> Verdict:
    """The verdict of pages that were followed; of a few nothing can be said."""
    if read < FEW:
        return Verdict()
    found = {"unextractable": unextractable(bodiless, read)} if bodiless * 2 > read else {}
    return Verdict(frozenset({"unextractable"}), found)


def unextractable(bodiless: int, read: int) -> str:
    """Articles without a body."""
    return (
        f"{bodiless} of {read} articles have no body: name where it stands with"
        " `seealso sources change NAME --field html=SELECTOR`, and see `seealso sources test`"
    )


def moved(old: str, new: str) -> Verdict:
    """A redirect for good."""
    return Verdict(frozenset({"moved"}), {"moved": f"{old} has moved to {new}"})


def vanished(titles: int) -> Verdict:
    """Articles that the list names no more, where the operator wants to be asked."""
    if not titles:
        return Verdict(frozenset({"vanished"}))
    detail = (
        f"{titles:,} articles are no longer in its list: withdraw them with"
        " `seealso sources change NAME --on-gone withdraw`, or ignore this to keep them"
    )
    return Verdict(frozenset({"vanished"}), {"vanished": detail})
