"""The text of a body that keeps to the profile: what `Article.body_text` holds.

Blocks are divided by a blank line. List items have a line each, behind ``- `` or their number, a
list within a list two spaces further in. Cells of a row are divided by a tab; ``br`` ends a line.
"""

from __future__ import annotations

from typing import Any

_LINE_BLOCKS = {"br", "li", "tr", "dt", "dd"}
_BLOCKS = {
    "p", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "figure", "figcaption",
    "caption", "hr",
}  # fmt: skip
_LISTS = {"ul", "ol", "dl"}
_GAPS = dict.fromkeys(_LINE_BLOCKS, 1) | dict.fromkeys(_BLOCKS, 2) | dict.fromkeys(_LISTS, 2)


def text_of(root: Any) -> str:
    """The text of a parsed body (an lxml element)."""
    writer = _Writer()
    writer.children(root, None)
    return "".join(writer.parts).strip()


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self._gap = 0  # line ends that are due before the next text
        self._mark = ""  # of the list item that begins with the next text
        self._lists = 0  # around

    def children(self, element: Any, number: int | None) -> None:
        if element.text:
            self._say(element.text)
        for child in element:
            tag = child.tag
            gap = _GAPS.get(tag, 0)
            is_list = tag in _LISTS
            if gap == 2 and is_list and self._lists:
                gap = 1
            if gap > self._gap:
                self._gap = gap
            if tag == "li":
                number = self._mark_item(element, child, number)
            elif tag in ("td", "th") and child.getprevious() is not None:
                self._say("\t")
            self._lists += is_list
            self.children(child, None)
            self._lists -= is_list
            if gap > self._gap:
                self._gap = gap
            if child.tail:
                self._say(child.tail)

    def _mark_item(self, parent: Any, item: Any, number: int | None) -> int | None:
        indent = "  " * (self._lists - 1)
        if parent.tag != "ol":
            self._mark = f"{indent}- "
            return None
        down = parent.get("reversed") is not None
        start = parent.get("start")
        if item.get("value") is not None:
            number = int(item.get("value"))
        elif number is not None:
            number += -1 if down else 1
        elif start is not None:
            number = int(start)
        else:
            number = len(parent) if down else 1
        self._mark = f"{indent}{number}. "
        return number

    def _say(self, text: str) -> None:
        if self._gap and self.parts:
            self.parts.append("\n" * self._gap)
        self._gap = 0
        if self._mark:
            self.parts.append(self._mark)
            self._mark = ""
        self.parts.append(text)
