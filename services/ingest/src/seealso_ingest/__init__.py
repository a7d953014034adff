"""Turns input into article versions, and commits them with the work that they cause.

Comes in: JSON, NDJSON, pages, plain text and feeds, at POST /api/articles. Goes out: rows of the
ledger, and wakes. Owns: article, identity, article_version, api_key.

As a library: `normalise` makes of bytes the articles that a hub would store of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seealso_ingest.errors import InputRefused
    from seealso_ingest.reading import Normalised, normalise

__all__ = ["InputRefused", "Normalised", "normalise"]

_PLACES = {"InputRefused": "errors", "Normalised": "reading", "normalise": "reading"}


def __getattr__(name: str) -> Any:
    """The names above, when they are asked for: who wants one module only waits for no other."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
