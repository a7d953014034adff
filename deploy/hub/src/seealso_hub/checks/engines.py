"""The engines: database, clock and broker. What they say is told with its remedy.

connect ─ refused? ─> why: address, password, role, database, virtual host
   └─> version, rights, schema ─> clock ─> queues with this release's arguments
"""

from __future__ import annotations

import email.utils
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import sqlalchemy as sa
from seealso_core import topology
from seealso_core.log import without_secrets
from seealso_core.messages import Stage
from seealso_core.settings import Settings
from seealso_sdk.errors import SeealsoError
from seealso_store import heartbeats, migrate, rejected
from seealso_store import hub as hubs
from seealso_store.clock import SECOND, now
from seealso_store.database import Database, open_database
from seealso_store.errors import NotADatabase, StoreError, StoreNotWritable
from seealso_store.schema import article, metadata
from sqlalchemy import Connection

from seealso_hub.checks.finding import PATIENCE_SECONDS, Finding
from seealso_hub.checks.settings import is_local

CLOCK_SKEW = 300 * SECOND
OLDEST_POSTGRESQL = 130000  # as server_version_num has it: 13
OLDEST_RABBITMQ = (3, 10)  # quorum queues with at-least-once dead letters
QUICK_CHECK_BYTES = 512 * 2**20  # a larger file takes longer to read than anybody waits

# What a refusal says, and what is to be done. The first that fits.
_DATABASE_REMEDIES = (
    ("password authentication failed", "Correct the password in SEEALSO_DATABASE_URL."),
    ("no password supplied", "Put the password into SEEALSO_DATABASE_URL: user:password@host."),
    ("pg_hba.conf", "Allow this host and user in the server's pg_hba.conf, then reload it."),
    ("role", "Make the role on the server (createuser), or correct SEEALSO_DATABASE_URL."),
    ("does not exist", "Make it on the server (createdb NAME), or correct SEEALSO_DATABASE_URL."),
    ("connection refused", "Start PostgreSQL, or correct host and port in SEEALSO_DATABASE_URL."),
    ("resolve host", "Nobody knows this host: correct its name in SEEALSO_DATABASE_URL."),
    ("timeout", "Nothing answers there: a firewall, or a wrong host in SEEALSO_DATABASE_URL?"),
    ("too many", "Raise the server's max_connections, or run fewer processes."),
    ("not an sqlite database", "Restore the file from a back-up, or move it away to begin anew."),
    ("can't be written", "Give the file and its folder to the hub's user (chown)."),
    ("malformed", "The file is damaged: restore it from a back-up, or move it away."),
    ("locked", "Another program holds it: end what works on the file beside the hub."),
)
_SET_RIGHTS = "rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'"
_NO_VHOST = (
    f"Make it (rabbitmqctl add_vhost VHOST) and let the user in ({_SET_RIGHTS}), or correct the end"
    " of SEEALSO_BROKER_URL: // is the virtual host /."
)
_NO_LOGIN = (
    "Correct user and password in SEEALSO_BROKER_URL; the user guest is let in from the broker's"
    " own machine only."
)
_BROKER_REMEDIES = (
    ("vhost", _NO_VHOST),
    ("login was refused", _NO_LOGIN),
    ("access to", f"Give the user rights: {_SET_RIGHTS}"),
    ("refused", "Start RabbitMQ, or correct host and port in SEEALSO_BROKER_URL."),
    ("name or service", "Nobody knows this host: correct its name in SEEALSO_BROKER_URL."),
    ("timed out", "Nothing answers there: a firewall, or a wrong host in SEEALSO_BROKER_URL?"),
)
_MEANWHILE = " Meanwhile work is found by looking: nothing is lost."


