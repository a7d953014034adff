"""A new plugin that works: what ``seealso plugins new output_markdown`` writes.

    name --checked--> folder/name/ pyproject.toml
                                   seealso_name.py       the plugin
                                   test_name.py          the conformance kit over it

The generated output renders Markdown, the generated source reads "title, empty line, paragraphs":
both run as they are and pass their own test, so that an author starts from green.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template
from typing import Final

from seealso_sdk.errors import SeealsoError

_NAME = re.compile(r"(output|source)_([a-z][a-z0-9]*(?:_[a-z0-9]+)*)\Z")
_NAME_MAX: Final = 32  # characters after the role, as the conformance kit has it


class ScaffoldError(SeealsoError):
    """A plugin can't be written there, or under that name. The message says what to do."""


def new(name: str, folder: Path) -> list[Path]:
    """Write the plugin `name` into a new folder of that name inside `folder`.

    Args:
        name: ``output_`` or ``source_`` and a word: lower-case letters, digits, ``_``.
        folder: an existing folder.

    Returns:
        The files written: the module, its pyproject.toml, its test.

    Raises:
        ScaffoldError: the name is none, or the place is missing or taken.
    """
    role, word = _checked_name(name)
    home = folder / name
    if not folder.is_dir():
        raise ScaffoldError(f"{folder}: no such folder. Make it first, or name another.")
    if home.exists():
        raise ScaffoldError(f"{home}: exists already. Choose another name, or remove it.")
    extension, media_type = _FORMATS.get(word, (word.replace("_", "")[:16], "text/plain"))
    values = {
        "name": name,
        "dist": f"seealso-{name.replace('_', '-')}",
        "word": word,
        "title": word.replace("_", " ").capitalize(),
        "cls": "".join(part.capitalize() for part in word.split("_")) + role.capitalize(),
        "extension": extension,
        "media_type": media_type,
    }
    texts = {
        f"seealso_{name}.py": _OUTPUT if role == "output" else _SOURCE,
        "pyproject.toml": _PROJECT,
        f"test_{name}.py": _OUTPUT_TEST if role == "output" else _SOURCE_TEST,
    }
    return _write(home, {file: Template(text).substitute(values) for file, text in texts.items()})


def _checked_name(name: str) -> tuple[str, str]:
    found = _NAME.match(name)
    if found is None:
        raise ScaffoldError(
            f"{name!r} is no name of a plugin. Write output_ or source_ and a word in lower-case "
            "letters, for example output_markdown."
        )
    role, word = found.groups()
    if len(word) > _NAME_MAX:
        raise ScaffoldError(
            f"{name!r} is too long. Use at most {_NAME_MAX} characters after {role}_."
        )
    if keyword.iskeyword(word):
        raise ScaffoldError(f"{name!r}: {word} is a word of Python. Choose another.")
    return role, word


