"""The text of an element: plain, HTML in escapes, or elements of XHTML; and where its links start.

    <title type="html">El &lt;b&gt;faro&lt;/b&gt;</title>         -> Text("El <b>faro</b>", is_html)
    <title type="text">Use &lt;b&gt;</title>                      -> Text("Use <b>", literal)
    <content type="xhtml"><x:div><x:p>Luz</x:p></x:div></content> -> Text("<p>Luz</p>", is_html)

RFC 4287 section 3.1 and 4.1.3 say it for Atom 1.0; Atom 0.3 says it with ``mode`` and media types;
in RSS nobody says anything, so that text that looks like HTML is HTML. HTML isn't cleaned here: the
hub does that for every source. Its links are made absolute where ``xml:base`` holds for them.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from html.entities import html5
from typing import Any
from urllib.parse import urljoin

from seealso_sdk.languages import guess_language
from seealso_sdk.text import clean
from seealso_source_feed_names import XML, attributes_of

_HTML_TYPES = frozenset({"html", "text/html", "text/x-html", "application/html"})
_XHTML_TYPES = frozenset({"xhtml", "application/xhtml+xml", "text/xhtml", "xml", "text/xml"})
_PLAIN_TYPES = frozenset({"text", "plain", "text/plain"})
_VOID = frozenset(
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
        "track",
        "wbr",
    }
)
_LINKS = frozenset(
    {
        "action",
        "archive",
        "background",
        "cite",
        "classid",
        "codebase",
        "data",
        "formaction",
        "href",
        "icon",
        "longdesc",
        "poster",
        "profile",
        "src",
        "srcset",
        "usemap",
    }
)
_HTML_ELEMENTS = frozenset(
    {
        "a",
        "abbr",
        "acronym",
        "address",
        "area",
        "article",
        "aside",
        "audio",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "body",
        "br",
        "button",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "dir",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "link",
        "main",
        "map",
        "mark",
        "menu",
        "meta",
        "nav",
        "noscript",
        "object",
        "ol",
        "optgroup",
        "option",
        "p",
        "param",
        "picture",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "script",
        "section",
        "select",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "track",
        "tt",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """What an element says. `literal`: its feed declares it to be plain text."""

    value: str
    is_html: bool = False
    literal: bool = False


NO_TEXT = Text("")


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for an element by those around it: ``xml:base`` and ``xml:lang``."""

    url: str  # of the feed; empty where nobody knows it
    has_base: bool
    has_lang: bool
    is_atom: bool

    def own_base(self, element: Any) -> str | None:
        """The ``xml:base`` that holds for it, absolute; None where there is none."""
        if not self.has_base:
            return None
        steps = [value for one in _upwards(element) if (value := one.get(f"{XML}base"))]
        if not steps:
            return None
        base = self.url
        for step in reversed(steps):
            base = joined(base, step.strip()) or base
        return base

    def base(self, element: Any) -> str:
        """What relative links of the element start from."""
        return self.own_base(element) or self.url

    def language(self, element: Any) -> str | None:
        """The ``xml:lang`` that holds for it; an empty one takes back what is around it."""
        if self.has_lang:
            for one in _upwards(element):
                found = one.get(f"{XML}lang") or one.get("lang")
                if found is not None:
                    return found.strip() or None
                if one.get(f"{XML}lang") == "":
                    return None
        return None


def _upwards(element: Any) -> Any:
    yield element
    yield from element.iterancestors()


@lru_cache(maxsize=2048)
def joined(base: str, url: str) -> str | None:
    """The address seen from the base; None where there is none in it."""
    text = clean(url).strip()
    if not text:
        return None
    try:
        return urljoin(base, text) if base else text
    except ValueError:  # what urllib says of a bracket out of place
        return text


# --- the text of an element --------------------------------------------------------------------


