"""The kit finds what is wrong: an output and a source for each promise that can be broken."""

from __future__ import annotations

import datetime
import itertools
import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from seealso_sdk import (
    Article,
    Channel,
    Context,
    Entry,
    Option,
    OutputMeta,
    Problem,
    RawArticle,
    RawInput,
    Reject,
    Rendition,
    SourceContext,
    SourceMeta,
)
from seealso_sdk.samples import sample_articles
from seealso_sdk.testing import OutputConformance, run, run_source
from seealso_sdk.text import cleaned

META = OutputMeta(
    name="trial",
    title="Trial",
    extension="txt",
    media_type="text/plain; charset=utf-8",
    version="1",
)
_counter = itertools.count()


def body(article: Article) -> str:
    article = cleaned(article)
    titles = [item.title for item in article.see_also]
    notes = [correction.text for correction in article.corrections]
    return "\n".join([article.title, *notes, article.body_text, *titles])


class Good:
    meta = META

    def render(self, article: Article, context: Context) -> Rendition:
        return Rendition(body(article).encode())


class Broken(Good):
    """An output that is good but for one thing, given as a function of the article."""

    def __init__(
        self, write: Callable[[Article], bytes] | None = None, meta: OutputMeta = META
    ) -> None:
        self.meta = meta
        self._write = write

    def render(self, article: Article, context: Context) -> Rendition:
        if self._write is None:
            return super().render(article, context)
        return Rendition(self._write(article))


def meta(**changes: object) -> OutputMeta:
    values = {f: getattr(META, f) for f in META.__dataclass_fields__} | changes
    return OutputMeta(**values)


def fails(output: object, check: str) -> bool:
    """Whether one check of the kit, by the words of its name, finds fault with the output."""
    suite = OutputConformance()
    suite.output = output  # type: ignore[assignment,misc]
    try:
        getattr(suite, f"test_{check.replace(' ', '_')}")()
    except Exception:  # noqa: BLE001  # whatever the plugin raises counts
        return True
    return False


def test_a_good_output_passes_everything() -> None:
    findings = run(Good())
    assert [f for f in findings if not f.passed] == []
    assert len(findings) >= 15


def writes_a_file(article: Article) -> bytes:
    with Path(os.devnull).open("w"):
        return body(article).encode()


def connects(article: Article) -> bytes:
    with socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", 1))
    return body(article).encode()


def quadratic(article: Article) -> bytes:
    if len(article.body_text) > 500_000:
        raise MemoryError("too much")
    return body(article).encode()


