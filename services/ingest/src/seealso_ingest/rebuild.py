"""Builds a body anew from a parsed tree, in the body profile's own grammar (see `body`).

    tree ──walk──> frames (lists, tables, quotations) ─┐
                   lines (paragraphs, headings, cells) ├─> pieces of HTML, in order
                   tags in a line, opened when needed ─┘

Pure, and linear in the size of the tree. No element of the source is copied: each is written by its
handler, or unwrapped, or dropped, so that nothing unforeseen gets through.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from seealso_sdk.links import web_url
from seealso_sdk.text import clean, fold

from seealso_ingest.attributes import (
    NO_DIRECTION,
    direction,
    picture,
    write_direction,
    written,
)
from seealso_ingest.errors import Refused
from seealso_ingest.limits import LIMITS

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_KEPT_IN_LINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark",
    "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var",
})  # fmt: skip
_INLINE = {tag: tag for tag in _KEPT_IN_LINE} | {"acronym": "abbr", "strike": "s", "tt": "code"}
_USELESS_WITHOUT = {"a": " href=", "bdo": " dir=", "span": " ", "time": " datetime="}
_DROPPED = frozenset({
    "applet", "area", "base", "button", "canvas", "datalist", "dialog", "frame", "frameset",
    "head", "input", "label", "link", "map", "math", "meta", "meter", "noframes", "noscript",
    "optgroup", "option", "output", "param", "progress", "script", "select", "source", "style",
    "svg", "template", "textarea", "title", "track",
})  # fmt: skip
EMBEDDED = {"iframe": "src", "video": "src", "audio": "src", "embed": "src", "object": "data"}
_UNWRAPPED = frozenset({  # blocks that don't stand themselves; their content does
    "address", "article", "aside", "body", "center", "details", "dir", "div", "fieldset",
    "footer", "form", "header", "hgroup", "html", "legend", "main", "menu", "nav", "search",
    "section", "summary",
})  # fmt: skip

_TIGHT = frozenset({"li", "dd", "td", "th"})  # text may stand in these without a paragraph
_ACCEPTS = {  # what stands directly in a frame; in all others: flow, that is blocks
    "ul": "item",
    "ol": "item",
    "dl": "pair",
    "table": "section",
    "thead": "row",
    "tbody": "row",
    "tr": "cell",
}
_CHILD = {"item": "li", "pair": "dd", "section": "tbody", "row": "tr", "cell": "td"}
_TABLE_PARTS = {  # what it is, and in which frames it may stand
    "thead": ("section", {"table"}),
    "tbody": ("section", {"table"}),
    "tfoot": ("section", {"table"}),  # becomes a tbody: HTML wants a real one last
    "tr": ("row", {"table", "thead", "tbody"}),
    "td": ("cell", {"table", "thead", "tbody", "tr"}),
    "th": ("cell", {"table", "thead", "tbody", "tr"}),
}
_BREATHS = frozenset({" ", "\n", "\n\n", "\n  ", "\n    "})  # what stands between blocks mostly
_WHITE = " \t\n\r\f"
_SPACES = re.compile(r"[ \t\n\r\f]+")


def too_deep() -> Refused:
    """What is said of a tree that is nested too deep."""
    return Refused(
        "body-too-deep",
        f"the body nests elements more than {LIMITS.body_depth} deep",
        "Give the article's own HTML, without what is around it.",
        "body_html",
    )


def _too_many() -> Refused:
    return Refused(
        "body-too-large",
        f"the body has more than {LIMITS.body_pieces:,} elements",
        "Divide the article.",
        "body_html",
    )


@dataclass(slots=True)
class _Frame:
    """An element that holds blocks, open in the output.

    `at` is where its tag stands in the output, `before` how much substance there was before it;
    `implicit` says that the source didn't open it: it ends where anything comes that doesn't fit.
    """

    tag: str
    at: int
    before: int
    implicit: bool = False
    bare: int = -1  # where in the output its last line without a paragraph ended
    parts: list[tuple[str, int, int]] = field(default_factory=list)  # tag, start, end of children


@dataclass(slots=True)
class _Line:
    """What text goes into: a paragraph, a heading, or (`tag` empty) the frame itself.

    A `strict` line ends only with its own element: blocks inside it are only their text.
    """

    tag: str
    at: int
    before: int
    strict: bool = False
    started: bool = False  # something stands in it: white space counts from here on
    attributes: str = ""


class Builder:
    """Writes the tree anew, element by element, in the profile's own grammar.

    Tags in a line open when there is something to put inside, and close when their block does; the
    next block opens them again. So no block is ever inside a line, whatever the source did.
    """

    def __init__(self, base: str | None, folded_title: str, *, scrub: bool = True) -> None:
        self.out: list[str] = []
        # A numeric reference can stand for what no text may hold; U+0085 is a line end to some.
        self._scrub = scrub
        self._base = base
        self._title = folded_title
        self._frames = [_Frame("body", -1, 0)]
        self._line: _Line | None = None
        self._wanted: list[tuple[str, str]] = []  # (tag, its opening) around what comes next
        self._opened = 0  # how many of them are open in this line
        self._space = False
        self._breaks = 0
        self._substance = 0  # texts and pictures so far
        self._outline: list[tuple[int, int]] = []  # (level in the source, level here)
        self._carried = NO_DIRECTION  # of unwrapped blocks around
        self._pre = 0
        self._depth = 0

    def run(self, root: Any) -> None:
        """Write all that is in `root`."""
        self._children(root)
        self._end_line()
        while len(self._frames) > 1:
            self._close()

    # -- the walk

    def _children(self, element: Any) -> None:
        self._depth += 1
        if self._depth > LIMITS.body_depth:
            raise too_deep()
        if element.text:
            self._text(element.text)
        for child in element:
            self._element(child)
            if child.tail:
                self._text(child.tail)
        self._depth -= 1

    def _element(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _DROPPED:
            return
        handler = _HANDLERS.get(tag)
        if handler is not None:
            handler(self, element, tag)
        elif tag in _INLINE:
            self._inline(element, _INLINE[tag])
        elif tag in _UNWRAPPED:
            self._transparent(element, tag)
        else:
            self._children(element)

    def _transparent(self, element: Any, tag: str) -> None:
        carried = self._carried
        self._carried = direction(element, carried)
        self._boundary()
        self._children(element)
        self._boundary()
        self._carried = carried

    def _boundary(self) -> None:
        """A block that doesn't stand itself begins or ends here."""
        if self._line is not None and self._line.strict:
            if self._pre:
                self._text("\n")
            self._space = True
        else:
            self._end_line()

    # -- text and what stands in a line

    def _text(self, text: str) -> None:
        if self._scrub:
            text = clean(text).replace("\x85", " ")
            if not text:
                return
        if self._pre:
            self._piece(escape(text, quote=False))
            return
        if text in _BREATHS:
            self._space = True
            return
        # A space that does not break is no white space, for all that str.split knows.
        core = " ".join(text.split() if text.isascii() else _SPACES.split(text)).strip(" ")
        if text[0] in _WHITE:
            self._space = True
        if core:
            self._piece(escape(core, quote=False))
            if text[-1] in _WHITE:
                self._space = True

    def _piece(self, piece: str) -> None:
        """Something that shows, in the line: first the line, breaks, space and tags it needs."""
        attributes = None
        if self._breaks > 1 and self._line is not None and self._line.tag == "p":
            attributes = self._line.attributes
            self._end_line()  # two breaks are how some write a paragraph
        line = self._line or self._begin_line(attributes)
        out = self.out
        if line.started:
            if self._breaks:
                out.append("<br>")
            elif self._space and not self._pre:
                out.append(" ")
        elif self._pre:
            piece = piece.lstrip("\r\n")  # a parser eats the first line end of a pre
            if not piece.strip():
                return
        self._breaks, self._space = 0, False
        while self._opened < len(self._wanted):
            out.append(self._wanted[self._opened][1])
            self._opened += 1
        out.append(piece)
        line.started = True
        self._substance += 1
        if len(out) > LIMITS.body_pieces:
            raise _too_many()

    def _begin_line(self, attributes: str | None) -> _Line:
        self._fit("flow")
        if self._frames[-1].tag in _TIGHT:
            if self._frames[-1].bare == len(self.out):  # else the words of two lines were one
                self.out.append("<br>")
            self._line = _Line("", len(self.out), self._substance)
            return self._line
        if attributes is None:
            attributes = write_direction(self._carried)
        return self._open_line("p", attributes)

    def _open_line(self, tag: str, attributes: str, *, strict: bool = False) -> _Line:
        line = _Line(tag, len(self.out), self._substance, strict=strict, attributes=attributes)
        self.out.append(f"<{tag}{attributes}>")
        self._line = line
        return line

    def _end_line(self) -> None:
        """No text goes on after this. Tags that are open close; they are still wanted."""
        line = self._line
        self._space, self._breaks = False, 0
        if line is None:
            return
        while self._opened:
            self._opened -= 1
            self.out.append(f"</{self._wanted[self._opened][0]}>")
        self._line = None
        if not line.tag and self._substance > line.before:
            self._frames[-1].bare = len(self.out)
        elif line.tag and self._substance == line.before:
            del self.out[line.at :]
        elif line.tag:
            self.out.append(f"</{line.tag}>")

    def _inline(self, element: Any, tag: str) -> None:
        attributes = written(tag, element, self._base)
        opening = f"<{tag}{attributes}>"
        needed = _USELESS_WITHOUT.get(tag)
        useless = needed is not None and needed not in attributes
        if useless or (tag, opening) in self._wanted or (tag == "a" and self._in_link()):
            self._children(element)
            return
        self._wanted.append((tag, opening))
        mine = len(self._wanted)
        self._children(element)
        if self._opened == mine:
            self.out.append(f"</{tag}>")
            self._opened -= 1
        self._wanted.pop()

    def br(self, element: Any, tag: str) -> None:
        if self._pre:
            self._text("\n")
        else:
            self._breaks += 1

    def img(self, element: Any, tag: str) -> None:
        opening = picture(element, self._base)
        if opening is None:
            return
        if self._line is None and self._frames[-1].tag == "figure":
            self._line = _Line("", len(self.out), self._substance)
        self._piece(opening)

    def embedded(self, element: Any, tag: str) -> None:
        url = web_url(element.get(EMBEDDED[tag]) or _first_source(element), self._base)
        if url is None:
            return
        label = " ".join((element.get("title") or url).split())
        self._boundary()
        self._link(url, label)
        self._boundary()

    def _in_link(self) -> bool:
        return any(tag == "a" for tag, _ in self._wanted)

    def _link(self, url: str, label: str) -> None:
        if self._in_link():
            self._piece(escape(label, quote=False))
            return
        self._wanted.append(("a", f'<a href="{escape(url)}">'))
        self._piece(escape(label, quote=False))
        self._opened -= 1
        self.out.append("</a>")
        self._wanted.pop()

    # -- blocks of lines

    def paragraph(self, element: Any, tag: str) -> None:
        if self._line is not None and self._line.strict:
            self._transparent(element, tag)
            return
        self._end_line()
        self._fit("flow")
        self._open_line("p", written("p", element, self._base, self._carried))
        self._children(element)
        self._end_line()

    def _strict_line(self, element: Any, tag: str, kind: str = "flow") -> _Line | None:
        """A block that holds text and nothing else. None: nothing was in it."""
        self._end_line()
        self._fit(kind)
        line = self._open_line(tag, written(tag, element, self._base, self._carried), strict=True)
        self._children(element)
        self._end_line()
        if self._substance == line.before:
            return None
        self._frames[-1].parts.append((tag, line.at, len(self.out) - 1))
        return line

    def heading(self, element: Any, tag: str) -> None:
        in_header_cell = any(frame.tag == "th" for frame in self._frames)
        if in_header_cell or (self._line is not None and self._line.strict):
            self._transparent(element, tag)
            return
        first = self._substance == 0
        line = self._strict_line(element, "h2")
        if line is None:
            return
        if first and self._title and fold(_shown(self.out[line.at :])) == self._title:
            del self.out[line.at :]
            self._frames[-1].parts.pop()
            self._substance = 0
            return
        level = self._level(int(tag[1]))
        self.out[line.at] = f"<h{level}{self.out[line.at][3:]}"
        self.out[-1] = f"</h{level}>"

    def _level(self, given: int) -> int:
        while self._outline and self._outline[-1][0] >= given:
            self._outline.pop()
        level = min(6, self._outline[-1][1] + 1 if self._outline else 2)
        self._outline.append((given, level))
        return level

    def preformatted(self, element: Any, tag: str) -> None:
        if self._line is not None and self._line.strict:
            self._transparent(element, tag)
            return
        self._end_line()
        self._pre += 1
        self._strict_line(element, "pre")
        self._pre -= 1

    def hr(self, element: Any, tag: str) -> None:
        if self._line is not None and self._line.strict:
            return
        self._end_line()
        self._fit("flow")
        if self._substance and self.out and self.out[-1] != "<hr>":
            self.out.append("<hr>")

    # -- frames: blocks of blocks

    def _open(self, tag: str, attributes: str = "", *, implicit: bool = False) -> _Frame:
        frame = _Frame(tag, len(self.out), self._substance, implicit)
        self.out.append(f"<{tag}{attributes}>")
        self._frames.append(frame)
        return frame

    def _close(self) -> None:
        frame = self._frames.pop()
        empty = self._substance == frame.before
        if frame.tag in ("tr", "tbody", "thead"):
            empty = not frame.parts
        elif frame.tag in ("td", "th"):
            empty = empty and frame.implicit  # an empty cell keeps its column
        if empty:
            del self.out[frame.at :]
            return
        if frame.tag == "dl" and not _is_glossary([tag for tag, _, _ in frame.parts]):
            self._rename(frame.at, "ul")
            for _, start, end in frame.parts:
                self._rename(start, "li")
                self.out[end] = "</li>"
            frame.tag = "ul"
        elif frame.tag == "figure":
            self._settle_caption(frame)
        self._frames[-1].parts.append((frame.tag, frame.at, len(self.out)))
        self.out.append(f"</{frame.tag}>")

    def _rename(self, at: int, tag: str) -> None:
        """Another name for an opening tag that is written already, with the same attributes."""
        self.out[at] = f"<{tag}{self.out[at][3:]}"  # all that are renamed have two letters

    def _settle_caption(self, frame: _Frame) -> None:
        """HTML wants a figure's caption first or last: one in the middle becomes a paragraph."""
        for tag, start, end in frame.parts:
            if tag == "figcaption" and start != frame.at + 1 and end != len(self.out) - 1:
                self.out[start] = self.out[start].replace("<figcaption", "<p", 1)
                self.out[end] = "</p>"

    def _fit(self, kind: str) -> None:
        """Make the innermost frame one that takes `kind`: end what the source didn't open itself,
        or open what the source forgot."""
        if _ACCEPTS.get(self._frames[-1].tag, "flow") == kind:
            return
        reach = self._reach()
        for at in range(len(self._frames) - 1, reach - 1, -1):
            if _ACCEPTS.get(self._frames[at].tag, "flow") == kind:
                while len(self._frames) - 1 > at:
                    self._close()
                return
        while (accepted := _ACCEPTS.get(self._frames[-1].tag, "flow")) != kind:
            if accepted == "flow":
                self._open("ul" if kind == "item" else "dl", implicit=True)
            else:
                self._open(_CHILD[accepted], implicit=True)

    def _reach(self) -> int:
        """Where the innermost frame stands that the source opened itself."""
        at = len(self._frames) - 1
        while self._frames[at].implicit:
            at -= 1
        return at

    def framed(self, element: Any, tag: str, kind: str = "flow") -> None:
        if self._line is not None and self._line.strict:
            self._transparent(element, tag)
            return
        self._end_line()
        self._fit(kind)
        carried = self._carried
        frame = self._open(tag, written(tag, element, self._base, carried))
        self._carried = NO_DIRECTION
        self._children(element)
        self._end_line()
        while self._frames[-1] is not frame:
            self._close()
        self._close()
        self._carried = carried

    def item(self, element: Any, tag: str) -> None:
        if self._frames[self._reach()].tag != "ol":
            element.attrib.pop("value", None)  # only an ol counts
        self.framed(element, tag, "item")

    def term(self, element: Any, tag: str) -> None:
        if self._line is not None and self._line.strict:
            self._transparent(element, tag)
        else:
            self._strict_line(element, tag, "pair")

    def definition(self, element: Any, tag: str) -> None:
        self.framed(element, tag, "pair")

    def table_part(self, element: Any, tag: str) -> None:
        kind, homes = _TABLE_PARTS[tag]
        home = self._frames[self._reach()]
        if home.tag not in homes:
            self._transparent(element, tag)
            return
        if kind == "section":
            at_head = tag == "thead" and not any(t in ("thead", "tbody") for t, _, _ in home.parts)
            tag = "thead" if at_head and self._frames[-1] is home else "tbody"
        self.framed(element, tag, kind)

    def caption(self, element: Any, tag: str) -> None:
        top = self._frames[-1]
        home = "table" if tag == "caption" else "figure"
        taken = any(t == tag for t, _, _ in top.parts)
        late = tag == "caption" and len(self.out) != top.at + 1
        strict = self._line is not None and self._line.strict
        if strict or top.tag != home or taken or late:
            self._transparent(element, tag)
        else:
            self._strict_line(element, tag, "section" if tag == "caption" else "flow")