def line_of(element: Any) -> str:
    """Its text and that of what is in it, without markup."""
    text = element.text or "" if not len(element) else "".join(element.itertext())
    return mended(text.strip())


def text_of(element: Any, scope: Scope, *, html: bool = False) -> Text:
    """What it says. `html`: what it is where it doesn't tell."""
    kind, mode = "", ""
    if element.attrib:
        given = attributes_of(element)
        kind = given.get("type", "").partition(";")[0].strip().lower()
        mode = given.get("mode", "").strip().lower()
    if len(element):
        return Text(inner_html(element, scope), is_html=True)
    value = mended((element.text or "").strip())
    if mode == "base64" or (kind and html is False and _is_binary(kind, scope)):
        value, mode = _from_base64(value), "base64"
    if not value:
        return NO_TEXT
    return _kinded(Text(value), kind, mode, element, scope, html)


def _kinded(text: Text, kind: str, mode: str, element: Any, scope: Scope, html: bool) -> Text:
    value = text.value
    if kind in _XHTML_TYPES:  # without an element in it, though: text, or HTML in escapes
        is_markup = mode in ("escaped", "base64") or looks_like_html(value)
        return Text(_rebased(value if is_markup else escape(value, False), element, scope), True)
    is_html = kind in _HTML_TYPES or (html and kind not in _PLAIN_TYPES)
    if not is_html and (not scope.is_atom or _is_binary(kind, scope)):
        is_html = looks_like_html(value)
    if is_html:
        return Text(_rebased(value, element, scope), is_html=True)
    return Text(value, literal=scope.is_atom and kind in _PLAIN_TYPES)


def _is_binary(kind: str, scope: Scope) -> bool:
    """RFC 4287 section 4.1.3.3: a media type that is neither text nor XML comes as Base64."""
    known = kind in _HTML_TYPES or kind in _XHTML_TYPES or kind in _PLAIN_TYPES
    return (
        scope.is_atom
        and not known
        and "/" in kind
        and not kind.startswith("text/")
        and not kind.endswith(("+xml", "/xml"))
    )


def _from_base64(value: str) -> str:
    """The text in it; nothing where there is a picture or the like; as it is where it is none."""
    try:
        data = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return value
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "" if "\x00" in text else clean(text).strip()


_C1 = re.compile("[\x80-\x9f]")
_CP1252 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}


def mended(text: str) -> str:
    """Without characters that XML forbids. References to 128 to 159 are Windows-1252, as browsers
    read them; UTF-8 that was taken for Latin-1 and encoded again is read back."""
    if text.isascii():
        return text.replace("\x7f", "")  # no other one comes through XML
    for name in ("latin-1", "cp1252"):
        try:
            text = text.encode(name).decode("utf-8")
            break
        except UnicodeError:
            continue
    if _C1.search(text):
        text = text.translate(_CP1252).replace("\ufffd", "")
    return clean(text)


# --- HTML ----------------------------------------------------------------------------------------

_CLOSING = re.compile(r"</[A-Za-z]\w*\s*>|<(?:br|hr|img)\b[^<>]*>|&#?\w+;", re.IGNORECASE)
_TAG_NAME = re.compile(r"</?([A-Za-z][\w:-]*)")
_NAMED = re.compile(r"&([A-Za-z]\w*);")


def looks_like_html(text: str) -> bool:
    """It has a tag that closes something, or an entity, and none of either that isn't HTML's.
    Doubt is for the text: what is taken for markup by mistake is lost."""
    if ("<" not in text and "&" not in text) or not _CLOSING.search(text):
        return False
    return all(name.lower() in _HTML_ELEMENTS for name in _TAG_NAME.findall(text)) and all(
        f"{name};" in html5 for name in _NAMED.findall(text)
    )


