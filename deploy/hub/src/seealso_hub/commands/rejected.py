"""`seealso rejected`: what could not go in, why, and another try."""

from __future__ import annotations

from typing import Any

import click

from seealso_hub import console
from seealso_hub.client import HubClient, segment
from seealso_hub.console import Column, Listing
from seealso_hub.errors import HubRefused
from seealso_hub.frame import HubGroup, Session, json_option, pass_session

COLUMNS = (
    Column("id", "Piece"),
    Column("source", "Source"),
    Column("code", "Code"),
    Column("field", "Field"),
    Column("times", "Times", right=True),
    Column("tries", "Tries", right=True),
    Column("at", "Last came in"),
    Column("detail", "Reason and remedy"),
)
_FACTS = (
    ("Source", "source"),
    ("Code", "code"),
    ("Field", "field"),
    ("Reason", "detail"),
    ("Remedy", "remedy"),
    ("Came from", "url"),
    ("File", "filename"),
    ("Line", "line"),
    ("Piece of the document", "part"),
    ("Type", "media_type"),
    ("Bytes", "size"),
    ("First came in", "since"),
    ("Last came in", "at"),
    ("Times", "times"),
    ("Tries", "tries"),
    ("Request", "correlation_id"),
)
code_option = click.option("--code", help="Only of this code.")
source_option = click.option("--source", help="Only of this source.")
all_option = click.option("--all", "everything", is_flag=True, help="All of them.")
reinstate_option = click.option(
    "--reinstate", is_flag=True, help="Publish again what was withdrawn."
)


@click.group(cls=HubGroup)
def rejected() -> None:
    """What could not go in: list, show, retry, drop."""


@rejected.command("list")
@code_option
@source_option
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--before", help="The cursor that the page before ended with.")
@json_option
@pass_session
def list_(
    session: Session,
    code: str | None,
    source: str | None,
    limit: int,
    before: str | None,
    as_json: bool,
) -> None:
    """What is kept, what came in last first, with the reason and the remedy."""
    found = session.client().get(
        "/api/rejected", code=code, source=source, limit=limit, before=before
    )
    rows = [{**row, "detail": _explained(row)} for row in found["rejected"]]
    console.show(found, as_json, Listing("Rejected input", COLUMNS, rows))
    if found["next"] and not as_json:
        console.say(f"More: seealso rejected list --before {found['next']}")


@rejected.command()
@click.argument("piece")
@click.option("--data", "as_data", is_flag=True, help="Print what came in, as it came.")
@json_option
@pass_session
def show(session: Session, piece: str, as_data: bool, as_json: bool) -> None:
    """One rejected piece; with --data what came in, to be saved and corrected."""
    client, path = session.client(), f"/api/rejected/{segment(piece)}"
    if as_data:
        click.echo(client.download(f"{path}/data"), nl=False)
        return
    found = client.get(path)
    facts = [{"name": name, "value": found[key]} for name, key in _FACTS if found[key] is not None]
    columns = (Column("name", ""), Column("value", ""))
    console.show(found, as_json, Listing(f"Rejected piece {piece}", columns, facts))
    if not found["kept"] and not as_json:
        console.say("Only the reason is kept: it is too large. Send it again from where it came.")


@rejected.command()
@click.argument("pieces", nargs=-1, metavar="[PIECE]...")
@code_option
@source_option
@all_option
@click.option("--dry-run", is_flag=True, help="Only count them.")
@reinstate_option
@json_option
@pass_session
def retry(
    session: Session,
    pieces: tuple[str, ...],
    code: str | None,
    source: str | None,
    everything: bool,
    dry_run: bool,
    reinstate: bool,
    as_json: bool,
) -> None:
    """Take them in again, after a fix: some PIECEs, of a code, of a source, or all.

    What goes in leaves the list; what is refused still stays on it. Exit code 1 when one is.
    """
    client = session.client()
    choice = _choice(pieces, code, source, everything)
    if choice is not None and dry_run:
        _matching(client.post("/api/rejected/retry", choice, dry_run=1), as_json)
        return
    if dry_run:
        _matching({"matching": len(pieces)}, as_json)
        return
    again = 1 if reinstate else None
    answer = _chosen(client, choice, again) if choice else _named(client, pieces, again)
    if as_json:
        console.emit(answer)
    else:
        console.say(_told(answer))
    if answer["rejected"] or answer["skipped"]:
        raise click.exceptions.Exit(1)


