"""Which sources are watched: what an operator does with them.

Wish ─checked─> location looked at once, where no plugin is named ─> added: `watch` looks at it
test: fetched and read as a look would, a few of what a list names as well; nothing is stored
change, pause, resume, look, remove: a commit each, which makes void what a look has in hand
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from seealso_sdk.model import Article, Lead, Piece, RawArticle, RawInput
from seealso_sdk.plugin import SourceMeta
from seealso_store import findings as kept
from seealso_store import source_items, sources
from seealso_store.findings import FindingRow
from seealso_store.source_items import ItemCounts, SourceItem
from seealso_store.sources import ON_GONE, WatchedSource
from sqlalchemy import Connection

from seealso_ingest import discover, lookup, reading
from seealso_ingest import sources as choosing
from seealso_ingest.errand import Errand, Progress
from seealso_ingest.errors import InputRefused, SourceExists, SourceInvalid, SourceUnknown
from seealso_ingest.fetch import Fetched, FetchError
from seealso_ingest.flow import Ingest
from seealso_ingest.grounds import places_of
from seealso_ingest.guard import Barred, check_url
from seealso_ingest.places import Busy, Place
from seealso_ingest.receipts import Rejection, Unread

SHOWN = 20  # articles, and leads, that a test shows
TRIED = 3  # of what a list names, that a test reads
LONGEST = 1000  # characters of an option's or a field's value
MANY = 50  # of them
FIELDS = frozenset(one.name for one in fields(RawArticle)) - {"provenance", "source"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator wants watched. `plugin` None: whatever fits what is there."""

    name: str
    location: str
    plugin: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    on_gone: str = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A source, with how its items and its health stand."""

    source: WatchedSource
    items: ItemCounts
    findings: tuple[FindingRow, ...] = ()
    said: str = ""  # of what was found where it was added


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """An article as it would come in."""

    url: str  # of the answer that it is in
    article: Article
    provenance: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a look would bring, with nothing stored. `articles` and `leads` are the first ones."""

    url: str
    plugin: str
    media_type: str
    said: str = ""
    count: int = 0
    articles: tuple[Previewed, ...] = ()
    problems: tuple[Rejection, ...] = ()
    lead_count: int = 0
    leads: tuple[Lead, ...] = ()