_HANDLERS: dict[str, Callable[[Builder, Any, str], None]] = {
    "p": Builder.paragraph,
    "li": Builder.item,
    "dt": Builder.term,
    "dd": Builder.definition,
    "pre": Builder.preformatted,
    "listing": Builder.preformatted,
    "xmp": Builder.preformatted,
    "br": Builder.br,
    "hr": Builder.hr,
    "img": Builder.img,
    "caption": Builder.caption,
    "figcaption": Builder.caption,
    **dict.fromkeys(_HEADINGS, Builder.heading),
    **dict.fromkeys(("ul", "ol", "dl", "blockquote", "table", "figure"), Builder.framed),
    **dict.fromkeys(_TABLE_PARTS, Builder.table_part),
    **dict.fromkeys(EMBEDDED, Builder.embedded),
}


def _is_glossary(parts: list[str]) -> bool:
    """Terms before definitions, and each term defined: what HTML asks of a ``dl``."""
    return bool(parts) and parts[0] == "dt" and parts[-1] == "dd" and set(parts) == {"dt", "dd"}


def _shown(pieces: list[str]) -> str:
    return unescape("".join(piece for piece in pieces if not piece.startswith("<")))


def _first_source(element: Any) -> str:
    for source in element.iter("source"):
        return str(source.get("src", ""))
    return ""
