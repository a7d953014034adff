"""The conformance kit: what the hub asks of every output and source, as tests an author can run.

    from seealso_sdk.testing import OutputConformance     # in test_output_markdown.py

    class TestMarkdown(OutputConformance):
        output = MarkdownOutput()

Each ``test_…`` method is one promise. `run` and `run_source` give the same as a list of findings,
for ``seealso plugins check``. The bundled plugins are held to this kit too. Needs no pytest itself.
"""

from __future__ import annotations

import hashlib
import html.parser
import json
import os
import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar, Final
from xml.etree import ElementTree

from seealso_sdk.errors import Reject
from seealso_sdk.model import (
    Article,
    Channel,
    Correction,
    Entry,
    Filing,
    Link,
    Person,
    Problem,
    Promo,
    RawArticle,
    RawInput,
    Rendition,
    Rights,
    SeeAlso,
    Series,
    Tombstone,
)
from seealso_sdk.plugin import Assembler, Context, Output, OutputMeta, Source, SourceContext
from seealso_sdk.samples import PROMO_TEXT, article, sample_articles, seventy_links

__all__ = [
    "Finding",
    "NotConforming",
    "OutputConformance",
    "SourceConformance",
    "article",
    "channel",
    "entry",
    "run",
    "run_source",
    "sample_articles",
]

SECONDS_MAX: Final = 2.0  # of one call with an ordinary article
SECONDS_MAX_HUGE: Final = 20.0  # of one call with a megabyte
MEMORY_MAX: Final = 256 * 1024 * 1024  # bytes that one call may allocate at a time
CONTEXT: Final = Context(hub_url="https://hub.example", hub_name="Example Hub")
_MEGABYTE: Final = 1_000_000


class NotConforming(AssertionError):
    """A promise is broken. `remedy` says what to change in the plugin."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found} {remedy}")
        self.found = found
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `found` and `remedy` are empty where it passed."""

    check: str
    passed: bool
    found: str = ""
    remedy: str = ""


def run(output: Output) -> list[Finding]:
    """Every check of the kit over an output, in their order."""
    suite = OutputConformance()
    suite.output = output  # type: ignore[misc]  # one suite, one output
    return _findings(suite)


def run_source(source: Source, examples: Sequence[RawInput] = ()) -> list[Finding]:
    """Every check of the kit over a source. `examples` are inputs that it must be able to read."""
    suite = SourceConformance()
    suite.source = source  # type: ignore[misc]  # one suite, one source
    if examples:
        suite.examples = tuple(examples)  # type: ignore[misc]  # as above
    return _findings(suite)


def channel(**changes: Any) -> Channel:
    """The head of a feed with everything set, with the fields given in place of its own."""
    base = Channel(
        id="https://hub.example/topics/breast-cancer",
        title="Breast cancer",
        description="Articles about breast cancer",
        url="https://hub.example/topics/breast-cancer",
        feed_url="https://hub.example/topics/breast-cancer/feed",
        updated="2024-05-07T15:40:00Z",
        hub_name="Example Hub",
        publisher="Harbour Health",
        scheme="https://hub.example/topics",
        first_url="https://hub.example/topics/breast-cancer/feed",
        next_url="https://hub.example/topics/breast-cancer/feed?before=2024-03-02",
        hubs=("https://push.example/",),
        topics=(Filing("mammogram", "Mammogram", "derived", 0.8, "Often asked together"),),
        tombstones=(Tombstone(article_id="a9", when="2024-05-01T00:00:00Z", reason="Withdrawn"),),
    )
    return replace(base, **changes)


def entry(given: Article, rendition: Rendition, **changes: Any) -> Entry:
    """An article's place in a feed, as the feeds service would make it."""
    base = Entry(
        article_id=given.id,
        title=given.title,
        url=CONTEXT.article_url(given.id),
        dated=given.dated,
        revised=given.revised,
        rendition=rendition,
        summary=given.summary,
        language=given.language,
        categories=given.topics,
        related=tuple(Link(CONTEXT.see_also_url(s), s.title) for s in given.see_also),
    )
    return replace(base, **changes)


# --- outputs ---------------------------------------------------------------------------------


