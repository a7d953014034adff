"""The body of a page: its main content as HTML."""

from __future__ import annotations

import logging
import re
from html import escape
from typing import Any

from lxml import html
from seealso_sdk.text import fold
from seealso_source_page_around import drop, line
from seealso_source_page_declared import Declared

_SHORT = 400  # characters: below it trafilatura's fallbacks take the whole page
_FRAME = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form")


def body_of(tree: Any, page: Declared, base: str) -> str | None:
    """The article's HTML: trafilatura's, for a short page that of its main element, else what the
    page declares; with the answers that a FAQ declares and shows only on a click."""
    found = _extracted(tree, base)
    if found is None or len(plain(found)) < _SHORT:
        found = _main_element(tree, base) or found
    found = found or (f"<p>{escape(page.body, quote=False)}</p>" if page.body else None)
    shown = fold(plain(found)) if found else ""
    missing = [
        (name, answer)
        for name, answer in page.questions
        if fold(plain(answer))[:_ANSWER_HEAD] not in shown
    ]
    several = len(page.questions) > 1
    parts = [f"<h2>{escape(name)}</h2>{text}" if several else text for name, text in missing]
    return "\n".join([*([found] if found else []), *parts]) or None


_ANSWER_HEAD = 60  # characters by which an answer is found in the body
_INLINE_CODE = re.compile(r"(?<=[^\s>])( ?)<pre>([^<\n]{1,200})</pre>")


def _extracted(tree: Any, base: str) -> str | None:
    # Imported here: it takes a second, and describing the plugin must not.
    import trafilatura

    # It reports what it expects to fail as errors, on loggers that the host would show.
    for name in ("trafilatura", "htmldate", "courlan", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    found: str | None = trafilatura.extract(
        tree,
        url=base or None,
        output_format="html",
        favor_precision=True,
        include_comments=False,
        include_formatting=True,
        include_images=True,
        include_links=True,
        include_tables=True,
    )
    if found is None:
        return None
    # trafilatura writes code within a sentence as a block of its own.
    inner = _INLINE_CODE.sub(r"\1<code>\2</code>", found)
    return re.sub(r"\A\s*<html>\s*<body>|</body>\s*</html>\s*\Z", "", inner).strip() or None


def _main_element(tree: Any, base: str) -> str | None:
    """The content of the page's one article or main element, or of its body, without the frame."""
    for path in ("//article", "//main", "//*[@role='main']", "//body"):
        elements = tree.xpath(path)
        if len(elements) == 1 and line(elements[0]):
            whole = html.fragment_fromstring(html.tostring(elements[0], encoding="unicode"), "div")
            for element in list(whole.iter(*_FRAME)):
                drop(element)
            if base:
                whole.make_links_absolute(base, resolve_base_href=False, handle_failures="ignore")
            return _inner(whole) if line(whole) else None
    return None


def _inner(whole: Any) -> str:
    """The HTML inside a wrapper and, where it has one child only, inside that."""
    while len(whole) == 1 and whole[0].tag in ("article", "main", "div", "body"):
        whole = whole[0]
    children = "".join(html.tostring(child, encoding="unicode") for child in whole)
    return (escape(whole.text or "", quote=False) + children).strip()


def plain(markup: str) -> str:
    return " ".join(re.sub(r"<[^<>]*>", " ", markup).split())