CASES: dict[str, tuple[object, str]] = {
    "a name with a capital": (Broken(meta=meta(name="Trial")), "its metadata is sane"),
    "a media type without a slash": (Broken(meta=meta(media_type="text")), "its metadata is sane"),
    "an extension with a dot": (Broken(meta=meta(extension=".txt")), "its metadata is sane"),
    "an odd option": (Broken(meta=meta(options=(Option("A B", "", ""),))), "its metadata is sane"),
    "a feed that can't assemble": (Broken(meta=meta(feed=True)), "its metadata is sane"),
    "no bytes": (Broken(lambda a: b""), "every sample is rendered"),
    "text in place of bytes": (Broken(lambda a: a.title), "every sample is rendered"),  # type: ignore[arg-type,return-value]
    "bad JSON": (Broken(meta=meta(media_type="application/json")), "every document is valid"),
    "bad XML": (Broken(meta=meta(media_type="application/xml")), "every document is valid"),
    "bad HTML": (Broken(meta=meta(media_type="text/html")), "every document is valid"),
    "bad mail": (Broken(meta=meta(media_type="message/rfc822")), "every document is valid"),
    "needs a publisher": (
        Broken(lambda a: (a.publisher.name + body(a)).encode()),  # type: ignore[union-attr]
        "any field may be missing",
    ),
    "a counter": (
        Broken(lambda a: f"{next(_counter)} {body(a)}".encode()),
        "the same article gives the same bytes",
    ),
    "today": (
        Broken(lambda a: f"{datetime.datetime.now(datetime.UTC).date()} {body(a)}".encode()),
        "the clock is not in the output",
    ),
    "surrogates": (Broken(lambda a: "\n".join([a.title, *(s.title for s in a.see_also), a.body_text, *(c.text for c in a.corrections)]).encode()), "hostile text is harmless"),
    "control characters": (
        Broken(lambda a: (body(a) + a.title).encode("utf-8", "ignore")),
        "hostile text is harmless",
    ),
    "a megabyte is too much": (Broken(quadratic), "a megabyte stays in budget"),
    "a connection": (Broken(connects), "nothing outside is touched"),
    "a file": (Broken(writes_a_file), "nothing outside is touched"),
    "no title": (Broken(lambda a: (a.body_text or "-").encode("utf-8", "ignore")), "an empty body is rendered"),
    "few see-also": (
        Broken(lambda a: body(a).replace("number 70", "").encode()),
        "seventy see also titles are all there",
    ),
    "no corrections": (
        Broken(lambda a: (cleaned(a).title + "".join(s.title for s in cleaned(a).see_also)).encode()),
        "corrections can be read",
    ),
    "the promo": (
        Broken(lambda a: (body(a) + "".join(p.text for p in a.promos)).encode()),
        "promos are nowhere",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_broken_promise_is_found(name: str) -> None:
    output, check = CASES[name]
    assert fails(output, check)
    assert not fails(Good(), check)


class HashOrder(Good):
    """The order of a set: the same in one process, another in the next."""

    def render(self, article: Article, context: Context) -> Rendition:
        return Rendition((body(article) + repr(set(body(article).split()))).encode())


def test_the_order_of_a_set_is_found() -> None:
    assert fails(HashOrder(), "another process gives the same bytes")


class Digest(Good):
    meta = meta(name="digest")

    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        return "\n".join([channel.title, *(e.title for e in entries)]).encode()


class Sorting(Digest):
    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        return super().assemble(channel, sorted(entries, key=lambda e: e.title))


class Dated(Digest):
    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        return super().assemble(channel, entries) + str(next(_counter)).encode()


class NeedsOne(Digest):
    def assemble(self, channel: Channel, entries: Sequence[Entry]) -> bytes:
        return entries[0].rendition.body + super().assemble(channel, entries)


def test_a_good_assembler_passes_and_bad_ones_are_found() -> None:
    assert fails(Sorting(), "entries keep their order")
    assert fails(Dated(), "assembling is stable")
    assert fails(NeedsOne(), "assembling is stable")
    assert not fails(Digest(), "entries keep their order")
    assert not fails(Digest(), "assembling is stable")


def test_a_finding_says_what_to_do() -> None:
    (finding,) = [f for f in run(Broken(meta=meta(extension=".txt"))) if not f.passed]
    assert "'.txt'" in finding.found
    assert finding.remedy.startswith("Use lower-case letters")


# --- sources ---------------------------------------------------------------------------------


class Lines:
    meta = SourceMeta(name="lines", title="Lines", version="1", media_types=("text/plain",))

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        try:
            title, _, text = raw.data.decode().partition("\n")
        except UnicodeDecodeError as error:
            raise Reject("no UTF-8") from error
        return [RawArticle(title=title, text=text)]


class Raises(Lines):
    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        return [RawArticle(title=raw.data.decode().split("\n")[0])]


class Nothing(Lines):
    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        return []


class Strings(Lines):
    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        made = super().read(raw, context)
        return made if raw.data.startswith(b"Why") else ["x"]  # type: ignore[list-item]


class Counting(Lines):
    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        return [RawArticle(title=f"{next(_counter)}")]


class Fetching(Lines):
    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        connects(sample_articles()["plain"])
        return super().read(raw, context)


def test_a_good_source_passes() -> None:
    assert [f for f in run_source(Lines()) if not f.passed] == []


@pytest.mark.parametrize(
    ("source", "check"),
    [
        (Raises(), "broken input is answered not raised"),
        (Nothing(), "an example becomes an article"),
        (Strings(), "broken input is answered not raised"),
        (Counting(), "the same input gives the same articles"),
        (Fetching(), "nothing outside is touched"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_each_broken_promise_of_a_source_is_found(source: Lines, check: str) -> None:
    assert check in {f.check for f in run_source(source) if not f.passed}