# --- the database --------------------------------------------------------------------------------


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it can be reached, is new enough, lets us write, and has this release's schema."""
    name = "Database"
    if _not_yet_there(settings):
        yield Finding(name, "note", "not made yet", "`seealso up` makes it at its start.")
        return
    try:
        with _opened(settings) as db:
            with db.read() as conn:
                yield from _version(conn)
                revision = migrate.revision(conn)
                yield from _rights(conn, revision)
            if db.dialect == "sqlite":
                _refuse_unsound(Path(_sqlite_path(settings)))
            yield _schema(db.dialect, revision)
    except (StoreError, sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        found = f"{without_secrets(settings.database_url)}: {_first_line(error)}"
        yield Finding(name, "fail", found, _remedy(_DATABASE_REMEDIES, error))


def _version(conn: Connection) -> Iterator[Finding]:
    if conn.dialect.name != "postgresql":
        return
    number = int(conn.exec_driver_sql("SHOW server_version_num").scalar_one())
    if number < OLDEST_POSTGRESQL:
        found = f"PostgreSQL {number // 10000}, older than {OLDEST_POSTGRESQL // 10000}"
        yield Finding("Database", "fail", found, "Upgrade the server.")
    if conn.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
        remedy = "Name the primary server in SEEALSO_DATABASE_URL."
        yield Finding("Database", "fail", "this server is read-only (a standby?)", remedy)
    if conn.exec_driver_sql("SHOW fsync").scalar_one() == "off":
        remedy = (
            "Set fsync = on in postgresql.conf: without it a power cut loses what was accepted."
        )
        yield Finding("Database", "fail", "the server runs with fsync = off", remedy)
    if conn.exec_driver_sql("SHOW autovacuum").scalar_one() == "off":
        remedy = (
            "Set autovacuum = on in postgresql.conf: without it the ledger's dead rows pile up and "
            "the hub becomes slower by the hour."
        )
        yield Finding("Database", "note", "the server runs with autovacuum = off", remedy)


def _rights(conn: Connection, revision: str | None) -> Iterator[Finding]:
    """Whether our role may do what the hub does: fill an empty database, or use its tables."""
    if conn.dialect.name != "postgresql":
        return
    role = conn.exec_driver_sql("SELECT current_user").scalar_one()
    if revision is None:
        may = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
        if not conn.exec_driver_sql(may).scalar():
            remedy = f'As its owner: GRANT CREATE ON SCHEMA public TO "{role}".'
            yield Finding("Database", "fail", f"role {role} may not make tables", remedy)
        return
    may_not = [table for table in sorted(metadata.tables) if not _may_use(conn, table)]
    if may_not:
        shown = ", ".join(may_not[:5]) + (" …" if len(may_not) > 5 else "")
        yield Finding(
            "Database",
            "note",
            f"role {role} may not read or may not write {len(may_not)} tables: {shown}",
            "Fine for a role of one service that does without them; else: GRANT SELECT, INSERT,"
            f' UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}".',
        )


def _may_use(conn: Connection, table: str) -> bool:
    found = conn.execute(
        sa.text(
            "SELECT to_regclass(:name) IS NULL OR ("
            " has_table_privilege(to_regclass(:name), 'SELECT')"
            " AND has_table_privilege(to_regclass(:name), 'INSERT, UPDATE, DELETE'))"
        ),
        {"name": f'"{table}"'},
    )
    return bool(found.scalar())


def _refuse_unsound(path: Path) -> None:
    """See that a file can be written, and is whole. A large one is not read through here.

    Raises:
        StoreNotWritable, NotADatabase, sqlite3.Error: it can't, or isn't.
    """
    with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as conn:
        try:
            conn.execute("BEGIN IMMEDIATE")
            conn.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error):
                raise
            raise StoreNotWritable(f"{path} can't be written by this user") from error
        said = "ok"
        if path.stat().st_size <= QUICK_CHECK_BYTES:
            (said,) = conn.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise NotADatabase(f"the file is malformed: {said}")


def _schema(dialect: str, revision: str | None) -> Finding:
    if revision is None:
        return Finding("Database", "note", f"{dialect}, empty", "`seealso up` fills it.")
    if revision == migrate.HEAD:
        return Finding("Database", "ok", f"{dialect}, schema {revision}")
    if revision in migrate.KNOWN:
        remedy = "The next `seealso up` upgrades it: make a back-up first."
        found = f"schema {revision}, older than this release's {migrate.HEAD}"
        return Finding("Database", "note", found, remedy)
    remedy = "Upgrade seealso, or name another database."
    found = f"schema {revision}, newer than this release's {migrate.HEAD}"
    return Finding("Database", "fail", found, remedy)


