"""`seealso dead-letters`: what was given up, why, and another try."""

from __future__ import annotations

import click

from seealso_hub import console
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("article_id", "Article"),
    Column("output", "Output"),
    Column("version", "Version", right=True),
    Column("attempts", "Attempts", right=True),
    Column("at", "Given up"),
    Column("title", "Title"),
    Column("error", "Reason"),
)


@click.group(cls=HubGroup, name="dead-letters")
def dead_letters() -> None:
    """What failed for good: list, replay, drop."""


@dead_letters.command("list")
@click.option("--output", help="Only of this output.")
@json_option
@pass_session
def list_(session: Session, output: str | None, as_json: bool) -> None:
    """What was given up, with the reason."""
    found = session.client().get("/api/dead-letters", output=output)
    console.show(found, as_json, Listing("Dead letters", COLUMNS, found["dead_letters"]))


@dead_letters.command()
@click.option("--output", help="Only of this output.")
@click.option("--article", help="Only of this article.")
@json_option
@pass_session
def replay(session: Session, output: str | None, article: str | None, as_json: bool) -> None:
    """Try them again, all or some."""
    answer = session.client().post("/api/dead-letters/replay", _choice(output, article))
    _tell(answer, "replayed", as_json)


@dead_letters.command()
@click.option("--output", help="Only of this output.")
@click.option("--article", help="Only of this article.")
@click.confirmation_option(prompt="Give these up for good?", help="Don't ask.")
@json_option
@pass_session
def drop(session: Session, output: str | None, article: str | None, as_json: bool) -> None:
    """Take them off the list without another try."""
    answer = session.client().post("/api/dead-letters/drop", _choice(output, article))
    _tell(answer, "dropped", as_json)


def _choice(output: str | None, article: str | None) -> dict[str, str | bool]:
    given: dict[str, str | None] = {"output": output, "article": article}
    chosen = {name: value for name, value in given.items() if value}
    return {**chosen} if chosen else {"all": True}


def _tell(answer: dict[str, int], done: str, as_json: bool) -> None:
    if as_json:
        console.emit(answer)
    else:
        console.say(f"{answer[done]} {done}.")
