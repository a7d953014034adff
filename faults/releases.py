"""Two releases, two copies: F26, F27.

F26  workers of the last schema and of this one, on one database
F27  a back-up made under load is restored elsewhere, and its mail goes out with the same ids
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database

from faults import look
from faults.engines import Engines, lent
from faults.fleet import ROOT, Fleet
from faults.frame import Hub, Missing, Stage
from faults.kills import EVERYONE
from faults.letters import subscribed
from faults.oracle import Book, judge_versions
from tests.services.dispatch.sink import Sink

SCHEMA = "shared/store/src/seealso_store/schema.py"
OLD = ("ingest#old", "render-1", "filing#old", "feeds-web#old")
NEW = ("ingest", "render-2", "filing", "feeds-web", "render-web")


# --- F26 -----------------------------------------------------------------------------------------


def two_releases(stage: Stage) -> None:
    """F26: half of the processes are of before the last change of the schema."""
    folder = stage.engines.folder / "release"
    commit = _release_before(folder)
    python = _interpreter(folder)
    with stage.hub() as hub:  # this release's schema
        hub.fleet.pythons = dict.fromkeys(OLD, str(python))
        hub.fleet.start(*OLD, *NEW)
        press = stage.press(hub.fleet, pause=0.05)
        for _ in range(60):
            press.act()
        took = stage.settle(hub, press.book, seconds=60)
        for name in (*OLD, *NEW):
            said = hub.fleet.log(name)
            for word in ("Traceback", "no such column", "UndefinedColumn", "has no column"):
                stage.outcome.require(word not in said, f"{name} says {word!r}")
        stage.outcome.did = (
            f"{len(OLD)} processes of commit {commit[:7]} (the schema before this one) beside "
            f"{len(NEW)} of now, {sum(press.answers.values())} requests; at rest after {took:.1f} s"
        )


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], check=False, capture_output=True)
    if done.returncode:
        raise Missing(f"git can't show an earlier release: {done.stderr.decode().strip()[:200]}")
    return done.stdout


def _release_before(folder: Path) -> str:
    """The code as it was before the schema changed last. Raises Missing: no history is here."""
    changed = _git("log", "-1", "--format=%H", "--", SCHEMA).decode().strip()
    commit = _git("rev-parse", "--verify", f"{changed}^").decode().strip()
    folder.mkdir()
    archive = _git("archive", commit)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return commit


def _interpreter(release: Path) -> Path:
    """A Python that finds that release's modules, for its plugins' processes too."""
    home = release / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    sources = [*release.glob("shared/*/src"), *release.glob("services/*/src")]
    members = [*sources, release / "deploy/hub/src", *release.glob("plugins/*")]
    paths = [*map(str, members), sysconfig.get_path("purelib")]
    (site,) = home.glob("lib/python*/site-packages")
    (site / "release.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return home / "bin" / "python"


# --- F27 -----------------------------------------------------------------------------------------


def backup(stage: Stage) -> None:
    """F27: what was confirmed before the back-up is in it, and goes on where it is restored."""
    with stage.hub(mail=True) as hub:
        fleet = hub.fleet
        fleet.start(*EVERYONE)
        letters = subscribed(stage, hub, 4)
        fleet.stop("dispatch")  # so that mail waits in the back-up
        letters.issue()
        press = stage.press(fleet, pause=0.05)
        press.start()
        look.quiet(5)
        before = Book(confirmed=[*press.book.confirmed, *letters.book.confirmed])
        copy = stage.engines.folder / "backup"
        _copy(hub, copy)
        look.quiet(2)
        press.stop()
        ids = _message_ids(hub.database)
        confirmed = len(press.book.confirmed)
        with lent(stage.engines.name) as elsewhere:
            kept = _restored(stage, elsewhere, copy, before, ids)
        stage.outcome.confirmed = confirmed
        stage.outcome.did = (
            f"backed up under load: all {len(before.confirmed)} pieces confirmed before it are in "
            f"it; {kept} waiting mails went out from the copy with the same ids"
        )


def _copy(hub: Hub, to: Path) -> None:
    engines = hub.fleet.engines
    if engines.database_url.startswith("sqlite"):
        with hub.database.engine.connect() as conn:
            conn.exec_driver_sql("ROLLBACK")
            conn.exec_driver_sql(f"VACUUM INTO '{to}'")
        return
    _run("pg_dump", "--format=custom", f"--file={to}", engines.database_url)


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise Missing(f"{program} is not on this machine")
    done = subprocess.run([program, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr[:300]}")


def _restored(
    stage: Stage, elsewhere: Engines, copy: Path, before: Book, ids: dict[str, str]
) -> int:
    """Start a hub on the copy; it comes to rest and mails what waited. Returns how many."""
    if elsewhere.database_url.startswith("sqlite"):
        shutil.copy(copy, elsewhere.database_url.removeprefix("sqlite:///"))
    else:
        _run("pg_restore", f"--dbname={elsewhere.database_url}", str(copy))
    with Sink() as sink, elsewhere.open() as database:
        mail = {"SEEALSO_SMTP_URL": sink.url, "SEEALSO_POSTAL_ADDRESS": "1 Apple Lane"}
        waiting = _message_ids(database, "waiting")
        with Fleet(elsewhere, mail) as fleet:
            fleet.start(*EVERYONE)
            look.rest(database, 60)
            state = look.read_state(fleet, database, before, sink)
        stage.outcome.add(judge_versions(before, replace(state, received=())))
        came = {f"{one.email} {one.message_id}" for one in state.received}
        for key, message_id in waiting.items():
            same = ids.get(key) == message_id and f"{key.split()[1]} {message_id}" in came
            stage.outcome.require(same, f"{key} did not go out with the id that it had")
        stage.outcome.require(bool(waiting), "no mail waited in the back-up")
        return len(waiting)


def _message_ids(database: Database, state: str = "") -> dict[str, str]:
    delivery, subscriber = schema.delivery, schema.subscriber
    query = sa.select(delivery.c.issue_id, subscriber.c.email, delivery.c.message_id).join(
        subscriber, subscriber.c.id == delivery.c.subscriber_id
    )
    if state:
        query = query.where(delivery.c.state == state)
    with database.read() as conn:
        return {f"{issue} {email}": message_id for issue, email, message_id in conn.execute(query)}