def workers(settings: Settings) -> Iterator[Finding]:
    """Which steps of the line have a worker that was heard of lately."""
    name = "Workers"
    if _not_yet_there(settings):
        return
    try:
        with _opened(settings) as db, db.read() as conn:
            if migrate.revision(conn) != migrate.HEAD:
                return
            ages = heartbeats.ages(conn, db.now())
    except (StoreError, sa.exc.SQLAlchemyError, sqlite3.Error):
        return  # the check of the database has told it
    silent = {step: age for step, age in ages.items() if age > heartbeats.SILENT_SECONDS}
    if silent:
        told = ", ".join(f"{step} for {age:.0f} seconds" for step, age in silent.items())
        remedy = "Start them: `seealso up`, or the services one by one. Until then work waits."
        yield Finding(name, "note", f"not heard of: {told}", remedy)
    elif ages:
        yield Finding(name, "ok", f"at work: {', '.join(ages)}")


def rejected_input(settings: Settings) -> Iterator[Finding]:
    """Whether input waits on the list of what could not go in."""
    if _not_yet_there(settings):
        return
    try:
        with _opened(settings) as db, db.read() as conn:
            if migrate.revision(conn) != migrate.HEAD:
                return
            counts = rejected.counts(conn)
    except (StoreError, sa.exc.SQLAlchemyError, sqlite3.Error):
        return  # the check of the database has told it; or the role has no right to the table
    if not counts:
        yield Finding("Rejected input", "ok", "nothing is on the list")
        return
    first = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:5]
    told = ", ".join(f"{code} {number}" for code, number in first)
    remedy = "`seealso rejected list` has reason and remedy; then `seealso rejected retry`."
    yield Finding("Rejected input", "note", f"{sum(counts.values())} kept: {told}", remedy)


# --- the clock -----------------------------------------------------------------------------------


def clock(settings: Settings) -> Iterator[Finding]:
    """Whether it agrees with the database's, with what was written, and with the public hub's."""
    name, remedy = (
        "Clock",
        "Set the clock (NTP: timedatectl set-ntp true): leases and dates need it.",
    )
    skews = [*_database_skew(settings), *_public_skew(settings)]
    wrong = [f"{_span(skew)} {than}" for skew, than in skews if abs(skew) > CLOCK_SKEW]
    if wrong:
        yield Finding(name, "fail", "; ".join(wrong), remedy)
    elif skews:
        yield Finding(
            name, "ok", "agrees with " + " and ".join(t.split(" ", 1)[1] for _, t in skews)
        )
    else:
        yield Finding(name, "ok", "nothing to compare it with yet")


def _span(skew: int) -> str:
    return f"{abs(skew) // SECOND} seconds {'behind' if skew < 0 else 'ahead'}"


def _database_skew(settings: Settings) -> list[tuple[int, str]]:
    """Microseconds by which our clock is ahead, and of what."""
    if _not_yet_there(settings):
        return []
    try:
        with _opened(settings) as db, db.read() as conn:
            if db.dialect == "postgresql":
                there = conn.execute(sa.select(sa.extract("epoch", sa.func.now()))).scalar_one()
                return [(now() - int(there * SECOND), "of the database")]
            if migrate.revision(conn) is None:
                return []
            known = hubs.find(conn)
            newest = conn.execute(sa.select(sa.func.max(article.c.changed))).scalar() or 0
            written = max(newest, known.created if known else 0)
    except (StoreError, sa.exc.SQLAlchemyError, sqlite3.Error):
        return []  # the check of the database has told it
    # A file has no clock: only that nothing in it can be of tomorrow.
    return [(min(0, now() - written), "of what was written last")]