class OutputConformance:
    """Subclass it in a test module as ``class Test…`` and set `output`."""

    output: ClassVar[Output]

    def test_its_metadata_is_sane(self) -> None:
        """Name, extension, media type, version and options have their proper form."""
        meta = self.output.meta
        _require(
            isinstance(meta, OutputMeta), f"meta is {type(meta).__name__}.", "Give an OutputMeta."
        )
        _check_meta(meta.name, meta.version, [option.name for option in meta.options])
        _require(
            bool(re.fullmatch(r"[a-z0-9][a-z0-9.]{0,15}", meta.extension)),
            f"extension is {meta.extension!r}.",
            "Use lower-case letters and digits, without the leading dot.",
        )
        _require(
            bool(re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)*", meta.media_type)),
            f"media_type is {meta.media_type!r}.",
            'Write it as "type/subtype", with "; charset=utf-8" where it is text.',
        )
        _require(bool(meta.title), "title is empty.", "Say in a word or two what it makes.")
        if meta.fragment or meta.feed:
            _require(
                isinstance(self.output, Assembler),
                "fragment or feed is set, but there is no assemble method.",
                "Add assemble(channel, entries), or leave both unset.",
            )

    def test_every_sample_is_rendered(self) -> None:
        """Each article of the kit becomes a rendition of bytes."""
        for name, sample in sample_articles().items():
            made: Any = self.output.render(sample, CONTEXT)
            whole = isinstance(made, Rendition)
            _require(
                whole and isinstance(made.body, bytes) and len(made.body) > 0,
                f"render of {name!r} gave {type(made).__name__} without bytes in body.",
                "Return Rendition(body=…) with encoded, non-empty bytes.",
            )
            _require(
                all(isinstance(value, bytes) for value in made.parts.values()),
                f"parts of {name!r} hold something that isn't bytes.",
                "Encode every part.",
            )

    def test_every_document_is_valid(self) -> None:
        """What can be checked by the media type alone: XML, JSON, HTML, mail, text."""
        for name, sample in sample_articles().items():
            for document in self._documents(sample):
                _check_document(self.output.meta, document, name)

    def test_any_field_may_be_missing(self) -> None:
        """An article without one of its optional fields renders, and so does one with none."""
        full = _full_article()
        for field in fields(Article):
            if field.name in {"id", "version", "status", "kind", "title", "first_seen", "changed"}:
                continue
            bare = replace(full, **{field.name: _default_of(field)})
            for document in self._documents(bare):
                _check_document(self.output.meta, document, f"an article without {field.name}")

    def test_the_same_article_gives_the_same_bytes(self) -> None:
        """Twice in one process, and from the article's JSON."""
        for name, sample in sample_articles().items():
            first = _digest(self.output.render(sample, CONTEXT))
            again = _digest(self.output.render(Article.from_json(sample.to_json()), CONTEXT))
            _require(
                first == again,
                f"two renditions of {name!r} differ.",
                "Use nothing but the arguments: no clock, no random numbers, no counters.",
            )

    def test_another_process_gives_the_same_bytes(self) -> None:
        """With another hash seed, time zone and locale: sets must not decide an order."""
        here = {
            name: _digest(self.output.render(s, CONTEXT)) for name, s in sample_articles().items()
        }
        there = _digests_elsewhere(self.output)
        changed = sorted(name for name in here if here[name] != there.get(name))
        _require(
            not changed,
            f"another process rendered {', '.join(changed)} differently.",
            "Sort what comes out of sets; don't ask for the time zone, the locale or the clock.",
        )

    def test_the_clock_is_not_in_the_output(self) -> None:
        """No form of today's date is in a rendition."""
        for name, sample in sample_articles().items():
            for document in self._documents(sample):
                text = _readable(self.output.meta, document)
                now = [form for form in _forms_of_today() if form in text]
                _require(
                    not now,
                    f"the rendition of {name!r} has today's date ({', '.join(now)}) in it.",
                    "Take every date from the article: article.dated, article.revised.",
                )

    def test_hostile_text_is_harmless(self) -> None:
        """Control characters, lone surrogates, markup, header breaks, other directions, emoji."""
        hostile = hostile_article()
        for document in self._documents(hostile):
            _check_document(self.output.meta, document, "hostile text")
            _check_characters(self.output.meta, document)
            _check_scripts(self.output.meta, document)

    def test_a_megabyte_stays_in_budget(self) -> None:
        """A title, a body and a see-also list of a megabyte: in time and in memory."""
        for name, huge in _huge_articles().items():
            started = time.perf_counter()
            made = self.output.render(huge, CONTEXT)
            seconds = time.perf_counter() - started
            _require(
                seconds <= SECONDS_MAX_HUGE,
                f"{name} took {seconds:.1f} s.",
                f"Stay under {SECONDS_MAX_HUGE:g} s: look for work that grows with the square.",
            )
            _check_document(self.output.meta, self._whole(huge, made), name)

    def test_an_ordinary_article_is_quick_and_small(self) -> None:
        """Each sample in under two seconds, and without allocating hundreds of megabytes."""
        for name, sample in sample_articles().items():
            started = time.perf_counter()
            self.output.render(sample, CONTEXT)
            seconds = time.perf_counter() - started
            _require(
                seconds <= SECONDS_MAX,
                f"{name!r} took {seconds:.1f} s.",
                f"Stay under {SECONDS_MAX:g} s; do what is the same for all articles once.",
            )
        tracemalloc.start()
        try:
            self.output.render(_full_article(), CONTEXT)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        _require(
            peak <= MEMORY_MAX, f"one article took {peak:,} bytes.", f"Stay under {MEMORY_MAX:,}."
        )

    def test_nothing_outside_is_touched(self) -> None:
        """No network, no processes, no files written."""
        self.output.render(article(), CONTEXT)  # what is imported late is imported now
        with _watched() as touched:
            for sample in sample_articles().values():
                self._documents(sample)
        _require(
            not touched,
            f"rendering did: {'; '.join(sorted(set(touched))[:5])}.",
            "Make the output from the arguments alone.",
        )

    def test_an_empty_body_is_rendered(self) -> None:
        """A title and nothing else is an article too."""
        empty = article(body_html="", body_text="", summary="")
        for document in self._documents(empty):
            _check_document(self.output.meta, document, "an article without a body")
            _check_mentions(self.output.meta, document, [empty.title])

    def test_seventy_see_also_titles_are_all_there(self) -> None:
        """Every related title the editor gave can be read."""
        given = seventy_links()
        document = self._whole(given, self.output.render(given, CONTEXT))
        _check_mentions(self.output.meta, document, [s.title for s in given.see_also])

    def test_corrections_can_be_read(self) -> None:
        """A correction's text is in the document."""
        given = sample_articles()["corrected-news"]
        document = self._whole(given, self.output.render(given, CONTEXT))
        _check_mentions(self.output.meta, document, [c.text for c in given.corrections])

    def test_promos_are_nowhere(self) -> None:
        """Nothing of a promo is in the body, the parts or the feed."""
        given = replace(
            sample_articles()["question"],
            promos=(
                Promo("newsletter-signup", "Zanzibarology", PROMO_TEXT),
                Promo("advert", None, "Buy Harbour Tonic now"),
            ),
        )
        made = self.output.render(given, CONTEXT)
        pieces = [*made.parts.values(), self._whole(given, made)]
        lines = [*PROMO_TEXT.split("\n"), "Zanzibarology", "Buy Harbour Tonic now"]
        for piece in pieces:
            text = _squeezed(_readable(self.output.meta, piece))
            shown = [line for line in lines if _squeezed(line) in text]
            _require(
                not shown,
                f"a promo is in the output: {shown[:1]}.",
                "Leave article.promos alone: they are kept apart so that they are not shown.",
            )

    def test_assembling_is_stable(self) -> None:
        """The same entries give the same document; none, one or two hundred give a valid one."""
        if not isinstance(self.output, Assembler):
            return
        samples = list(sample_articles().values())
        entries = [entry(s, self.output.render(s, CONTEXT)) for s in samples]
        many = [
            replace(e, article_id=f"{e.article_id}{n}")
            for n in range(200 // len(entries))
            for e in entries
        ]
        for name, chosen in (("no entry", []), ("one entry", entries[:1]), ("200 entries", many)):
            document = self.output.assemble(channel(), chosen)
            _require(
                document == self.output.assemble(channel(), chosen),
                f"two documents of {name} differ.",
                "Take all dates and ids from the channel and its entries.",
            )
            _check_document(self.output.meta, document, name, whole=True)

    def test_entries_keep_their_order(self) -> None:
        """assemble doesn't sort: the order of the entries is the order of the feed."""
        if not isinstance(self.output, Assembler):
            return
        titles = ["Zebra crossing", "Apple peel", "Mango stone"]
        given = [article(id=f"a{n:015d}", title=title) for n, title in enumerate(titles)]
        entries = [entry(a, self.output.render(a, CONTEXT)) for a in given]
        text = _readable(self.output.meta, self.output.assemble(channel(), entries))
        places = [text.rfind(title) for title in titles]
        _require(
            -1 not in places and places == sorted(places),
            f"the entries {titles} came out in another order.",
            "Write the entries as they come; feedgen turns them round unless told not to.",
        )

    # what is checked

    def _whole(self, given: Article, made: Rendition) -> bytes:
        """The document a reader gets: the body, or a feed of one where the body is a fragment."""
        if self.output.meta.fragment and isinstance(self.output, Assembler):
            return self.output.assemble(channel(), [entry(given, made)])
        return made.body

    def _documents(self, given: Article) -> list[bytes]:
        """The body's document, and a feed of one where the output makes feeds."""
        made = self.output.render(given, CONTEXT)
        documents = [self._whole(given, made)]
        if isinstance(self.output, Assembler) and not self.output.meta.fragment:
            documents.append(self.output.assemble(channel(), [entry(given, made)]))
        return documents


# --- sources ---------------------------------------------------------------------------------

_FEED: Final = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Harbour</title>'
    "<link>https://harbour.example/</link><description>News</description><item>"
    "<title>Why a walk helps</title><link>https://harbour.example/walk</link>"
    "<description>&lt;p&gt;Ten minutes are enough.&lt;/p&gt;</description>"
    "<pubDate>Sat, 02 Mar 2024 08:00:00 GMT</pubDate></item></channel></rss>"
)
_ATOM: Final = (
    '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    "<title>Harbour</title><id>urn:x:harbour</id><updated>2024-03-02T08:00:00Z</updated><entry>"
    "<title>Why a walk helps</title><id>urn:x:walk</id><updated>2024-03-02T08:00:00Z</updated>"
    '<link href="https://harbour.example/walk"/><content type="html">&lt;p&gt;Ten minutes are '
    "enough.&lt;/p&gt;</content></entry></feed>"
)
_JSON_FEED: Final = (
    '{"version":"https://jsonfeed.org/version/1.1","title":"Harbour","items":[{"id":"walk","url":'
    '"https://harbour.example/walk","title":"Why a walk helps","content_html":'
    '"<p>Ten minutes are enough.</p>","date_published":"2024-03-02T08:00:00Z"}]}'
)
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><title>Why a walk helps</title></head><body><main>'
    "<article><h1>Why a walk helps</h1><p>A short walk after a meal lets the muscles take up "
    "sugar from the blood. Ten minutes are enough for most people, and no equipment is needed.</p>"
    "<p>Walk at a pace at which you can still talk. Do it after each meal of the day.</p>"
    "</article></main></body></html>"
)
_TEXT: Final = "Why does a walk help?\n\nThe muscles take up sugar.\n\nMarch 02, 2024\n"

