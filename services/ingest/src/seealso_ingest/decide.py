"""What becomes of a draft, given what the hub has: the one place that decides about versions.

    nothing known ───────────────────────────> create
    withdrawn, and the same again ───────────> unchanged
    withdrawn, and anything else ────────────> refused, unless it is asked to reinstate
    it is taken back ────────────────────────> withdraw, whatever the clocks say
    the same content ────────────────────────> unchanged
    older than what is there ────────────────> refused as stale
    its list of corrections grew ────────────> correct (overtakes other work)
    anything else ───────────────────────────> update

Pure. "Older" goes by the source's own `updated`, where both versions have one; what has none counts
as newer when it comes in later. An `updated` in the future counts as five minutes from when it came
in, so that a clock that is wrong can't freeze an article.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from seealso_sdk.dates import instant, is_day
from seealso_sdk.model import Article, Correction, Status
from seealso_store.articles import Change
from seealso_store.clock import SECOND, iso

from seealso_ingest.drafting import Draft
from seealso_ingest.errors import Refused

Op = Literal["create", "update", "correct", "withdraw", "reinstate", "publish", "expire"]

_SLACK = 5 * 60 * SECOND  # a source's clock may run ahead by so much
_DAY = 24 * 60 * 60 * SECOND
_URGENT = frozenset({"correct", "withdraw", "publish", "expire"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the hub has of an article. Times are microseconds.

    `article` is its newest version; None where nobody needed to read it (the content is equal).
    """

    id: str
    version: int
    status: str
    content_hash: str
    changed: int
    first_seen: int
    article: Article | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing is to be done."""

    id: str
    version: int


def decide(
    standing: Standing | None,
    draft: Draft,
    *,
    now: int,
    reinstate: bool = False,
    correlation_id: str = "",
) -> Change | Unchanged:
    """Decide about one draft.

    Raises:
        Refused: ``withdrawn`` or ``stale``.
    """
    if standing is None:
        op: Op = "withdraw" if draft.withdrawn else "create"
        return _change(None, draft.article, op, draft, now, correlation_id)
    same = draft.article.content_hash == standing.content_hash
    if standing.status == "withdrawn":
        if draft.withdrawn or (same and not reinstate):
            return Unchanged(standing.id, standing.version)
        if not reinstate:
            raise Refused(
                "withdrawn",
                f"article {standing.id} was withdrawn",
                "Send it with ?reinstate=1 to publish it again.",
            )
        return _change(standing, draft.article, "reinstate", draft, now, correlation_id)
    if same and not draft.withdrawn:
        return Unchanged(standing.id, standing.version)
    assert standing.article is not None, "content differs, so its body was read"
    if draft.withdrawn:
        return _change(standing, standing.article, "withdraw", draft, now, correlation_id)
    if is_older(draft.article, standing.article, now=now, accepted=standing.changed):
        raise Refused(
            "stale",
            f"article {standing.id} has a newer version ({standing.article.updated}) than this "
            f"({draft.article.updated})",
            "Nothing to do; send a later `updated` if this one is to count.",
            "updated",
        )
    grew = is_corrected(standing.article.corrections, draft.article.corrections)
    return _change(
        standing, draft.article, "correct" if grew else "update", draft, now, correlation_id
    )


def is_urgent(change: Change) -> bool:
    """Whether it overtakes other work: what is wrong or must go can't wait behind what is new."""
    return change.op in _URGENT


def is_older(draft: Article, stored: Article, *, now: int, accepted: int) -> bool:
    """Whether the source itself says that the draft is of before the stored version."""
    if not draft.updated or not stored.updated:
        return False
    latest = min(_last_moment(draft.updated), now + _SLACK)
    return latest < min(_first_moment(stored.updated), accepted + _SLACK)


def is_corrected(before: tuple[Correction, ...], after: tuple[Correction, ...]) -> bool:
    """Whether corrections came in that were not there."""
    return bool(set(after) - set(before))


# --- status, and when it changes by itself -------------------------------------------------------


def status_at(article: Article, now: int) -> tuple[Status, int | None]:
    """The status that embargo and expiry give an article now, and when that ends (or None).

    A day of embargo ends with its beginning; an article that expires on a day is there until its
    end. Both are days of UTC.
    """
    ends = _last_moment(article.expires) if article.expires else None
    if ends is not None and ends <= now:
        return "expired", None
    begins = _first_moment(article.embargo_until) if article.embargo_until else None
    if begins is not None and begins > now:
        return "embargoed", begins
    return "published", ends


def on_time(standing: Standing, now: int) -> Change | None:
    """The version that the clock asks for: an embargo has ended, or the article has expired."""
    article = standing.article
    if article is None or standing.status == "withdrawn":
        return None
    status, _ = status_at(article, now)
    if status == standing.status:
        return None  # somebody else was quicker
    op: Op = "publish" if status == "published" else "expire"
    reason = "The embargo ended." if op == "publish" else "It expired."
    return _change(standing, article, op, None, now, "", reason=reason)


def withdrawal(standing: Standing, reason: str, *, now: int, correlation_id: str) -> Change | None:
    """The version that takes an article back; None where it is withdrawn already."""
    if standing.status == "withdrawn":
        return None
    assert standing.article is not None
    return _change(standing, standing.article, "withdraw", None, now, correlation_id, reason=reason)


def reinstatement(standing: Standing, *, now: int, correlation_id: str) -> Change | None:
    """The version that publishes a withdrawn article again, as it was; None: it isn't withdrawn."""
    if standing.status != "withdrawn":
        return None
    assert standing.article is not None
    return _change(standing, standing.article, "reinstate", None, now, correlation_id)


def _change(
    standing: Standing | None,
    content: Article,
    op: Op,
    draft: Draft | None,
    now: int,
    correlation_id: str,
    *,
    reason: str = "",
) -> Change:
    status, due = status_at(content, now)
    if op == "withdraw":
        status, due = "withdrawn", None
    first_seen = standing.first_seen if standing else now
    before = standing.article if standing else None
    article = replace(
        content,
        id=standing.id if standing else content.id,
        version=standing.version + 1 if standing else 1,
        status=status,
        # A page read by its address does not take the identity from an article that has one.
        source=before.source if before and not content.external_id else content.source,
        external_id=content.external_id or (before.external_id if before else None),
        first_seen=iso(first_seen),
        changed=iso(now),
    )
    return Change(
        article=article,
        op=op,
        at=now,
        first_seen=first_seen,
        sort_at=_sort_at(article, first_seen, now),
        due=due,
        keys=draft.keys if draft else (),
        reason=reason or (draft.reason if draft and op == "withdraw" else ""),
        correlation_id=correlation_id,
        withdrawn_at=now if op == "withdraw" else None,
        provenance=draft.provenance if draft and not draft.withdrawn else None,
    )


def _sort_at(article: Article, first_seen: int, now: int) -> int:
    """Where it stands among the newest: by its date, but never ahead of everything for long."""
    if article.published:
        return min(_first_moment(article.published), max(first_seen, now))
    if article.embargo_until:
        return max(first_seen, min(_first_moment(article.embargo_until), now))
    return first_seen


def _first_moment(date: str) -> int:
    return int(instant(date).timestamp()) * SECOND


def _last_moment(date: str) -> int:
    """The end of a day; of a moment, the moment."""
    if is_day(date):
        return int((instant(date) + timedelta(days=1)).timestamp()) * SECOND
    return _first_moment(date)
