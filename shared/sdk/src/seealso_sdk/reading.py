"""An article's body as a tree of blocks, for outputs that aren't HTML: text, Markdown, speech.

    body_html --parse--> Heading | Paragraph | Listing | Terms | Quote | Table | Preformatted | Rule
                         each made of Spans: a run of text with its link and its marks

Standard library only. The input is HTML of the body profile; anything else is read leniently (an
unknown element is transparent, a missing end tag is implied) and nesting deeper than `MAX_DEPTH`
is flattened, so that no input can exhaust the stack. The tokens are cut here, in time linear to the
input: html.parser takes minutes for 300 KB of unclosed tags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from seealso_sdk.profile import DROPPED_WITH_CONTENT
from seealso_sdk.text import clean

MAX_DEPTH: Final = 32

_SPACES = re.compile(r"[ \t\n\r\f]+")
_SPACE_RUN = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r"(?:(?<! ) +)?\n *")  # (?<! ): linear in spaces
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)")
# No restart inside a name (the look-behind) and no giving back: linear on any input.
_ATTRIBUTE = re.compile(
    r"""(?<![-\w])([a-zA-Z][-\w]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))"""
)
_MARKS: Final = {
    "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em",
    "strong": "strong", "b": "strong",
    "code": "code", "kbd": "code", "samp": "code",
    "sup": "sup", "sub": "sub", "del": "del", "s": "del",
}  # fmt: skip
_BREAKS: Final = frozenset({"p", "div", "figure", "figcaption", "section", "article"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CONTAINERS: Final = _HEADINGS | {
    "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "table", "tr", "td", "th", "caption",
}  # fmt: skip
# A start tag that ends an open element of these kinds, up to the element named last.
_IMPLIED_END: Final = {
    "li": ({"li"}, {"ul", "ol"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "tr": ({"tr", "td", "th", "caption"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. `url` is its link; `image` its picture's address (the text is then the alt);
    `marks` are of: em, strong, code, sup, sub, del. A line break is a newline in `text`."""

    text: str
    url: str | None = None
    marks: tuple[str, ...] = ()
    image: str | None = None