def inner_html(element: Any, scope: Scope) -> str:
    """What is in an element of XML, as HTML; a ``div`` around all of it is left out."""
    outer = element
    if len(element) == 1 and not (element.text or "").strip():
        child = element[0]
        if _local(child) == "div" and not (child.tail or "").strip():
            outer = child
    out: list[str] = [escape(outer.text or "", False)]
    base = scope.own_base(outer)
    for child in outer:
        _write(child, out, base)
    return mended("".join(out).strip())


def _local(element: Any) -> str:
    local: str = element.tag.rpartition("}")[2]
    return local.lower() if not local.islower() else local


def _write(element: Any, out: list[str], base: str | None) -> None:
    name = _local(element)
    out.append(f"<{name}")
    own = element.get(f"{XML}base")
    if own:
        base = joined(base or "", own) or base
    for key, value in element.attrib.items():
        local = key.rpartition("}")[2].lower()
        if key == f"{XML}base":
            continue
        if base and local in _LINKS:
            value = _absolute_value(local, value, base)
        out.append(f' {local}="{escape(value)}"')
    out.append(">")
    if name not in _VOID or len(element) or element.text:
        if element.text:
            out.append(escape(element.text, False))
        for child in element:
            _write(child, out, base)
        out.append(f"</{name}>")
    if element.tail:
        out.append(escape(element.tail, False))


_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_LINK_ATTRIBUTE = re.compile(
    rf"(\s(?:{'|'.join(sorted(_LINKS))})\s*=\s*)(?:\"([^\"<>]*)\"|'([^'<>]*)'|([^\s\"'<>]+))",
    re.IGNORECASE,
)


def _rebased(html: str, element: Any, scope: Scope) -> str:
    """With its links absolute where ``xml:base`` holds. Else they are the hub's to resolve: by the
    article's own address, as everybody does who puts a feed's HTML into a page."""
    base = scope.own_base(element)
    if not base:
        return html

    def link(match: re.Match[str]) -> str:
        name = match[1].strip().rstrip("=").strip().lower()
        value = unescape(match[2] or match[3] or match[4] or "")
        return f'{match[1]}"{escape(_absolute_value(name, value, base))}"'

    return _TAG.sub(lambda tag: _LINK_ATTRIBUTE.sub(link, tag[0]), html)


def _absolute_value(name: str, value: str, base: str) -> str:
    if name == "srcset":
        parts = [part.split(None, 1) for part in value.split(",") if part.strip()]
        return ", ".join(" ".join([joined(base, url) or url, *rest]) for url, *rest in parts)
    return joined(base, value) or value


# --- plain text ----------------------------------------------------------------------------------

_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|cite|code|em|font|i|kbd|mark|q|s|small|span|strong|sub|sup|u|wbr)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_HEAD = 4000  # characters: what a title or a summary is made from


def plain(html: str) -> str:
    """The text of a piece of HTML, on one line."""
    head = html[:_HEAD]
    if "<" in head:
        head = _ANY_TAG.sub(" ", _INLINE.sub("", _HIDDEN.sub(" ", head)))
    return " ".join(unescape(head).split())


_MARKUP = re.compile(r"<(?=[A-Za-z/])|&(?=#?\w+;)")
_LIKE_A_TAG = re.compile(r"<(?=[A-Za-z/])")


def line_from(text: Text) -> str:
    """One line of plain text for a field that the hub takes tags and entities out of: what is no
    markup, though it looks like some, is written so that it stays."""
    if text.is_html:
        return _LIKE_A_TAG.sub("&lt;", plain(text.value))
    line = " ".join(text.value.split())
    if text.literal:
        return _MARKUP.sub(lambda match: "&lt;" if match[0] == "<" else "&amp;", line)
    return _LIKE_A_TAG.sub("&lt;", line)


_ENOUGH = 1000  # characters to tell a language by; only where they don't do are more read


def language_of(text: str) -> str | None:
    """The language of a text that doesn't declare one."""
    return guess_language(text[:_ENOUGH]) or (guess_language(text) if len(text) > _ENOUGH else None)
