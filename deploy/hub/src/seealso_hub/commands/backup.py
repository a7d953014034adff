"""`seealso backup`, `seealso restore`: the whole store as one file, and back again."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import click

from seealso_hub import console, place
from seealso_hub.frame import HubCommand, Session, json_option, pass_session

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=HubCommand)
@click.argument("file", type=_FILE)
@json_option
@pass_session
def backup(session: Session, file: Path, as_json: bool) -> None:
    """Write everything that the hub keeps into FILE, while it runs; FILE is read again after."""
    from seealso_store.backup import save  # the database: only here

    saved = save(session.settings().database_url, file)
    if as_json:
        console.emit(asdict(saved) | {"file": str(saved.file)})
        return
    size = f"{saved.bytes / 1e6:.1f} MB"
    console.say(
        f"Backed up: {saved.articles} articles, {size} in {file}, checked ({saved.seconds:.1f} s)."
    )


@click.command(cls=HubCommand)
@click.argument("file", type=_FILE)
@click.confirmation_option(prompt="Everything that the hub has now is replaced. Go on?")
@json_option
@pass_session
def restore(session: Session, file: Path, as_json: bool) -> None:
    """Put a back-up in the place of what the hub has now. The hub must not run.

    The database of before is kept beside it (on PostgreSQL it is replaced in one transaction).
    """
    from seealso_store.backup import restore as put_back  # the database: only here

    settings = session.settings()
    with ExitStack() as stack:
        if settings.database_url.startswith("sqlite"):
            place.make_folder(settings.data)
            stack.enter_context(place.sole_owner(settings.data))
        restored = put_back(settings.database_url, file)
    if as_json:
        kept = str(restored.kept) if restored.kept else None
        console.emit({"articles": restored.articles, "kept": kept})
        return
    console.say(f"Restored: {restored.articles} articles. Start the hub.")
    if restored.kept:
        console.say(f"What was there before is {restored.kept}.")
    console.say("Withdraw again what was withdrawn since the back-up was made.")
