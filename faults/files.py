"""What lies on the disk gives way: F9, F10, F11.

F9   the disk is full, and then is not
F10  every third fsync fails
F11  the file is damaged; a back-up brings it back
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from faults import look
from faults.engines import Engines
from faults.fleet import Fleet, until
from faults.frame import Hub, Missing, Stage
from faults.oracle import Confirmed
from faults.press import Press, record
from faults.servers import own_server

LINE = ("ingest", "feeds-web", "filing", "render-1")
SMALL, LARGE = "14m", "200m"
PIECES = 60


# --- F9 ------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A disk of that size at a folder; what is yielded makes it another size."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount(folder, f"size={size}")
    try:
        yield lambda new: _mount(folder, f"remount,size={new}")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


def _mount(folder: Path, options: str) -> None:
    if shutil.which("mount") is None:
        raise Missing("mount is not on this machine")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"no small disk can be mounted here: {done.stderr.strip()}")


def disk_full(stage: Stage) -> None:
    """F9: intake until nothing more goes in; what was confirmed is there; then there is room."""
    floor = {"SEEALSO_DISK_FLOOR_MB": "1"}  # or a disk so small is never ready
    with _on_small_disk(stage) as (engines, resize), stage.hub(floor, engines=engines) as hub:
        hub.fleet.start(*LINE)
        press = stage.press(hub.fleet)
        press.publish(3)
        look.rest(hub.database, 60)
        full = _fill(stage, hub, press)
        stage.outcome.require(len(full) == 5, "the disk never was full")
        bad = set(full) - {503, 507}
        stage.outcome.require(not bad, f"answers of {sorted(bad)} when the disk is full")
        resize(LARGE)
        back = until(lambda: _takes(press), 30, "2xx after there is room")
        took = stage.settle(hub, press.book, seconds=90)
        stage.outcome.did = (
            f"a full disk answers {sorted(set(full))}; with room it takes articles again after "
            f"{back:.1f} s, no process restarted; at rest after {took:.1f} s"
        )


def _fill(stage: Stage, hub: Hub, press: Press) -> list[int]:
    """Large articles that don't compress, until five were not taken: how those were answered."""
    full: list[int] = []
    begun = time.monotonic()
    while len(full) < 5 and time.monotonic() - begun < 60:
        key = f"filler-{len(press.book.confirmed)}-{len(full)}"
        text = stage.chance.randbytes(60_000).hex()
        one = record(key, 1, "Shelf fill", html=f"<p>{text}</p>")
        answer = hub.fleet.ask("POST", "/api/articles?source=fill", json=one)
        if not answer.ok:
            full.append(answer.status_code)
            continue
        (taken,) = answer.json()["accepted"]
        press.book.confirmed.append(Confirmed(key, taken["id"], taken["version"], one["title"]))
    return full


def _takes(press: Press) -> bool:
    return bool(press.publish(1))


@contextmanager
def _on_small_disk(stage: Stage) -> Iterator[tuple[Engines, Callable[[str], None]]]:
    if stage.embedded:
        folder = stage.engines.folder / "disk"
        with small_disk(folder, SMALL) as resize:
            yield replace(stage.engines, database_url=f"sqlite:///{folder / 'hub.sqlite3'}"), resize
        return
    with own_server(stage) as (cluster, engines):
        folder = cluster.folder / "disk"
        with small_disk(folder, "24m") as resize:
            shutil.chown(folder, "postgres", "postgres")
            cluster.sql(
                f"CREATE TABLESPACE small LOCATION '{folder}'",
                "DROP DATABASE hub",
                "CREATE DATABASE hub TABLESPACE small",
            )
            yield engines, resize
            cluster.stop()


# --- F10 -----------------------------------------------------------------------------------------


