"""Which hub a look found, for which topic: discovery of WebSub (section 4). Pure.

Link headers first, then what stands in the document ──> (topic, hub), or that there is none
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seealso_sdk.model import Lead

from seealso_ingest.fetch import Fetched

PACE = 6 * 3600.0  # seconds between two looks while a hub tells of changes: the safety net


def offer(
    answer: Fetched, leads: Sequence[Lead], options: Mapping[str, str]
) -> tuple[str, str | None]:
    """The topic and its hub; no hub where none is named, or the operator wants none
    (``websub = no``). The topic is what the feed calls itself, else its address."""
    topic = answer.links.get("self") or _first(leads, "self") or answer.url
    if options.get("websub", "yes").strip().lower() == "no":
        return topic, None
    return topic, answer.links.get("hub") or _first(leads, "hub")


def _first(leads: Sequence[Lead], rel: str) -> str | None:
    return next((lead.url for lead in leads if lead.rel == rel), None)
