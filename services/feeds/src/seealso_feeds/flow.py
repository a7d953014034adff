"""Filing: which article stands under which topic, as transactions.

    run_once:       ledger rows of output "filing" ──claim──> leased
                    one transaction, alone: articles ──read, plan──> filing, see_also, term
                      topics made, risen, fallen, gone ──> others to be filed again (lane 2)
                      see-also titles resolved ──> placements of those that name them
                      ──settle──> settled
    import_topics:  vocabulary ──> topics, relations ──> affected articles filed again
    alias:          another name for a topic, or a ghost merged into it

The final state depends on what is published, never on the order in which it came: whatever a batch
changes for an article outside it sends that article through filing again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from seealso_core import log as logs
from seealso_core import meters, tracing
from seealso_core.outage import Outage
from seealso_related.words import name_words, name_words_anywhere
from seealso_sdk.text import fold, slugify
from seealso_store import filings, ledger, purges, told, topics
from seealso_store.clock import SECOND
from seealso_store.database import Database
from seealso_store.filings import Filed, Loaded, Touched
from seealso_store.ledger import Claim
from seealso_store.topics import GHOST, IMPORT, NewTopic, Relation, Topic
from sqlalchemy import Connection

from seealso_feeds import filing
from seealso_feeds.errors import NotHere, Refused
from seealso_feeds.filing import Draft
from seealso_feeds.plans import topic_of
from seealso_feeds.vocabulary import Concept, Vocabulary

log = logs.get(__name__)

BATCH = 50  # articles of one transaction
PLACED_AT_ONCE = 500  # placements made anew in the transaction; the rest goes through the ledger
FOUND_AT_MOST = 5_000  # articles that one new topic sends through filing again
BACKFILL_FROM = 200  # so many changed topics send the whole archive instead


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `notes` say what of the file could not be taken as it is."""

    created: int
    changed: int
    unchanged: int
    relations: int
    refiled: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aliased:
    """What another name did. `merged` is the slug of the ghost that went into the topic."""

    slug: str
    name: str
    merged: str | None
    refiled: int


def _never() -> bool:
    return False


