"""JSON-LD of a page, read as leniently as search engines read it.

    <script type="application/ld+json"> --repair--> values --index--> LinkedData
        main    the node that is the page: its article, its question, its video
        frames  the nodes of the page around it (WebPage), asked where the main one is silent

Sites write it by templates: comments, commas too many, several values in one script, quotes as
references, an author that is only an `@id`. What can't be repaired is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from seealso_sdk.text import fold

Node = Mapping[str, Any]

_SCRIPT_MAX = 1_000_000  # characters of one script
_VALUES_MAX = 50  # of one script
_NODES_MAX = 4000
_DEPTH_MAX = 12

# The kind that a type makes an article; the page's own node is the first of the earliest type
# here. What is not listed is about something else on the page (the site, its owner).
KINDS: Mapping[str, str | None] = {
    "QAPage": "qa",
    "NewsArticle": "news",
    "ReportageNewsArticle": "news",
    "AnalysisNewsArticle": "news",
    "BackgroundNewsArticle": "news",
    "LiveBlogPosting": "news",
    "MedicalScholarlyArticle": "article",
    "ScholarlyArticle": "article",
    "TechArticle": "article",
    "BlogPosting": "article",
    "SocialMediaPosting": "article",
    "DiscussionForumPosting": "article",
    "OpinionNewsArticle": "article",
    "ReviewNewsArticle": "article",
    "AdvertiserContentArticle": "article",
    "SatiricalArticle": "article",
    "Report": "article",
    "HowTo": "article",
    "Recipe": "article",
    "Review": "article",
    "Article": "article",
    "CreativeWork": "article",
    "FAQPage": "qa",
    "VideoObject": "video",
    "MedicalWebPage": "article",
    "Question": "qa",
    "AboutPage": "page",
    "ContactPage": "page",
    "ItemPage": "page",
    "WebPage": None,
}
_RANK = {name: rank for rank, name in enumerate(KINDS)}
_FRAMES = frozenset(("WebPage", "MedicalWebPage", "ItemPage", "AboutPage", "ContactPage"))


@dataclass(frozen=True, slots=True)
class LinkedData:
    """What the scripts of one page say."""

    main: Node = field(default_factory=dict)
    frames: tuple[Node, ...] = ()
    by_id: Mapping[str, Node] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """The value of a property, of the main node or else of the page around it."""
        for node in (self.main, *self.frames):
            value = node.get(name)
            if value not in (None, "", [], {}):
                return value
        return None

    def resolved(self, value: Any) -> Any:
        """The node that is meant by ``{"@id": ...}``, where another script or node has it."""
        if isinstance(value, list):
            return [self.resolved(item) for item in value[:_VALUES_MAX]]
        if isinstance(value, Mapping) and "name" not in value and isinstance(value.get("@id"), str):
            return self.by_id.get(value["@id"], value)
        return value


def linked_data(tree: Any, addresses: Sequence[str], titles: Sequence[str]) -> LinkedData:
    """Read all scripts of a page. `addresses` and `titles` are the page's own, by which its node
    is told among those of other articles."""
    top: list[Node] = []
    by_id: dict[str, Node] = {}
    budget = [_NODES_MAX]
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            for value in values_of("".join(script.itertext())):
                top.extend(_pages_in(value, 0))
                _index(value, by_id, budget, 0)
    top = top[:_NODES_MAX]
    main = _main_node(top, addresses, titles)
    frames = tuple(node for node in top if node is not main and _FRAMES.intersection(types(node)))
    return LinkedData(main, frames[:5], by_id)


def types(node: Node) -> list[str]:
    """The names of a node's types, without their vocabulary."""
    given = node.get("@type")
    listed = given if isinstance(given, list) else [given]
    return [re.split(r"[/:#]", str(item))[-1] for item in listed if item]


# --- text to values --------------------------------------------------------------------------

