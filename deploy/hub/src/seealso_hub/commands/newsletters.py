"""`seealso newsletters`: lists of readers, sign-ups on somebody's behalf, issues."""

from __future__ import annotations

import click

from seealso_hub import console
from seealso_hub.client import segment
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session


@click.group(cls=HubGroup)
def newsletters() -> None:
    """A newsletter per topic: readers, issues, consent."""


@newsletters.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Every newsletter with its readers and issues."""
    found = session.client().get("/api/newsletters")
    columns = (
        Column("slug", "Topic"),
        Column("confirmed", "Readers", right=True),
        Column("pending", "Not yet confirmed", right=True),
        Column("issues", "Issues", right=True),
        Column("last_issue", "Last issue"),
    )
    console.show(found, as_json, Listing("Newsletters", columns, found["newsletters"]))


@newsletters.command()
@click.argument("topic")
@json_option
@pass_session
def subscribers(session: Session, topic: str, as_json: bool) -> None:
    """Who reads a topic's newsletter, and the issues that went out."""
    found = session.client().get(f"/api/newsletters/{segment(topic)}")
    readers = (Column("email", "Reader"), Column("state", "State"))
    issues = (
        Column("number", "No.", right=True),
        Column("subject", "Subject"),
        Column("created", "Made"),
        Column("deliveries", "Deliveries"),
    )
    rows = [{**issue, "deliveries": _counts(issue["deliveries"])} for issue in found["issues"]]
    console.show(
        found,
        as_json,
        Listing(f"Readers of {found['label']}", readers, found["readers"]),
        Listing(f"Issues of {found['label']}", issues, rows),
    )


@newsletters.command()
@click.argument("topic", required=False)
@json_option
@pass_session
def send(session: Session, topic: str | None, as_json: bool) -> None:
    """Make and send an issue of what is new under TOPIC; without TOPIC, of every newsletter.

    Nothing new: nothing is sent. Each reader gets an issue once, whatever happens.
    """
    client = session.client()
    if topic is None:
        answer = client.post("/api/newsletters/issues")
        issues = answer["issues"]
    else:
        answer = client.post(f"/api/newsletters/{segment(topic)}/issues")
        issues = [answer["issue"]] if answer["issue"] else []
    if not issues and not as_json:
        console.say(f"Nothing sent: {answer.get('reason', 'no newsletter has news')}.")
        return
    columns = (
        Column("subject", "Issue"),
        Column("articles", "Articles", right=True),
        Column("deliveries", "Readers", right=True),
    )
    console.show(answer, as_json, Listing("On their way", columns, issues))


@newsletters.command()
@click.argument("email")
@json_option
@pass_session
def consent(session: Session, email: str, as_json: bool) -> None:
    """The evidence of consent of one address: what was shown, where, when."""
    found = session.client().get("/api/consents", email=email)
    columns = (
        Column("topic", "Topic"),
        Column("asked", "Asked"),
        Column("confirmed", "Confirmed"),
        Column("page", "Page"),
        Column("wording", "Wording"),
    )
    console.show(found, as_json, Listing(f"Consent of {email}", columns, found["consents"]))


@newsletters.command()
@click.argument("email")
@pass_session
def forget(session: Session, email: str) -> None:
    """Erase a reader; only a keyed hash stays, so that the address is never mailed again."""
    session.client().delete(f"/api/newsletters/readers/{segment(email)}")
    console.say(f"{email} is forgotten.")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items() if count)
