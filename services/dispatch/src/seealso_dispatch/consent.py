"""What a reader is told when they sign up, and the box that says it. Pure.

The very sentences of the box are kept as evidence with the consent, so box and record come from
the same functions.
"""

from __future__ import annotations

from html import escape

CONFIRM_WITHIN = 48 * 3600  # seconds that a confirmation link works
PER_ADDRESS_A_DAY = 3  # confirmation mails
PAGE_MAX = 500  # characters of a page's URL that are kept


def wording(label: str) -> str:
    """The sentence beside the button."""
    return (
        f"Send me new articles on {label} by e-mail. Every mail has a link to leave with one click."
    )


def privacy(hub_name: str) -> str:
    """The privacy text below the button."""
    return (
        f"{hub_name} uses your address for this newsletter and for nothing else, and gives it to "
        "nobody. You will first get a mail with a link: only when you confirm there does the "
        "newsletter begin."
    )


def box(slug: str, label: str, page_url: str, hub_name: str) -> str:
    """The sign-up box as HTML, for a topic's page or an article's page."""
    field = f"newsletter-email-{slug}"
    return (
        f'<form class="newsletter" method="post" action="/newsletters/{escape(slug)}">'
        f'<h2 class="newsletter-title">{escape(label)} by e-mail</h2>'
        f"<p>{escape(wording(label))}</p>"
        f'<input type="hidden" name="page" value="{escape(page_url)}">'
        f'<p class="newsletter-row"><label for="{escape(field)}">Your e-mail address</label> '
        f'<input id="{escape(field)}" name="email" type="email" required autocomplete="email" '
        f'maxlength="254"> <button type="submit">Sign up</button></p>'
        f'<p class="newsletter-privacy">{escape(privacy(hub_name))}</p>'
        "</form>"
    )
