"""A batch inside its transaction: what the hub knows of it, a decision each, and the writing.

    take(tx, items) ── names, states: two to four queries ──> decide each ──> write(tx, changes)
    write(tx, changes): versions, identities, ledger rows of all enabled outputs, the filing row

All of it may be called again for the same batch: it changes nothing but the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seealso_core import tracing
from seealso_sdk.model import Article
from seealso_store import articles, ledger, origins, outputs, purges
from seealso_store.articles import ArticleRow, Change
from seealso_store.origins import Origin
from sqlalchemy import Connection

from seealso_ingest import decide, identity
from seealso_ingest.decide import Standing, Unchanged
from seealso_ingest.drafting import Draft
from seealso_ingest.errors import Refused
from seealso_ingest.receipts import Accepted, Item, Rejection, of_refusal
from seealso_ingest.speaking import is_copy


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch came to, piece by piece; what was written, and the outputs with work now."""

    changes: list[Change]
    parts: tuple[Accepted | Rejection, ...]
    names: list[str]


def take(
    tx: Connection, batch: Sequence[Item], now: int, correlation_id: str, *, reinstate: bool
) -> Taken:
    """Decide about a batch and write it. May be called again for the same batch."""
    known = _Known.of(tx, [item.draft for item in batch])
    parts: list[Accepted | Rejection] = []
    for item in batch:
        try:
            parts.append(known.settle(item, now, correlation_id, reinstate=reinstate))
        except Refused as refused:
            parts.append(of_refusal(refused, item.index))
    names = write(tx, known.changes, now)
    articles.remember_names(tx, known.new_names)
    origins.record(tx, list(known.seen.values()))
    for article_id, source in known.left:
        origins.drop(tx, article_id, source)
    return Taken(known.changes, tuple(parts), names)


class _Known:
    """What the hub knows of a batch, moving on with each decision in it: of two versions of one
    article in a batch the second one meets the first."""

    def __init__(
        self,
        names: dict[str, str],
        standings: dict[str, Standing],
        rows: Mapping[str, ArticleRow],
        known: Mapping[str, list[Origin]],
    ) -> None:
        self.changes: list[Change] = []
        self.seen: dict[tuple[str, str], Origin] = {}
        self.left: set[tuple[str, str]] = set()
        self.new_names: dict[str, str] = {}
        self._names = names
        self._standings = standings
        self._origins = {id_: {one.source: one for one in found} for id_, found in known.items()}
        self._speakers = {row.id: (row.source, row.external_id) for row in rows.values()}
        self._external = _external(rows, known)

    @classmethod
    def of(cls, tx: Connection, drafts: Sequence[Draft]) -> _Known:
        """Three to five queries, however many drafts there are."""
        wanted = {key for draft in drafts for key in draft.keys}
        articles.lock_names(tx, wanted)
        names = articles.names(tx, wanted)
        rows = articles.rows(tx, names.values(), lock=True)
        known = origins.of(tx, rows) if rows else {}
        external = _external(rows, known)
        differing = set()
        for draft in drafts:
            said = draft.article.content_hash

            def same(known: str, said: str = said) -> bool:
                return rows[known].content_hash == said

            found = identity.owner(draft.keys, names, external, same)
            if found is not None and (
                draft.withdrawn or rows[found].content_hash != draft.article.content_hash
            ):
                differing.add(found)
        bodies = articles.current_bodies(tx, differing) if differing else {}
        standings = {row.id: _standing(row, bodies.get(row.id)) for row in rows.values()}
        return cls(names, standings, rows, known)

    def settle(self, item: Item, now: int, correlation_id: str, *, reinstate: bool) -> Accepted:
        """Decide about one draft, and remember the outcome for those after it."""
        draft = item.draft
        found = identity.owner(
            draft.keys,
            self._names,
            self._external,
            lambda known: self._standings[known].content_hash == draft.article.content_hash,
        )
        standing = self._standings[found] if found else None
        if standing is not None and self._is_copy(draft, standing.id):
            return self._copied(item, standing, now)
        decided = decide.decide(
            standing, draft, now=now, reinstate=reinstate, correlation_id=correlation_id
        )
        if isinstance(decided, Unchanged):
            self._name(draft.keys, decided.id)
            self._saw(draft, decided.id, now)
            return Accepted(item.index, decided.id, decided.version, "unchanged")
        article = decided.article
        self._name(draft.keys, article.id)
        self._saw(draft, article.id, now)
        self._speakers[article.id] = (article.source, article.external_id)
        self.changes.append(decided)
        self._external.setdefault(article.id, {})[article.source] = article.external_id
        self._standings[article.id] = Standing(
            id=article.id,
            version=article.version,
            status=article.status,
            content_hash=article.content_hash,
            changed=now,
            first_seen=decided.first_seen,
            article=article,
        )
        change = "created" if standing is None else "updated"
        return Accepted(item.index, article.id, article.version, change)

    def _is_copy(self, draft: Draft, article_id: str) -> bool:
        source, external_id = self._speakers[article_id]
        there = list(self._origins.get(article_id, {}).values())
        return is_copy(draft, source, external_id, there)

    def _copied(self, item: Item, standing: Standing, now: int) -> Accepted:
        """Another source has the article too: an origin more, or, where it takes its copy back, one
        less. The article itself goes only when its own source says so."""
        draft, at = item.draft, (standing.id, item.draft.article.source)
        if draft.withdrawn:
            self.seen.pop(at, None)
            self.left.add(at)
            self._origins.get(standing.id, {}).pop(at[1], None)
        elif standing.status == "withdrawn":
            raise Refused(
                "withdrawn",
                f"article {standing.id} was withdrawn, and this is a copy of it",
                "Its own source can publish it again, or `seealso articles reinstate`.",
            )
        else:
            self._saw(draft, standing.id, now)
        self._name(draft.keys, standing.id)
        return Accepted(item.index, standing.id, standing.version, "unchanged")

    def _saw(self, draft: Draft, article_id: str, now: int) -> None:
        given = draft.article
        there = self._origins.setdefault(article_id, {})
        before = there.get(given.source)
        if before and now - before.last_seen < origins.FRESH and before.url == draft.url:
            return
        there[given.source] = origin = Origin(
            article_id=article_id,
            source=given.source,
            external_id=given.external_id or (before.external_id if before else None),
            url=draft.url,
            home=int(draft.home),
            first_seen=before.first_seen if before else now,
            last_seen=now,
        )
        self.seen[article_id, given.source] = origin
        self.left.discard((article_id, given.source))
        self._external.setdefault(article_id, {}).setdefault(given.source, given.external_id)

    def _name(self, keys: Iterable[str], article_id: str) -> None:
        for key in keys:
            if key not in self._names:
                self._names[key] = self.new_names[key] = article_id


