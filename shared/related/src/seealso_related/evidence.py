"""How separate pieces of evidence make one score, and which of them is told to the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a relation: how far it alone would convince (0 to 1), and its sentence."""

    strength: float
    reason: str


def combined(found: Sequence[Evidence]) -> float:
    """0 to 1: every piece takes away a part of the doubt that the others left."""
    doubt = 1.0
    for one in found:
        doubt *= 1.0 - min(max(one.strength, 0.0), 0.99)
    return round(1.0 - doubt, 4)


def strongest(found: Sequence[Evidence]) -> str:
    """The sentence of the piece that convinces most; the first of equals."""
    return max(found, key=lambda one: one.strength).reason if found else ""


def together(both: int, one: int, other: int) -> float:
    """0 to 1: how much two things that occur `one` and `other` times go together, when they meet
    `both` times. A cosine with one added below: once out of once is a hint and not yet a proof."""
    return both / (sqrt(max(one, both) * max(other, both)) + 1.0) if both else 0.0


def rarity(documents: int, holding: int) -> float:
    """The weight of a word (or a topic) that `holding` of all `documents` have."""
    return log(1.0 + documents / max(holding, 1))


def counted(number: int, one: str, more: str) -> str:
    """``3 articles``, ``one article``: the number with its noun."""
    return f"one {one}" if number == 1 else f"{number} {more}"
