"""What a worker's log says about rows that it worked on: a line for each request that wanted them.

    claims of a batch ──by correlation id──> "Rendered" output=rss article=… version=… attempt=1
                                         └─> "Rendered" output=rss articles=[…]       of a bulk

One id so finds an article's whole way, from the POST on, and a back-fill of the archive is no news.
"""

from __future__ import annotations

from collections.abc import Iterable

from seealso_core import log as logs
from seealso_core.log import Log

from seealso_store.ledger import LANE_BACKFILL, Claim


def tell(log: Log, sentence: str, claims: Iterable[Claim], output: str) -> None:
    """One record for each correlation id among the claims; those of back-fills only for debug."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.correlation_id, []).append(claim)
    for correlation_id, group in groups.items():
        say = log.debug if all(one.lane == LANE_BACKFILL for one in group) else log.info
        with logs.bind(correlation_id):
            if len(group) == 1:
                one = group[0]
                say(
                    sentence, output=output, article=one.article_id, version=one.version,
                    attempt=one.attempts,
                )  # fmt: skip
            else:
                say(sentence, output=output, articles=[one.article_id for one in group])