class Filing:
    """The filing step of the line. Safe to use from several threads and processes.

    Args:
        database: the store.
        hub_url: of the hub, without a slash at the end: where a resolved title leads.
        lease_seconds: after so long another worker takes over.
        batch: articles of one transaction.
    """

    def __init__(
        self, database: Database, *, hub_url: str, lease_seconds: float = 60, batch: int = BATCH
    ) -> None:
        self._database = database
        self._hub_url = hub_url.rstrip("/")
        self._lease_seconds = lease_seconds
        self._batch = batch
        self._in_hand: list[Claim] = []

    # --- the step ------------------------------------------------------------------------------

    def drain(self, stopping: Callable[[], bool] = _never) -> int:
        """File all that is due, batch after batch; the commit of one batch claims the next.

        Args:
            stopping: asked between batches.

        Returns:
            How many articles were taken up.

        Raises:
            StoreUnavailable: the store can't be written just now; the leases give the work back.
        """
        taken = 0
        self._give_back()
        claims = self._first_claims()
        while claims:
            self._in_hand = claims
            taken += len(claims)
            claims = self._file_or_divide(claims, go_on=lambda: not stopping())
        self._in_hand = []
        return taken

    def _give_back(self) -> None:
        """What was in hand when the store could not be written need not wait for its lease."""
        if self._in_hand:
            at, held = self._database.now(), self._in_hand
            self._database.transact(lambda tx: ledger.release(tx, held, at))
            self._in_hand = []

    def cut_short(self) -> None:
        """Give back what `drain` has in hand, for a process that ends; what it may still commit
        settles nothing. On SQLite nobody can write beside it, and the next start takes it back."""
        if self._database.dialect == "postgresql":
            at = self._database.now()
            self._database.transact(lambda tx: ledger.release(tx, self._in_hand, at))

    def run_once(self) -> int:
        """`drain`, for one batch only."""
        claims = self._first_claims()
        self._file_or_divide(claims, go_on=_never)
        return len(claims)

    def _first_claims(self) -> list[Claim]:
        if not ledger.worth_a_claim(self._database, ledger.FILING, self._database.now()):
            return []
        return self._database.transact(self._claim, durable=False)

    def _claim(self, tx: Connection) -> list[Claim]:
        now, lease = self._database.now(), self._lease_seconds
        return ledger.claim(tx, ledger.FILING, limit=self._batch, lease_seconds=lease, now=now)

    def _file_or_divide(self, claims: list[Claim], go_on: Callable[[], bool]) -> list[Claim]:
        """A batch that fails as a whole is tried one by one: only the culprit is set back.

        Returns:
            The claims of the next batch.
        """
        if not claims:
            return []
        try:
            return self._file(claims, go_on)
        except Outage:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not stop the others
            if len(claims) == 1:
                with self._database.write() as tx:
                    _set_back(tx, claims[0], error, self._database.now())
            else:
                log.failed(error, "Filing a batch failed: one by one now", articles=len(claims))
                for claim in claims:
                    self._file_or_divide([claim], _never)
            return self._first_claims() if go_on() else []

    def _file(self, claims: Sequence[Claim], go_on: Callable[[], bool]) -> list[Claim]:
        causes = [claim.traceparent for claim in claims]
        with tracing.span("file", causes, {"articles": len(claims)}):
            # What a crash of the server takes back is filed again: its ledger row goes with it.
            done, following = self._database.transact(
                lambda tx: self._file_in(tx, claims, go_on), durable=False
            )
        told.tell(log, "Filed", done, ledger.FILING)
        meters.SETTLED.add(ledger.FILING, by=len(done))
        return following

    def _file_in(
        self, tx: Connection, claims: Sequence[Claim], go_on: Callable[[], bool]
    ) -> tuple[list[Claim], list[Claim]]:
        """What is filed now, and the claims of the next batch."""
        at = self._database.now()
        filings.alone(tx)
        broken: dict[str, Exception] = {
            claim.article_id: _Lost(claim.attempts)
            for claim in claims
            if filing.lost_too_often(claim.attempts)
        }
        sane = [claim.article_id for claim in claims if claim.article_id not in broken]
        drafts, gone = _read(filings.load(tx, sane), broken)
        again = self._apply(tx, drafts, gone, at)
        done = [claim for claim in claims if claim.article_id not in broken]
        ledger.settle(tx, done, now=at)
        for claim in claims:
            if claim.article_id in broken:
                _set_back(tx, claim, broken[claim.article_id], at)
        _file_again(tx, again, at)
        if any(claim.lane == ledger.LANE_WITHDRAW for claim in claims):
            purges.renew(tx)
        return done, self._claim(tx) if go_on() else []

    def _apply(
        self, tx: Connection, drafts: Sequence[Draft], gone: Sequence[Loaded], at: int
    ) -> set[str]:
        """Write what follows from a batch.

        Returns:
            The articles that are to be filed again because of it.
        """
        names = {name for draft in drafts for name in draft.names.every}
        known, new = filing.known_topics(drafts, topics.by_names(tx, names))
        topics.add(tx, new, at)
        filed = [filing.plan(draft, known) for draft in drafts] + _gone(tx, gone)
        living = {draft.id for draft in drafts}
        touched = _touched(tx, filings.replace(tx, filed, living)) | {one.slug for one in new}
        labels = filing.answered_labels(drafts, known)
        dropped, risen = _settle_topics(tx, touched, labels, at)
        ids = [one.article_id for one in filed]
        renamed = filings.resolve(tx, ids) - set(ids)
        waiting = set(sorted(renamed)[PLACED_AT_ONCE:])
        self._place(tx, {*ids, *renamed} - waiting, at)
        heard = [*risen, *(one.label for one in new if one.origin != GHOST)]
        return dropped | waiting | (_answers(tx, new) | _sayers(tx, heard)) - set(ids)

    def _place(self, tx: Connection, ids: Iterable[str], at: int) -> None:
        """Make placements anew; those that say what they said stay as they are."""
        placed = filings.placed(tx, ids)
        filings.unplace(tx, [one.article_id for one in placed if not one.published and one.hash])
        made = [(one.hash, filing.placement(one, self._hub_url)) for one in placed if one.published]
        filings.write_placements(tx, [new for hash_, new in made if new.hash != hash_], at)

    # --- what an operator gives ----------------------------------------------------------------

    def import_topics(self, vocabulary: Vocabulary) -> Imported:
        """Take in a vocabulary. The same file again changes nothing; nothing is ever removed."""
        at = self._database.now()
        with self._database.write() as tx:
            filings.alone(tx)
            result = _Import(tx, vocabulary, at)
            result.run()
            again = result.affected()
            refiled = _file_again(tx, again, at)
        return Imported(
            created=len(result.created),
            changed=len(result.changed),
            unchanged=len(vocabulary.concepts) - len(result.created) - len(result.changed),
            relations=result.relations,
            refiled=refiled,
            notes=(*vocabulary.notes, *result.notes),
        )

    def alias(self, slug: str, name: str) -> Aliased:
        """Let a topic go by another name too. A ghost of that name becomes part of the topic.

        Raises:
            NotHere: there is no such topic.
            Refused: the name is empty, or belongs to a topic that is no ghost.
        """
        at = self._database.now()
        with self._database.write() as tx:
            filings.alone(tx)
            topic = topic_of(tx, slug)
            if topic is None:
                raise NotHere("topic", slug, near(tx, slug))
            other = _other_of_name(tx, topic, name)
            asking = filings.asking(tx, [slugify(name)])
            if other is not None:
                asking = filings.under(tx, [other.slug])
                topics.absorb(tx, other.slug, topic.slug)
            wanted = NewTopic(
                topic.slug,
                topic.label,
                topic.origin,
                name_words(name, topic.language or "en"),
                synonyms=(name.strip(), *((other.label, *other.synonyms) if other else ())),
            )
            topics.change(tx, topic, wanted, at)
            again = {*asking, *_found(tx, [wanted], [fold(name)])}
            refiled = _file_again(tx, again, at)
        return Aliased(topic.slug, slugify(name), other.slug if other else None, refiled)


