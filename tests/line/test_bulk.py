"""A long input whose client and hub are killed on its way: given again, nothing is doubled or lost."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from seealso_store import schema
from seealso_store.database import Database, open_database

from tests.hub.running import ONE_OUTPUT, SEEALSO, environ, start
from tests.line.press import until, write_lines

ARTICLES = 2500
ROUNDS = (0.2, 0.5, 0.8)  # how much of it is in when all of it is killed
CLIENT_GROWS = 1.25  # times what it had at a fifth


def stored(database: Database) -> tuple[int, int]:
    """Articles, and versions of them."""
    with database.read() as conn:
        articles, versions = (
            conn.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (schema.article, schema.article_version)
        )
    return int(articles), int(versions)


@pytest.mark.deep
def test_killed_client_and_hub_and_run_again_nothing_is_doubled(tmp_path: Path) -> None:
    data = tmp_path / "data"
    lines = write_lines(tmp_path / "lines.jsonl.gz", ARTICLES)
    command = [SEEALSO, "--data", str(data), "ingest", str(lines), "--json"]
    hub = start(data, **ONE_OUTPUT)
    port = int(hub.url.rsplit(":", 1)[1])
    database = open_database(f"sqlite:///{data / 'seealso.sqlite3'}")
    resident = []
    try:
        for share in ROUNDS:
            client = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ(**ONE_OUTPUT))
            until(lambda share=share: stored(database)[0] >= ARTICLES * share, 120)
            resident.append(psutil.Process(client.pid).memory_info().rss)
            client.kill()
            client.wait()
            hub.kill()
            hub = start(data, port, **ONE_OUTPUT)
        before, _ = stored(database)
        ended = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
            env=environ(**ONE_OUTPUT),
        )
        assert stored(database) == (ARTICLES, ARTICLES)
    finally:
        database.close()
        hub.stop()
    counts = json.loads(ended.stdout)
    assert counts == {
        "created": ARTICLES - before, "updated": 0, "unchanged": before, "rejected": 0
    }  # fmt: skip
    assert before >= ARTICLES * ROUNDS[-1]
    assert max(resident) <= CLIENT_GROWS * resident[0]
