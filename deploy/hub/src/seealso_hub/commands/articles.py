"""`seealso articles` and `seealso withdraw`."""

from __future__ import annotations

from typing import Any

import click
from seealso_sdk.model import STATUSES

from seealso_hub import console
from seealso_hub.client import segment
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubCommand, HubGroup, Session, json_option, pass_session

LISTED = (
    Column("id", "Article"),
    Column("version", "Version", right=True),
    Column("status", "Status"),
    Column("kind", "Kind"),
    Column("language", "Language"),
    Column("title", "Title"),
    Column("changed", "Changed"),
)
REVIEWS = (
    Column("review_at", "Due"),
    Column("id", "Article"),
    Column("source", "Source"),
    Column("title", "Title"),
    Column("changed", "Changed"),
)
OUTPUTS = (
    Column("output", "Output"),
    Column("state", "State"),
    Column("wanted", "Wanted", right=True),
    Column("settled", "Settled", right=True),
    Column("attempts", "Attempts", right=True),
    Column("error", "Error"),
)


@click.group(cls=HubGroup)
def articles() -> None:
    """What the hub holds."""


@articles.command("list")
@click.option("--search", help="Part of the title, or a whole id, external id or URL.")
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--source", help="Only of this source.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--before", help="The cursor that the page before ended with.")
@json_option
@pass_session
def list_(
    session: Session,
    search: str | None,
    status: str | None,
    source: str | None,
    limit: int,
    before: str | None,
    as_json: bool,
) -> None:
    """Articles, the last changed first."""
    found = session.client().get(
        "/api/articles", q=search, status=status, source=source, limit=limit, before=before
    )
    console.show(found, as_json, Listing("Articles", LISTED, found["articles"]))
    if found["next"] and not as_json:
        console.say(f"More: seealso articles list --before {found['next']}")


class _Days(click.ParamType):  # type: ignore[type-arg]
    """A span of days: ``30``, ``30d``, ``6w``."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of days."""
        given = str(value).strip().lower()
        number = given.removesuffix("d").removesuffix("w")
        if not (number.isascii() and number.isdecimal() and len(number) < 5):
            self.fail(f"{value!r} is no span of days: give 30d or 6w.", param, ctx)
        return int(number) * (7 if given.endswith("w") else 1)


@articles.command()
@click.option(
    "--within", type=_Days(), metavar="SPAN", help="Also what will be due: 30d, 6w. Default: now."
)
@click.option("--source", help="Only of this source.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--before", help="The cursor that the page before ended with.")
@json_option
@pass_session
def due(
    session: Session,
    within: int | None,
    source: str | None,
    limit: int,
    before: str | None,
    as_json: bool,
) -> None:
    """Published articles whose review (review_by) is due, the longest due first."""
    found = session.client().get(
        "/api/articles",
        review="due" if within is None else "soon",
        within=within,
        source=source,
        limit=limit,
        before=before,
    )
    console.show(found, as_json, Listing("Reviews", REVIEWS, found["articles"]))
    if found["next"] and not as_json:
        console.say(f"More: the same with --before {found['next']}")


@articles.command()
@click.argument("article")
@click.option("--provenance", is_flag=True, help="Also where each field was found.")
@json_option
@pass_session
def show(session: Session, article: str, provenance: bool, as_json: bool) -> None:
    """One article: what it is, where it stands, and what became of it in each output."""
    client = session.client()
    path = f"/api/articles/{segment(article)}"
    found = client.get(path, provenance=1 if provenance else None)
    outputs = client.get(f"{path}/status")["outputs"]
    columns = (Column("name", ""), Column("value", ""))
    console.show(
        {**found, "outputs": outputs},
        as_json,
        Listing(found["title"], columns, _facts(found, client.url)),
        Listing("Outputs", OUTPUTS, outputs),
        *_provenance(found),
    )


@articles.command()
@click.argument("article")
@json_option
@pass_session
def versions(session: Session, article: str, as_json: bool) -> None:
    """The history of an article: what happened, when, and why."""
    found = session.client().get(f"/api/articles/{segment(article)}/versions")
    columns = (
        Column("version", "Version", right=True),
        Column("op", "What"),
        Column("at", "When"),
        Column("reason", "Why"),
    )
    console.show(found, as_json, Listing(f"Versions of {article}", columns, found["versions"]))


@articles.command()
@click.argument("article")
@json_option
@pass_session
def reinstate(session: Session, article: str, as_json: bool) -> None:
    """Publish a withdrawn article again, as it was."""
    answer = session.client().post(f"/api/articles/{segment(article)}/reinstate")
    if as_json:
        console.emit(answer)
    else:
        console.say(f"{article} is published again (version {answer['version']}).")


@click.command(cls=HubCommand)
@click.argument("article")
@click.option("--reason", default="", help="For the record, and for tombstones.")
@json_option
@pass_session
def withdraw(session: Session, article: str, reason: str, as_json: bool) -> None:
    """Take ARTICLE back everywhere: 410 on its page, gone from all feeds, within a second."""
    answer = session.client().delete(f"/api/articles/{segment(article)}", {"reason": reason})
    if as_json:
        console.emit(answer)
    else:
        console.say(f"{article} is withdrawn (version {answer['version']}).")


def _provenance(found: dict[str, Any]) -> list[Listing]:
    if "provenance" not in found:
        return []
    columns = (Column("field", "Field"), Column("found", "Where it was found"))
    rows = [{"field": name, "found": words} for name, words in found["provenance"].items()]
    return [Listing("Provenance", columns, rows)]


def _facts(found: dict[str, Any], hub_url: str) -> list[dict[str, Any]]:
    """What a person asks first; the whole of it is in --json."""
    values = {
        "Page": f"{hub_url}/articles/{found['id']}",
        "Version": f"{found['version']} ({found['status']})",
        "Kind": found["kind"],
        "Language": found["language"],
        "Source": " ".join(filter(None, (found["source"], found["external_id"]))),
        "Came from": found["canonical_url"],
        "Published": found["published"],
        "Updated": found["updated"],
        "Series": (found["series"] or {}).get("title"),
        "Topics": [topic["label"] for topic in found["topics"]],
        "See also": [link["title"] for link in found["see_also"]],
        "Corrections": [correction["text"] for correction in found["corrections"]],
    }
    return [{"name": name, "value": value} for name, value in values.items() if value]