_WRAPPING = re.compile(r"\A\s*(?:<!--|/[/*]\s*<!\[CDATA\[(?:\s*\*/)?|<!\[CDATA\[)")
_UNWRAPPING = re.compile(r"(?:-->|/[/*]\s*\]\]>(?:\s*\*/)?|\]\]>)\s*\Z")
_STRING = r'"(?:[^"\\]|\\.)*+"'
_COMMENT = re.compile(_STRING + r"|/\*.{0,2000}?\*/|//[^\n]{0,2000}", re.DOTALL)
_COMMA = re.compile(_STRING + r"|,(?=\s*+[}\]])", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|(.))", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;]*")
_DECODER = json.JSONDecoder(strict=False)


def values_of(text: str) -> list[Any]:
    """The JSON values of one script; none where nothing can be made of it."""
    if len(text) > _SCRIPT_MAX:
        return []
    text = _UNWRAPPING.sub("", _WRAPPING.sub("", text)).strip()
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        pass
    if '"' not in text:
        text = unescape(text)
    values: list[Any] = []
    at, repaired = 0, _repaired(text).strip()
    while at < len(repaired) and len(values) < _VALUES_MAX:
        try:
            value, at = _DECODER.raw_decode(repaired, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
        at = _BETWEEN.match(repaired, at).end()  # type: ignore[union-attr]
    return values


def _repaired(text: str) -> str:
    """Without comments, without a comma before a closing bracket, without escapes that JSON has
    not; strings keep all else."""
    bare = _COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else " ", text)
    return _COMMA.sub(lambda match: _legal(match[0]) if match[0][0] == '"' else "", bare)


def _legal(string: str) -> str:
    if "\\" not in string:
        return string
    return _ESCAPE.sub(
        lambda match: match[0] if match[1] is None or match[1] in '"\\/bfnrt' else match[1], string
    )


# --- nodes -----------------------------------------------------------------------------------


def _pages_in(value: Any, depth: int) -> Iterator[Node]:
    """The nodes that can be the page: top level, lists, @graph, and the main entity of each."""
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, list):
        for item in value:
            yield from _pages_in(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _pages_in(value.get(name), depth + 1)


def _index(value: Any, by_id: dict[str, Node], budget: list[int], depth: int) -> None:
    """Every node that has a name of its own and more than that."""
    if depth > _DEPTH_MAX or budget[0] <= 0:
        return
    budget[0] -= 1
    if isinstance(value, list):
        for item in value:
            _index(item, by_id, budget, depth + 1)
    elif isinstance(value, dict):
        name = value.get("@id")
        if isinstance(name, str) and "name" in value:
            by_id.setdefault(name, value)
        for inner in value.values():
            if isinstance(inner, dict | list):
                _index(inner, by_id, budget, depth + 1)


def _main_node(nodes: Sequence[Node], addresses: Sequence[str], titles: Sequence[str]) -> Node:
    """The node of the page: the one that names its address or its title, of the earliest type."""
    places = {_bare(address) for address in addresses if address}
    folded = [fold(title) for title in titles if title]

    def strangeness(at: int) -> tuple[int, int, int]:
        node = nodes[at]
        titled = any(fold(unescape(name)) in title for name in _names(node) for title in folded)
        here = any(_bare(url) in places for url in _addresses(node))
        rank = min(_RANK[name] for name in types(node) if name in _RANK)
        framing = rank >= _RANK["AboutPage"]
        return (2 if framing else 0 if here or titled else 1, rank, at)

    ranked = [at for at, node in enumerate(nodes) if any(name in _RANK for name in types(node))]
    return nodes[min(ranked, key=strangeness)] if ranked else {}


def _names(node: Node) -> Iterator[str]:
    """What a node calls itself, and a page of one question its question."""
    asked = node.get("mainEntity")
    for one in (node, *([asked] if isinstance(asked, dict) else [])):
        for name in ("headline", "name"):
            if isinstance(one.get(name), str) and fold(one[name]):
                yield one[name]


def _addresses(node: Node) -> Iterator[str]:
    for name in ("url", "@id", "mainEntityOfPage"):
        value = node.get(name)
        value = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(value, str) and value.startswith("http"):
            yield value


def _bare(url: str) -> str:
    """An address without what may differ for one page."""
    return re.sub(r"\Ahttps?://(?:www\.)?", "", url).partition("#")[0].partition("?")[0].rstrip("/")
