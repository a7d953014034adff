"""Reads a plain-text capture of a page: what one gets who selects all of it and copies.

    bytes --decode--> text --blocks--> blocks
      --related titles--> --furniture--> --dates, bylines, series--> --corrections--> --title-->
    what is left is the body --> RawArticle

Each step takes what it is sure of out of the blocks and hands on the rest, so the body is what
nothing else laid claim to. What is lifted out and has no field of its own (share bars, adverts,
cookie notices) stays in the article as a promo, typed: a rule that was wrong shows there.

The rules go by shape, place and the words of page furniture in a dozen languages
(`seealso_sdk.furniture`, `seealso_sdk.bylines`); no site is named. Next to this module stands
`seealso_source_text_blocks`: lines to paragraphs, headings and lists.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from seealso_sdk import (
    Correction,
    Problem,
    Promo,
    RawArticle,
    RawInput,
    Rights,
    SeeAlso,
    Series,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.bylines import LONGEST, Meta, is_dateline, read_correction, read_meta
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.furniture import (
    BOILERPLATE,
    NEWSLETTER,
    SHARE,
    TITLE_MAX,
    furniture,
    furniture_kinds,
    inline_related,
    is_question,
    kind_named,
    promo_about,
    related_heading,
    series_named,
)
from seealso_sdk.languages import guess_language
from seealso_sdk.text import fold
from seealso_source_text_blocks import Block, blocks_of

Blocks = tuple[Block, ...]

MAX_BYTES = 2 * 1024 * 1024  # no page that a person copied is longer
MAX_BLOCKS = 10_000  # or has more paragraphs

# --- bytes to text ---------------------------------------------------------------------------

_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_KNOWN_FILES = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"\x7fELF", "a program"),
)
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")
_CONTROL_SHARE = 0.02
_TEXT_REMEDY = "Send plain text, or the page itself as text/html."


def _text_of(raw: RawInput) -> str | Problem:
    data = raw.data
    if not data.strip():
        return Problem(code="empty", detail="the input is empty", remedy=_TEXT_REMEDY)
    if len(data) > MAX_BYTES:
        detail = f"{len(data)} bytes of text are over the limit of {MAX_BYTES}"
        return Problem(code="too-large", detail=detail, remedy="Send one page at a time.")
    for signature, name in _KNOWN_FILES:
        if data.startswith(signature):
            return Problem(code="binary", detail=f"this is {name}, no text", remedy=_TEXT_REMEDY)
    if b"\x00" in data and not data.startswith(_UNICODE_MARKS):
        return Problem(code="binary", detail="the input has NUL bytes", remedy=_TEXT_REMEDY)
    if _HTML.match(data):
        return Problem(
            code="html-as-text", detail="this is HTML, sent as text", remedy="Send it as text/html."
        )
    try:
        text = decode(data, raw.charset)
    except CharsetUnknown as error:
        remedy = "Send UTF-8, or name the charset."
        return Problem(code="charset-unknown", detail=str(error), remedy=remedy)
    if len(_CONTROLS.findall(text)) > len(text) * _CONTROL_SHARE:
        detail = "the input is mostly control characters"
        return Problem(code="binary", detail=detail, remedy=_TEXT_REMEDY)
    return text


# --- related titles --------------------------------------------------------------------------

_LINK_FORMS = (
    re.compile(r"^\[(?P<title>[^\]]+)\]\((?P<url>https?://[^\s)]+)\)$"),
    re.compile(r"^(?P<title>.+?)\s*[-–—:(<]*\s*(?P<url>https?://[^\s)>]+)[)>]?$"),
)
_WEAK_LEAST = 2
_SENTENCE_END = (".", "!", "…", "。", ";", ":", "،", "؛")


def _take_related(blocks: Blocks) -> tuple[Blocks, tuple[SeeAlso, ...], str | None]:
    """The titles under "See also" and its like, and a series that such a heading names."""
    rest: list[Block] = []
    titles: list[str] = []
    series: str | None = None
    at = 0
    while at < len(blocks):
        block = blocks[at]
        items, end = _titles_under(blocks, at)
        if items:
            titles.extend(items)
            series = series or series_named(block.text)
            at = end
            continue
        inline = inline_related(block.text) if block.kind == "paragraph" else ()
        titles.extend(inline)
        if not inline:
            rest.append(block)
        at += 1
    return tuple(rest), _distinct(titles), series


def _titles_under(blocks: Blocks, at: int) -> tuple[tuple[str, ...], int]:
    """The titles that stand under the heading at `at`, and where they end."""
    strength = related_heading(blocks[at].text) if blocks[at].kind != "list" else None
    if strength is None:
        return (), at
    items: tuple[str, ...] = ()
    end = at + 1
    while end < len(blocks) and blocks[end].kind == "list":
        items, end = items + blocks[end].items, end + 1
    if not items:
        while end < len(blocks) and _is_title_line(blocks[end]):
            end += 1
        # The last line before running text is the heading of that text.
        if end < len(blocks) and end - at > 1 and _is_running(blocks[end]):
            end -= 1
        items = tuple(block.text for block in blocks[at + 1 : end])
    least = 1 if strength == "strong" else _WEAK_LEAST
    if len(items) < least or any(len(item) > TITLE_MAX for item in items):
        return (), at
    return items, end


def _is_title_line(block: Block) -> bool:
    text = block.text
    if block.kind != "paragraph" or len(text) > TITLE_MAX or text.endswith(_SENTENCE_END):
        return False
    found = furniture(text)
    return related_heading(text) is None and read_meta(text) is None and not (found and found.sure)


def _is_running(block: Block) -> bool:
    return block.kind == "paragraph" and block.text.endswith(_SENTENCE_END)


def _distinct(titles: Sequence[str]) -> tuple[SeeAlso, ...]:
    """Each title once, at its first place; an address that was copied with it is its URL."""
    found: dict[str, SeeAlso] = {}
    for line in titles:
        title, url = line.strip(), None
        for form in _LINK_FORMS:
            match = form.match(title)
            if match:
                title, url = match["title"].strip(), match["url"]
                break
        if title:
            found.setdefault(fold(title) or title, SeeAlso(title, url=url, kind=kind_named(title)))
    return tuple(found.values())


# --- furniture -------------------------------------------------------------------------------

_BAR_ITEM = 40  # characters of an item of a share bar or a bar of links
_TITLE_AND_BODY = 2  # blocks


def _take_furniture(blocks: Blocks) -> tuple[Blocks, tuple[Promo, ...]]:
    """Sign-ups, share bars, adverts and the like. A page that would have nothing left keeps its
    sign-up lines: they are what it is about."""
    kinds = furniture_kinds([_readable(block) for block in blocks])
    if kinds.count(None) < _TITLE_AND_BODY:
        kinds = [None if kind == NEWSLETTER else kind for kind in kinds]
    promos: list[tuple[str, list[str]]] = []
    rest: list[Block] = []
    previous: str | None = None
    for block, kind in zip(blocks, kinds, strict=True):
        if kind is None:
            rest.append(block)
        elif kind == previous:
            promos[-1][1].extend(_lines(block))
        else:
            promos.append((kind, _lines(block)))
        previous = kind
    return tuple(rest), tuple(_promo(kind, lines) for kind, lines in promos)


def _lines(block: Block) -> list[str]:
    return list(block.items) if block.kind == "list" else [block.text]


def _promo(kind: str, lines: Sequence[str]) -> Promo:
    about = promo_about(lines) if kind == NEWSLETTER else None
    return Promo(kind=kind, about=about, text="\n".join(lines))


def _readable(block: Block) -> str:
    """What to judge a block by. A list is furniture only as a bar of short links or of buttons."""
    if block.kind != "list":
        return block.text
    bar = "\n".join(block.items)
    if any(len(item) > _BAR_ITEM for item in block.items):
        return ""
    found = furniture(bar)
    return bar if found and found.kind in (SHARE, BOILERPLATE) else ""


# --- dates, bylines, series, address ---------------------------------------------------------

_RUNNING = 80  # characters: a paragraph of this length is the body
_ADDRESS = re.compile(
    r"(?:(?:source|url|link|quelle|fuente)\s*[:：]\s*)?(https?://\S+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Head:
    """What the lines around the body say of the page."""

    metas: tuple[Meta, ...] = ()
    address: str | None = None
    left: tuple[str, ...] = ()  # lines of this sort that gave nothing: a date that can't be read

    def date(self, name: str) -> str | None:
        """The first date under this label; one without a label is the day of publication."""
        for wanted in (name, "") if name == "published" else (name,):
            for meta in self.metas:
                for label, value in meta.dates:
                    if label == wanted:
                        return value
        return None


def _take_head(blocks: Blocks) -> tuple[Blocks, _Head]:
    """Lines that say who and when. One with a label counts wherever it stands, a bare date or name
    only above or below the body: inside, it may be the heading of a timeline."""
    running = [at for at, block in enumerate(blocks) if _is_body(block)]
    first, last = (running[0], running[-1]) if running else (len(blocks), -1)
    rest: list[Block] = []
    metas: list[Meta] = []
    left: list[str] = []
    address: str | None = None
    at = 0
    while at < len(blocks):
        block, outside = blocks[at], at < first or at > last
        meta, used = _meta_at(blocks, at)
        match = _ADDRESS.fullmatch(block.text) if outside else None
        if match:
            address = address or match[1]
        elif meta is None or not (outside or meta.labelled) or (at == 0 and _only_series(meta)):
            rest.append(block)
        else:
            metas.append(meta)
            if meta == Meta():
                left.append(block.text)
        at += used
    return tuple(rest), _Head(tuple(metas), address, tuple(left))


def _is_body(block: Block) -> bool:
    if block.kind == "list":
        return True
    return len(block.text) >= _RUNNING and block.text.endswith(_SENTENCE_END)


def _only_series(meta: Meta) -> bool:
    """The first line of a page is its title, though it may begin with "More from"."""
    return bool(meta.series) and not meta.dates and not meta.authors


def _meta_at(blocks: Blocks, at: int) -> tuple[Meta | None, int]:
    """What the line at `at` says, with the next one where a label and its date were parted."""
    if blocks[at].kind == "list":
        return None, 1
    meta = read_meta(blocks[at].text)
    if meta is None or not meta.label:
        return meta, 1
    if at + 1 < len(blocks) and blocks[at + 1].kind != "list":
        both = read_meta(f"{blocks[at].text} {blocks[at + 1].text}"[: LONGEST + 1])
        if both and both.dates:
            return both, 2
    return None, 1


# --- corrections -----------------------------------------------------------------------------


def _take_corrections(blocks: Blocks, day: str | None) -> tuple[Blocks, tuple[Correction, ...]]:
    """Correction notes; the first block is the title, whatever it begins with."""
    rest: list[Block] = []
    found: list[Correction] = []
    for at, block in enumerate(blocks):
        note = read_correction(block.text, day) if at and block.kind == "paragraph" else None
        if note is None:
            rest.append(block)
        else:
            found.append(note)
    return tuple(rest), tuple(found)


# --- title -----------------------------------------------------------------------------------

_QUESTION_LABEL = re.compile(
    r"\A(?:q|question|pregunta|p|frage|f|question de lecteur|domanda|d|pergunta|vraag|v|"
    r"سؤال|السؤال|שאלה|вопрос|質問|问|問)\s*[:：.]\s+(?=\S)",
    re.IGNORECASE,
)
_ANSWER_LABEL = re.compile(
    r"\A(?:a|answer|respuesta|r|antwort|réponse|risposta|resposta|antwoord|الجواب|الإجابة|תשובה|"
    r"ответ|回答|答)\s*[:：.]\s+(?=\S)",
    re.IGNORECASE,
)
_BARE_LABELS = frozenset(
    fold(name)
    for name in (
        *("Question", "Answer", "Q", "A", "Q&A", "Pregunta", "Respuesta", "Frage", "Antwort"),
        *("Réponse", "Domanda", "Risposta", "Pergunta", "Resposta", "Vraag", "Antwoord"),
        *("سؤال", "السؤال", "الجواب", "الإجابة", "שאלה", "תשובה", "Вопрос", "Ответ"),
    )
)
_SENTENCE = re.compile(r".+?[.!?。！？؟…](?=\s|$)", re.DOTALL)
_TWO_SENTENCES = re.compile(r"[.!?…]\s+[^\W\d_a-z]")
_DERIVED_MAX = 120  # characters of a title that is made from the text
_QUESTION_LONGEST = 400  # readers tell their story before they ask


def _without_labels(blocks: Blocks) -> Blocks:
    """Labels ("Q:", "Answer") at a question and its answer are layout, not words of the text."""
    found: list[Block] = []
    asked = False  # a question stands before, so that "A:" is no initial
    for block in blocks:
        text = block.text
        if text and fold(text) in _BARE_LABELS:
            continue
        if is_question(text):
            text = _QUESTION_LABEL.sub("", text, count=1)
            asked = True
        elif asked:
            text = _ANSWER_LABEL.sub("", text, count=1)
            asked = text == block.text
        found.append(block if text == block.text else Block(block.kind, text))
    return tuple(found)


def _is_title(text: str) -> bool:
    """A line, a question with its introduction, or one short sentence; not a paragraph."""
    if is_question(text):
        return len(text) <= _QUESTION_LONGEST
    if text.endswith(_SENTENCE_END):
        return len(text) <= _DERIVED_MAX and not _TWO_SENTENCES.search(text)
    return len(text) <= TITLE_MAX


def _take_title(blocks: Blocks) -> tuple[Blocks, str]:
    """The first line if it can be a title, else the head of the first sentence."""
    if not blocks:
        return blocks, ""
    first = blocks[0]
    if (
        first.kind != "list"
        and _is_title(first.text)
        and (len(blocks) > 1 or not _is_running(first))
    ):
        rest = blocks[1:]
        if rest and fold(rest[0].text) == fold(first.text):  # the page's head repeats it
            rest = rest[1:]
        return rest, first.text
    text = first.text or first.items[0]
    match = _SENTENCE.match(text)
    sentence = match[0] if match else text
    if len(sentence) <= _DERIVED_MAX:
        return blocks, sentence.rstrip(".。")
    return blocks, f"{sentence[:_DERIVED_MAX].rsplit(' ', 1)[0]}…"


# --- body ------------------------------------------------------------------------------------

_HEADING_MAX, _QUESTION_MAX = 80, TITLE_MAX
_STOPS = tuple(".,;:!…。،؛、")


def _with_headings(blocks: Blocks) -> Blocks:
    """Short lines without a full stop that stand over something longer are headings."""
    found: list[Block] = []
    following: Block | None = None
    for block in reversed(blocks):
        if block.kind == "paragraph" and _heads(block.text, following):
            block = Block("heading", block.text)
        found.append(block)
        following = block
    found.reverse()
    headings = [block for block in found if block.kind == "heading"]
    # The only heading, right below the title, is a name or a subtitle.
    if len(headings) == 1 and found[0] in headings and not is_question(found[0].text):
        found[0] = Block("paragraph", found[0].text)
    return tuple(found)


def _heads(text: str, following: Block | None) -> bool:
    if following is None or text[:1].islower() or not any(c.isalpha() for c in text):
        return False
    longest = _QUESTION_MAX if is_question(text) else _HEADING_MAX
    if not is_question(text) and _TWO_SENTENCES.search(text):
        return False
    if len(text) > longest or text.endswith(_STOPS) or text[:1] in "\"“„«'‘-–—(":
        return False
    return following.kind != "paragraph" or len(following.text) > len(text)


def _html(blocks: Blocks) -> str:
    return "\n".join(_element(block) for block in blocks)


def _element(block: Block) -> str:
    if block.kind == "list":
        items = "".join(f"<li>{escape(item, quote=False)}</li>" for item in block.items)
        start = f' start="{block.start}"' if block.start not in (None, 1) else ""
        return f"<ol{start}>{items}</ol>" if block.ordered else f"<ul>{items}</ul>"
    tag = "h2" if block.kind == "heading" else "p"
    return f"<{tag}>{escape(block.text, quote=False)}</{tag}>"


# --- kind ------------------------------------------------------------------------------------

_LEAD = 2  # blocks: a subtitle may stand before the dateline
_QUESTIONS = 2  # of a page of questions
_SECTIONS = 3  # headings that make an article of what has a question as its title


def _kind(title: str, body: Blocks) -> str:
    """A question with its answer, or several, is `qa`; a headline that asks is an article."""
    named = kind_named(title)
    if named:
        return named
    headings = [block.text for block in body if block.kind == "heading"]
    questions = sum(is_question(text) for text in headings)
    if is_question(title) and len(headings) - questions < _SECTIONS:
        return "qa"
    if questions >= _QUESTIONS and questions * 2 > len(headings):
        return "qa"
    return "news" if any(is_dateline(block.text) for block in body[:_LEAD]) else "article"


_COPYRIGHT = re.compile(r"[^.\n]{0,60}(?:©|\(c\)|copyright)\s*[^\n]{2,160}", re.IGNORECASE)


def _rights(promos: Sequence[Promo]) -> Rights | None:
    for promo in promos:
        match = _COPYRIGHT.search(promo.text) if promo.kind == BOILERPLATE else None
        if match:
            return Rights(attribution=match[0].strip())
    return None


# --- the source ------------------------------------------------------------------------------


class TextSource:
    """A page that somebody copied as plain text."""

    meta = SourceMeta(
        name="text",
        title="Plain text",
        version="1",
        media_types=("text/plain",),
        extensions=("txt", "text"),
        description="A page that was copied as text: title or question, body, dates, related list.",
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """One article, or the problem with the input."""
        text = _text_of(raw)
        if isinstance(text, Problem):
            return [text]
        blocks = blocks_of(text)
        if len(blocks) > MAX_BLOCKS:
            detail = f"{len(blocks)} paragraphs are over the limit of {MAX_BLOCKS}"
            return [Problem(code="too-large", detail=detail, remedy="Send one page at a time.")]
        blocks, see_also, related_series = _take_related(blocks)
        blocks, promos = _take_furniture(blocks)
        blocks, head = _take_head(blocks)
        day = head.date("updated") or context.today or head.date("published")
        blocks, corrections = _take_corrections(blocks, day)
        blocks, title = _take_title(_without_labels(blocks))
        if not title:
            detail = "the text holds no title and no body, only page furniture"
            return [Problem(code="empty", detail=detail, remedy="Copy the whole page.")]
        body = _with_headings(blocks)
        series = related_series or next((m.series for m in head.metas if m.series), None)
        article = RawArticle(
            title=title,
            kind=_kind(title, body),
            url=raw.url or head.address,
            language=guess_language(
                "\n".join([title, *(line for b in body for line in _lines(b))])
            ),
            html=_html(body),
            authors=tuple(person for meta in head.metas for person in meta.authors),
            reviewers=tuple(person for meta in head.metas for person in meta.reviewers),
            series=Series(series) if series else None,
            published=head.date("published"),
            updated=head.date("updated"),
            reviewed=head.date("reviewed"),
            review_by=head.date("review_by"),
            expires=head.date("expires"),
            see_also=see_also,
            promos=(*promos, *(_promo(BOILERPLATE, [line]) for line in head.left)),
            corrections=corrections,
            rights=_rights(promos),
        )
        return [article]


@hookimpl
def register_sources() -> Sequence[TextSource]:
    """The hook of the `seealso` entry-point group."""
    return [TextSource()]
