"""The limits of what comes in, in one table.

what                         limit        beyond it
---------------------------  -----------  ------------------------------------------------
a request                    50 MB        413 (SEEALSO_MAX_BODY_MB)
articles in a request        10,000       413; send them in parts
articles in a commit         100          the next 100 have their own
a body, as UTF-8             2 MB         rejected: body-too-large
elements within elements     200          rejected: body-too-deep
a title                      1,000 chars  rejected: title-too-long
a summary                    5,000 chars  cut at a word, with an ellipsis
any other line of text       1,000 chars  left out, or cut at a word
a URL                        4,096 chars  left out; of an identity rejected: url-invalid
see-also titles              500          rejected: list-too-long
any other list               500          rejected: list-too-long
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the table above. Sizes are bytes where they say so, else characters."""

    request_bytes: int = 50 * 1024 * 1024
    request_articles: int = 10_000
    batch: int = 100
    body_bytes: int = 2_000_000
    body_depth: int = 200
    body_pieces: int = 250_000
    attributes: int = 250
    title: int = 1_000
    summary: int = 5_000
    line: int = 1_000
    url: int = 4_096
    list_items: int = 500


LIMITS = Limits()
