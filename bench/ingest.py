"""How well and how fast pages and feeds become articles, beside the libraries that do parts of it.

    ./dev bench ingest [--data DIR] [--rounds N] [--worst N] [--json FILE]

Pages with an editor's gold (`NAME.html`, `NAME.json`; by default those that the project ships) go
through `seealso_ingest.normalise`, which is all that a hub does to them, and through trafilatura,
readability-lxml and htmldate, in one process on one core. Rounds alternate: a neighbour's load
meets all of them; the median counts. Feeds made of the same texts go through the feed source and
feedparser. The shipped pages are ours: they say what changed between two versions of the hub; how
it does on the open web, only pages that nobody here has seen can say.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from html import escape
from pathlib import Path

from seealso_ingest import InputRefused, normalise
from seealso_ingest.reading import installed_sources
from seealso_sdk.model import RawInput
from seealso_sdk.plugin import SourceContext

from bench import score
from bench.score import Found, Gold, Scores

PAGES = Path(__file__).parents[1] / "tests/corpus/pages"
TODAY = "2026-01-01"
FEED_ITEMS = 50
FEED_BODY = 4000  # characters of HTML in an item
Tool = Callable[[Gold], Found]

GOALS = (  # what is measured, the goal on pages that are kept aside, how it is read from the scores
    ("body F1", "≥ .965 news, .930 mixed", lambda s: s.body.f1),
    ("  precision", "", lambda s: s.body.precision if s.body.pages else None),
    ("  recall", "", lambda s: s.body.recall if s.body.pages else None),
    ("title exact", "≥ .82", lambda s: s.title.value),
    ("date, to the day", "≥ .91", lambda s: s.date.value),
    ("authors exact", "≥ .60", lambda s: s.authors.value),
    ("see-also F1", "≥ .97", lambda s: s.see_also.f1),
    ("kind", "≥ .95", lambda s: s.kind.value),
    ("series", "≥ .95", lambda s: s.series.value),
    ("language", "", lambda s: s.language.value),
    ("promo not in body", "1.00", lambda s: s.promos.value),
)  # type: tuple[tuple[str, str, Callable[[Scores], float | None]], ...]


@dataclass(slots=True)
class Entrant:
    """A tool, what it scored, and its pages a second in each round."""

    name: str
    tool: Tool
    scores: Scores = field(default_factory=Scores)
    rates: list[float] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        pages = score.load(options.data)
    except (OSError, ValueError) as error:
        print(f"{error}. Give --data a folder of pages with their gold.", file=sys.stderr)
        return 1
    entrants = _entrants()
    for entrant in entrants:  # the first time imports, compiles and fills caches: it isn't timed
        for gold in pages:
            entrant.scores.add(gold, entrant.tool(gold))
    for _ in range(options.rounds):
        for entrant in entrants:
            entrant.rates.append(_rate(entrant.tool, pages))
    ratio, ours, theirs = _feeds(pages, options.rounds)
    size = statistics.median(len(gold.html) for gold in pages) / 1024
    print(f"{len(pages)} pages, median {size:.0f} KB, {options.rounds} rounds, one core\n")
    _print_table(entrants)
    print(
        f"\nfeed of {FEED_ITEMS} items: seealso {ours * 1000:.1f} ms, feedparser"
        f" {theirs * 1000:.1f} ms: {ratio:.1f} times as fast (goal: at least 5)"
    )
    _print_worst(entrants[0], options.worst)
    if options.json:
        options.json.write_text(json.dumps(_numbers(entrants, ratio), indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev bench ingest", description=__doc__)
    parser.add_argument("--data", type=Path, default=PAGES, help="folder of pages with their gold")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worst", type=int, default=5, help="pages to name that came out worst")
    parser.add_argument("--json", type=Path, help="write the numbers to a file, too")
    return parser


def _rate(tool: Tool, pages: Sequence[Gold]) -> float:
    start = time.perf_counter()
    for gold in pages:
        tool(gold)
    return len(pages) / (time.perf_counter() - start)


# --- the tools -----------------------------------------------------------------------------------


def _entrants() -> list[Entrant]:
    found = [Entrant("seealso", _seealso)]
    for name, make in (
        ("trafilatura", lambda: _trafilatura(fast=False)),
        ("traf. fast", lambda: _trafilatura(fast=True)),
        ("readability", _readability),
        ("htmldate", _htmldate),
    ):
        try:
            found.append(Entrant(name, make()))
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return found


def _seealso(gold: Gold) -> Found:
    try:
        (article,) = normalise(gold.html, "text/html", gold.url, today=TODAY).articles
    except InputRefused:
        return Found(body="", title="", published="", authors=(), see_also=(), kind="", series="")
    return Found(
        body=article.body_text,
        title=article.title,
        published=article.published or "",
        authors=tuple(person.name for person in article.authors),
        language=article.language,
        kind=article.kind,
        series=article.series.title if article.series else "",
        see_also=tuple(one.title for one in article.see_also),
    )


def _trafilatura(*, fast: bool) -> Tool:
    """As its documents recommend: precision and metadata, or fast and without."""
    import trafilatura

    def tool(gold: Gold) -> Found:
        found = trafilatura.bare_extraction(
            gold.html,
            url=gold.url,
            fast=fast,
            favor_precision=not fast,
            with_metadata=not fast,
            include_comments=False,
        )
        if found is None:
            return Found(body="", title=None if fast else "", authors=None if fast else ())
        if fast:
            return Found(body=found.text or "")
        names = tuple(name.strip() for name in (found.author or "").split(";") if name.strip())
        return Found(
            body=found.text or "",
            title=found.title or "",
            published=found.date or "",
            authors=names,
        )

    return tool


def _readability() -> Tool:
    from lxml import html
    from readability import Document

    def tool(gold: Gold) -> Found:
        document = Document(gold.html.decode("utf-8", "replace"))
        text = html.fromstring(document.summary() or "<p>").text_content()
        return Found(body=text, title=document.short_title())

    return tool


def _htmldate() -> Tool:
    from htmldate import find_date

    def tool(gold: Gold) -> Found:
        page = gold.html.decode("utf-8", "replace")
        return Found(published=find_date(page, url=gold.url, original_date=True) or "")

    return tool


# --- feeds ---------------------------------------------------------------------------------------


def _feeds(pages: Sequence[Gold], rounds: int) -> tuple[float, float, float]:
    """How many times as fast as feedparser, and seconds for a feed of both; medians of rounds."""
    import feedparser

    feed = feed_of(pages)
    source = installed_sources()["feed"]
    raw = RawInput(data=feed, media_type="application/rss+xml", url="https://example.org/feed")
    context = SourceContext(today=TODAY)
    ours, theirs, ratios = [], [], []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        assert len(source.read(raw, context)) >= FEED_ITEMS
        middle = time.perf_counter()
        assert len(feedparser.parse(feed).entries) == FEED_ITEMS
        ours.append(middle - start)
        theirs.append(time.perf_counter() - middle)
        ratios.append(theirs[-1] / ours[-1])
    return (
        statistics.median(ratios[1:]),
        statistics.median(ours[1:]),
        statistics.median(theirs[1:]),
    )


def feed_of(pages: Sequence[Gold]) -> bytes:
    """An ordinary RSS feed: fifty items of about 4 KB of HTML, of the pages' own texts."""
    texts = [gold.body or gold.title or gold.name for gold in pages]
    items = []
    for number in range(FEED_ITEMS):
        gold = pages[number % len(pages)]
        lines = (texts[number % len(texts)] + "\n").splitlines()
        body, at = "", 0
        while len(body) < FEED_BODY:
            body += f'<p>{escape(lines[at % len(lines)])} <a href="/more/{at}">More</a></p>\n'
            at += 1
        items.append(
            f"<item><title>{escape(gold.title or gold.name)}</title><link>{escape(gold.url)}</link>"
            f"<guid>{number}</guid><pubDate>{formatdate(1_700_000_000 + number * 86400)}</pubDate>"
            f"<dc:creator>{escape(', '.join(gold.authors or ('Desk',)))}</dc:creator>"
            f"<category>Gardens</category><description>{escape(body[:300])}</description>"
            f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
        )
    head = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        "<title>Bench</title><link>https://example.org/</link><description>Bench</description>"
    )
    return (head + "".join(items) + "</channel></rss>").encode()