def failing_fsync(stage: Stage) -> None:
    """F10: ingest under a kernel whose every third fsync says EIO."""
    if shutil.which("strace") is None:
        raise Missing("strace is not on this machine (apt-get install strace)")
    inject = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=3+3"]
    with stage.hub() as hub:
        hub.fleet.start(*(name for name in LINE if name != "ingest"))
        hub.fleet.prefixes["ingest"] = ["strace", "-f", "-qq", "-o", "/dev/null", *inject]
        hub.fleet.spawn("ingest")
        until(lambda: hub.fleet.is_ready("ingest"), 120, "ingest under strace")
        press = stage.press(hub.fleet)
        for _ in range(PIECES // 3):
            press.publish(3)
            if not hub.fleet.alive("ingest"):  # an end is one way to be plain about it
                hub.fleet.start("ingest")
        failed = {s: n for s, n in press.answers.items() if not 200 <= s < 300}
        log = hub.fleet.log("ingest")
        hub.fleet.prefixes.clear()
        hub.fleet.stop("ingest")
        hub.fleet.start("ingest")
        stage.outcome.require(bool(failed), "no fsync failed")
        stage.outcome.require(
            "I/O" in log or "disk" in log.lower() or not log, "the log says nothing of the disk"
        )
        took = stage.settle(hub, press.book, seconds=60)
        stage.outcome.did = (
            f"{len(press.book.confirmed)} confirmed, requests that failed by status {failed}; "
            f"at rest after {took:.1f} s"
        )


# --- F11 -----------------------------------------------------------------------------------------


def damaged(stage: Stage) -> None:
    """F11: the file's head is overwritten, its end cut off, its log cut in half."""
    with stage.hub() as hub:
        hub.fleet.start(*LINE)
        press = stage.press(hub.fleet)
        for _ in range(8):
            press.publish(5)
        look.rest(hub.database, 60)
        backup = stage.engines.folder / "backup.sqlite3"
        command = [sys.executable, "-m", "seealso_hub.cli", "--data", str(stage.engines.folder)]
        _backup(hub, command, backup)
        for name in LINE:
            hub.fleet.kill(name)
        path = Path(stage.engines.database_url.removeprefix("sqlite:///"))
        whole = {p: p.read_bytes() for p in _parts(path) if p.exists()}
        hub.database.close()  # not before: the last to close writes the log back
        said = []
        for about, harm in (("head", _overwrite), ("end", _cut)):
            _lay(path, whole)
            harm(path)
            said.append(f"{about}: {_refused(stage, hub.fleet, about)}")
        _lay(path, whole)
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            _cut(log)
            said.append("log: " + _refused_or_sound(stage, hub))
        _lay(path, {path: backup.read_bytes()})
        hub.fleet.start(*LINE)
        stage.settle(hub, press.book, seconds=60)
        stage.outcome.did = "; ".join(said) + "; restored from the back-up, all is there"


def _backup(hub: Hub, command: list[str], to: Path) -> None:
    with hub.database.engine.connect() as conn:
        conn.exec_driver_sql("ROLLBACK")
        conn.exec_driver_sql(f"VACUUM INTO '{to}'")


def _parts(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]


def _lay(path: Path, parts: dict[Path, bytes]) -> None:
    for one in _parts(path):
        one.unlink(missing_ok=True)
    for one, content in parts.items():
        one.write_bytes(content)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    for one in _parts(path)[1:]:
        one.unlink(missing_ok=True)


def _refused(stage: Stage, fleet: Fleet, about: str) -> str:
    """It has to end by itself, with one clear line."""
    fleet.spawn("render-1")
    try:
        code = fleet.processes["render-1"].wait(30)
    except subprocess.TimeoutExpired:
        fleet.kill("render-1")
        stage.outcome.red.append(f"a damaged {about} is not noticed at the start")
        return "started"
    lines = [line for line in fleet.log("render-1").splitlines() if line]
    stage.outcome.require(code == 1, f"a damaged {about}: ended with {code}")
    stage.outcome.require("Traceback" not in "".join(lines), f"a damaged {about}: a traceback")
    return lines[-1][:160] if lines else ""


def _refused_or_sound(stage: Stage, hub: Hub) -> str:
    """SQLite goes back to the last whole commit of a log that was cut: that is no damage."""
    hub.fleet.spawn("render-1")
    until(
        lambda: "is at work" in hub.fleet.log("render-1") or not hub.fleet.alive("render-1"),
        30,
        "a start or a refusal",
    )
    alive = hub.fleet.alive("render-1")
    if alive:
        hub.fleet.kill("render-1")
    stage.outcome.require("Traceback" not in hub.fleet.log("render-1"), "a cut log: a traceback")
    return "taken back to its last whole commit" if alive else "refused"