def _chosen(client: HubClient, choice: dict[str, Any], again: int | None) -> dict[str, int]:
    """All of a choice, page by page."""
    sums = {"retried": 0, "accepted": 0, "rejected": 0, "skipped": 0}
    after: str | None = None
    while True:
        answer = client.post("/api/rejected/retry", choice, after=after, reinstate=again)
        for name in sums:
            sums[name] += answer[name]
        after = answer["next"]
        if after is None:
            return sums


def _named(client: HubClient, pieces: tuple[str, ...], again: int | None) -> dict[str, int]:
    sums = {"retried": 0, "accepted": 0, "rejected": 0, "skipped": 0}
    for piece in pieces:
        try:
            answer = client.post(f"/api/rejected/{segment(piece)}/retry", reinstate=again)
        except HubRefused as error:
            if len(pieces) == 1:
                raise
            console.say(str(error))
            sums["skipped"] += 1
            continue
        sums["retried"] += 1
        sums["rejected" if answer["rejected"] else "accepted"] += 1
        if answer["rejected"]:
            console.say(f"{piece}: {_explained(answer['rejected'])}")
    return sums


def _explained(why: dict[str, Any]) -> str:
    """What was found, and the remedy, where the one does not end with the other."""
    detail, remedy = str(why["detail"]), why.get("remedy") or ""
    return detail if remedy in detail else f"{detail.rstrip('.')}. {remedy}"


def _told(sums: dict[str, int]) -> str:
    told = f"{sums['retried']} tried again: {sums['accepted']} in, {sums['rejected']} refused still"
    return f"{told}; {sums['skipped']} not kept." if sums["skipped"] else f"{told}."


@rejected.command()
@click.argument("pieces", nargs=-1, metavar="[PIECE]...")
@code_option
@source_option
@all_option
@click.option("--dry-run", is_flag=True, help="Only count them.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
@pass_session
def drop(
    session: Session,
    pieces: tuple[str, ...],
    code: str | None,
    source: str | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Take them off the list without another try: some PIECEs, of a code, of a source, or all."""
    client = session.client()
    choice = _choice(pieces, code, source, everything)
    counted = (
        {"matching": len(pieces)}
        if choice is None
        else client.post("/api/rejected/drop", choice, dry_run=1)
    )
    if dry_run:
        _matching(counted, as_json)
        return
    if not yes:
        click.confirm(f"Give up {counted['matching']} for good?", abort=True, err=True)
    if choice is not None:
        dropped = client.post("/api/rejected/drop", choice)["dropped"]
    else:
        paths = [f"/api/rejected/{segment(piece)}" for piece in pieces]
        dropped = sum(client.delete(path)["dropped"] for path in paths)
    if as_json:
        console.emit({"dropped": dropped})
    else:
        console.say(f"{dropped} dropped.")


def _choice(
    pieces: tuple[str, ...], code: str | None, source: str | None, everything: bool
) -> dict[str, Any] | None:
    """The body that says which; None where they are named one by one."""
    given: dict[str, str | None] = {"code": code, "source": source}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value}
    if pieces and (chosen or everything):
        raise click.UsageError("Name pieces, or say --code, --source or --all: not both.")
    if pieces:
        return None
    if not chosen and not everything:
        raise click.UsageError("Say which: PIECE ..., --code, --source or --all.")
    return chosen or {"all": True}


def _matching(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        console.emit(answer)
    else:
        console.say(f"{answer['matching']} match.")
