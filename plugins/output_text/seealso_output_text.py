"""An article as plain text made for reading.

Title and headings underlined, lines of 72 columns (East Asian and emoji widths counted), nested
and numbered lists, tables in columns or row by row, links as numbered references at the end. It is
made from the article's own blocks (`seealso_sdk.plaintext`), not from another output.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from seealso_sdk import (
    Article,
    Context,
    Option,
    Output,
    OutputMeta,
    Reject,
    Rendition,
    hookimpl,
)
from seealso_sdk.plaintext import WIDTH, article_text, columns
from wcwidth import wcswidth


class TextOutput:
    """The text output."""

    meta = OutputMeta(
        name="text",
        title="Plain text",
        extension="txt",
        media_type="text/plain; charset=utf-8",
        version="1",
        description="A reading version: wrapped, with numbered links.",
        options=(Option("width", str(WIDTH), "Columns of a line, 40 to 200."),),
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """The article's text, UTF-8.

        Raises:
            Reject: the option `width` is no number from 40 to 200.
        """
        text = article_text(article, context, width=_width(context), measure=_measure)
        return Rendition(text.encode())


def _width(context: Context) -> int:
    given = context.options.get("width", str(WIDTH))
    if not given.isdecimal() or not 40 <= int(given) <= 200:
        raise Reject(f"option width is {given!r}. Set a number from 40 to 200.")
    return int(given)


@lru_cache(maxsize=4096)
def _measure(text: str) -> int:
    """Columns by wcwidth, which knows emoji sequences; it answers -1 for what has no width."""
    width: int = wcswidth(text)
    return width if width >= 0 else columns(text)


@hookimpl
def register_outputs() -> Sequence[Output]:
    """The one output of this plugin."""
    return [TextOutput()]