_EXAMPLES: Final = {
    "application/json": json.dumps({"title": "Why a walk helps", "body_html": "<p>Ten.</p>"}),
    "application/x-ndjson": json.dumps({"title": "Why a walk helps", "body_html": "<p>Ten.</p>"}),
    "application/rss+xml": _FEED,
    "application/atom+xml": _ATOM,
    "application/feed+json": _JSON_FEED,
    "text/html": _PAGE,
    "text/plain": _TEXT,
}


class SourceConformance:
    """Subclass it in a test module as ``class Test…`` and set `source`.

    Set `examples` where the source reads something that the kit has no example of.
    """

    source: ClassVar[Source]
    examples: ClassVar[Sequence[RawInput]] = ()

    def test_its_metadata_is_sane(self) -> None:
        """Name, version and media types have their proper form."""
        meta = self.source.meta
        _check_meta(meta.name, meta.version, [option.name for option in meta.options])
        _require(bool(meta.media_types), "media_types is empty.", "Name what it reads, or */*.")
        for kind in meta.media_types:
            _require(
                bool(re.fullmatch(r"[\w.+*-]+/[\w.+*-]+", kind)) and kind == kind.lower(),
                f"media type {kind!r} is malformed.",
                'Write it as "type/subtype" in lower case, or "type/*".',
            )

    def test_an_example_becomes_an_article(self) -> None:
        """Each example gives at least one article with a title or a body."""
        for raw in self._examples():
            made = self.source.read(raw, SourceContext(today="2024-06-01"))
            articles = [a for a in made if isinstance(a, RawArticle)]
            _require(
                any(a.title or a.html or a.text for a in articles),
                f"the example of {raw.media_type} gave {[type(m).__name__ for m in made]}.",
                "Return a RawArticle with at least a title, html or text.",
            )

    def test_the_same_input_gives_the_same_articles(self) -> None:
        """Reading is pure; what it gives survives its way through JSON."""
        context = SourceContext(today="2024-06-01")
        for raw in self._examples():
            first, again = self.source.read(raw, context), self.source.read(raw, context)
            _require(
                list(first) == list(again),
                f"two readings of {raw.media_type} differ.",
                "Use nothing but the arguments; context.today is the date.",
            )
            for made in first:
                copy = type(made).from_json(made.to_json())
                _require(
                    copy == made, "a RawArticle changes in JSON.", "Use strings and tuples only."
                )

    def test_broken_input_is_answered_not_raised(self) -> None:
        """Any bytes give articles, problems or Reject, and nothing else, in time."""
        for kind in self._media_types():
            for name, data in _broken_inputs():
                started = time.perf_counter()
                self._read_broken(RawInput(data=data, media_type=kind), name)
                seconds = time.perf_counter() - started
                _require(
                    seconds <= SECONDS_MAX_HUGE,
                    f"{name} took {seconds:.1f} s.",
                    "Look for work that grows with the square of the input.",
                )

    def test_nothing_outside_is_touched(self) -> None:
        """A source never fetches: the hub does, with its own rules."""
        for raw in self._examples():  # what is imported late is imported now
            self.source.read(raw, SourceContext(today="2024-06-01"))
        with _watched() as touched:
            for raw in self._examples():
                self.source.read(raw, SourceContext(today="2024-06-01"))
        _require(
            not touched,
            f"reading did: {'; '.join(sorted(set(touched))[:5])}.",
            "Read the bytes given, and nothing else.",
        )

    def _read_broken(self, raw: RawInput, name: str) -> None:
        try:
            made: Any = self.source.read(raw, SourceContext(today="2024-06-01"))
        except Reject:
            return
        except Exception as error:
            raise NotConforming(
                f"{name} as {raw.media_type} raised {type(error).__name__}: {error}.",
                "Catch it: return a Problem for a piece, raise Reject for the whole.",
            ) from error
        wrong = [type(m).__name__ for m in made if not isinstance(m, RawArticle | Problem)]
        _require(not wrong, f"{name} gave {wrong[:3]}.", "Return RawArticle and Problem objects.")

    def _examples(self) -> list[RawInput]:
        given = list(self.examples)
        known = [kind for kind in self.source.meta.media_types if kind in _EXAMPLES]
        return given or [
            RawInput(
                data=_EXAMPLES[kind].encode(), media_type=kind, url="https://harbour.example/walk"
            )
            for kind in known
        ]

    def _media_types(self) -> list[str]:
        plain = [kind for kind in self.source.meta.media_types if "*" not in kind]
        return plain or ["application/octet-stream"]