# --- telling -------------------------------------------------------------------------------------


def _print_table(entrants: Sequence[Entrant]) -> None:
    width = max(len(entrant.name) for entrant in entrants) + 1
    print(" " * 19 + "".join(f"{entrant.name:>{width}}" for entrant in entrants) + "   goal")
    for label, goal, read in GOALS:
        values = [read(entrant.scores) for entrant in entrants]
        cells = "".join(f"{'–' if v is None else f'{v:.3f}':>{width}}" for v in values)
        print(f"{label:<19}{cells}   {goal}")
    rates = "".join(f"{statistics.median(entrant.rates):>{width}.0f}" for entrant in entrants)
    print(f"{'pages a second':<19}{rates}   ≥ 50")


def _print_worst(entrant: Entrant, count: int) -> None:
    if count:
        print(f"\n{entrant.name}: the lowest F1 of a body")
    for name, value in score.worst(entrant.scores.body, count):
        print(f"  {value:.3f}  {name}")
    for label, share in (
        ("title", entrant.scores.title),
        ("date", entrant.scores.date),
        ("authors", entrant.scores.authors),
        ("kind", entrant.scores.kind),
        ("series", entrant.scores.series),
        ("promo in body", entrant.scores.promos),
    ):
        if share.wrong and count:
            print(f"  {label} wrong: {', '.join(share.wrong[:12])}")


def _numbers(entrants: Sequence[Entrant], ratio: float) -> dict[str, object]:
    found: dict[str, object] = {"feedparser_ratio": round(ratio, 2)}
    for entrant in entrants:
        numbers = {label.strip(): read(entrant.scores) for label, _, read in GOALS}
        found[entrant.name] = numbers | {"pages a second": statistics.median(entrant.rates)}
    return found


if __name__ == "__main__":
    sys.exit(main())