# --- steps of a batch ----------------------------------------------------------------------------


def _read(
    loaded: Sequence[Loaded], broken: dict[str, Exception]
) -> tuple[list[Draft], list[Loaded]]:
    """The published as drafts, and those that are gone; what can't be read goes to `broken`."""
    drafts: list[Draft] = []
    gone: list[Loaded] = []
    for one in loaded:
        if one.status != "published":
            gone.append(one)
            continue
        try:
            drafts.append(filing.read(one))
        except Exception as error:  # noqa: BLE001  # an article may break a rule in any way
            broken[one.id] = error
    return drafts, gone


def _set_back(tx: Connection, claim: Claim, error: Exception, at: int) -> None:
    delay = filing.next_try(claim.attempts)
    run_at = None if delay is None else at + delay * SECOND
    reason = f"{type(error).__name__}: {error}"
    ledger.fail(tx, claim, error=reason, run_at=run_at, now=at)
    log.warning(
        "An article could not be filed",
        article=claim.article_id,
        attempts=claim.attempts,
        reason=reason,
        again_in_seconds=delay,
    )


class _Lost(Exception):  # not raised: the reason of a failure
    def __init__(self, attempts: int) -> None:
        super().__init__(f"{attempts} workers took this up and were never heard of again")


def _gone(tx: Connection, gone: Sequence[Loaded]) -> list[Filed]:
    """Articles that aren't there: nothing is left of them, but of the withdrawn where they were."""
    withdrawn = [one.id for one in gone if one.status == "withdrawn"]
    kept = filings.retire(tx, withdrawn) if withdrawn else []
    return [
        Filed(one.id, filings=tuple(row for row in kept if row.article_id == one.id))
        for one in gone
    ]