class Watchlist:
    """The use cases. Safe to share between threads."""

    def __init__(self, ingest: Ingest, places: Mapping[str, Place] | None = None) -> None:
        self._ingest = ingest
        self._database = ingest.database
        self._now = ingest.now
        self._allow_private = ingest.settings.allow_private_fetch
        self._places = places or places_of(ingest.settings)

    # -- what there is

    def everyone(self) -> list[Shown]:
        """All sources, by name."""
        with self._database.read() as conn:
            counts = source_items.all_counts(conn)
            found: dict[str, list[FindingRow]] = {}
            for row in kept.listed(conn):
                found.setdefault(row.source, []).append(row)
            return [
                Shown(
                    source=one,
                    items=counts.get(one.name, ItemCounts()),
                    findings=tuple(found.get(one.name, ())),
                )
                for one in sources.everyone(conn)
            ]

    def one(self, name: str, said: str = "") -> Shown:
        """A source by its name.

        Raises:
            SourceUnknown: there is none.
        """
        with self._database.read() as conn:
            return Shown(
                source=_known(conn, name),
                items=source_items.counts(conn, name),
                findings=tuple(kept.listed(conn, source=name, ignored=True)),
                said=said,
            )

    def items(self, name: str, state: str | None, limit: int) -> list[SourceItem]:
        """What a source's lists name, those with an error first.

        Raises:
            SourceUnknown: there is no such source.
        """
        with self._database.read() as conn:
            _known(conn, name)
            return source_items.page(conn, name, state=state, limit=limit)

    def plugins(self) -> list[SourceMeta]:
        """The source plugins that are enabled."""
        return [meta for _, meta in sorted(self._ingest.sources().items())]

    # -- what is watched

    def add(self, wish: Wish) -> Shown:
        """Watch a source from now on.

        Raises:
            SourceInvalid: it can't be watched as it is described.
            SourceExists: there is one of this name.
            FetchError: no plugin is named, and the location can't be looked at.
        """
        with self._database.read() as conn:
            if sources.find(conn, wish.name) is not None:
                raise _exists(wish.name)
        new, said = self._checked(wish)
        if not self._database.transact(lambda tx: sources.add(tx, new, self._now())):
            raise _exists(wish.name)
        return self.one(wish.name, said)

    def change(self, wish: Wish) -> Shown:
        """Describe a source anew; all that is there is read again.

        Raises: as `add`, and SourceUnknown.
        """
        self.one(wish.name)
        new, said = self._checked(wish)
        if not self._database.transact(lambda tx: sources.change(tx, new, self._now())):
            raise _unknown(wish.name)
        return self.one(wish.name, said)

    def pause(self, name: str) -> Shown:
        """Look no more until `resume`. Raises SourceUnknown."""
        return self._touched(name, lambda tx: sources.pause(tx, name, self._now()))

    def resume(self, name: str) -> Shown:
        """Look again, from now on. Raises SourceUnknown."""
        return self._touched(name, lambda tx: sources.resume(tx, name, self._now()))

    def look(self, name: str, *, anew: bool = False) -> Shown:
        """Have it looked at now; `anew`, though nothing has changed there.

        Raises:
            SourceUnknown: there is none.
            SourceInvalid: it is paused.
        """
        if self.one(name).source.state == "paused":
            raise SourceInvalid("source-paused", f"{name} is paused. Resume it first.")
        return self._touched(name, lambda tx: sources.look_now(tx, name, self._now(), anew=anew))

    def remove(self, name: str) -> None:
        """Watch it no more; its articles stay. Raises SourceUnknown."""
        if not self._database.transact(lambda tx: sources.remove(tx, name)):
            raise _unknown(name)

    def _touched(self, name: str, work: Callable[[Connection], bool]) -> Shown:
        if not self._database.transact(work):
            raise _unknown(name)
        return self.one(name)

    # -- findings

    def findings(self, source: str | None, *, ignored: bool) -> list[FindingRow]:
        """What is wrong, by source."""
        with self._database.read() as conn:
            return kept.listed(conn, source=source, ignored=ignored)

    def mark(self, source: str, code: str, *, ignore: bool) -> FindingRow:
        """Ignore a finding for as long as it lasts, or heed it again.

        Raises:
            SourceUnknown: there is no such finding.
        """
        at = self._now() if ignore else None
        row = self._database.transact(lambda tx: kept.mark(tx, source, code, at))
        if row is None:
            raise SourceUnknown(f"there is no finding {code[:40]!r} of a source {source[:80]!r}")
        return row

    # -- a wish, checked

    def _checked(self, wish: Wish) -> tuple[WatchedSource, str]:
        """The source, and a sentence where something else than was named is watched."""
        place = self._place(wish.location)
        if wish.on_gone not in ON_GONE:
            raise SourceInvalid(
                "policy-invalid", f"on_gone: give one of {', '.join(ON_GONE)}.", "on_gone"
            )
        location, said = wish.location, ""
        if place == "folder":
            self._places[place].look(wish.location)  # at once, not when it is looked at first
        if wish.plugin is None and place == "url":
            plugin, answer, said = self._found(wish.location)
            location = answer.url if said else wish.location
        else:
            plugin = self._named(wish.plugin or place, place)
        _check_options(wish.options, self._ingest.sources()[plugin])
        _check_fields(wish.fields)
        source = WatchedSource(
            name=wish.name,
            plugin=plugin,
            place=place,
            location=location,
            options=wish.options,
            fields=wish.fields,
            on_gone=wish.on_gone,
        )
        return source, said

    def _place(self, location: str) -> str:
        place = "url" if location.lower().startswith(("http://", "https://")) else "folder"
        if place not in self._places or (place == "folder" and not location.startswith("/")):
            detail = (
                "location: give an address that begins with http:// or https://, or the whole path"
                " of a folder on the hub's machine."
            )
            raise SourceInvalid("location-invalid", detail, "location")
        if place == "url":
            try:
                check_url(location, allow_private=self._allow_private)
            except Barred as error:
                detail = f"location: {error}."
                raise SourceInvalid("location-invalid", detail, "location") from error
        return place

    def _named(self, plugin: str, place: str) -> str:
        metas = self._ingest.sources()
        usable = sorted(name for name, meta in metas.items() if place in meta.places)
        if plugin in usable:
            return plugin
        why = "watches no such place" if plugin in metas else "is not installed, or disabled"
        detail = f"plugin: {plugin[:40]!r} {why}. Give one of {', '.join(usable)}."
        raise SourceInvalid("plugin-invalid", detail, "plugin")

    def _found(self, location: str) -> tuple[str, Fetched, str]:
        """The plugin for what is at an address, what is there, and what is to be said of it."""
        web = self._places["url"]
        found = lookup.look(location, lambda url: _patiently(lambda: web.look(url)))
        answer = found.answer
        if found.kind == "page":
            offers = discover.offers(answer.data, answer.url, answer.charset)
            if offers:
                raise SourceInvalid("location-page", _offered(offers), "location")
        metas = {n: m for n, m in self._ingest.sources().items() if "url" in m.places}
        try:
            raw = _raw(answer, "test")
            if found.kind in ("feed", "sitemap"):  # whatever its server calls it
                raw = replace(raw, media_type="")
            plugin, _ = choosing.choose(raw, metas)
        except InputRefused as refused:
            detail = f"location: what is there can't be watched: {refused}"
            raise SourceInvalid("location-unreadable", detail, "location") from refused
        return plugin, answer, found.said

    # -- what would come in

    def test(self, wish: Wish) -> Preview:
        """What a look at it would bring. Nothing is stored.

        Raises:
            SourceInvalid: it can't be watched as it is described, or nothing of it can be read.
            FetchError: it can't be fetched.
        """
        place = self._place(wish.location)
        said = ""
        if wish.plugin is None and place == "url":
            plugin, answer, said = self._found(wish.location)
        else:
            plugin = self._named(wish.plugin or place, place)
            answer = _patiently(lambda: self._places[place].look(wish.location))
        _check_options(wish.options, self._ingest.sources()[plugin])
        _check_fields(wish.fields)
        errand = Errand(plugin=plugin, in_commit=_nothing, options=wish.options, fields=wish.fields)
        into = _Read(self._ingest, wish.name)
        try:
            into.read(answer, plugin, errand)
        except InputRefused as refused:
            if refused.code not in ("input-list", "input-empty"):
                detail = f"{plugin} can't read what is there: {refused}"
                raise SourceInvalid("location-unreadable", detail, "location") from refused
        leads = [one for one in errand.leads if one.rel in ("item", "list")]
        for lead in [one for one in leads if one.rel == "item"][:TRIED]:
            self._tried(lead, place, wish, into)
        return Preview(
            url=answer.url,
            plugin=plugin,
            media_type=answer.media_type,
            said=said,
            count=into.count,
            articles=tuple(into.articles),
            problems=tuple(into.problems[:SHOWN]),
            lead_count=len(leads),
            leads=tuple(leads[:SHOWN]),
        )

    def _tried(self, lead: Lead, place: str, wish: Wish, into: _Read) -> None:
        """One of what a list names; that it can't be read is a problem of its own."""
        try:
            answer = _patiently(lambda: self._places[place].item(wish.location, lead.url))
            plugin, _ = self._ingest.chosen(_raw(answer, wish.name))
            into.read(answer, plugin, Errand(plugin=plugin, in_commit=_nothing, fields=wish.fields))
        except FetchError as error:
            into.problems.append(Rejection(0, "fetch-" + error.code, str(error), "url"))
        except InputRefused as refused:
            detail = f"{lead.url}: {refused}"
            into.problems.append(Rejection(0, refused.code, detail, refused.field, refused.remedy))

    def wish_of(self, name: str) -> Wish:
        """A source that is watched, as it was wished for. Raises SourceUnknown."""
        source = self.one(name).source
        return Wish(
            name=source.name,
            location=source.location,
            plugin=source.plugin,
            options=source.options,
            fields=source.fields,
            on_gone=source.on_gone,
        )


