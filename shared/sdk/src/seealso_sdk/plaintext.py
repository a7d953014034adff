"""An article as plain text made for reading: shared by the text output and the mail's text part.

    Article + Context --article_text--> lines --> text
                          |  Page: wraps, numbers the links, lays out lists and tables

Standard library only. How many columns a string takes is asked of a function, because the good
answer (wcwidth's) is not in the standard library; `columns` is the plain one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from seealso_sdk.model import Article, Correction, Media
from seealso_sdk.phrases import Phrases, join_names, phrases, spoken_date
from seealso_sdk.plugin import Context
from seealso_sdk.reading import (
    Block,
    Blocks,
    Heading,
    Listing,
    Paragraph,
    Preformatted,
    Quote,
    Rule,
    Span,
    Spans,
    Table,
    Terms,
    parse,
    plain,
    said,
)
from seealso_sdk.text import cleaned, one_line

Measure: TypeAlias = Callable[[str], int]

WIDTH: Final = 72
_NARROWEST: Final = 20  # a nested list is not wrapped to less
_GLUE: Final = "\x1f"  # a space that never breaks; no article has it (it is no XML character)
_NEVER_FIRST: Final = frozenset(
    "、。，．：；！？）］｝」』】〉》”’ー々…・ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
_NEVER_LAST: Final = frozenset("（［｛「『【〈《“‘")


def columns(text: str) -> int:
    """Terminal columns: two for wide characters, none for marks and controls."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(char) for char in text)


def _columns_of(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def article_text(
    article: Article,
    context: Context,
    *,
    width: int = WIDTH,
    measure: Measure = columns,
) -> str:
    """The whole article as text: title, who and when, body, see also, rights, address, links.

    Lines are at most `width` columns, except where a single word or address is longer. No space
    stands at a line's end; the text ends with one newline.
    """
    article = cleaned(article)
    words = phrases(article.language)
    page = Page(words, width=width, measure=measure)
    page.title(article.title)
    page.lines_of([*facts(article, words)])
    if article.summary and not starts_with(article.body_text, article.summary):
        page.paragraph(article.summary)
    for correction in article.corrections:
        page.paragraph(f"{correction_label(correction, words)}: {correction.text}")
    page.blocks(parse(article.body_html))
    for media in media_apart(article):
        page.paragraph(_media_line(media, words, page))
    if article.see_also:
        page.heading(2, words.see_also)
        page.items(
            [f"{one_line(s.title)}{page.mark(context.see_also_url(s))}" for s in article.see_also]
        )
    page.ending([*rights_lines(article, words)], origin_line(article, context, words))
    return page.text()


# --- what an article says about itself, in lines ---------------------------------------------


def facts(article: Article, words: Phrases) -> Iterator[str]:
    """Series, authors, reviewers and dates: one line each, in that order."""
    language = article.language
    if article.series:
        yield words.series.format(one_line(article.series.title))
    if article.authors:
        yield words.by.format(join_names([one_line(p.name) for p in article.authors], language))
    elif article.publisher:
        yield one_line(article.publisher.name)
    dates = [
        _dated(words.published, article.published, words),
        _dated(words.updated, article.updated, words),
    ]
    if any(dates):
        yield " · ".join(date for date in dates if date)
    if article.reviewers:
        names = join_names([one_line(p.name) for p in article.reviewers], language)
        yield words.reviewed_by.format(names)
    reviews = [
        _dated(words.reviewed, article.reviewed, words),
        _dated(words.next_review, article.review_by, words),
    ]
    if any(reviews):
        yield " · ".join(date for date in reviews if date)


def _dated(label: str, value: str | None, words: Phrases) -> str:
    spoken = spoken_date(value, words.language) if value else ""
    return f"{label} {spoken}" if spoken else ""


def correction_label(correction: Correction, words: Phrases) -> str:
    """``Correction, 4 March 2024``; without the date where it is none."""
    spoken = spoken_date(correction.at, words.language)
    return f"{words.correction}{words.list_comma}{spoken}" if spoken else words.correction


def rights_lines(article: Article, words: Phrases) -> Iterator[str]:
    """The attribution, and the licence with its address."""
    rights = article.rights
    if rights is None:
        return
    if rights.attribution:
        yield one_line(rights.attribution)
    named = " ".join(part for part in (one_line(rights.license or ""), rights.url or "") if part)
    if named:
        yield f"{words.licence}: {named}"


def origin_line(article: Article, context: Context, words: Phrases) -> str:
    """Where the article stands: its canonical address, else its page on the hub."""
    return f"{words.original}: {article.canonical_url or context.article_url(article.id)}"


def starts_with(body_text: str, summary: str) -> bool:
    """Whether the summary only repeats how the body begins (a trailing ellipsis aside)."""
    head = " ".join(summary.split()).rstrip(" .…")
    return " ".join(body_text[: len(summary) * 2 + 80].split()).startswith(head)


def media_apart(article: Article) -> list[Media]:
    """The media that the body doesn't show already, each address once."""
    apart: dict[str, Media] = {}
    for media in article.media:
        address = media.url.replace("&", "&amp;")
        if media.url not in article.body_html and address not in article.body_html:
            apart.setdefault(media.url, media)
    return list(apart.values())


def media_kind(media: Media) -> str:
    """``image``, ``video``, ``audio`` or ``attachment``, by its type or else by its address."""
    major = (media.type or "").split("/")[0].lower()
    if major in {"image", "video", "audio"}:
        return major
    if media.type:
        return "attachment"
    ending = _path_of(media.url).rpartition(".")[2].lower()
    return _KINDS_BY_ENDING.get(ending, "attachment")


_KINDS_BY_ENDING: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif", "svg"), "image"),
    **dict.fromkeys(("mp4", "webm", "mov", "m4v", "ogv"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "oga", "wav", "flac"), "audio"),
}


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # "http://[" and its like
        return ""


