"""Reads what a hub has: its database, its feeds and pages, its readers' mailboxes.

audited: triggers in the database count each time that a rendition is stored ──> `State.effects`
rest: nothing is due ──> read_state ──> oracle
"""

from __future__ import annotations

import json
import time
from collections import Counter
from xml.etree import ElementTree

import requests
import sqlalchemy as sa
from seealso_store import clock, schema
from seealso_store.database import Database

from faults.fleet import Fleet, NotInTime, until
from faults.oracle import Book, Mail, Received, State, Version, Work
from tests.services.dispatch.sink import Sink

FEEDS = {"rss": "rss", "atom": "atom", "jsonfeed": "json"}  # output: ending of its feeds
PAGES = 40  # articles whose page is asked for, at most
_SQLITE = (
    "CREATE TABLE faults_effect (article_id TEXT, output TEXT, version INTEGER)",
    *(
        f"CREATE TRIGGER faults_{event} AFTER {event} ON rendition BEGIN"
        " INSERT INTO faults_effect VALUES (new.article_id, new.output, new.version); END"
        for event in ("insert", "update")
    ),
)
_POSTGRESQL = (
    "CREATE TABLE faults_effect (article_id TEXT, output TEXT, version INTEGER)",
    """CREATE FUNCTION faults_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO faults_effect VALUES (new.article_id, new.output, new.version);
    RETURN NULL; END $$""",
    """CREATE TRIGGER faults_effect AFTER INSERT OR UPDATE ON rendition
    FOR EACH ROW EXECUTE FUNCTION faults_note()""",
)


def audit(database: Database) -> None:
    """Have the database itself count what is stored, in the transaction that stores it."""
    with database.write() as tx:
        for statement in _SQLITE if database.dialect == "sqlite" else _POSTGRESQL:
            tx.exec_driver_sql(statement)


def unsettled(database: Database) -> int:
    """Rows of the ledgers that are waiting or in work."""
    ledger, delivery = schema.ledger, schema.delivery
    number = sa.func.count()
    with database.read() as conn:
        work = conn.execute(sa.select(number).where(ledger.c.state.in_(("waiting", "leased"))))
        mail = conn.execute(
            sa.select(number).where(delivery.c.state.in_(("waiting", "leased", "sending")))
        )
        return int(work.scalar_one()) + int(mail.scalar_one())


def waiting(database: Database) -> int:
    """Renditions that are not made yet."""
    ledger = schema.ledger
    with database.read() as conn:
        query = sa.select(sa.func.count()).where(
            ledger.c.output != "filing", ledger.c.state.in_(("waiting", "leased"))
        )
        return int(conn.execute(query).scalar_one())


def rest(database: Database, seconds: float) -> float:
    """Seconds until nothing is due.

    Raises:
        NotInTime: it never came; the message shows what is left.
    """
    try:
        return until(lambda: unsettled(database) == 0, seconds)
    except NotInTime as error:
        left = "; ".join(_left(database)[:4])
        raise NotInTime(
            f"{unsettled(database)} rows not settled in {seconds:g} s: {left}"
        ) from error


def _left(database: Database) -> list[str]:
    """Rows that are not settled, each with what it waits for."""
    ledger, delivery = schema.ledger.c, schema.delivery.c
    now = clock.now()
    with database.read() as conn:
        work = conn.execute(sa.select(schema.ledger).where(ledger.state.in_(("waiting", "leased"))))
        mail = conn.execute(
            sa.select(schema.delivery).where(delivery.state.in_(("waiting", "leased", "sending")))
        )
        rows = [(row.output, row) for row in work] + [(row.issue_id, row) for row in mail]
    return [
        f"{what} {row.state}, attempt {row.attempts}, "
        f"due in {(row.run_at - now) / clock.SECOND:.0f} s,"
        f" leased for {(row.lease_until - now) / clock.SECOND:.0f} s, {row.error or 'no error'}"
        for what, row in rows
    ]


def replayed(fleet: Fleet, database: Database) -> int:
    """Give dead letters another chance, as an operator does. Returns how many there were."""
    ledger = schema.ledger
    with database.read() as conn:
        dead = sa.select(sa.func.count()).where(ledger.c.state == "dead")
        number = int(conn.execute(dead).scalar_one())
    if number:
        fleet.ask("POST", "/api/dead-letters/replay", json={"all": True}).raise_for_status()
    return number