class _Read:
    """What some answers hold, as it would come in."""

    def __init__(self, ingest: Ingest, source: str) -> None:
        self._ingest = ingest
        self._source = source
        self.count = 0
        self.articles: list[Previewed] = []
        self.problems: list[Rejection] = []

    def read(self, answer: Fetched, plugin: str, errand: Errand) -> None:
        """Raises InputRefused where nothing of it can be read."""
        name, raw = self._ingest.chosen(_raw(answer, self._source), plugin)
        context = self._ingest.context(name, errand)
        met: list[Piece] = []

        def read(part: RawInput) -> Sequence[Piece]:
            found = errand.met(self._ingest.read(name, part, context))
            met.extend(one for one in found if not isinstance(one, Lead))
            return found

        for one in reading.items(raw, read):
            if isinstance(one, Unread):
                self.problems.append(one.rejection)
                continue
            self.count += 1
            if len(self.articles) < SHOWN:
                piece = met[one.index]
                where = piece.provenance if isinstance(piece, RawArticle) else {}
                article = replace(one.draft.article, version=1)
                self.articles.append(Previewed(url=answer.url, article=article, provenance=where))


def _patiently(ask: Callable[[], Fetched]) -> Fetched:
    """Now, or once the host has its turn."""
    for _ in range(5):
        try:
            return ask()
        except Busy as busy:
            time.sleep(min(busy.seconds, 3.0))
    return ask()