def _touched(tx: Connection, touched: Touched) -> set[str]:
    """The topics that a batch changed something for, those that lists name otherwise included."""
    named = topics.by_names(tx, touched.names)
    return {*touched.slugs, *(topic.slug for topic in named.values())}


def _settle_topics(
    tx: Connection, touched: Iterable[str], labels: dict[str, str], at: int
) -> tuple[set[str], list[str]]:
    """Let topics rise, fall and go.

    Returns:
        The articles that lost a filing by that, and the names of topics that are no ghosts any
        more.
    """
    found = filing.verdicts(topics.standing(tx, touched))
    risen = topics.many(tx, found.rise)
    topics.promote(tx, {slug: labels.get(slug, topic.label) for slug, topic in risen.items()}, at)
    topics.demote(tx, found.fall, at)
    dropped = filings.drop_derived(tx, (*found.fall, *found.go))
    topics.delete(tx, found.go)
    answered = [name for topic in risen.values() for name in (topic.label, *topic.synonyms)]
    return set(dropped), answered


def _answers(tx: Connection, new: Sequence[NewTopic]) -> set[str]:
    """Articles that came before and have the very title of a new topic."""
    return set(filings.titled(tx, [fold(one.label) for one in new])) if new else set()


def _sayers(tx: Connection, names: Iterable[str]) -> set[str]:
    """Articles whose telling words say all of one of these names, in whatever language."""
    found: set[str] = set()
    for name in names:
        for words in name_words_anywhere(name):
            found.update(filings.saying(tx, words, FOUND_AT_MOST))
    return found


def _file_again(tx: Connection, ids: Iterable[str], at: int) -> int:
    wanted = sorted(ids)
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        ledger.reopen(tx, ledger.FILING, part, lane=ledger.LANE_BACKFILL, now=at)
    return len(wanted)


# --- an operator's topics ------------------------------------------------------------------------


def near(conn: Connection, name: str) -> tuple[tuple[str, str], ...]:
    """(label, path) of the topics that somebody who wrote `name` may have meant."""
    slugs = topics.nearest(conn, name, name_words(name.replace("-", " "), "en"))
    found = topics.many(conn, slugs)
    return tuple((found[slug].label, f"/topics/{slug}") for slug in slugs if slug in found)


def _other_of_name(tx: Connection, topic: Topic, name: str) -> Topic | None:
    """The ghost that goes by this name already, if any."""
    if not fold(name):
        raise Refused("name", "The name has no letter and no digit. Give a name in words.")
    other = topics.get(tx, slugify(name))
    if other is None or other.slug == topic.slug:
        return None
    if other.origin != GHOST:
        raise Refused(
            "name",
            f"{name!r} is a name of the topic {other.label!r} ({other.slug}), which is no ghost. "
            "Withdraw or re-file its articles first, or choose another name.",
        )
    return other


def _found(tx: Connection, changed: Iterable[NewTopic], folds: Iterable[str]) -> set[str]:
    """The articles that name one of these topics, in a list, a title or a text."""
    found = set(filings.titled(tx, folds))
    for one in changed:
        found.update(filings.under(tx, [one.slug]), filings.asking(tx, one.names))
        found |= _sayers(tx, (one.label, *one.synonyms))
    return found


