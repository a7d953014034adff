"""What became of an input, piece by piece: the words that `flow`, `batch` and the API share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seealso_sdk.model import Problem

from seealso_ingest.drafting import Draft
from seealso_ingest.errors import Refused
from seealso_ingest.pieces import Cut


@dataclass(frozen=True, slots=True)
class Accepted:
    """An article that is in. `change` is created, updated or unchanged."""

    index: int
    id: str
    version: int
    change: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece of the input that is not in, and why. `line` from 1, where the input has lines."""

    index: int
    code: str
    detail: str
    field: str | None = None
    remedy: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an input, in its order."""

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of rejected input that was tried again: it is in, or refused still."""

    id: str
    accepted: tuple[Accepted, ...] = ()
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A draft, and where it stood in the input."""

    index: int
    draft: Draft
    cut: Callable[[], Cut]  # its own bytes, should it be refused


@dataclass(frozen=True, slots=True)
class Unread:
    """A piece that can't be a draft, and its own bytes."""

    rejection: Rejection
    cut: Callable[[], Cut]


def of_problem(problem: Problem, index: int, lines_before: int) -> Rejection:
    """The rejection of a piece that its source could not read."""
    line = None if problem.line is None else problem.line + lines_before
    return Rejection(index, problem.code, problem.detail, problem.field, problem.remedy, line)


def of_refusal(refused: Refused, index: int) -> Rejection:
    """The rejection of an article that can't be taken as it is."""
    return Rejection(index, refused.code, str(refused), refused.field, refused.remedy)
