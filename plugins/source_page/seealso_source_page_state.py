"""The article that a page holds as data for its scripts, and shows only when they ran.

    <script type="application/json">{...}</script>, window.__STATE__ = {...};
      --the longest text, or list of texts, under names that articles have--> HTML

Such pages have next to no text of their own. Nothing is run: the data is read where it is JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

_MOST = 3_000_000  # characters of one script
_SCRIPTS = 40
_DEEPEST = 30
_NODES = 200_000
_LEAST = 250  # characters of an article
_ASSIGNED = re.compile(
    r"\A\s*(?:window\.|self\.|var\s+|let\s+|const\s+)?[\w.$\[\]\"']{3,60}\s*=\s*(?=[{\[])"
)
_NAMED = re.compile(
    r"(?:body|content|html|text|markdown|copy|story|article|description|paragraph|value)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<(?:p|h[2-6]|ul|ol|div|blockquote|br)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…。！？।؟]")


def scripted(tree: Any) -> list[str]:
    """The scripts of a page that hold data, as text; take them before scripts are dropped."""
    found = []
    for script in tree.iter("script"):
        text = script.text or ""
        kind = (script.get("type") or "").lower()
        if not _LEAST <= len(text) <= _MOST or "ld+json" in kind:
            continue
        if "json" in kind or _ASSIGNED.match(text):
            found.append(text)
    return found[:_SCRIPTS]


def state_body(scripts: list[str]) -> str | None:
    """The HTML of the longest text in these scripts; None where none has the size of an article."""
    best = ""
    for script in scripts:
        text = _ASSIGNED.sub("", script, count=1).strip()
        try:
            data, _ = json.JSONDecoder(strict=False).raw_decode(text)
        except (ValueError, RecursionError):
            continue
        for candidate in _texts(data):
            best = max(best, candidate, key=len)
    return best if len(best) >= _LEAST else None


def _texts(data: Any) -> Iterator[str]:
    """HTML of every value that can be an article: a string, or a list of paragraphs."""
    stack: list[tuple[Any, str, int]] = [(data, "", 0)]
    seen = 0
    while stack and seen < _NODES:
        value, name, depth = stack.pop()
        seen += 1
        if isinstance(value, str):
            if len(value) >= _LEAST and _NAMED.search(name) and _SENTENCE.search(value):
                yield _html(value)
        elif depth < _DEEPEST and isinstance(value, dict):
            stack.extend((inner, key, depth + 1) for key, inner in value.items())
        elif depth < _DEEPEST and isinstance(value, list):
            yield "".join(_html(text) for text in map(_paragraph, value) if text)
            stack.extend((inner, name, depth + 1) for inner in value)


def _paragraph(item: Any) -> str:
    """The text of one block of a list of blocks, as editors of such pages store them."""
    if isinstance(item, str):
        return item if _SENTENCE.search(item) else ""
    if not isinstance(item, dict):
        return ""
    for name in ("html", "text", "content", "value", "paragraph"):
        inner = item.get(name)
        if isinstance(inner, str) and inner.strip():
            heading = "head" in str(item.get("type", "")).lower()
            if heading and "<" not in inner:
                return f"<h2>{escape(inner, quote=False)}</h2>"
            return inner if _SENTENCE.search(inner) or _MARKUP.search(inner) else ""
    return ""


def _html(text: str) -> str:
    if _MARKUP.search(text) or text.startswith("<h2>"):
        return text
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if "<" in text and re.search(r"</\w+>", text):
        return "".join(f"<p>{line}</p>" for line in lines)
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
