"""Looks at everything a hub stands on, and says what to do about what is off.

    settings ──> data folder, disk ──> database, clock ──> broker ──> SMTP ──> hub ──> plugins

A check looks and changes nothing. One that fails doesn't keep the others from being made.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import requests
import sqlalchemy as sa
from seealso_core import registry, topology
from seealso_core.log import without_secrets
from seealso_core.settings import Settings
from seealso_sdk.errors import SeealsoError
from seealso_store import hub as hubs
from seealso_store import migrate
from seealso_store.clock import SECOND, now
from seealso_store.database import Database, open_database

from seealso_hub import place
from seealso_hub.errors import CannotStart

State = Literal["ok", "note", "fail"]
PATIENCE_SECONDS = 5.0
LITTLE_DISK = 1_000_000_000  # bytes
TOO_LITTLE_DISK = 100_000_000
CLOCK_SKEW = 300 * SECOND


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `remedy` is empty where nothing is to be done."""

    check: str
    state: State
    found: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check in turn."""
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("Python", _python),
        ("Data folder", _data_folder),
        ("Disk", _disk),
        ("Database", _database),
        ("Clock", _clock),
        ("Broker", _broker),
        ("SMTP", _smtp),
        ("Hub and port", _hub),
    )
    for name, check in checks:
        try:
            yield check(settings)
        except (SeealsoError, OSError, sa.exc.SQLAlchemyError) as error:
            yield Finding(name, "fail", without_secrets(str(error)))
    yield from _plugins(settings)


def _python(settings: Settings) -> Finding:
    return Finding("Python", "ok", f"{sys.version.split()[0]} at {sys.executable}")


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data
    if not folder.is_dir():
        return Finding(
            "Data folder", "note", f"{folder} is not there", "`seealso up` makes it at its start."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            "Data folder", "fail", f"{folder} can't be written", "chown it, or set SEEALSO_DATA."
        )
    key = folder / place.KEY
    if key.exists() and key.stat().st_mode & 0o077:
        return Finding("Data folder", "fail", f"others can read {key}", f"chmod 600 {key}")
    return Finding("Data folder", "ok", str(folder))


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_existing(settings.data)).free
    found = f"{free / 1e9:.1f} GB free"
    if free < TOO_LITTLE_DISK:
        return Finding("Disk", "fail", found, "Make room: writes fail when it is full.")
    if free < LITTLE_DISK:
        return Finding("Disk", "note", found, "Make room soon.")
    return Finding("Disk", "ok", found)


def _database(settings: Settings) -> Finding:
    if _not_yet_there(settings):
        return Finding("Database", "note", "not made yet", "`seealso up` makes it at its start.")
    database = open_database(settings.database_url)
    try:
        with database.read() as conn:
            revision = migrate.revision(conn)
    finally:
        database.close()
    if revision is None:
        return Finding("Database", "note", f"{database.dialect}, empty", "`seealso up` fills it.")
    if revision == migrate.HEAD:
        return Finding("Database", "ok", f"{database.dialect}, schema {revision}")
    if revision in migrate.KNOWN:
        remedy = "The next `seealso up` upgrades it: make a backup first."
        return Finding("Database", "note", f"schema {revision}, older than ours", remedy)
    remedy = "Upgrade seealso, or name another database."
    return Finding("Database", "fail", f"schema {revision}, newer than ours", remedy)


def _clock(settings: Settings) -> Finding:
    here = now()
    if _not_yet_there(settings):
        return Finding("Clock", "ok", "nothing to compare it with yet")
    database = open_database(settings.database_url)
    try:
        if (skew := _skew(database, here)) > CLOCK_SKEW:
            found = f"{skew // SECOND} seconds off from the database"
            return Finding(
                "Clock", "fail", found, "Set the clock (NTP): leases and dates rely on it."
            )
    finally:
        database.close()
    return Finding("Clock", "ok", "agrees with the database")


def _skew(database: Database, here: int) -> int:
    """How far the clock is off, microseconds: from PostgreSQL's, or behind what was written."""
    with database.read() as conn:
        if database.dialect == "postgresql":
            there = conn.execute(sa.select(sa.extract("epoch", sa.func.now()))).scalar_one()
            return abs(int(there * SECOND) - here)
        if migrate.revision(conn) is None:
            return 0
        known = hubs.find(conn)
        return max(0, known.created - here) if known else 0


def _broker(settings: Settings) -> Finding:
    if topology.is_memory(settings.broker_url):
        return Finding("Broker", "ok", "memory://, needs no server")
    shown = without_secrets(settings.broker_url)
    try:
        with topology.connect(settings.broker_url) as connection:
            connection.connect()
    except Exception as error:  # noqa: BLE001  # every transport has exceptions of its own
        return Finding(
            "Broker",
            "fail",
            f"{shown}: {without_secrets(str(error))}",
            "Start RabbitMQ, or mend SEEALSO_BROKER_URL. Meanwhile work goes on by polling.",
        )
    return Finding("Broker", "ok", f"{shown} answers")


def _smtp(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return Finding("SMTP", "note", "not set", "Newsletters wait until SEEALSO_SMTP_URL is set.")
    parts = urlsplit(settings.smtp_url)
    shown = f"{parts.hostname}:{parts.port or 25}"
    try:
        with _relay(parts.scheme, parts.hostname or "", parts.port or 0) as relay:
            relay.ehlo()
            if parts.username:
                if parts.scheme == "smtp" and relay.has_extn("starttls"):
                    relay.starttls(context=ssl.create_default_context())
                relay.login(unquote(parts.username), unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException) as error:
        return Finding("SMTP", "fail", f"{shown}: {error}", "Mend SEEALSO_SMTP_URL, or the server.")
    if not settings.mail_from or not settings.postal_address:
        remedy = "Set SEEALSO_MAIL_FROM and SEEALSO_POSTAL_ADDRESS: mail needs a sender."
        return Finding("SMTP", "note", f"{shown} answers", remedy)
    return Finding("SMTP", "ok", f"{shown} answers")


def _relay(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=PATIENCE_SECONDS)
    return smtplib.SMTP(host, port or 25, timeout=PATIENCE_SECONDS)


def _hub(settings: Settings) -> Finding:
    here = place.running(settings.data)
    if here is None:
        try:
            place.check_port(settings.host, settings.port)
        except CannotStart as error:
            return Finding("Hub and port", "fail", str(error))
        found = f"no hub runs; port {settings.port} is free"
        return Finding("Hub and port", "note", found, "Start one with `seealso up`.")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{here.url}/readyz", timeout=PATIENCE_SECONDS)
    if answer.ok:
        return Finding("Hub and port", "ok", f"{here.url} is ready (process {here.pid})")
    return Finding(
        "Hub and port", "fail", f"{here.url} answers {answer.status_code}: {answer.text}"
    )


def _plugins(settings: Settings) -> Iterator[Finding]:
    try:
        found = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
    except (SeealsoError, OSError) as error:
        yield Finding("Plugins", "fail", str(error))
        return
    good = [
        f"{record.kind} {record.name}" for record in found.records if record.status == "enabled"
    ]
    yield Finding("Plugins", "ok", f"{len(good)} enabled: {', '.join(good)}")
    for record in found.records:
        if record.status == "failed":
            remedy = "Mend or disable it (SEEALSO_PLUGINS_DISABLED); the others go on."
            yield Finding(f"Plugin {record.name}", "fail", record.reason, remedy)


def _not_yet_there(settings: Settings) -> bool:
    scheme, _, path = settings.database_url.partition(":///")
    return scheme.startswith("sqlite") and not Path(path).exists()


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