def _external(
    rows: Mapping[str, ArticleRow], known: Mapping[str, list[Origin]]
) -> dict[str, dict[str, str | None]]:
    """By article, the external id that each of its sources has for it."""
    return {
        row.id: {one.source: one.external_id for one in known.get(row.id, ())}
        | {row.source: row.external_id}
        for row in rows.values()
    }


def write(tx: Connection, changes: Sequence[Change], now: int) -> list[str]:
    """Store the versions and the work that they cause. Returns the outputs that have some."""
    if not changes:
        return []
    articles.apply(tx, changes)
    newest = {change.article.id: change for change in changes}
    urgent = {change.article.id for change in changes if decide.is_urgent(change)}
    openings = [
        ledger.Opening(
            article_id,
            change.article.version,
            ledger.LANE_WITHDRAW if article_id in urgent else ledger.LANE_NEW,
            change.correlation_id,
            tracing.current(),
        )
        for article_id, change in newest.items()
    ]
    hidden = {i: c for i, c in newest.items() if c.article.status != "published"}
    for article_id, change in hidden.items():
        ledger.withdraw(tx, article_id, change.article.version, now)
    if hidden:
        articles.delete_renditions(tx, hidden)
    names = outputs.enabled(tx)
    ledger.open_many(tx, [o for o in openings if o.article_id not in hidden], names, now=now)
    ledger.open_many(tx, openings, [ledger.FILING], now=now)
    if hidden or urgent:
        purges.renew(tx)
    return names


def standings(tx: Connection, ids: Sequence[str]) -> dict[str, Standing]:
    """The full standing of these articles, locked."""
    rows = articles.rows(tx, ids, lock=True)
    bodies = articles.current_bodies(tx, rows) if rows else {}
    return {row.id: _standing(row, bodies.get(row.id)) for row in rows.values()}


def _standing(row: ArticleRow, body: bytes | None) -> Standing:
    return Standing(
        id=row.id,
        version=row.version,
        status=row.status,
        content_hash=row.content_hash,
        changed=row.changed,
        first_seen=row.first_seen,
        article=None if body is None else Article.from_json(body),
    )
