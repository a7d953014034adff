"""HTML of any quality, or plain text, into the body profile: what `Article.body_html` may hold.

    HTML --size--> lxml --depth--> rebuilt block by block --> nh3 --> body_html --> body_text
    text --> paragraphs and lists --^

The body profile. `seealso_sdk.profile` has its elements and attributes as data; beyond those sets:

    * Elements nest as HTML allows it and in no other way. Text stands in a paragraph, or directly
      in ``li dd td th``; a list holds items, a table rows of cells, a ``dl`` terms with their
      definitions (one without becomes a list). An empty block is left out. An element in a line
      never stands in one of its own kind with the same attributes.
    * Headings begin at ``h2``, since the title is the page's ``h1``, and never skip a level. A
      first heading that only repeats the title is left out.
    * Links are absolute: http, https, mailto, tel. Of ``rel`` stay license, nofollow, sponsored and
      ugc. What no link can be made of stays as its text; a link within the page does too, as
      ids are left out. Two line breaks divide paragraphs.
    * Pictures are absolute, http or https, and always have ``alt``, empty where the source gave
      none. A picture of one dot counts readers and shows nothing: left out.
    * An embedded film or frame becomes a link to it. Forms leave their text, not their fields.
    * ``lang`` and ``dir`` of what was unwrapped go to the blocks inside.
    * No scripts, styles, classes, ids, events or targets; no characters that XML 1.0 forbids.
    * It is a fixed point: to clean it again changes nothing.

Who comes first matters. libxml2 reads hostile nesting in linear time and stops at depth 256, where
the parser inside nh3 is quadratic (100,000 nested ``div`` cost it half a minute): so size and depth
are checked, and the tree is rebuilt, before nh3 sees any of it. (What costs libxml2 most is one tag
with a hundred thousand attributes: those are counted before either.) nh3 then has the last word on
what is safe.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from html import escape
from typing import Any

import nh3
from lxml import etree
from seealso_sdk.profile import BODY_ATTRIBUTES, BODY_TAGS, DROPPED_WITH_CONTENT, URL_SCHEMES
from seealso_sdk.text import clean, fold

from seealso_ingest import bodytext
from seealso_ingest.errors import Refused
from seealso_ingest.limits import LIMITS
from seealso_ingest.rebuild import Builder, too_deep

_CLEANER = nh3.Cleaner(  # made once: nh3.clean makes one at every call
    tags=set(BODY_TAGS),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    attributes=BODY_ATTRIBUTES,
    url_schemes=set(URL_SCHEMES),
    link_rel=None,
)

_LOCAL = threading.local()
_STAND_INS = (("&amp;", "\ufdd0"), ("&lt;", "\ufdd1"), ("&gt;", "\ufdd2"), ("\xa0", "\ufdd3"))

# A start tag with more attributes than the limit, as HTML's tokeniser divides them; each step is
# possessive, so that it never looks at a character twice. Parsers compare each attribute with all.
_HOST_OF_ATTRIBUTES = re.compile(
    r"<[A-Za-z][^\s/>]*+"
    r"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+))?+)"
    rf"{{{LIMITS.attributes + 1}}}"
)
_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_LINE_END = re.compile(r"\r\n?|[\u2028\u2029\u0085]")
_BULLET = re.compile(r"[ \t]*[-*•‣·–][ \t]+(?=\S)")
_NUMBER = re.compile(r"[ \t]*[0-9]{1,3}[.)][ \t]+(?=\S)")


@dataclass(frozen=True, slots=True)
class Body:
    """A body in the profile, and its text."""

    html: str
    text: str


def from_html(html: str, *, base: str | None = None, title: str = "") -> Body:
    """Clean HTML into the profile.

    Args:
        html: a fragment or a whole document.
        base: the article's URL: relative links start there. None: they are unwrapped.
        title: the article's, so that a heading that repeats it can be left out.

    Raises:
        Refused: larger than the limit (``body-too-large``), or nested too deep (``body-too-deep``).
    """
    cleaned = clean(html)
    size = len(cleaned) if cleaned.isascii() else len(cleaned.encode())
    if size > LIMITS.body_bytes:
        raise Refused(
            "body-too-large",
            f"the body has {size:,} bytes",
            f"Give at most {LIMITS.body_bytes:,}: pictures as links, not inside the text.",
            "body_html",
        )
    if _HOST_OF_ATTRIBUTES.search(cleaned):
        raise Refused(
            "body-too-large",
            f"an element has more than {LIMITS.attributes} attributes",
            "Give the article's own HTML, without what a program put there.",
            "body_html",
        )
    root = _parse(cleaned)
    if root is None:
        return Body("", "")
    builder = Builder(base, fold(title), scrub="&#" in cleaned or "\x85" in cleaned)
    try:
        builder.run(root)
    except RecursionError as error:  # the caller stood deep already
        raise too_deep() from error
    safe = _sanitised("".join(builder.out))
    return Body(safe, text_of(safe))


def _sanitised(html: str) -> str:
    # A numeric reference may stand for a character that `clean` takes away, so once more. What it
    # takes away includes the stand-ins: html5ever copies a text anew at each reference in it, so
    # that two million of them in one paragraph cost it most of a minute. And a space that does not
    # break stays the character: XML knows no &nbsp;.
    veiled = clean(html)
    for reference, stand_in in _STAND_INS:
        veiled = veiled.replace(reference, stand_in)
    safe = _CLEANER.clean(veiled)
    for reference, stand_in in _STAND_INS:
        safe = safe.replace(stand_in, reference)
    return safe


def from_text(text: str, *, base: str | None = None, title: str = "") -> Body:
    """Plain text into the profile: a blank line divides paragraphs; a paragraph whose lines all
    begin with a bullet, or with a number, is a list.

    Raises:
        Refused: as `from_html`.
    """
    if len(text) > LIMITS.body_bytes:  # before it grows by tags
        return from_html(text)
    blocks = _BLANK_LINE.split(_LINE_END.sub("\n", clean(text)))
    return from_html("".join(_block(b) for b in blocks if b.strip()), base=base, title=title)


def text_of(body_html: str) -> str:
    """The text of a body that keeps to the profile (see `bodytext`)."""
    root = _parse(body_html)
    return "" if root is None else bodytext.text_of(root)


def _block(block: str) -> str:
    lines = [line for line in block.split("\n") if line.strip()]
    for pattern, tag in ((_BULLET, "ul"), (_NUMBER, "ol")):
        if len(lines) > 1 and all(pattern.match(line) for line in lines):
            start = int(re.sub(r"\D.*", "", lines[0].strip()) or 1) if tag == "ol" else 1
            items = (escape(pattern.sub("", line, count=1), quote=False) for line in lines)
            opening = f'<ol start="{start}">' if start != 1 else f"<{tag}>"
            return opening + "".join(f"<li>{item}</li>" for item in items) + f"</{tag}>"
    return f"<p>{escape(block, quote=False)}</p>"


def _parse(html: str) -> Any:
    # Our own body element keeps text at the start from being wrapped in a paragraph, and nothing
    # may close it: what comes after the end of a document would be lost.
    return etree.fromstring(
        b"<!DOCTYPE html><html><body>" + _ENDS.sub("", html).encode(), _parser()
    )


def _parser() -> Any:
    # One a thread: making one costs more than reading a short article with it.
    parser = getattr(_LOCAL, "parser", None)
    if parser is None:
        parser = _LOCAL.parser = etree.HTMLParser(
            encoding="utf-8",
            remove_comments=True,
            remove_pis=True,
            no_network=True,
            huge_tree=False,
        )
    return parser