def read_state(fleet: Fleet, database: Database, book: Book, sink: Sink | None = None) -> State:
    """All that the oracle wants to know."""
    outputs = _outputs(database)
    kinds = [kind for output, kind in FEEDS.items() if output in outputs]
    paths = [f"{path}.{kind}" for path in book.feeds for kind in kinds]
    feeds = {path: feed_titles(fleet, path) for path in paths}
    with database.read() as conn:
        versions, statuses = _articles(conn)
        shown = list(statuses)[:: max(1, len(statuses) // PAGES)]
        return State(
            outputs=outputs,
            versions=versions,
            statuses=statuses,
            work=[
                Work(row.article_id, row.output, row.wanted, row.settled, row.state)
                for row in conn.execute(sa.select(schema.ledger))
            ],
            renditions={
                (row.article_id, row.output): row.version
                for row in conn.execute(
                    sa.select(
                        schema.rendition.c.article_id,
                        schema.rendition.c.output,
                        schema.rendition.c.version,
                    )
                )
            },
            effects=_effects(conn),
            feeds=feeds,
            pages={one: fleet.ask("GET", f"/articles/{one}").status_code for one in shown},
            mails=_mails(conn),
            received=_received(sink),
            damage=_damage(conn),
        )


def _outputs(database: Database) -> frozenset[str]:
    with database.read() as conn:
        enabled = schema.output.c.status == "enabled"
        return frozenset(conn.execute(sa.select(schema.output.c.name).where(enabled)).scalars())


def feed_titles(fleet: Fleet, path: str) -> frozenset[str]:
    """The titles of the items that a feed has now; none where there is no such feed."""
    answer = fleet.ask("GET", f"{path}?limit=200")
    if answer.status_code == 404:
        return frozenset()
    answer.raise_for_status()
    return titles_in(answer)


def titles_in(answer: requests.Response) -> frozenset[str]:
    """The titles of the items of a feed of any of the three formats."""
    if "json" in answer.headers["Content-Type"]:
        return frozenset(item["title"] for item in answer.json()["items"])
    root = ElementTree.fromstring(answer.content)
    atom = "{http://www.w3.org/2005/Atom}"
    found = [*root.iterfind("channel/item/title"), *root.iterfind(f"{atom}entry/{atom}title")]
    return frozenset(one.text or "" for one in found)


def _articles(conn: sa.Connection) -> tuple[list[Version], dict[str, str]]:
    table = schema.article_version
    versions = []
    for row in conn.execute(sa.select(table).order_by(table.c.article_id, table.c.version)):
        body = json.loads(bytes(row.body))
        versions.append(
            Version(
                row.article_id,
                row.version,
                row.op,
                body["title"],
                body.get("updated") or "",
                body.get("external_id") or "",
            )
        )
    article = schema.article
    statuses = conn.execute(sa.select(article.c.id, article.c.status).order_by(article.c.id))
    return versions, {row.id: row.status for row in statuses}


def _effects(conn: sa.Connection) -> Counter[tuple[str, str, int]]:
    if not sa.inspect(conn).has_table("faults_effect"):
        return Counter()
    rows = conn.exec_driver_sql("SELECT article_id, output, version FROM faults_effect")
    return Counter((row[0], row[1], row[2]) for row in rows)


def _mails(conn: sa.Connection) -> list[Mail]:
    delivery, subscriber = schema.delivery, schema.subscriber
    query = sa.select(
        delivery.c.issue_id, subscriber.c.email, delivery.c.state, delivery.c.message_id
    ).join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
    return [Mail(*row) for row in conn.execute(query)]


def _received(sink: Sink | None) -> list[Received]:
    found = []
    for envelope in [] if sink is None else sink.messages:
        assert isinstance(envelope.content, bytes)
        head = envelope.content.split(b"\r\n\r\n", 1)[0].decode()
        lines = head.replace("\r\n ", " ").splitlines()
        named = next(line for line in lines if line.lower().startswith("message-id:"))
        message_id = named.split(":", 1)[1].strip()
        found += [Received(address, message_id) for address in envelope.rcpt_tos]
    return found


def _damage(conn: sa.Connection) -> str:
    if conn.dialect.name != "sqlite":
        return ""
    said = str(conn.exec_driver_sql("PRAGMA integrity_check").scalar_one())
    return "" if said == "ok" else f"integrity_check: {said}"


def quiet(seconds: float) -> None:
    """Let load run for a while: the one thing that can't be waited for otherwise."""
    time.sleep(seconds)
