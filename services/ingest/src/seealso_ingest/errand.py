"""How what the hub fetched by itself is taken in: by which plugin, and what goes into its commits.

Errand ──Ingest.fetched──> its plugin reads; `leads` are collected, not refused
                           each commit: articles, then `in_commit`; in the last one with `last`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from seealso_sdk.model import Lead, Piece, RawArticle
from sqlalchemy import Connection

from seealso_ingest.limits import LIMITS
from seealso_ingest.receipts import Accepted, Item, Rejection


@dataclass(frozen=True, slots=True)
class Progress:
    """What of an input is in, this commit included.

    `bodiless` of the articles have nothing but a title; `last` says that nothing follows.
    """

    accepted: tuple[Accepted, ...] = ()
    refused: tuple[Rejection, ...] = ()
    bodiless: int = 0
    last: bool = False

    @property
    def is_news(self) -> bool:
        """Whether anything of it is new or changed."""
        return any(one.change != "unchanged" for one in self.accepted)


@dataclass(slots=True, kw_only=True)
class Errand:
    """What a watched source is read by.

    `in_commit` is called inside the transaction of each batch of articles, and at least once with
    `last`; it may be called again for the same batch, and changes nothing but the database. What it
    raises rolls the batch back. `leads`, and `pieces` (how many are no lead) are complete in the
    last commit.
    """

    plugin: str | None  # None: by the media type
    in_commit: Callable[[Connection, Progress], None]
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None  # of a file: the article's id, where it has none itself
    leads: list[Lead] = field(default_factory=list)
    pieces: int = 0

    def met(self, found: Sequence[Piece]) -> list[Piece]:
        """What a plugin has read. Leads are kept here; whose the articles are is the operator's
        word, not that of whoever answered."""
        self.leads.extend(one for one in found if isinstance(one, Lead))
        self.pieces += sum(not isinstance(one, Lead) for one in found)
        made = [replace(one, source=None) if isinstance(one, RawArticle) else one for one in found]
        if self.name and len(made) == 1 and isinstance(made[0], RawArticle):
            made[0] = replace(made[0], external_id=made[0].external_id or self.name)
        return made


def batches(items: Iterator[Item], *, ahead: bool) -> Iterator[tuple[list[Item], bool]]:
    """Items by the commit, and whether it is the last one.

    Args:
        ahead: look ahead, so that the last one is known; then there is at least one, if only an
            empty one. Else each is given as soon as it is there, and none is called the last.
    """
    batch = list(islice(items, LIMITS.batch))
    while ahead:
        following = list(islice(items, LIMITS.batch))
        yield batch, not following
        if not following:
            return
        batch = following
    while batch:
        yield batch, False
        batch = list(islice(items, LIMITS.batch))
