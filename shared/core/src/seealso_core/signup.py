"""The sign-up box of a newsletter, and the sentences that stand in it. Pure.

    wording(label), privacy(hub name) ──> box: on topics', articles' and newsletters' pages
                                      └─> the evidence that is kept with a consent

The public pages draw the box and the newsletters' service keeps the evidence: both take the
sentences from here, so that what is kept is what was shown.
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote


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
    """The form as HTML.

    Args:
        slug: of the topic.
        label: of the topic, as a reader knows it.
        page_url: the page that the box stands on; it is sent along, as evidence.
        hub_name: who asks for the address.
    """
    field = escape(f"newsletter-email-{slug}")
    return (
        f'<form class="newsletter" method="post" action="/newsletters/{quote(slug, safe="")}">'
        f'<h2 class="newsletter-title">{escape(label)} by e-mail</h2>'
        f"<p>{escape(wording(label))}</p>"
        f'<input type="hidden" name="page" value="{escape(page_url)}">'
        f'<p class="newsletter-row"><label for="{field}">Your e-mail address</label> '
        f'<input id="{field}" name="email" type="email" required autocomplete="email" '
        f'maxlength="254"> <button type="submit">Sign up</button></p>'
        f'<p class="newsletter-privacy">{escape(privacy(hub_name))}</p>'
        "</form>"
    )