Spans: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` is 2 to 6 (the title of the article is 1)."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, a caption, or a picture that stands alone."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `start` is the first number of an ordered one."""

    items: tuple[Blocks, ...]
    ordered: bool = False
    start: int = 1


@dataclass(frozen=True, slots=True)
class Terms:
    """A description list: each term with what is said of it."""

    items: tuple[tuple[Spans, Blocks], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A block quotation."""

    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its rows of cells. `header` says that the first row names the columns."""

    rows: tuple[tuple[Spans, ...], ...]
    header: bool = False
    caption: Spans = ()


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Text whose spaces and line breaks count."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""


Block: TypeAlias = Heading | Paragraph | Listing | Terms | Quote | Table | Preformatted | Rule
Blocks: TypeAlias = tuple[Block, ...]


def parse(html: str) -> Blocks:
    """The blocks of a body, in their order."""
    builder = _Builder()
    for token in _tokens(clean(html)):
        if isinstance(token, str):
            builder.text(token)
        elif token.end:
            builder.end(token.name)
        else:
            builder.start(token.name, token.attributes)
    return builder.finish()


def plain(spans: Spans) -> str:
    """The text of spans alone, on one line. A picture counts by its alternative text."""
    return " ".join("".join(map(said, spans)).split())


def said(span: Span) -> str:
    """A span's text where raised digits can't be set: 10 to the ninth is ``10^9``, never 109."""
    text = span.text.strip()
    raised = "sup" in span.marks and text.lstrip("+-−–").isdigit()
    return f"^{text}" if raised else span.text


def outline(blocks: Blocks) -> list[tuple[str, Blocks]]:
    """The body cut at its headings: (heading, what follows it). What comes first has heading ""."""
    parts: list[tuple[str, list[Block]]] = [("", [])]
    for block in blocks:
        if isinstance(block, Heading):
            parts.append((plain(block.spans), []))
        else:
            parts[-1][1].append(block)
    return [(title, tuple(inside)) for title, inside in parts if title or inside]


def words_of(blocks: Blocks) -> str:
    """All text of the blocks, a line a block: for descriptions and structured data."""
    lines = [line for block in blocks for line in _lines_of(block)]
    return "\n".join(line for line in lines if line)


def _lines_of(block: Block) -> list[str]:
    match block:
        case Heading(spans=spans) | Paragraph(spans=spans):
            return [plain(spans)]
        case Listing(items=items):
            return [words_of(item) for item in items]
        case Terms(items=pairs):
            return [f"{plain(term)}: {words_of(said)}" for term, said in pairs]
        case Quote(blocks=inside):
            return [words_of(inside)]
        case Table(rows=rows):
            return [", ".join(plain(cell) for cell in row) for row in rows]
        case Preformatted(text=text):
            return [text]
        case Rule():
            return []


# --- tokens ----------------------------------------------------------------------------------


class _Tag(NamedTuple):
    name: str
    end: bool
    inside: str

    @property
    def attributes(self) -> dict[str, str]:
        if not self.inside:
            return {}
        found = _ATTRIBUTE.finditer(self.inside)
        return {m[1].lower(): _characters(m[2] or m[3] or m[4] or "") for m in found}


def _tokens(html: str) -> Iterator[str | _Tag]:
    """Text (references resolved) and tags, in order. A ``<`` that opens no tag is text."""
    last = html.rfind(">")
    position = 0
    while (start := html.find("<", position)) != -1 and start < last:
        if start > position:
            yield _characters(html[position:start])
        name = _TAG_NAME.match(html, start)
        if name is not None:
            end = _tag_end(html, name.end(), last)
            yield _Tag(name[2].lower(), bool(name[1]), html[name.end() : end])
            position = end + 1
        elif html.startswith(("<!", "<?"), start):
            position = _skip_markup(html, start)
        else:
            yield "<"
            position = start + 1
    if position < len(html):
        yield _characters(html[position:])


def _characters(text: str) -> str:
    """References resolved: one may stand for a character that `clean` takes away."""
    return clean(unescape(text)) if "&" in text else text


def _tag_end(html: str, position: int, last: int) -> int:
    """Where the ``>`` is that ends a tag: the first one outside double quotes."""
    first = html.find(">", position)
    end = first
    while (quote := html.find('"', position, end)) != -1:
        closing = html.find('"', quote + 1, last)
        if closing == -1:  # never closed: the quotes mean nothing
            return first
        position = closing + 1
        end = html.find(">", position)
    return end


def _skip_markup(html: str, start: int) -> int:
    """Past a comment, a doctype or a processing instruction."""
    if html.startswith("<!--", start):
        end = html.find("-->", start + 4)
        return len(html) if end == -1 else end + 3
    return html.find(">", start) + 1


# --- building --------------------------------------------------------------------------------


class _Frame:
    """An open container: what it holds so far."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.spans: list[Span] = []
        self.blocks: list[Block] = []
        self.items: list[Blocks] = []  # of a list
        self.pairs: list[tuple[Spans, Blocks]] = []  # of a description list
        self.rows: list[tuple[Spans, ...]] = []  # of a table
        self.cells: list[Spans] = []  # of a row
        self.headed = False  # of a table or a row: its cells are headers
        self.caption: Spans = ()

    def flush(self) -> None:
        """Loose text becomes a paragraph."""
        spans = _tidy(self.spans)
        self.spans = []
        if spans:
            self.blocks.append(Paragraph(spans))


class _Builder:
    def __init__(self) -> None:
        self._stack = [_Frame("", {})]
        self._too_deep: Counter[str] = Counter()
        self._marks: Counter[str] = Counter()
        self._links: list[str] = []
        self._dropped = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A start tag. The slash of an empty-element tag means nothing in HTML."""
        if tag in DROPPED_WITH_CONTENT:
            self._dropped += 1
        elif tag in _CONTAINERS:
            self._open(tag, attributes)
        elif tag in _BREAKS:
            self._top.flush()
        elif tag in _MARKS:
            self._marks[_MARKS[tag]] += 1
        else:
            self._inline(tag, attributes)

    def end(self, tag: str) -> None:
        """An end tag."""
        if tag in DROPPED_WITH_CONTENT:
            self._dropped = max(0, self._dropped - 1)
        elif tag in _CONTAINERS:
            self._close(tag)
        elif tag in _BREAKS:
            self._top.flush()
        elif tag in _MARKS:
            self._marks[_MARKS[tag]] = max(0, self._marks[_MARKS[tag]] - 1)
        elif tag == "a" and self._links:
            self._links.pop()
        elif tag == "q":
            self.text("”")

    def text(self, text: str) -> None:
        """Characters; white space counts inside pre alone."""
        if not any(frame.tag == "pre" for frame in self._stack):
            text = _SPACES.sub(" ", text)
        self._add(text)

    def finish(self) -> Blocks:
        """End all that is open."""
        while len(self._stack) > 1:
            self._end_top()
        self._top.flush()
        return tuple(self._top.blocks)

    # the open elements

    @property
    def _top(self) -> _Frame:
        return self._stack[-1]

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        ends, up_to = _IMPLIED_END.get(tag, (set(), set()))
        while self._top.tag in ends or (ends and self._is_loose_in(up_to)):
            self._end_top()
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep[tag] += 1
            self._top.flush()
            return
        self._stack.append(_Frame(tag, attributes))

    def _is_loose_in(self, up_to: set[str]) -> bool:
        """Whether the top is something left open inside a container that is about to go on."""
        return self._top.tag in _HEADINGS and any(frame.tag in up_to for frame in self._stack)

    def _close(self, tag: str) -> None:
        if self._too_deep[tag]:
            self._too_deep[tag] -= 1
            self._top.flush()
        elif any(frame.tag == tag for frame in self._stack):
            while self._end_top() != tag:
                pass

    def _end_top(self) -> str:
        frame = self._stack.pop()
        parent = self._top
        ending = _ENDINGS.get(frame.tag)
        if ending is not None:
            ending(frame, parent)
        else:
            _end_heading(frame, parent)
        return frame.tag

    def _inline(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "a":
            self._links.append(attributes.get("href", "").strip())
        elif tag == "br":
            self._add("\n")
        elif tag == "hr":
            self._top.flush()
            self._top.blocks.append(Rule())
        elif tag == "img" and attributes.get("src"):
            self._add(" ".join(attributes.get("alt", "").split()), image=attributes["src"])
        elif tag == "q":
            self.text("“")

    def _add(self, text: str, image: str | None = None) -> None:
        if self._dropped:
            return
        link = self._links[-1] if self._links else ""
        marks = (
            tuple(mark for mark, depth in sorted(self._marks.items()) if depth)
            if self._marks
            else ()
        )
        self._top.spans.append(Span(text, link or None, marks, image))


def _end_heading(frame: _Frame, parent: _Frame) -> None:
    parent.flush()
    spans = _tidy(frame.spans)
    if spans:
        parent.blocks.append(Heading(max(2, int(frame.tag[1])), spans))


def _end_list(frame: _Frame, parent: _Frame) -> None:
    frame.flush()
    if frame.blocks:  # text loose in the list, outside any item
        frame.items.append(tuple(frame.blocks))
    parent.flush()
    items = tuple(item for item in frame.items if item)
    if items:
        start = frame.attributes.get("start") or "1"
        number = int(start) if re.fullmatch(r"-?[0-9]{1,9}", start) else 1
        parent.blocks.append(Listing(items, frame.tag == "ol", number))


def _end_item(frame: _Frame, parent: _Frame) -> None:
    frame.flush()
    if parent.tag in {"ul", "ol"}:
        parent.items.append(tuple(frame.blocks))
    else:
        parent.flush()
        parent.blocks.extend(frame.blocks)


def _end_term(frame: _Frame, parent: _Frame) -> None:
    spans = _tidy(frame.spans)
    if parent.tag == "dl":
        parent.pairs.append((spans, ()))
    elif spans:
        parent.blocks.append(Paragraph(spans))


def _end_said(frame: _Frame, parent: _Frame) -> None:
    frame.flush()
    said = tuple(frame.blocks)
    if parent.tag != "dl":
        parent.blocks.extend(said)
    elif parent.pairs and not parent.pairs[-1][1]:
        parent.pairs[-1] = (parent.pairs[-1][0], said)
    else:
        parent.pairs.append(((), said))


def _end_terms(frame: _Frame, parent: _Frame) -> None:
    parent.flush()
    if frame.pairs:
        parent.blocks.append(Terms(tuple(frame.pairs)))


def _end_quote(frame: _Frame, parent: _Frame) -> None:
    frame.flush()
    parent.flush()
    if frame.blocks:
        parent.blocks.append(Quote(tuple(frame.blocks)))


def _end_pre(frame: _Frame, parent: _Frame) -> None:
    parent.flush()
    text = "".join(span.text for span in frame.spans).strip("\n")
    if text.strip():
        parent.blocks.append(Preformatted(text))


def _end_cell(frame: _Frame, parent: _Frame) -> None:
    frame.flush()
    parent.cells.append(_one_line(tuple(frame.blocks)))
    parent.headed = (parent.headed or len(parent.cells) == 1) and frame.tag == "th"


def _end_row(frame: _Frame, parent: _Frame) -> None:
    if any(frame.cells):
        parent.headed = parent.headed or (not parent.rows and frame.headed)
        parent.rows.append(tuple(frame.cells))


def _end_caption(frame: _Frame, parent: _Frame) -> None:
    parent.caption = _tidy(frame.spans)


def _end_table(frame: _Frame, parent: _Frame) -> None:
    parent.flush()
    if frame.cells:  # cells without a row
        frame.rows.append(tuple(frame.cells))
    if frame.rows:
        parent.blocks.append(Table(tuple(frame.rows), frame.headed, frame.caption))
    parent.blocks.extend(frame.blocks)


_ENDINGS: Final = {
    "ul": _end_list, "ol": _end_list, "li": _end_item,
    "dl": _end_terms, "dt": _end_term, "dd": _end_said,
    "blockquote": _end_quote, "pre": _end_pre,
    "table": _end_table, "tr": _end_row, "td": _end_cell, "th": _end_cell,
    "caption": _end_caption,
}  # fmt: skip


def _one_line(blocks: Blocks) -> Spans:
    """What a table's cell holds, as spans: its blocks divided by a slash."""
    spans: list[Span] = []
    for block in blocks:
        inside = block.spans if isinstance(block, Paragraph) else (Span(words_of((block,))),)
        if spans:
            spans.append(Span(" / "))
        spans.extend(replace(s, text=_SPACES.sub(" ", s.text)) for s in inside)
    return _tidy(spans)


def _tidy(spans: list[Span]) -> Spans:
    """Without double spaces across spans, without space at either end; equal neighbours joined."""
    if not spans:
        return ()
    tidy: list[Span] = []
    spaced = True  # at the start, or after white space
    for (url, marks, image), group in groupby(spans, key=lambda s: (s.url, s.marks, s.image)):
        if image:
            tidy.extend(group)
            spaced = False
            continue
        text = "".join(span.text for span in group)
        if "\n" in text:
            text = _AROUND_BREAK.sub("\n", text)
        if "  " in text:
            text = _SPACE_RUN.sub(" ", text)
        text = text.lstrip(" ") if spaced else text
        if text:
            tidy.append(Span(text, url, marks))
            spaced = text[-1] in " \n"
    return _trimmed(tidy)


def _trimmed(spans: list[Span]) -> Spans:
    def is_blank(span: Span) -> bool:
        return not span.image and not span.text.strip()

    while spans and is_blank(spans[-1]):
        spans.pop()
    first = next((i for i, span in enumerate(spans) if not is_blank(span)), 0)
    kept = spans[first:]
    if kept and kept[0].text[:1].isspace():
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
    if kept and kept[-1].text[-1:].isspace():
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return tuple(kept)