def _broken_inputs() -> Iterator[tuple[str, bytes]]:
    yield "an empty input", b""
    yield "white space", b" \n\t" * 100
    yield "NUL bytes", b"\x00" * 4096
    yield "random bytes", hashlib.shake_256(b"seealso").digest(20_000)
    yield "a gzip head", b"\x1f\x8b\x08\x00" + b"\x00" * 50
    yield "UTF-16", "Why a walk helps\n\nTen minutes.".encode("utf-16")
    yield "broken UTF-8", b"Why a walk helps\n\nTen \xff\xfe minutes \xc3."
    yield "half a JSON document", b'{"title": "Why a walk helps", "body_html": "<p>Te'
    yield "nested JSON", b"[" * 50_000
    yield "half an XML document", _FEED.encode()[:200]
    yield "an XML bomb", _BOMB.encode()
    yield "unclosed tags", b"<div><p title='" * 20_000
    yield "many brackets", b"<" * 200_000
    yield "one long line", b"walk " * 100_000


_BOMB: Final = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><rss version='2.0'><channel><title>&a9;</title></channel></rss>"
)


# --- articles made for one check -------------------------------------------------------------

_NASTY: Final = (
    "a\x00\x08\x0b\x1fb \ud800 \udfff \ufffe\uffff ]]> --> </script><script>alert(1)</script> "
    "<img src=x onerror=alert(1)> \"quoted\" 'single' &amp; &#0; \r\nBcc: all@harbour.example\r\n "
    "\u202eright to left\u202c \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639 e\u0301 \u2028 "
    "\u2029 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f {{ x }} {% y %} %s \\"
)