def _write(home: Path, texts: dict[str, str]) -> list[Path]:
    try:
        home.mkdir()
        for file, text in texts.items():
            (home / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScaffoldError(
            f"{home}: {error.strerror}. Choose a folder you may write to."
        ) from error
    return [home / file for file in texts]


_FORMATS: Final = {"markdown": ("md", "text/markdown")}

_PROJECT: Final = """\
[project]
name = "$dist"
version = "0.1.0"
description = "$title for the seealso hub."
requires-python = ">=3.11"
dependencies = ["seealso-sdk"]

[project.entry-points.seealso]
$name = "seealso_$name"

[dependency-groups]
test = ["pytest"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
include = ["seealso_$name.py"]
"""

_OUTPUT: Final = '''\
"""An article as $title."""

import re
from collections.abc import Sequence
from textwrap import indent

from seealso_sdk import Article, Context, Output, OutputMeta, Rendition, hookimpl
from seealso_sdk.phrases import phrases
from seealso_sdk.plaintext import facts
from seealso_sdk.reading import (
    Block, Heading, Listing, Paragraph, Preformatted, Quote, Span, Spans, parse, words_of,
)  # fmt: skip
from seealso_sdk.text import cleaned, one_line


class $cls:
    meta = OutputMeta(
        name="$word",
        title="$title",
        extension="$extension",
        media_type="$media_type; charset=utf-8",
        version="1",  # raise it when the same article gives other bytes
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """Pure: nothing but the arguments decides the bytes."""
        article, words = cleaned(article), phrases(article.language)
        blocks = [f"# {escape(one_line(article.title))}"]
        blocks += [escape(line) for line in facts(article, words)]
        notes = [escape(one_line(correction.text)) for correction in article.corrections]
        blocks += [f"> **{words.correction}:** {note}" for note in notes]
        blocks += [markdown(block) for block in parse(article.body_html)]
        if article.see_also:
            links = [
                link(escape(one_line(item.title)), context.see_also_url(item))
                for item in article.see_also
            ]
            blocks += [f"## {words.see_also}", "\\n".join(f"- {each}" for each in links)]
        return Rendition(("\\n\\n".join(blocks) + "\\n").encode())


def markdown(block: Block) -> str:
    match block:
        case Heading(level=level, spans=spans):
            return f"{'#' * level} {inline(spans)}"
        case Paragraph(spans=spans):
            return inline(spans)
        case Quote(blocks=inside):
            return indent("\\n\\n".join(map(markdown, inside)), "> ", lambda line: True)
        case Preformatted(text=text):
            return indent(text, "    ")
        case Listing(items=items, ordered=ordered, start=start):
            texts = ["\\n\\n".join(map(markdown, item)) for item in items]
            bullets = [f"{n}. " if ordered else "- " for n in range(start, start + len(items))]
            return "\\n".join(b + indent(t, " " * len(b)).lstrip() for b, t in zip(bullets, texts))
        case _:  # tables, terms, rules: their words
            return escape(words_of((block,))) or "---"


def inline(spans: Spans) -> str:
    return "".join(map(run_of_text, spans))


def run_of_text(span: Span) -> str:
    """Emphasis stands inside the spaces at the ends, else Markdown takes its signs as text."""
    mark = {"strong": "**", "em": "*"}.get(span.marks[0], "") if span.marks else ""
    core = escape(span.text.strip()).replace("\\n", "\\\\\\n")
    text = span.text.replace(span.text.strip(), f"{mark}{core}{mark}", 1) if core else span.text
    if span.image:
        text = "!" + link(text, span.image)
    return link(text, span.url) if span.url else text


def link(text: str, url: str) -> str:
    return f"[{text}](<{one_line(url).replace('<', '%3C').replace('>', '%3E')}>)"


def escape(text: str) -> str:
    return re.sub(r"([\\\\\\\\`*_\\[\\]<>#&])", r"\\\\\\1", text)


@hookimpl
def register_outputs() -> Sequence[Output]:
    return [$cls()]
'''

_OUTPUT_TEST: Final = '''\
"""The hub's own promises about an output, and yours."""

from seealso_$name import $cls
from seealso_sdk import Context
from seealso_sdk.testing import OutputConformance, article


class Test$cls(OutputConformance):
    output = $cls()


def test_the_title_comes_first() -> None:
    made = $cls().render(article(title="A walk"), Context())
    assert made.body.startswith(b"# A walk\\n")
'''

_SOURCE: Final = '''\
"""Reads $title: a title, an empty line, paragraphs divided by empty lines."""

from collections.abc import Sequence

from seealso_sdk import Piece, Problem, RawArticle, RawInput, Reject, Source, SourceContext
from seealso_sdk import SourceMeta, hookimpl


class $cls:
    meta = SourceMeta(
        name="$word",
        title="$title",
        version="1",
        media_types=("application/x-$extension",),
        extensions=("$extension",),
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[Piece]:
        """What the input holds; a piece that can't be read is a Problem, a whole one a Reject."""
        try:
            text = raw.data.decode(raw.charset or "utf-8")
        except (LookupError, UnicodeDecodeError) as error:
            raise Reject(f"the input is not {raw.charset or 'utf-8'}: {error}") from error
        title, _, body = text.strip().partition("\\n\\n")
        if not body.strip():
            return [Problem(code="body-missing", detail="no empty line after the title", line=1)]
        return [RawArticle(title=" ".join(title.split()), text=body.strip(), url=raw.url)]


@hookimpl
def register_sources() -> Sequence[Source]:
    return [$cls()]
'''

_SOURCE_TEST: Final = '''\
"""The hub's own promises about a source, and yours."""

from seealso_$name import $cls
from seealso_sdk import RawArticle, RawInput, SourceContext
from seealso_sdk.testing import SourceConformance

EXAMPLE = RawInput(data=b"A walk\\n\\nTen minutes.\\n", media_type="application/x-$extension")


class Test$cls(SourceConformance):
    source = $cls()
    examples = (EXAMPLE,)


def test_the_first_line_is_the_title() -> None:
    [found] = $cls().read(EXAMPLE, SourceContext())
    assert isinstance(found, RawArticle)
    assert (found.title, found.text) == ("A walk", "Ten minutes.")
'''