class _Import:
    """One import, inside its transaction."""

    def __init__(self, tx: Connection, vocabulary: Vocabulary, at: int) -> None:
        self._tx = tx
        self._concepts = vocabulary.concepts
        self._at = at
        self.created: list[NewTopic] = []
        self.changed: list[NewTopic] = []
        self.relations = 0
        self.notes: list[str] = []
        self._orphans: list[str] = []  # articles under ghosts that are synonyms now

    def run(self) -> None:
        """Make and change the topics, then relate them."""
        slugs = self._slugs()
        kept = topics.many(self._tx, slugs)
        wanted = [self._wanted(c, slug) for c, slug in zip(self._concepts, slugs, strict=True)]
        self.created = [one for one in wanted if one.slug not in kept]
        topics.add(self._tx, self.created, self._at)
        for one in wanted:
            topic = kept.get(one.slug)
            if topic is not None and topics.change(self._tx, topic, one, self._at):
                self.changed.append(one)
        self._absorb_ghosts(wanted)
        self._relate(slugs)

    def affected(self) -> set[str]:
        """The articles that are to be filed again."""
        touched = [*self.created, *self.changed]
        if len(touched) > BACKFILL_FROM:
            return set(filings.everything(self._tx))
        folds = [fold(name) for one in touched for name in (one.label, *one.synonyms)]
        return {*self._orphans, *_found(self._tx, touched, folds)}

    def _slugs(self) -> list[str]:
        """The slug of each concept: as given, else of its URI, else of its label, else new."""
        uris = topics.by_uris(self._tx, [c.uri for c in self._concepts if c.uri])
        named = topics.by_names(self._tx, [slugify(c.label) for c in self._concepts])
        found: list[str] = []
        for concept in self._concepts:
            own = slugify(concept.label)
            given = concept.slug or uris.get(concept.uri or "")
            found.append(given or (named[own].slug if own in named else own))
        return found

    def _wanted(self, concept: Concept, slug: str) -> NewTopic:
        names = (concept.label, *concept.synonyms)
        words = dict.fromkeys(w for n in names for w in name_words(n, concept.language or "en"))
        return NewTopic(
            slug=slug,
            label=concept.label,
            origin=IMPORT,
            words=tuple(words),
            description=concept.description,
            synonyms=concept.synonyms,
            uri=concept.uri,
            language=concept.language,
        )

    def _absorb_ghosts(self, wanted: Sequence[NewTopic]) -> None:
        """Ghosts that go by a synonym become part of its topic; other owners keep their names."""
        owners = topics.by_names(self._tx, [name for one in wanted for name in one.names])
        own = {one.slug for one in wanted}
        for one in wanted:
            for name in one.names:
                owner = owners.get(name)
                if owner is None or owner.slug == one.slug:
                    continue
                if owner.origin == GHOST and owner.slug not in own:
                    self._orphans += filings.under(self._tx, [owner.slug])
                    topics.absorb(self._tx, owner.slug, one.slug)
                    own.add(owner.slug)  # once
                else:
                    note = f"{one.label}: the name {name} stays with the topic {owner.slug}"
                    self.notes.append(note)

    def _relate(self, slugs: Sequence[str]) -> None:
        known = self._names_of_relations(slugs)
        found: list[Relation] = []
        for concept, slug in zip(self._concepts, slugs, strict=True):
            for relation, names in concept.relations():
                for name in names:
                    other = known.get(name) or known.get(slugify(name))
                    if other is None:
                        self.notes.append(f"{concept.label}: {relation} {name!r} is no topic here")
                    elif other != slug:
                        found.append(Relation(slug, other, relation))
        self.relations = topics.relate(self._tx, found)

    def _names_of_relations(self, slugs: Sequence[str]) -> dict[str, str]:
        """What concepts may be called where others relate to them: URI, slug, label or synonym."""
        wanted = {n for c in self._concepts for _, names in c.relations() for n in names}
        stored = topics.by_names(self._tx, {slugify(name) for name in wanted} | wanted)
        known = {name: topic.slug for name, topic in stored.items()}
        known |= topics.by_uris(self._tx, wanted)
        for concept, slug in zip(self._concepts, slugs, strict=True):
            known |= {concept.uri: slug} if concept.uri else {}
        return known
