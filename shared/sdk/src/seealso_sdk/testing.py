"""The conformance kit: what the hub asks of every output and source, as tests an author can run.

    from seealso_sdk.testing import OutputConformance     # in test_output_markdown.py

    class TestMarkdown(OutputConformance):
        output = MarkdownOutput()

Each ``test_…`` method is one promise. `run` and `run_source` give the same as a list of findings,
for ``seealso plugins check``. The bundled plugins are held to this kit too. Needs no pytest itself.
"""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Final

from seealso_sdk.checking import (
    NotConforming,
    check_characters,
    check_document,
    check_mentions,
    check_meta,
    check_scripts,
    digest,
    digests_elsewhere,
    forms_of_today,
    readable,
    require,
    squeezed,
    watched,
)
from seealso_sdk.errors import Reject
from seealso_sdk.model import (
    Article,
    Channel,
    Entry,
    Filing,
    Lead,
    Link,
    Piece,
    Promo,
    RawArticle,
    RawInput,
    Rendition,
    Tombstone,
)
from seealso_sdk.plugin import Assembler, Output, OutputMeta, Source, SourceContext
from seealso_sdk.samples import (
    CONTEXT,
    PROMO_TEXT,
    SOURCE_EXAMPLES,
    article,
    broken_inputs,
    full_article,
    hostile_article,
    huge_articles,
    sample_articles,
    seventy_links,
)

__all__ = [
    "CONTEXT",
    "Finding",
    "NotConforming",
    "OutputConformance",
    "SourceConformance",
    "article",
    "channel",
    "entry",
    "hostile_article",
    "run",
    "run_source",
    "sample_articles",
]