def _media_line(media: Media, words: Phrases, page: Page) -> str:
    label = getattr(words, media_kind(media))
    name = f"{label}: {one_line(media.alt)}" if media.alt else label
    credit = f" ({words.credit.format(one_line(media.credit))})" if media.credit else ""
    return f"[{name}]{page.mark(media.url)}{credit}"


# --- the page --------------------------------------------------------------------------------


class Page:
    """Text under construction: blocks divided by one empty line, links numbered as they come."""

    def __init__(self, words: Phrases, *, width: int = WIDTH, measure: Measure = columns) -> None:
        self._words = words
        self._width = max(width, _NARROWEST)
        self._measure = measure
        self._lines: list[str] = []
        self._links: dict[str, int] = {}

    def title(self, text: str) -> None:
        """The title, underlined."""
        self._underlined(text, "=")

    def heading(self, level: int, text: str) -> None:
        """A heading: underlined at level 2, else a line of its own."""
        if level == 2:
            self._underlined(text, "-")
        else:
            self._add(self._wrap(text))

    def paragraph(self, text: str) -> None:
        """A paragraph; a newline in it breaks the line."""
        self._add(self._wrap(text))

    def lines_of(self, lines: list[str]) -> None:
        """Lines that stand together, each wrapped by itself."""
        self._add([wrapped for line in lines for wrapped in self._wrap(line)])

    def items(self, texts: list[str]) -> None:
        """A plain list."""
        self._add([line for text in texts for line in self._wrap(text, "- ", "  ")])

    def blocks(self, blocks: Blocks) -> None:
        """Blocks of a body."""
        self._add(self._render(blocks, ""))

    def mark(self, url: str) -> str:
        """What follows a link's text: its number in the list of links at the end."""
        return f"{_GLUE}[{self._links.setdefault(url, len(self._links) + 1)}]"

    def ending(self, *groups: list[str] | str) -> None:
        """The end of the page: the links that were marked, then the lines given."""
        if self._links:
            self.heading(2, self._words.links)
            self._lines.extend(["", *(f"[{n}] {url}" for url, n in self._links.items())])
        lines = [
            line for group in groups for line in ([group] if isinstance(group, str) else group)
        ]
        if lines:
            self._lines.extend(["", "-" * 8])
            self._lines.extend(wrapped for line in lines for wrapped in self._wrap(line))

    def text(self) -> str:
        """All of it, without a space at the end of any line."""
        body = "\n".join(line.rstrip() for line in "\n".join(self._lines).split("\n"))
        return body.strip("\n") + "\n"

    def _add(self, lines: list[str]) -> None:
        if lines:
            self._lines.extend(["", *lines] if self._lines else lines)

    def _underlined(self, text: str, char: str) -> None:
        lines = self._wrap(one_line(text))
        if lines:
            self._add([*lines, char * min(self._width, max(self._measure(line) for line in lines))])

    # blocks

    def _render(self, blocks: Blocks, indent: str) -> list[str]:
        lines: list[str] = []
        for block in blocks:
            rendered = self._block(block, indent)
            if rendered:
                lines.extend(["", *rendered] if lines else rendered)
        return lines

    def _block(self, block: Block, indent: str) -> list[str]:
        match block:
            case Heading(level=level, spans=spans):
                lines = self._wrap(self._inline(spans), indent, indent)
                rule = min(self._width - len(indent), max(map(self._measure, lines), default=0))
                return [*lines, indent + "-" * rule] if level == 2 else lines
            case Paragraph(spans=spans):
                return self._wrap(self._inline(spans), indent, indent)
            case Listing():
                return self._listing(block, indent)
            case Terms(items=pairs):
                return self._terms(pairs, indent)
            case Quote(blocks=inside):
                return self._quote(inside, indent)
            case Table():
                return self._table(block, indent)
            case Preformatted(text=text):
                return [f"{indent}    {line}" for line in text.expandtabs(4).split("\n")]
            case Rule():
                return [f"{indent}* * *"]

    def _listing(self, listing: Listing, indent: str) -> list[str]:
        last = listing.start + len(listing.items) - 1
        widest = max(len(str(listing.start)), len(str(last)))
        loose = any(sum(isinstance(b, Paragraph) for b in item) > 1 for item in listing.items)
        lines: list[str] = []
        for number, item in enumerate(listing.items, listing.start):
            bullet = f"{number:>{widest}}. " if listing.ordered else "- "
            inside = self._item(item, indent + " " * len(bullet))
            if inside:
                inside[0] = f"{indent}{bullet}{inside[0][len(indent) + len(bullet) :]}"
                lines.extend(["", *inside] if lines and loose else inside)
        return lines

    def _item(self, item: Blocks, indent: str) -> list[str]:
        """An item's blocks: a list right after a paragraph follows without an empty line."""
        lines: list[str] = []
        for block in item:
            rendered = self._block(block, indent)
            tight = isinstance(block, Listing)
            lines.extend(["", *rendered] if lines and rendered and not tight else rendered)
        return lines

    def _terms(self, pairs: tuple[tuple[Spans, Blocks], ...], indent: str) -> list[str]:
        lines: list[str] = []
        for term, about in pairs:
            lines.extend(self._wrap(self._inline(term), indent, indent))
            lines.extend(self._render(about, indent + "    "))
        return lines

    def _quote(self, inside: Blocks, indent: str) -> list[str]:
        narrow = Page(self._words, width=self._width - len(indent) - 2, measure=self._measure)
        narrow._links = self._links  # the same page, through a smaller window
        return [f"{indent}> {line}" for line in narrow._render(inside, "")]

    def _table(self, table: Table, indent: str) -> list[str]:
        rows = [[self._inline(cell).replace("\n", " ") for cell in row] for row in table.rows]
        caption = self._wrap(self._inline(table.caption), indent, indent) if table.caption else []
        wide = max(len(row) for row in rows)
        rows = [row + [""] * (wide - len(row)) for row in rows]
        widths = [max(self._measure(row[i]) for row in rows) for i in range(wide)]
        if len(indent) + sum(widths) + 2 * (wide - 1) <= self._width:
            laid = self._grid(rows, widths, header=table.header, indent=indent)
        else:
            laid = self._records(rows, header=table.header, indent=indent)
        return [*caption, "", *laid] if caption else laid

    def _grid(
        self, rows: list[list[str]], widths: list[int], *, header: bool, indent: str
    ) -> list[str]:
        def padded(row: list[str]) -> str:
            cells = (c + " " * (w - self._measure(c)) for c, w in zip(row, widths, strict=True))
            return indent + "  ".join(cells).replace(_GLUE, " ")

        lines = [padded(row) for row in rows]
        if header:
            lines.insert(1, indent + "  ".join("-" * width for width in widths))
        return lines

    def _records(self, rows: list[list[str]], *, header: bool, indent: str) -> list[str]:
        """A table too wide for the page: a paragraph a row, its cells named by their column."""
        names = rows[0] if header else [""] * len(rows[0])
        lines: list[str] = []
        for row in rows[1:] if header else rows:
            cells = [f"{n}: {c}" if n and c else c for n, c in zip(names, row, strict=True) if c]
            inside = [
                line
                for i, cell in enumerate(cells)
                for line in self._wrap(cell, indent + ("" if i == 0 else "  "), indent + "    ")
            ]
            lines.extend(["", *inside] if lines else inside)
        return lines

    # runs of text

    def _inline(self, spans: Spans) -> str:
        """Spans as one string: marks that change the meaning kept, links numbered."""
        out: list[str] = []
        for i, span in enumerate(spans):
            out.append(self._span_text(span))
            following = spans[i + 1].url if i + 1 < len(spans) else None
            if span.url and span.url != following:
                label = plain(tuple(s for s in spans if s.url == span.url))
                out.append(self._reference(span.url, label))
        return "".join(out)

    def _span_text(self, span: Span) -> str:
        if span.image is not None:  # a picture without alternative text is decoration
            return f"[{self._words.image}: {span.text}]" if span.text else ""
        if "del" in span.marks and span.text.strip():  # struck out must not read as said
            return f"~~{span.text}~~"
        return said(span)

    def _reference(self, url: str, label: str) -> str:
        shown = url.removeprefix("mailto:").removeprefix("tel:")
        if url.startswith("#") or label in {url, shown, shown.partition("://")[2]}:
            return ""
        return self.mark(url)

    def _wrap(self, text: str, first: str = "", rest: str = "") -> list[str]:
        """Greedy lines of at most the page's width, `first` and `rest` being their beginnings."""
        lines: list[str] = []
        room = max(self._width - len(rest), _NARROWEST)
        for paragraph in text.split("\n"):
            for line in self._fill(paragraph, room):
                lines.append((rest if lines else first) + line.replace(_GLUE, " "))
        return lines

    def _fill(self, text: str, room: int) -> Iterator[str]:
        if text.isascii():
            yield from _fill_ascii(text, room)
            return
        line: list[str] = []
        used = 0
        for word in text.split(" "):
            for i, piece in enumerate(_pieces(word)):
                space = 1 if i == 0 and line else 0
                wide = len(piece) if piece.isascii() else max(self._measure(piece), 0)
                if line and used + space + wide > room:
                    yield "".join(line)
                    line, used, space = [], 0, 0
                if piece:
                    line.append(" " * space + piece)
                    used += space + wide
        if line:
            yield "".join(line)


