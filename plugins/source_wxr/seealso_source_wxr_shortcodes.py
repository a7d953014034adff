"""Shortcodes of WordPress: ``[caption]``, ``[gallery]``, ``[embed]`` and those of any plugin.

    "[caption id=..]<img ..> Words[/caption]" --> <figure><img ..><figcaption>Words</figcaption>..
    "[gallery ids=\"3,7\"]"                     --> figures of the attachments 3 and 7
    "[embed]https://..[/embed]"               --> a link
    "[acme_box color=\"red\"]Words[/acme_box]"  --> Words
    "see [1] and [sic]"                       --> as it is: brackets of the text

What a shortcode shows is known to the plugin that made it, and that is not here: the words inside
stay, the brackets go. Brackets are only taken for a shortcode when they look like one and nothing
else: a name that WordPress or a wide-spread plugin uses, a closing one to it, an attribute with a
value, or a dash or underscore in the name. An author writes one down as ``[[name]]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape, unescape

from seealso_source_wxr_blocks import spans

_VALUE = r"\"[^\"\[\]]{0,4000}\"|'[^'\[\]]{0,4000}'"
_CODE = re.compile(
    rf"(\[?)\[(/?)([A-Za-z][\w-]{{0,60}})(?![\w(])((?:[^\[\]\"'<>]|{_VALUE}|<[^<>\[\]]{{0,400}}>){{0,400}}?)"
    r"(/?)\](\]?)"
)
_ATTRIBUTE = re.compile(
    r"([A-Za-z][\w-]{0,60})\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))|\"([^\"]*)\"|'([^']*)'|(\S+)"
)
_IMAGE = re.compile(r"(?:<a\b[^<>]*>\s{0,9})?<img\b[^<>]*>(?:\s{0,9}</a>)?", re.IGNORECASE)
_DEEPEST = 20
_LISTED = 500
# By name alone: WordPress' own, and what many sites write without an attribute.
_KNOWN = frozenset((
    *("caption", "wp_caption", "gallery", "playlist", "audio", "video", "embed", "youtube"),
    *("vimeo", "dailymotion", "soundcloud", "tweet", "twitter", "instagram", "facebook", "ted"),
    *("googlemaps", "polldaddy", "poll", "slideshow", "contact", "toc", "no_toc", "notoc"),
    *("divider", "spacer", "clear", "raw", "pullquote", "dropcap", "column", "columns", "row"),
    *("button", "box", "tabs", "tab", "accordion", "toggle", "sitemap", "archives"),
))  # fmt: skip
_PLAYERS = (
    "src",
    "url",
    "mp3",
    "m4a",
    "ogg",
    "wav",
    "wma",
    "flac",
    "mp4",
    "m4v",
    "webm",
    "ogv",
    "flv",
)

Gallery = Callable[[tuple[str, ...]], str]


@dataclass(slots=True)
class _Open:
    """A shortcode whose end has not been met, and what stands in it so far."""

    written: str
    name: str
    attributes: Mapping[str, str]
    parts: list[str] = field(default_factory=list)


def expand(text: str, gallery: Gallery) -> str:
    """The text with its shortcodes dealt with.

    Args:
        gallery: the HTML of these attachments, by id; of none named: of those of the post.
    """
    if "[" not in text:
        return text
    return "".join(
        _Expander(gallery, in_code=in_code).run(piece)
        for piece, in_code in spans(text, ("pre", "code"))
    )


class _Expander:
    """One pass over the text, with a stack of what is open."""

    def __init__(self, gallery: Gallery, *, in_code: bool) -> None:
        self._gallery = gallery
        self._in_code = in_code
        self._stack: list[_Open] = []
        self._out: list[str] = []

    def run(self, text: str) -> str:
        closed = {m[3].lower() for m in _CODE.finditer(text) if m[2]}
        at = 0
        for match in _CODE.finditer(text):
            self._put(text[at : match.start()])
            at = match.end()
            name = match[3].lower()
            if match[1] and match[6]:  # [[name]]
                self._put(match[0][1:-1])
            elif match[2]:
                self._close(name, match[0])
            elif self._is_one(name, match, closed):
                self._put(match[1])
                self._meet(name, match, closed)
                self._put(match[6])
            else:
                self._put(match[0])
        self._put(text[at:])
        while self._stack:
            self._leave(None)
        return "".join(self._out)

    def _is_one(self, name: str, match: re.Match[str], closed: set[str]) -> bool:
        if name in _KNOWN:
            return True
        if self._in_code:
            return False
        given = _attributes(match[4])
        named = any(not key.isdigit() for key in given)
        return name in closed or named or "_" in name or "-" in name or bool(match[5])

    def _meet(self, name: str, match: re.Match[str], closed: set[str]) -> None:
        opened = _Open(match[0], name, _attributes(match[4]))
        if match[5] or name not in closed or len(self._stack) >= _DEEPEST:
            self._put(self._shown(opened, None))
        else:
            self._stack.append(opened)

    def _close(self, name: str, written: str) -> None:
        if all(one.name != name for one in self._stack):
            if name not in _KNOWN and "_" not in name and "-" not in name:
                self._put(written)
            return
        while self._stack[-1].name != name:
            self._leave(None)
        self._leave("".join(self._stack[-1].parts))

    def _leave(self, inner: str | None) -> None:
        """The last one opened ends; without an end of its own it had nothing inside."""
        one = self._stack.pop()
        shown = self._shown(one, inner)
        self._put(shown if inner is not None else shown + "".join(one.parts))

    def _put(self, text: str) -> None:
        if text:
            (self._stack[-1].parts if self._stack else self._out).append(text)

    def _shown(self, one: _Open, inner: str | None) -> str:
        given = one.attributes
        if one.name in ("caption", "wp_caption"):
            return _figure(given, inner or "")
        if one.name in ("gallery", "playlist"):
            ids = given.get("ids") or given.get("include") or ""
            return self._gallery(tuple(ids.replace(" ", "").split(","))[:_LISTED] if ids else ())
        if one.name == "embed":
            return _link(inner or given.get("src") or given.get("0", ""))
        if one.name in ("audio", "video"):
            found = next((given[key] for key in _PLAYERS if given.get(key)), given.get("0", ""))
            return _link(found) + (inner or "")
        if inner is None:
            return _link(given.get("url") or given.get("0", ""))
        return inner


def _figure(given: Mapping[str, str], inner: str) -> str:
    """The caption stands after the picture, or, in old posts, in an attribute."""
    picture = _IMAGE.search(inner)
    if picture is None:
        return inner
    words = given.get("caption") or (inner[: picture.start()] + inner[picture.end() :])
    caption = f"<figcaption>{words.strip()}</figcaption>" if words.strip() else ""
    return f"\n\n<figure>{picture[0]}{caption}</figure>\n\n"


def _link(address: str) -> str:
    url = unescape(address.strip())
    if not url.lower().startswith(("http://", "https://")) or any(c.isspace() for c in url):
        return ""
    shown = escape(url)
    return f'\n\n<p><a href="{shown}">{shown}</a></p>\n\n'


def _attributes(text: str) -> dict[str, str]:
    """By name in lower case; those without one by their number: ``[youtube https://...]``."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        if match[1]:
            value = next((v for v in match.group(2, 3, 4) if v is not None), "")
            found.setdefault(match[1].lower(), unescape(value))
        else:
            value = next((v for v in match.group(5, 6, 7) if v is not None), "")
            found.setdefault(str(sum(key.isdigit() for key in found)), value)
    return found