def _nothing(tx: Connection, progress: Progress) -> None:
    """A test commits nothing."""


def _raw(answer: Fetched, source: str) -> RawInput:
    return RawInput(
        data=answer.data,
        media_type=answer.media_type,
        charset=answer.charset,
        url=answer.url or None,  # a file has none
        source=source,
    )


def _known(conn: Connection, name: str) -> WatchedSource:
    found = sources.find(conn, name)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> SourceUnknown:
    return SourceUnknown(f"no source {name[:80]!r} is watched")


def _exists(name: str) -> SourceExists:
    return SourceExists(f"a source {name!r} already")


def _offered(offers: Sequence[discover.Offer]) -> str:
    named = "; ".join(f"{one.url} ({one.title})" if one.title else one.url for one in offers[:5])
    return (
        f"location: it is a page, and it announces feeds: {named}. Give one of these as the"
        " location, or the plugin page to watch the page itself."
    )


def _check_options(options: Mapping[str, str], meta: SourceMeta) -> None:
    known = [option.name for option in meta.options]
    for name in options:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            has = f"It has {', '.join(known)}." if known else "It has none."
            detail = f"options: {meta.name} has no option {name[:40]!r}.{hint or ' ' + has}"
            raise SourceInvalid("option-unknown", detail, "options")
    _check_bounds(options, "options")


def _check_fields(chosen: Mapping[str, str]) -> None:
    for name in chosen:
        if name not in FIELDS:
            near = difflib.get_close_matches(name, sorted(FIELDS), 1)
            hint = f"Did you mean {near[0]}?" if near else "See the keys of an article."
            detail = f"fields: an article has no field {name[:40]!r}. {hint}"
            raise SourceInvalid("field-unknown", detail, "fields")
    _check_bounds(chosen, "fields")


def _check_bounds(values: Mapping[str, str], what: str) -> None:
    if len(values) > MANY or any(len(value) > LONGEST for value in values.values()):
        detail = f"{what}: give at most {MANY}, of at most {LONGEST:,} characters each."
        raise SourceInvalid("too-long", detail, what)
