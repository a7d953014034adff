"""Kill the hub in the middle of an ingest, again and again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database, open_database

from tests.hub.running import SEEALSO, environ, start
from tests.line.press import OUTPUTS, until, write_lines

ARTICLES = 400
KILLS = 5


def survive(
    data: Path,
    database: Database,
    seed: int,
    *,
    articles: int = ARTICLES,
    kills: int = KILLS,
    **given: str,
) -> None:
    """Ingest while the hub is killed and started; then every count must be exact."""
    chance = random.Random(seed)
    lines = write_lines(data.with_suffix(".jsonl.gz"), articles)
    hub = start(data, **given)
    port = int(hub.url.rsplit(":", 1)[1])
    ingest = subprocess.Popen(
        [SEEALSO, "--data", str(data), "ingest", str(lines), "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environ(**given),
    )
    try:
        for _ in range(kills):
            # Not before something new is in: on a busy machine a start takes its time.
            before = _articles(database)
            until(lambda before=before: _articles(database) > min(before, articles - 1), 60)
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
    counts_are_exact(database, articles)


def _articles(database: Database) -> int:
    with database.read() as conn:
        query = sa.select(sa.func.count()).select_from(schema.article)
        return int(conn.execute(query).scalar_one())


def counts_are_exact(database: Database, articles: int) -> None:
    """One article, one version, one settled row and one rendition an output, for each record."""

    def count(query: sa.Select[tuple[int]]) -> int:
        return int(conn.execute(query).scalar_one())

    number = sa.func.count()
    with database.read() as conn:
        assert count(sa.select(number).select_from(schema.article)) == articles
        assert count(sa.select(number).select_from(schema.article_version)) == articles
        rows = conn.execute(
            sa.select(schema.ledger.c.output, schema.ledger.c.state, number).group_by(
                schema.ledger.c.output, schema.ledger.c.state
            )
        ).all()
        assert {(r[0], r[1], r[2]) for r in rows} == {
            (name, "settled", articles) for name in OUTPUTS | {"filing"}
        }
        behind = schema.ledger.c.settled != schema.ledger.c.wanted
        assert count(sa.select(number).select_from(schema.ledger).where(behind)) == 0
        assert count(sa.select(number).select_from(schema.rendition)) == articles * len(OUTPUTS)
        filed = schema.filing.c.slug == "orchard"
        assert count(sa.select(number).select_from(schema.filing).where(filed)) == articles


@pytest.mark.deep
def test_kills_in_the_middle_of_an_ingest_lose_and_repeat_nothing(tmp_path: Path) -> None:
    """Two of them here; five on PostgreSQL (tests/live), hundreds of every process by ./dev faults."""
    data = tmp_path / "data"
    data.mkdir()
    database = open_database(f"sqlite:///{data / 'seealso.sqlite3'}")
    survive(data, database, seed=20260101, articles=150, kills=2)
    with database.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    database.close()