def hostile_article() -> Article:
    """An article with hostile text in every field that holds text."""
    return article(
        title=f"Title {_NASTY}",
        summary=_NASTY,
        body_html=(
            "<p>Text \x00\x0b\ud800 ]]&gt; &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; "
            "\ufffe 👩‍👩‍👧‍👦 &amp;amp; &#x202e;</p>"
        ),
        body_text=f"Text {_NASTY}",
        authors=(Person(_NASTY, "javascript:alert(1)"),),
        reviewers=(Person(_NASTY),),
        series=Series(_NASTY, "javascript:alert(1)"),
        keywords=(_NASTY,),
        topics=(Filing("x", _NASTY),),
        see_also=(SeeAlso(_NASTY), SeeAlso("x", url="javascript:alert(1)")),
        corrections=(Correction("2024-03-04", _NASTY), Correction("not a date", "x")),
        rights=Rights(_NASTY, _NASTY, "javascript:alert(1)"),
        canonical_url="https://harbour.example/a?x=1&y=<2>\"'",
    )


def _full_article() -> Article:
    question = sample_articles()["question"]
    news = sample_articles()["corrected-news"]
    return replace(
        question, corrections=news.corrections, updated=news.updated, review_by="2026-01-01",
        media=sample_articles()["infographic"].media, keywords=("one", "two"),
    )  # fmt: skip


