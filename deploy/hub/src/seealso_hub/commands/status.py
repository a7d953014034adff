"""`seealso status`: what is waiting, settled and failed, at a glance."""

from __future__ import annotations

import time
from typing import Any

import click

from seealso_hub import console
from seealso_hub.client import HubClient
from seealso_hub.console import Column, Listing
from seealso_hub.frame import HubCommand, Session, json_option, pass_session

LOOK_SECONDS = 0.25
COLUMNS = (
    Column("step", "Output"),
    Column("waiting", "Waiting", right=True),
    Column("leased", "In work", right=True),
    Column("settled", "Settled", right=True),
    Column("dead", "Failed", right=True, style="bold"),
)


@click.command(cls=HubCommand)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Wait until nothing is waiting or in work; exit code 1 when that takes longer.",
)
@json_option
@pass_session
@click.pass_context
def status(context: click.Context, session: Session, wait: float | None, as_json: bool) -> None:
    """What is waiting, in work, settled and failed, per output and for filing."""
    client = session.client()
    found = client.get("/api/status") if wait is None else wait_until_settled(client, wait)
    rows = [{"step": name, **counts} for name, counts in found["outputs"].items()]
    rows.append({"step": "(filing under topics)", **found["filing"]})
    console.show(found, as_json, Listing(f"{client.url}", COLUMNS, rows))
    if not as_json:
        _sum_up(found)
    if wait is not None and not is_settled(found):
        console.say(f"Not all is settled after {wait:g} seconds.")
        context.exit(1)


def wait_until_settled(client: HubClient, seconds: float) -> Any:
    """The status once nothing is waiting or in work, or as it is when time is over."""
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        found = client.ask("GET", "/api/status", patience=max(0.0, left))
        if is_settled(found) or left <= 0:
            return found
        time.sleep(min(LOOK_SECONDS, max(0.0, left)))


def is_settled(found: Any) -> bool:
    """Whether every row of the ledger is settled, or its failure is on the list."""
    steps = [*found["outputs"].values(), found["filing"]]
    return all(not counts["waiting"] and not counts["leased"] for counts in steps)


def _sum_up(found: Any) -> None:
    held = ", ".join(f"{count} {status}" for status, count in found["articles"].items() if count)
    console.say(f"Articles: {held or 'none yet'}.")
    if not is_settled(found):
        console.say(f"The oldest waits for {found['oldest_waiting_seconds']:g} seconds.")
    for step in found.get("silent", ()):
        age = found["heartbeats"][step]
        console.say(f"No {step} worker has been heard of for {age:.0f} seconds: see its log.")
    if (free := found.get("disk_free_bytes")) is not None:
        console.say(f"Room on the disk: {free / 1e9:.1f} GB.")
    if any(counts["dead"] for counts in (*found["outputs"].values(), found["filing"])):
        console.say("What failed, and why: seealso dead-letters list")
