"""An operator's own mapping of fields, for sources whose formats have names of their own.

    {"series": "column_name", "reviewed": "last_reviewed"}   field to where it stands in the input
      --find, the source's own--> texts --by the field's kind--> RawArticle with them, provenance

What is found comes before all that the source finds by itself. A field that no article has refuses
the input; a title or a body that isn't where it should be, the piece; another one that this piece
hasn't got is noted in its provenance, and read as if nothing was mapped.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seealso_sdk.dates import normalised
from seealso_sdk.errors import Reject
from seealso_sdk.model import Media, Person, Problem, Publisher, RawArticle, Rights, SeeAlso, Series
from seealso_sdk.text import clean, one_line

Find = Callable[[str], Sequence[str]]

_NEEDED = ("title", "html", "text")
_DATES = ("published", "updated", "reviewed", "review_by", "embargo_until", "expires")
_LINES = (
    *("title", "external_id", "url", "canonical_url", "kind", "summary", "language"),
    "withdrawn_reason",
)


def _first(values: Sequence[str]) -> str:
    return one_line(values[0])


def _date(values: Sequence[str]) -> str | None:
    for value in values:
        try:
            return normalised(value.strip()[:80])
        except ValueError:
            continue
    return None


_MAKERS: Mapping[str, Callable[[Sequence[str]], Any]] = {
    **dict.fromkeys(_LINES, _first),
    **dict.fromkeys(_DATES, _date),
    **dict.fromkeys(("html", "text"), lambda values: clean("\n\n".join(values))),
    **dict.fromkeys(("topics", "keywords"), lambda values: tuple(map(one_line, values))),
    **dict.fromkeys(("authors", "reviewers"), lambda vs: tuple(Person(one_line(v)) for v in vs)),
    "publisher": lambda values: Publisher(_first(values)),
    "series": lambda values: Series(_first(values)),
    "rights": lambda values: Rights(_first(values)),
    "see_also": lambda values: tuple(SeeAlso(one_line(value)) for value in values),
    "media": lambda values: tuple(Media(value.strip()) for value in values),
}


def require_known(fields: Mapping[str, str]) -> None:
    """Every field that is mapped is one that can be.

    Raises:
        Reject: it names the field, and the one that was probably meant.
    """
    for name in fields:
        if name not in _MAKERS:
            near = difflib.get_close_matches(name, sorted(_MAKERS), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"map one of {', '.join(_MAKERS)}."
            raise Reject(f"{name!r} is no field that can be mapped; {hint}")


def overlaid(article: RawArticle, fields: Mapping[str, str], find: Find) -> RawArticle | Problem:
    """The article with what the operator's mapping finds.

    Args:
        fields: as `require_known` let them through.
        find: the texts that stand at a place of this piece; none where there is nothing.
    """
    values: dict[str, Any] = {}
    places = dict(article.provenance)
    for name, where in fields.items():
        found = [value for value in find(where) if value.strip()]
        made = _MAKERS[name](found) if found else None
        if made:
            values[name], places[name] = made, f"field mapping {where}"
        elif name in _NEEDED:
            return Problem(
                code="place-empty",
                detail=f"{name}: nothing stands at {where!r}",
                field=name,
                remedy="Look where it stands in the input, and map it anew; or leave it out.",
            )
        else:
            places[name] = f"{places.get(name) or 'nothing'} ({where} matched nothing)"
    if values.get("text") and "html" not in values:
        values["html"] = None
    return replace(article, **values, provenance=places)