SECONDS_MAX: Final = 2.0  # of one call with an ordinary article
SECONDS_MAX_HUGE: Final = 20.0  # of one call with a megabyte
MEMORY_MAX: Final = 256 * 1024 * 1024  # bytes that one call may allocate at a time


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
        require(
            isinstance(meta, OutputMeta), f"meta is {type(meta).__name__}.", "Give an OutputMeta."
        )
        check_meta(meta.name, meta.version, [option.name for option in meta.options])
        require(
            bool(re.fullmatch(r"[a-z0-9][a-z0-9.]{0,15}", meta.extension)),
            f"extension is {meta.extension!r}.",
            "Use lower-case letters and digits, without the leading dot.",
        )
        require(
            bool(re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.-]+)*", meta.media_type)),
            f"media_type is {meta.media_type!r}.",
            'Write it as "type/subtype", with "; charset=utf-8" where it is text.',
        )
        require(bool(meta.title), "title is empty.", "Say in a word or two what it makes.")
        if meta.fragment or meta.feed:
            require(
                isinstance(self.output, Assembler),
                "fragment or feed is set, but there is no assemble method.",
                "Add assemble(channel, entries), or leave both unset.",
            )

    def test_every_sample_is_rendered(self) -> None:
        """Each article of the kit becomes a rendition of bytes."""
        for name, sample in sample_articles().items():
            made: Any = self.output.render(sample, CONTEXT)
            whole = isinstance(made, Rendition)
            require(
                whole and isinstance(made.body, bytes) and len(made.body) > 0,
                f"render of {name!r} gave {type(made).__name__} without bytes in body.",
                "Return Rendition(body=…) with encoded, non-empty bytes.",
            )
            require(
                all(isinstance(value, bytes) for value in made.parts.values()),
                f"parts of {name!r} hold something that isn't bytes.",
                "Encode every part.",
            )

    def test_every_document_is_valid(self) -> None:
        """What can be checked by the media type alone: XML, JSON, HTML, mail, text."""
        for name, sample in sample_articles().items():
            for document in self._documents(sample):
                check_document(self.output.meta, document, name)

    def test_any_field_may_be_missing(self) -> None:
        """An article without one of its optional fields renders, and so does one with none."""
        full = full_article()
        for field in fields(Article):
            if field.name in {"id", "version", "status", "kind", "title", "first_seen", "changed"}:
                continue
            empty: dict[str, Any] = {field.name: field.default}
            bare = replace(full, **empty)
            for document in self._documents(bare):
                check_document(self.output.meta, document, f"an article without {field.name}")

    def test_the_same_article_gives_the_same_bytes(self) -> None:
        """Twice in one process, and from the article's JSON."""
        for name, sample in sample_articles().items():
            first = digest(self.output.render(sample, CONTEXT))
            again = digest(self.output.render(Article.from_json(sample.to_json()), CONTEXT))
            require(
                first == again,
                f"two renditions of {name!r} differ.",
                "Use nothing but the arguments: no clock, no random numbers, no counters.",
            )

    def test_another_process_gives_the_same_bytes(self) -> None:
        """With another hash seed, time zone and locale: sets must not decide an order."""
        here = {
            name: digest(self.output.render(s, CONTEXT)) for name, s in sample_articles().items()
        }
        there = digests_elsewhere(self.output)
        changed = sorted(name for name in here if here[name] != there.get(name))
        require(
            not changed,
            f"another process rendered {', '.join(changed)} differently.",
            "Sort what comes out of sets; don't ask for the time zone, the locale or the clock.",
        )

    def test_the_clock_is_not_in_the_output(self) -> None:
        """No form of today's date is in a rendition."""
        for name, sample in sample_articles().items():
            for document in self._documents(sample):
                text = readable(self.output.meta, document)
                now = [form for form in forms_of_today() if form in text]
                require(
                    not now,
                    f"the rendition of {name!r} has today's date ({', '.join(now)}) in it.",
                    "Take every date from the article: article.dated, article.revised.",
                )

    def test_hostile_text_is_harmless(self) -> None:
        """Control characters, lone surrogates, markup, header breaks, other directions, emoji."""
        hostile = hostile_article()
        for document in self._documents(hostile):
            check_document(self.output.meta, document, "hostile text")
            check_characters(self.output.meta, document)
            check_scripts(self.output.meta, document)

    def test_a_megabyte_stays_in_budget(self) -> None:
        """A title, a body and a see-also list of a megabyte: in time and in memory."""
        for name, huge in huge_articles().items():
            started = time.perf_counter()
            made = self.output.render(huge, CONTEXT)
            seconds = time.perf_counter() - started
            require(
                seconds <= SECONDS_MAX_HUGE,
                f"{name} took {seconds:.1f} s.",
                f"Stay under {SECONDS_MAX_HUGE:g} s: look for work that grows with the square.",
            )
            check_document(self.output.meta, self._whole(huge, made), name)

    def test_an_ordinary_article_is_quick_and_small(self) -> None:
        """Each sample in under two seconds, and without allocating hundreds of megabytes."""
        for name, sample in sample_articles().items():
            started = time.perf_counter()
            self.output.render(sample, CONTEXT)
            seconds = time.perf_counter() - started
            require(
                seconds <= SECONDS_MAX,
                f"{name!r} took {seconds:.1f} s.",
                f"Stay under {SECONDS_MAX:g} s; do what is the same for all articles once.",
            )
        tracemalloc.start()
        try:
            self.output.render(full_article(), CONTEXT)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        require(
            peak <= MEMORY_MAX, f"one article took {peak:,} bytes.", f"Stay under {MEMORY_MAX:,}."
        )

    def test_nothing_outside_is_touched(self) -> None:
        """No network, no processes, no files written."""
        self.output.render(article(), CONTEXT)  # what is imported late is imported now
        with watched() as touched:
            for sample in sample_articles().values():
                self._documents(sample)
        require(
            not touched,
            f"rendering did: {'; '.join(sorted(set(touched))[:5])}.",
            "Make the output from the arguments alone.",
        )

    def test_an_empty_body_is_rendered(self) -> None:
        """A title and nothing else is an article too."""
        empty = article(body_html="", body_text="", summary="")
        for document in self._documents(empty):
            check_document(self.output.meta, document, "an article without a body")
            check_mentions(self.output.meta, document, [empty.title])

    def test_seventy_see_also_titles_are_all_there(self) -> None:
        """Every related title the editor gave can be read."""
        given = seventy_links()
        document = self._whole(given, self.output.render(given, CONTEXT))
        check_mentions(self.output.meta, document, [s.title for s in given.see_also])

    def test_corrections_can_be_read(self) -> None:
        """A correction's text is in the document."""
        given = sample_articles()["corrected-news"]
        document = self._whole(given, self.output.render(given, CONTEXT))
        check_mentions(self.output.meta, document, [c.text for c in given.corrections])

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
            text = squeezed(readable(self.output.meta, piece))
            shown = [line for line in lines if squeezed(line) in text]
            require(
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
            require(
                document == self.output.assemble(channel(), chosen),
                f"two documents of {name} differ.",
                "Take all dates and ids from the channel and its entries.",
            )
            check_document(self.output.meta, document, name, whole=True)

    def test_entries_keep_their_order(self) -> None:
        """assemble doesn't sort: the order of the entries is the order of the feed."""
        if not isinstance(self.output, Assembler):
            return
        titles = ["Zebra crossing", "Apple peel", "Mango stone"]
        given = [article(id=f"a{n:015d}", title=title) for n, title in enumerate(titles)]
        entries = [entry(a, self.output.render(a, CONTEXT)) for a in given]
        text = readable(self.output.meta, self.output.assemble(channel(), entries))
        places = [text.rfind(title) for title in titles]
        require(
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


class SourceConformance:
    """Subclass it in a test module as ``class Test…`` and set `source`.

    Set `examples` where the source reads something that the kit has no example of.
    """

    source: ClassVar[Source]
    examples: ClassVar[Sequence[RawInput]] = ()

    def test_its_metadata_is_sane(self) -> None:
        """Name, version and media types have their proper form."""
        meta = self.source.meta
        check_meta(meta.name, meta.version, [option.name for option in meta.options])
        require(bool(meta.media_types), "media_types is empty.", "Name what it reads, or */*.")
        for kind in meta.media_types:
            require(
                bool(re.fullmatch(r"[\w.+*-]+/[\w.+*-]+", kind)) and kind == kind.lower(),
                f"media type {kind!r} is malformed.",
                'Write it as "type/subtype" in lower case, or "type/*".',
            )

    def test_an_example_becomes_an_article(self) -> None:
        """Each example gives at least one article with a title or a body, or leads to one."""
        for raw in self._examples():
            made = self.source.read(raw, SourceContext(today="2024-06-01"))
            require(
                any(
                    isinstance(a, Lead)
                    or (isinstance(a, RawArticle) and (a.title or a.html or a.text))
                    for a in made
                ),
                f"the example of {raw.media_type} gave {[type(m).__name__ for m in made]}.",
                "Return a RawArticle with at least a title, html or text, or a Lead.",
            )

    def test_the_same_input_gives_the_same_articles(self) -> None:
        """Reading is pure; what it gives survives its way through JSON."""
        context = SourceContext(today="2024-06-01")
        for raw in self._examples():
            first, again = self.source.read(raw, context), self.source.read(raw, context)
            require(
                list(first) == list(again),
                f"two readings of {raw.media_type} differ.",
                "Use nothing but the arguments; context.today is the date.",
            )
            for made in first:
                copy = type(made).from_json(made.to_json())
                require(
                    copy == made, "a RawArticle changes in JSON.", "Use strings and tuples only."
                )

    def test_broken_input_is_answered_not_raised(self) -> None:
        """Any bytes give articles, problems or Reject, and nothing else, in time."""
        for kind in self._media_types():
            for name, data in broken_inputs():
                started = time.perf_counter()
                self._read_broken(RawInput(data=data, media_type=kind), name)
                seconds = time.perf_counter() - started
                require(
                    seconds <= SECONDS_MAX_HUGE,
                    f"{name} took {seconds:.1f} s.",
                    "Look for work that grows with the square of the input.",
                )

    def test_nothing_outside_is_touched(self) -> None:
        """A source never fetches: the hub does, with its own rules."""
        for raw in self._examples():  # what is imported late is imported now
            self.source.read(raw, SourceContext(today="2024-06-01"))
        with watched() as touched:
            for raw in self._examples():
                self.source.read(raw, SourceContext(today="2024-06-01"))
        require(
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
        wrong = [type(m).__name__ for m in made if not isinstance(m, Piece)]
        require(
            not wrong, f"{name} gave {wrong[:3]}.", "Return RawArticle, Problem and Lead objects."
        )

    def _examples(self) -> list[RawInput]:
        given = list(self.examples)
        known = [kind for kind in self.source.meta.media_types if kind in SOURCE_EXAMPLES]
        return given or [
            RawInput(
                data=SOURCE_EXAMPLES[kind].encode(),
                media_type=kind,
                url="https://harbour.example/walk",
            )
            for kind in known
        ]

    def _media_types(self) -> list[str]:
        plain = [kind for kind in self.source.meta.media_types if "*" not in kind]
        return plain or ["application/octet-stream"]


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
