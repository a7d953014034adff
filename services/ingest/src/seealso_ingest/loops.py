"""The hub's own output, coming back in by a partner's feed or a page that was read.

    an item whose link is <hub>/articles/<id> ──> Refused: loop

Pure. Taken in, it would be a second article beside the first, published, and read once more.
Another hub's feed links to that hub, and is no loop.
"""

from __future__ import annotations

import re

from seealso_sdk.links import canonical

from seealso_ingest.drafting import Draft
from seealso_ingest.errors import Refused

_PAGE = re.compile(r"/articles/(a[a-z2-7]{15})(?:\.[a-z0-9]{1,20}|/[a-z]{1,20}\.html)?\Z")


def require_foreign(draft: Draft, hub_url: str) -> None:
    """Let pass what does not stand on this hub's own pages.

    Args:
        hub_url: the hub's public address; empty where it isn't known, which lets everything pass.

    Raises:
        Refused: ``loop``, naming the article.
    """
    here = canonical(hub_url) if hub_url else None
    if here is None:
        return
    for address in (draft.url, draft.article.canonical_url):
        found = canonical(address) if address else None
        if found is None or not found.startswith(here.rstrip("/") + "/"):
            continue
        page = _PAGE.match(found[len(here.rstrip("/")) :].partition("?")[0].partition("#")[0])
        if page:
            raise Refused(
                "loop",
                f"it is this hub's own article {page[1]}, coming back",
                "Nothing to do; leave this hub's own feeds out of its sources.",
                "url",
            )
