"""An input into drafts, without server, database or processes; and so its articles, for a library.

    RawInput ─choose─> chunks ─a source reads─> pieces ─drafting─> Item | Unread, in order
    normalise(bytes, type): the same with the installed sources in this process ─> Normalised

`flow` goes the same way with sources in children, and commits the items. So what `normalise` says
is what a hub would store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import entry_points

from seealso_core.describe import Locator, load, registered
from seealso_sdk.errors import Reject
from seealso_sdk.model import Article, Lead, Piece, Problem, RawArticle, RawInput
from seealso_sdk.plugin import Source, SourceContext

from seealso_ingest import answers, sources
from seealso_ingest.chunks import PARTED, chunks, count
from seealso_ingest.drafting import Draft, drafted
from seealso_ingest.errors import InputRefused, Refused
from seealso_ingest.limits import LIMITS
from seealso_ingest.pieces import Pieces
from seealso_ingest.receipts import Item, Rejection, Unread, of_problem, of_refusal
from seealso_ingest.recognise import WXR

Read = Callable[[RawInput], Sequence[Piece]]

# A feed with one item is still a list: where it came from isn't the address of what is in it.
_LISTS = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/rss+xml",
        "application/xml",
        "text/xml",
    }
)


def items(raw: RawInput, read: Read) -> Iterator[Item | Unread]:
    """What an input holds, lazily and in its order: drafts, and what can't be one.

    Args:
        raw: with the media type that `sources.choose` settled on.
        read: the chosen source's `Source.read` of a part of the input. Its leads are left out: who
            pushes an input is not led on by it.

    Raises:
        InputRefused: nothing of it can be read, or there is too much in it.
    """
    _require_few(count(raw))
    parted, nothing = raw.media_type in PARTED, True
    for chunk in chunks(raw):
        pieces = read(chunk.raw)
        found = [one for one in pieces if not isinstance(one, Lead)]
        nothing = nothing and not found
        if not parted:
            _require_no_list(pieces)
            _require_articles(found)
            _require_few(len(found))
        cutter = Pieces(chunk.raw, len(found))
        for position, one in enumerate(found):
            index, cut = chunk.records + position, partial(cutter.at, position)
            if isinstance(one, Problem):
                yield Unread(of_problem(one, index, chunk.lines), cut)
                continue
            try:
                own = len(found) == 1 and not parted and raw.media_type not in _LISTS
                draft = drafted(one, source=raw.source, base=raw.url, own=own)
            except Refused as refused:
                yield Unread(of_refusal(refused, index), cut)
            else:
                yield Item(index, draft, cut)
    if raw.media_type == WXR and nothing:
        _require_articles(())


def _require_no_list(pieces: Sequence[Piece]) -> None:
    """Of what only says where articles are nothing could go in."""
    leads = sum(isinstance(one, Lead) and one.rel in ("item", "list") for one in pieces)
    if leads and not any(isinstance(one, RawArticle) for one in pieces):
        raise InputRefused(
            "input-list",
            f"it is a list of {leads:,} places and holds no article itself",
            "Let the hub follow it: `seealso sources add NAME ADDRESS`.",
        )


def _require_articles(found: Sequence[Piece]) -> None:
    """An input that is one document and holds nothing but problems is refused as a whole."""
    problems = [one for one in found if isinstance(one, Problem)]
    if not found:
        raise InputRefused("input-empty", "there is no article in it", "")
    if len(problems) == len(found):
        first = problems[0]
        raise InputRefused(first.code, first.detail, first.remedy or "", first.field)


def _require_few(count: int) -> None:
    """Before anything is taken in, so that nobody has to find out which part of it was."""
    if count > LIMITS.request_articles:
        raise InputRefused(
            "too-many-articles",
            f"there are {count:,} articles in it",
            f"Send it in parts of at most {LIMITS.request_articles:,}.",
        )


# --- as a library --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """What an input came to, in its order.

    `articles` are first versions: what depends on a hub's clock or on what it has already (first
    seen, embargo, expiry, the ids of see-also titles) is not in them. An article that its source
    takes back has the status ``withdrawn``. `problems` are the pieces that can't be articles;
    `leads` are where the input says that there is more to read.
    """

    articles: tuple[Article, ...] = ()
    problems: tuple[Problem, ...] = ()
    leads: tuple[Lead, ...] = ()


def normalise(
    data: bytes,
    content_type: str = "",
    url: str | None = None,
    *,
    source: str = "api",
    today: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> Normalised:
    """The articles in some bytes, as a hub would store them. No server, no database, no network.

    Args:
        data: a page, a text, a feed, JSON: whatever an installed source reads. At most 50 MB.
        content_type: as in HTTP, with or without charset; where it says nothing the bytes are
            looked at.
        url: where the data came from: the base of relative links and, of a single article that
            names no other, its address.
        source: the name of the source, half of an article's identity.
        today: ``2024-04-09``, for dates without a year; the present day where it is not given.
        fields: a mapping of one's own, field to CSS selector or JSON path (docs/sources.md).

    Raises:
        InputRefused: nothing of it can be read; `code`, `field` and `remedy` say why.
    """
    media_type, charset = answers.content_type(content_type or None)
    raw = RawInput(data=data, media_type=media_type, charset=charset, url=url, source=source)
    if len(data) > LIMITS.request_bytes:
        raise InputRefused("body-too-large", "it is larger than 50 MB", "Send it in parts.")
    installed = installed_sources()
    name, raw = sources.choose(raw, {one.meta.name: one.meta for one in installed.values()})
    context = SourceContext(
        today=today or datetime.now(UTC).date().isoformat(),
        options={option.name: option.default for option in installed[name].meta.options},
        fields=dict(fields or {}),
    )
    into = _Collected()
    try:
        for one in items(raw, lambda part: into.leads_of(_read(installed[name], part, context))):
            if isinstance(one, Unread):
                into.problems.append(_problem(one.rejection))
            else:
                into.articles.append(_first_version(one.draft))
    except InputRefused as error:
        if error.code not in ("input-list", "input-empty") or not into.leads:
            raise
    return Normalised(
        articles=tuple(into.articles), problems=tuple(into.problems), leads=tuple(into.leads)
    )


@dataclass(slots=True)
class _Collected:
    articles: list[Article] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)

    def leads_of(self, found: Sequence[Piece]) -> Sequence[Piece]:
        self.leads += [one for one in found if isinstance(one, Lead)]
        return found


@cache
def installed_sources() -> dict[str, Source]:
    """Every source of the installed distributions, imported into this process, by its name."""
    found: dict[str, Source] = {}
    for point in sorted(entry_points(group="seealso"), key=lambda point: point.name):
        if not point.name.startswith("source_"):
            continue  # an output: nothing to read with
        for kind, thing in registered(load(Locator(point.module, point.attr or ""))):
            if kind == "source":
                found.setdefault(thing.meta.name, thing)
    return found


def _read(source: Source, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
    try:
        return source.read(raw, context)
    except Reject as error:
        raise InputRefused("input-unreadable", error.reason, "") from error


def _first_version(draft: Draft) -> Article:
    article = replace(draft.article, version=1)
    return replace(article, status="withdrawn") if draft.withdrawn else article


def _problem(one: Rejection) -> Problem:
    return Problem(
        code=one.code,
        detail=one.detail,
        field=one.field,
        remedy=one.remedy,
        index=one.index,
        line=one.line,
    )
