"""The text of a post as WordPress stores it into the HTML that its readers see.

    stored text --block comments?--> yes: the blocks' own HTML; what stands between them as below
                                 \\-> no: blank lines are paragraphs, single ones line breaks

WordPress stores an editor's text without paragraphs and makes them when a page is shown; since
version 5 it stores blocks between comments (``<!-- wp:paragraph -->``), which have their HTML. An
address that stands on a line by itself is shown as what it leads to: here it becomes a link.

Nothing of the text is lost or said twice; work is linear in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

_COMMENT = re.compile(r"<!--\s{0,9}(/?)wp:([a-z][a-z0-9/_-]{0,80})")
_ANY_COMMENT = re.compile(r"<!--")
_BLOCK_TAGS = (
    "table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|"
    "blockquote|address|style|script|p|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|"
    "header|footer|nav|figure|figcaption|details|menu|summary|video|audio|iframe|object|noscript"
)
_EDGE = re.compile(rf"</?(?:{_BLOCK_TAGS})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_NAME = re.compile(r"</?([a-z0-9]+)", re.IGNORECASE)
# Text in these stands by itself, without a paragraph around it.
_BARE = frozenset(
    (
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "dt", "dd", "caption"),
        *(
            "figure",
            "figcaption",
            "summary",
            "legend",
            "address",
            "video",
            "audio",
            "iframe",
            "object",
        ),
    )
)
_KEPT = ("pre", "script", "style", "textarea", "svg")
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_BREAK = re.compile(r"(?:(?<![ \t])[ \t]+)?(?:<br\s?/?>[ \t]*)?\n")  # linear in spaces
_TAG_LINE_END = re.compile(r"<[A-Za-z/][^<>]*\n[^<>]*>")
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"']{4,2000}\Z")
_WRAPPED_ADDRESS = re.compile(
    r"(<div class=\"wp-block-embed__wrapper\">)\s{0,40}(https?://[^\s<>\"']{4,2000})\s{0,40}(</div>)"
)


def has_blocks(text: str) -> bool:
    """Whether the text is stored as blocks."""
    return "<!-- wp:" in text


def html_of(text: str) -> str:
    """The HTML of a post's stored text, its shortcodes already dealt with."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not has_blocks(plain):
        return paragraphs(_without_comments(plain))
    made = "".join(
        _without_comments(piece) if inside else paragraphs(_without_comments(piece))
        for piece, inside in _pieces(plain)
    )
    return _WRAPPED_ADDRESS.sub(lambda m: f"{m[1]}{_link(m[2])}{m[3]}", made)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The text by block comments, which are left out, and whether it stands inside of a block."""
    depth = at = 0
    while comment := _COMMENT.search(text, at):
        if comment.start() > at:
            yield text[at : comment.start()], depth > 0
        end = text.find("-->", comment.end())
        if end < 0:
            return
        at = end + 3
        if comment[1]:
            depth = max(0, depth - 1)
        elif text[end - 1] != "/":  # one with a slash at its end has nothing inside
            depth += 1
    if at < len(text):
        yield text[at:], depth > 0


def _without_comments(text: str) -> str:
    """``<!--more-->``, ``<!--nextpage-->`` and whatever else is said to nobody."""
    kept = []
    at = 0
    while comment := _ANY_COMMENT.search(text, at):
        kept.append(text[at : comment.start()])
        end = text.find("-->", comment.end())
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, text[at:]])


# --- paragraphs ------------------------------------------------------------------------------


def paragraphs(text: str) -> str:
    """Blank lines divide paragraphs, single ones are line breaks; elements that are blocks, and
    all that must stay as it is written, stand for themselves."""
    return "".join(piece if kept else _of_running_text(piece) for piece, kept in spans(text, _KEPT))


def spans(text: str, names: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether each is one of these elements. One never closed is text."""
    opening = re.compile(rf"<({'|'.join(names)})(?=[\s>])", re.IGNORECASE)
    lowered = text.lower() if text.isascii() else _lowered(text)
    unclosed: set[str] = set()
    at = start = 0
    while found := opening.search(text, at):
        name = found[1].lower()
        close = -1 if name in unclosed else lowered.find(f"</{name}", found.end())
        end = text.find(">", close) if close >= 0 else -1
        if end < 0:
            unclosed.add(name)  # asked once: looking again at each would cost the square
            at = found.end()
            continue
        if found.start() > start:
            yield text[start : found.start()], False
        yield text[found.start() : end + 1], True
        at = start = end + 1
    if start < len(text):
        yield text[start:], False


def _lowered(text: str) -> str:
    """In lower case, letter for letter: İ would become two, and every place after it another."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(c.lower()[:1] for c in text)


def _of_running_text(text: str) -> str:
    joined = _TAG_LINE_END.sub(lambda tag: tag[0].replace("\n", " "), text)
    made: list[str] = []
    around: list[str] = []  # the bare blocks that are open
    at = 0
    for edge in _EDGE.finditer(joined):
        made.append(_between(joined[at : edge.start()], bare=bool(around)))
        made.append(edge[0])
        _open_or_close(edge[0], around)
        at = edge.end()
    made.append(_between(joined[at:], bare=bool(around)))
    return "".join(made)


def _open_or_close(tag: str, around: list[str]) -> None:
    match = _NAME.match(tag)
    name = match[1].lower() if match else ""
    if name not in _BARE or tag.endswith("/>"):
        return
    if not tag.startswith("</"):
        if len(around) < _DEEPEST:
            around.append(name)
    elif name in around:
        while around.pop() != name:
            pass


_DEEPEST = 100  # open elements that are remembered: more have no article


def _between(text: str, *, bare: bool) -> str:
    """Text between two blocks: paragraphs, or lines inside of what needs none."""
    if not text.strip():
        return text
    chunks = [chunk.strip() for chunk in _BLANK.split(text)]
    if bare:
        return "<br><br>".join(_lines(chunk) for chunk in chunks if chunk)
    return "\n".join(f"<p>{_lines(chunk)}</p>" for chunk in chunks if chunk)


def _lines(chunk: str) -> str:
    lines = _BREAK.split(chunk)
    return "<br>\n".join(_link(line) if _BARE_ADDRESS.match(line) else line for line in lines)


def _link(address: str) -> str:
    url = escape(address.replace("&amp;", "&"))
    return f'<a href="{url}">{url}</a>'
