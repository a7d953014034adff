"""`seealso topics`: vocabularies in, topics looked up, ghosts to write about."""

from __future__ import annotations

from pathlib import Path

import click

from seealso_hub import console
from seealso_hub.client import segment
from seealso_hub.console import Column, Listing
from seealso_hub.errors import HubError
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

MEDIA_TYPES = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".ttl": "text/turtle",
    ".rdf": "application/rdf+xml",
    ".xml": "application/rdf+xml",
    ".skos": "application/rdf+xml",
}
LISTED = (
    Column("slug", "Topic"),
    Column("label", "Label"),
    Column("origin", "Origin"),
    Column("articles", "Articles", right=True),
    Column("asked", "Asked for by", right=True),
    Column("newest", "Newest"),
)
RELATED = (
    Column("slug", "Topic"),
    Column("label", "Label"),
    Column("score", "Score", right=True),
    Column("reason", "Why"),
)
_limit = click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)


@click.group(cls=HubGroup)
def topics() -> None:
    """Subjects: imported, named by articles, or asked for by see-also titles (ghosts)."""


@topics.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--language", help="Of the labels, where a SKOS file has several. Default: en.")
@json_option
@pass_session
def import_(session: Session, file: Path, language: str | None, as_json: bool) -> None:
    """Take in a vocabulary: JSON, CSV (label,synonyms,description,broader,related), SKOS/RDF.

    Lists inside a CSV cell are divided by |. The same file again changes nothing.
    """
    media_type = MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        known = " ".join(MEDIA_TYPES)
        raise click.BadParameter(f"{file.name} does not end in one of {known}.")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise HubError(f"{file} can't be read: {error.strerror}.") from error
    answer = session.client().ask(
        "POST",
        "/api/topics/import",
        params={"language": language},
        data=data,
        media_type=media_type,
    )
    if as_json:
        console.emit(answer)
        return
    for note in answer["notes"]:
        console.say(f"note: {note}")
    counts = (f"{answer[name]} {name}" for name in ("created", "changed", "unchanged"))
    click.echo(f"{', '.join(counts)}; {answer['refiled']} articles are filed again")


@topics.command("list")
@click.option("--search", help="Part of a name.")
@click.option("--origin", type=click.Choice(["import", "article", "ghost"]))
@_limit
@click.option("--after", help="A slug: the page after it.")
@json_option
@pass_session
def list_(
    session: Session,
    search: str | None,
    origin: str | None,
    limit: int,
    after: str | None,
    as_json: bool,
) -> None:
    """Topics by slug, with how many articles they have and how many lists ask for them."""
    found = session.client().get("/api/topics", q=search, origin=origin, limit=limit, after=after)
    console.show(found, as_json, Listing("Topics", LISTED, found["topics"]))
    if found["next"] and not as_json:
        console.say(f"More: seealso topics list --after {found['next']}")


@topics.command()
@_limit
@json_option
@pass_session
def ghosts(session: Session, limit: int, as_json: bool) -> None:
    """Titles that see-also lists name and nobody has written, the most asked for first."""
    found = session.client().get("/api/ghosts", limit=limit)
    console.show(found, as_json, Listing("Ghosts", LISTED, found["ghosts"]))


@topics.command()
@click.argument("topic")
@json_option
@pass_session
def show(session: Session, topic: str, as_json: bool) -> None:
    """One topic: its names, relations, counts and addresses."""
    client = session.client()
    found = client.get(f"/api/topics/{segment(topic)}")
    home = f"{client.url}/topics/{found['slug']}"
    facts = {
        "Page": home,
        "Feed": f"{home}/feed.rss",
        "Related topics' feed": f"{home}/related.rss",
        "Origin": found["origin"],
        "Synonyms": found["synonyms"],
        "Description": found["description"],
        "Articles": found["articles"],
        "Asked for by": found["asked"],
    }
    rows = [{"name": name, "value": value} for name, value in facts.items() if value]
    columns = (Column("name", ""), Column("value", ""))
    relations = (
        Column("slug", "Topic"),
        Column("relation", "Relation"),
        Column("other", "To"),
    )
    console.show(
        found,
        as_json,
        Listing(found["label"], columns, rows),
        Listing("Relations", relations, found["relations"]),
        Listing("Related topics", RELATED, found["related"]),
    )


@topics.command()
@click.argument("topic")
@json_option
@pass_session
def related(session: Session, topic: str, as_json: bool) -> None:
    """The topics related to TOPIC, with score and reason."""
    found = session.client().get(f"/api/topics/{segment(topic)}")
    listing = Listing(f"Related to {found['label']}", RELATED, found["related"])
    console.show({"topic": found["slug"], "related": found["related"]}, as_json, listing)


@topics.command()
@click.argument("topic")
@click.argument("name")
@json_option
@pass_session
def alias(session: Session, topic: str, name: str, as_json: bool) -> None:
    """Let TOPIC go by NAME too; a ghost of that name becomes part of it."""
    answer = session.client().post(f"/api/topics/{segment(topic)}/alias", {"name": name})
    if as_json:
        console.emit(answer)
    else:
        merged = f", and takes in the ghost {answer['merged']}" if answer["merged"] else ""
        console.say(f"{answer['slug']} also goes by {answer['name']}{merged}.")
