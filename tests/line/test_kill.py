"""Kill the hub in the middle of an ingest, again and again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database, open_database

from tests.hub.running import SEEALSO, environ, start
from tests.line.press import OUTPUTS, until, write_lines

ARTICLES = 400
KILLS = 5


def survive(data: Path, database: Database, seed: int, **given: str) -> None:
    """Ingest while the hub is killed and started; then every count must be exact."""
    chance = random.Random(seed)
    lines = write_lines(data.with_suffix(".jsonl.gz"), ARTICLES)
    hub = start(data, **given)
    port = int(hub.url.rsplit(":", 1)[1])
    ingest = subprocess.Popen(
        [SEEALSO, "--data", str(data), "ingest", str(lines), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environ(**given),
    )
    try:
        for _ in range(KILLS):
            # Not before something new is in: on a busy machine a start takes its time.
            before = _articles(database)
            until(lambda before=before: _articles(database) > min(before, ARTICLES - 1), 60)
            time.sleep(chance.uniform(0.0, 0.5))
            hub.kill()
            hub = start(data, port, **given)
        said, _ = ingest.communicate(timeout=60)
        assert ingest.returncode == 0, said
        waited = hub.command("status", "--wait", "60", **given)
        assert waited.returncode == 0, waited.stdout
    finally:
        ingest.kill()
        ingest.wait()
        hub.stop()
    counts_are_exact(database)


def _articles(database: Database) -> int:
    with database.read() as conn:
        query = sa.select(sa.func.count()).select_from(schema.article)
        return int(conn.execute(query).scalar_one())


def counts_are_exact(database: Database) -> None:
    """One article, one version, one settled row and one rendition an output, for each record."""

    def count(query: sa.Select[tuple[int]]) -> int:
        return int(conn.execute(query).scalar_one())

    number = sa.func.count()
    with database.read() as conn:
        assert count(sa.select(number).select_from(schema.article)) == ARTICLES
        assert count(sa.select(number).select_from(schema.article_version)) == ARTICLES
        rows = conn.execute(
            sa.select(schema.ledger.c.output, schema.ledger.c.state, number).group_by(
                schema.ledger.c.output, schema.ledger.c.state
            )
        ).all()
        assert {(r[0], r[1], r[2]) for r in rows} == {
            (name, "settled", ARTICLES) for name in OUTPUTS | {"filing"}
        }
        behind = schema.ledger.c.settled != schema.ledger.c.wanted
        assert count(sa.select(number).select_from(schema.ledger).where(behind)) == 0
        assert count(sa.select(number).select_from(schema.rendition)) == ARTICLES * len(OUTPUTS)
        filed = schema.filing.c.slug == "orchard"
        assert count(sa.select(number).select_from(schema.filing).where(filed)) == ARTICLES


def test_five_kills_in_the_middle_of_an_ingest_lose_and_repeat_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    database = open_database(f"sqlite:///{data / 'seealso.sqlite3'}")
    survive(data, database, seed=20260101)
    with database.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    database.close()
