"""Which of an article's sources speaks for it, and which only have a copy.

    the same source as before ───────────────> speaks
    one of the two has no id of its own ─────> speaks (a page, and the record of it)
    at home, and who spoke so far is not ────> speaks from now on: the original
    any other ───────────────────────────────> a copy: an origin more, and no change

Pure. A source is at home where its own place (the feed, the page) is on the site of the article's
canonical address. So a syndicated copy never lies over the original, whichever came first.
"""

from __future__ import annotations

from collections.abc import Sequence

from seealso_store.origins import Origin

from seealso_ingest.drafting import Draft


def is_copy(draft: Draft, source: str, external_id: str | None, origins: Sequence[Origin]) -> bool:
    """Whether the draft is somebody else's copy of an article.

    Args:
        source: who speaks for the article.
        external_id: the article's, by that source.
        origins: of the article; empty for one of before they were kept.
    """
    given = draft.article
    if given.source == source or not given.external_id or not external_id:
        return False
    at_home = not origins or any(one.home for one in origins if one.source == source)
    return at_home or not draft.home