def _fill_ascii(text: str, room: int) -> Iterator[str]:
    """The same for text of one column a character, which breaks at spaces only: most of it does."""
    text = " ".join(word for word in text.split(" ") if word) if "  " in text else text.strip(" ")
    start = 0
    while len(text) - start > room:
        end = text.rfind(" ", start, start + room + 1)
        if end == -1:  # a word longer than the line
            end = text.find(" ", start + room)
            if end == -1:
                break
        yield text[start:end]
        start = end + 1
    if text:
        yield text[start:]


def _pieces(word: str) -> list[str]:
    """Where a word may break: between wide characters (Chinese, Japanese), nowhere else."""
    if word.isascii() or "://" in word or not any(_is_breakable(char) for char in word):
        return [word]
    pieces: list[str] = []
    start = 0
    for i in range(1, len(word)):
        if _may_break(word[i - 1], word[i]):
            pieces.append(word[start:i])
            start = i
    return [*pieces, word[start:]]


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or before in _NEVER_LAST or before == _GLUE or after == _GLUE:
        return False
    if before == "\u200d" or _columns_of(after) == 0 or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False  # inside one emoji
    return _is_breakable(before) or _is_breakable(after)


def _is_breakable(char: str) -> bool:
    """Wide, and not Hangul (Korean divides its words by spaces)."""
    hangul = "\uac00" <= char <= "\ud7a3" or "\u1100" <= char <= "\u11ff"
    return unicodedata.east_asian_width(char) in "WF" and not hangul
