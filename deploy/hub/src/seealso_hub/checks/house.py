"""The machine: Python, the data folder, room on the disk, the hub that runs there, its plugins."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import requests
from seealso_core import registry
from seealso_core.settings import Settings

from seealso_hub import place
from seealso_hub.checks.finding import PATIENCE_SECONDS, Finding
from seealso_hub.errors import CannotStart

MIB = 2**20
SOON = 5  # times the floor: said before it is too late


def python(settings: Settings) -> Iterator[Finding]:
    """Which Python this is."""
    yield Finding("Python", "ok", f"{sys.version.split()[0]} at {sys.executable}")


def data_folder(settings: Settings) -> Iterator[Finding]:
    """Whether files can be made in it, and the key is its owner's alone."""
    name, folder = "Data folder", settings.data
    remedy = "Give it to the hub's user (chown), or name another one with --data or SEEALSO_DATA."
    if not folder.exists():
        if reason := _unwritable(_existing(folder)):
            yield Finding(name, "fail", f"{folder} can't be made ({reason})", remedy)
        else:
            found = f"{folder} is not there"
            yield Finding(name, "note", found, "`seealso up` makes it at its start.")
        return
    if reason := _unwritable(folder):
        yield Finding(name, "fail", f"{folder} can't be written ({reason})", remedy)
        return
    key = folder / place.KEY
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding(name, "fail", f"others can read {key}", f"chmod 600 {key}")
        return
    yield Finding(name, "ok", str(folder))


def _unwritable(folder: Path) -> str:
    """Why no file can be made there; empty where one can. Permissions alone say little: root may
    all, and a file system can be mounted read-only."""
    probe = folder / f".probe.{os.getpid()}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def disk(settings: Settings) -> Iterator[Finding]:
    """Room for the data folder (on PostgreSQL the server's disk is the server's)."""
    free = shutil.disk_usage(_existing(settings.data)).free // MIB
    floor = settings.disk_floor_mb
    found = f"{free} MiB free, at least {floor} wanted (SEEALSO_DISK_FLOOR_MB)"
    if free < floor:
        remedy = "Make room: the hub says that it is not ready, and writes fail when it is full."
        yield Finding("Disk", "fail", found, remedy)
    elif free < SOON * floor:
        yield Finding("Disk", "note", found, "Make room soon.")
    else:
        yield Finding("Disk", "ok", found)


def hub(settings: Settings) -> Iterator[Finding]:
    """The hub of the data folder, or whether one could start."""
    name, here = "Hub and port", place.running(settings.data)
    if here is None:
        try:
            place.check_port(settings.host, settings.port)
        except CannotStart as error:
            yield Finding(name, "fail", str(error), "See what listens there: ss -ltnp")
            return
        found = f"no hub runs; port {settings.port} is free"
        yield Finding(name, "note", found, "Start one with `seealso up`.")
        return
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(f"{here.url}/readyz", timeout=PATIENCE_SECONDS)
        except requests.RequestException as error:
            remedy = f"Process {here.pid} is there and does not serve: look at its log, restart it."
            yield Finding(name, "fail", f"{here.url}: {type(error).__name__}", remedy)
            return
    if answer.ok:
        yield Finding(name, "ok", f"{here.url} is ready (process {here.pid})")
        return
    told = answer.json().get("detail", answer.text) if answer.content else ""
    remedy = "Mend what it says; the hub takes up its work by itself."
    yield Finding(name, "fail", f"{here.url} answers {answer.status_code}: {told}", remedy)


def plugins(settings: Settings) -> Iterator[Finding]:
    """Which plugins work, and why the others don't."""
    found = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    good = [
        f"{record.kind} {record.name}" for record in found.records if record.status == "enabled"
    ]
    yield Finding("Plugins", "ok", f"{len(good)} enabled: {', '.join(good)}")
    for record in found.records:
        if record.status == "failed":
            yield Finding(
                f"Plugin {record.name}",
                "fail",
                f"{record.origin}: {record.reason}",
                f"Mend it (`seealso plugins check`), or leave it out:"
                f" SEEALSO_PLUGINS_DISABLED={record.name}. The others go on.",
            )
    known = {record.name for record in found.records}
    for name in settings.plugins_disabled:
        if name not in known:
            remedy = "Correct the name in SEEALSO_PLUGINS_DISABLED; `seealso plugins list` has all."
            yield Finding("Plugins", "note", f"there is no plugin {name!r} to leave out", remedy)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