def _public_skew(settings: Settings) -> list[tuple[int, str]]:
    """The Date of the hub's public address (RFC 9110 section 6.6.1), where there is one."""
    if is_local(urlsplit(settings.hub_url).hostname or ""):
        return []
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.head(f"{settings.hub_url}/livez", timeout=PATIENCE_SECONDS)
            there = email.utils.parsedate_to_datetime(answer.headers["Date"])
        except (requests.RequestException, KeyError, ValueError):
            return []
    return [(now() - int(there.timestamp()) * SECOND, f"of {settings.hub_url}")]


# --- the broker ----------------------------------------------------------------------------------


def broker(settings: Settings) -> Iterator[Finding]:
    """Whether it lets us in, is new enough, and has the queues as this release declares them."""
    name = "Broker"
    if topology.is_memory(settings.broker_url):
        yield Finding(name, "ok", "memory://, needs no server")
        return
    shown = without_secrets(settings.broker_url)
    try:
        with topology.connect(settings.broker_url) as connection:
            connection.connect()
            version = str(connection.connection.server_properties.get("version", ""))
            yield from _old_broker(version)
            yield from _queues(connection, settings)
    except Exception as error:  # noqa: BLE001  # every transport has exceptions of its own
        found = f"{shown}: {without_secrets(_first_line(error))}"
        yield Finding(name, "fail", found, _remedy(_BROKER_REMEDIES, error) + _MEANWHILE)
        return
    yield Finding(name, "ok", f"{shown} answers (RabbitMQ {version})")


def _old_broker(version: str) -> Iterator[Finding]:
    numbers = version.split(".")[:2]
    if all(n.isdigit() for n in numbers) and tuple(map(int, numbers)) < OLDEST_RABBITMQ:
        oldest = ".".join(map(str, OLDEST_RABBITMQ))
        yield Finding("Broker", "fail", f"RabbitMQ {version}, older than {oldest}", "Upgrade it.")


def _queues(connection: Any, settings: Settings) -> Iterator[Finding]:
    """Of the queues that are there: is each declared as by us? None is made here."""
    own = topology.Topology(memory=False, prefix=topology.named(settings.broker_prefix))
    stages: Sequence[Stage] = ("render", "feeds", "dispatch")
    for queue in [own.queue(stage) for stage in stages] + [own.dead_queue()]:
        waiting = _waiting(connection, queue.name)
        if waiting is None:
            continue
        channel = connection.channel()
        try:
            queue(channel).queue_declare()
        except connection.channel_errors as error:
            yield Finding(
                "Broker",
                "fail",
                f"queue {queue.name} was declared otherwise: {_first_line(error)}",
                f"Delete it (rabbitmqctl delete_queue {queue.name}): it holds wake-ups only, and is"
                " declared anew. Or give this hub another SEEALSO_BROKER_PREFIX.",
            )
            continue
        if queue.name == own.dead_queue().name and waiting:
            yield Finding(
                "Broker",
                "note",
                f"{waiting} messages in {queue.name}: nobody could read them",
                "Look at them, find who sends them, then purge the queue. No article is missing.",
            )


def _waiting(connection: Any, name: str) -> int | None:
    """Messages in a queue; None where there is none of this name."""
    channel = connection.channel()
    try:
        found: int = channel.queue_declare(name, passive=True).message_count
    except connection.channel_errors:
        return None  # and the channel is gone with it
    channel.close()
    return found


# --- shared --------------------------------------------------------------------------------------


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    db = open_database(settings.database_url)
    try:
        yield db
    finally:
        db.close()


def _not_yet_there(settings: Settings) -> bool:
    path = _sqlite_path(settings)
    return bool(path) and not Path(path).exists()


def _sqlite_path(settings: Settings) -> str:
    scheme, _, path = settings.database_url.partition(":///")
    return path if scheme.startswith("sqlite") else ""


def _first_line(error: BaseException) -> str:
    """What it says, on one line; kombu's errors hide what they wrap."""
    told = error if isinstance(error, SeealsoError) else (error.__cause__ or error)
    lines = str(getattr(told, "orig", None) or told).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def _remedy(remedies: Sequence[tuple[str, str]], error: BaseException) -> str:
    said = f"{error} {error.__cause__ or ''}".lower()
    known = (remedy for words, remedy in remedies if words in said)
    return next(known, "Mend what it says, or the URL in the settings.")