def _huge_articles() -> dict[str, Article]:
    words = "walk " * (_MEGABYTE // 5)
    return {
        "a title of a megabyte": article(title=words.strip()),
        "a body of a megabyte": article(
            body_html="<p>A short walk after a meal.</p>" * (_MEGABYTE // 32), body_text=words
        ),
        "one paragraph of a megabyte": article(body_html=f"<p>{words}</p>", body_text=words),
        "a word of a megabyte": article(
            body_html=f"<p>{'x' * _MEGABYTE}</p>", body_text="x" * _MEGABYTE
        ),
        "10,000 see-also titles": article(
            see_also=tuple(SeeAlso(f"Topic {n}") for n in range(10_000))
        ),
    }


def _default_of(field: Any) -> Any:
    """The empty value of an optional field of the article."""
    return field.default


# --- checks of documents ---------------------------------------------------------------------


def _require(condition: bool, found: str, remedy: str) -> None:
    if not condition:
        raise NotConforming(found, remedy)


def _check_meta(name: str, version: str, options: list[str]) -> None:
    _require(
        bool(re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name)),
        f"name is {name!r}.",
        "Use lower-case letters, digits and _; it is a name for life.",
    )
    _require(bool(version), "version is empty.", "Start with 1 and raise it when the bytes change.")
    for option in options:
        _require(
            bool(re.fullmatch(r"[a-z][a-z0-9_]*", option)),
            f"option {option!r} is malformed.",
            "Use lower-case letters, digits and _.",
        )


def _check_document(meta: OutputMeta, document: bytes, name: str, *, whole: bool = False) -> None:
    """Valid, as far as the media type alone tells. A `whole` document is one of `assemble`."""
    kind = meta.media_type.partition(";")[0].lower()
    try:
        if kind.endswith(("+xml", "/xml")):
            ElementTree.fromstring(document)  # noqa: S314  # made by the plugin under test, here
        elif kind.endswith(("+json", "/json")):
            json.loads(document)
        elif kind == "text/html":
            _check_html(document.decode())
        elif kind == "message/rfc822":
            _check_mail(document)
        elif kind.startswith("text/"):
            document.decode()
    except NotConforming:
        raise
    except Exception as error:
        what = "assembled document" if whole else "document"
        raise NotConforming(
            f"the {what} of {name} is no valid {kind}: {error}.",
            "Escape text for the format, and remove what it forbids: seealso_sdk.text.cleaned().",
        ) from error


class _Tags(html.parser.HTMLParser):
    """Whether end tags answer start tags, and what of it a browser would run."""

    _void: Final = frozenset(
        {
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "source",
            "wbr",
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong = ""
        self.dangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and dict(attrs).get("type") != "application/ld+json":
            self.dangers.append("a script element")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.dangers.append(f'{name}="{value}"')
        if tag not in self._void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        else:
            self.wrong = self.wrong or tag


def _check_html(text: str) -> None:
    _require(
        text.lstrip()[:15].lower() == "<!doctype html>",
        "the page doesn't begin with <!doctype html>.",
        "Make the body a complete page; a piece to embed belongs in a part.",
    )
    for needed in ("<html lang=", "<title>"):
        _require(needed in text, f"the page has no {needed}…", "Accessible pages say both.")
    tags = _Tags()
    tags.feed(text)
    _require(not tags.wrong, f"</{tags.wrong}> ends nothing.", "Escape text: html.escape().")
    _require(not tags.open, f"<{''.join(tags.open[:1])}> is never ended.", "End every element.")


def _check_mail(document: bytes) -> None:
    lines = document.split(b"\r\n")
    _require(
        not any(b"\n" in line or b"\r" in line for line in lines),
        "a line of the message doesn't end with CRLF.",
        "Serialise with email.policy.SMTP.",
    )
    _require(
        max(map(len, lines)) <= 998,
        "a line of the message has over 998 bytes.",
        "Encode the parts as quoted-printable or base64 (RFC 5322 section 2.1.1).",
    )
    _require(
        document.isascii(), "the message isn't seven bits.", "Clone the policy: cte_type='7bit'."
    )
    message = message_from_bytes(document, policy=policy.default)
    for part in message.walk():
        _require(
            not part.defects,
            f"the message is malformed: {part.defects}.",
            "Build it by email.message.",
        )
    for header in ("Date", "From", "Subject", "Message-ID"):
        count = len(message.get_all(header, []))
        _require(count == 1, f"the message has {count} {header} headers.", "Give exactly one.")


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _check_characters(meta: OutputMeta, document: bytes) -> None:
    found = _CONTROL.search(_readable(meta, document))
    _require(
        found is None,
        f"the character U+{ord(found[0]) if found else 0:04X} is in the output.",
        "Clean the article first: seealso_sdk.text.cleaned(article).",
    )


def _check_scripts(meta: OutputMeta, document: bytes) -> None:
    """Where the output is HTML, no hostile text became markup."""
    kind = meta.media_type.partition(";")[0]
    if kind not in {"text/html", "message/rfc822"}:
        return
    tags = _Tags()
    tags.feed(document.decode() if kind == "text/html" else _mail_parts(document).get("html", ""))
    _require(
        not tags.dangers,
        f"hostile text became markup: {tags.dangers[:1]}.",
        "Escape text, and link to web addresses only.",
    )


def _check_mentions(meta: OutputMeta, document: bytes, wanted: list[str]) -> None:
    text = _squeezed(_readable(meta, document))
    missing = [line for line in wanted if _squeezed(line) not in text]
    _require(
        not missing,
        f"{len(missing)} of {len(wanted)} are missing, the first is {missing[:1]}.",
        "Show the title, every see-also title and every correction.",
    )


def _readable(meta: OutputMeta, document: bytes) -> str:
    """A document's text with the escapes of its format undone, as far as a search needs it."""
    kind = meta.media_type.partition(";")[0].lower()
    if kind == "message/rfc822":
        headers = message_from_bytes(document, policy=policy.default)
        parts = _mail_parts(document) if document.startswith(b"From:") else {"": document.decode()}
        return "\n".join([str(headers["Subject"]), *parts.values()])
    text = document.decode("utf-8", "replace")
    if kind.endswith("json"):
        text = "\n".join(_strings(json.loads(text)))
    if kind == "text/html" or "xml" in kind or kind.endswith("json"):
        text = html.unescape(html.unescape(text))
    return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _mail_parts(document: bytes) -> dict[str, str]:
    """The text and HTML of a message, decoded."""
    message = message_from_bytes(document, policy=policy.default)
    parts = {}
    for part in message.walk():
        if part.get_content_maintype() == "text":
            assert isinstance(part, EmailMessage)
            parts[part.get_content_subtype()] = str(part.get_content())
    return parts


def _squeezed(text: str) -> str:
    """Without white space and without the backslashes of Markdown, for comparing wrapped text."""
    return re.sub(r"[\s\\]+", "", text)


def _forms_of_today() -> list[str]:
    now = datetime.now(UTC)
    months = (
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    )  # fmt: skip
    month = months[now.month - 1]
    return [f"{now:%Y-%m-%d}", f"{now:%Y%m%d}", f"{now.day} {month}", f"{now:%d} {month}"]


def _digest(made: Rendition) -> str:
    digest = hashlib.sha256(made.body)
    for name in sorted(made.parts):
        digest.update(b"\0" + name.encode() + b"\0" + made.parts[name])
    return digest.hexdigest()


# --- another process, and the watch ----------------------------------------------------------

_CHILD: Final = """
import importlib.util, json, sys
from seealso_sdk import testing
path, qualname, name = sys.argv[1:]
spec = importlib.util.spec_from_file_location("plugin_under_test", path)
module = importlib.util.module_from_spec(spec)
sys.modules["plugin_under_test"] = module
spec.loader.exec_module(module)
register = getattr(module, "register_outputs", None)
found = [o for o in register() if o.meta.name == name] if register else []
output = found[0] if found else getattr(module, qualname)()
samples = testing.sample_articles()
made = {n: testing._digest(output.render(s, testing.CONTEXT)) for n, s in samples.items()}
json.dump(made, sys.stdout)
"""


def _digests_elsewhere(output: Output) -> dict[str, str]:
    module = sys.modules[type(output).__module__]
    path = getattr(module, "__file__", None)
    _require(path is not None, "the plugin has no file.", "Write it in a module of its own.")
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    folder = str(Path(str(path)).parent)
    environment["PYTHONPATH"] = os.pathsep.join([folder, *filter(None, sys.path)])
    ran = subprocess.run(  # noqa: S603  # this interpreter, on the plugin under test
        [sys.executable, "-c", _CHILD, str(path), type(output).__qualname__, output.meta.name],
        capture_output=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    _require(
        ran.returncode == 0,
        f"a fresh process can't run the plugin: {ran.stderr.decode()[-300:]}",
        "Make the module importable by itself, with a register_outputs hook.",
    )
    made: dict[str, str] = json.loads(ran.stdout)
    return made


_watching: list[list[str]] = []  # the lists that note what is touched now; an audit hook stays
_hooked: list[Callable[[str, tuple[Any, ...]], None]] = []


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Notes sockets, processes and files opened for writing, by the interpreter's audit events."""
    if not _hooked:
        _hooked.append(_note)
        sys.addaudithook(_note)
    touched: list[str] = []
    _watching.append(touched)
    try:
        yield touched
    finally:
        _watching.remove(touched)


_TOUCHING: Final = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.remove", "os.rename", "os.mkdir",
)  # fmt: skip


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event in _TOUCHING:
        _watching[-1].append(event)
    elif event == "open" and _is_written(*arguments[:2]):
        _watching[-1].append(f"open {arguments[0]} for writing")


def _is_written(path: object, mode: object) -> bool:
    """Whether a file is opened for writing; Python's own cache of a late import doesn't count."""
    return bool(set(str(mode or "")) & set("wax+")) and "__pycache__" not in str(path)


def _findings(suite: OutputConformance | SourceConformance) -> list[Finding]:
    findings = []
    for name in [n for n in vars(type(suite)) if n.startswith("test_")]:
        check = name.removeprefix("test_").replace("_", " ")
        try:
            getattr(suite, name)()
        except NotConforming as broken:
            findings.append(Finding(check, False, broken.found, broken.remedy))
        except Exception as error:  # noqa: BLE001  # whatever the plugin raises is what was found
            findings.append(
                Finding(check, False, f"{type(error).__name__}: {error}", "Fix what raises it.")
            )
        else:
            findings.append(Finding(check, True))
    return findings
