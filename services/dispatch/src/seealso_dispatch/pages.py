"""The pages and the confirmation mail of newsletters: templates and what they are given. Pure."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from seealso_store.readers import Subscription

_templates = Environment(
    loader=PackageLoader("seealso_dispatch"), autoescape=True, undefined=StrictUndefined
)


def message_page(hub_name: str, title: str, *paragraphs: str) -> str:
    """A page that says something."""
    return _templates.get_template("message.html").render(
        hub_name=hub_name, title=title, paragraphs=paragraphs
    )


def signup_page(hub_name: str, title: str, box: str, error: str = "") -> str:
    """The sign-up form on a page of its own. `box` is HTML."""
    return _templates.get_template("signup.html").render(
        hub_name=hub_name, title=title, box=box, error=error
    )


def button_page(hub_name: str, title: str, paragraphs: list[str], button: str) -> str:
    """A page with one button that POSTs to its own URL: a GET never changes anything."""
    return _templates.get_template("button.html").render(
        hub_name=hub_name, title=title, paragraphs=paragraphs, button=button
    )


def preferences_page(hub_name: str, subscriptions: list[Subscription], *, saved: bool) -> str:
    """The reader's newsletters, each with a box to untick, and the way to be forgotten."""
    return _templates.get_template("preferences.html").render(
        hub_name=hub_name,
        title="Your newsletters",
        saved=saved,
        current=[s for s in subscriptions if s.state == "confirmed"],
    )


def confirmation_text(label: str, link: str, hub_name: str) -> str:
    """The confirmation mail's text part."""
    return (
        f"Somebody, probably you, asked {hub_name} to send new articles on {label} to this "
        "address.\n\n"
        f"To confirm, open this page and press the button:\n\n{link}\n\n"
        "The link works for two days. If it was not you, do nothing: you will get no newsletter.\n"
    )


def confirmation_html(label: str, link: str, hub_name: str) -> str:
    """The confirmation mail's HTML part."""
    return _templates.get_template("confirmation.html").render(
        label=label, link=link, hub_name=hub_name
    )
