"""The service as production runs it: one app of given parts, in front of a prepared store."""

from __future__ import annotations

from pathlib import Path

import pytest
from seealso_core.host import PluginHost
from seealso_core.settings import load
from seealso_feeds import wsgi
from seealso_feeds.__main__ import main
from seealso_store import keys
from seealso_store.clock import now
from seealso_store.database import Database
from werkzeug.test import Client


def test_the_service_by_itself_serves_pages_partners_topics_and_numbers(
    database: Database, plugin_host: PluginHost, tmp_path: Path
) -> None:
    settings = load({"SEEALSO_DATA": str(tmp_path), "SEEALSO_HUB_NAME": "Alone"})
    with database.write() as tx:
        key = keys.create(tx, "test", now())
    lane = wsgi.make(settings, database, plugin_host)
    client = Client(lane)
    assert "Alone" in client.get("/").text
    assert client.get("/readyz").status_code == 200
    assert "seealso_fast_lane_total" in client.get("/metrics").text
    assert client.get("/api/partners").status_code == 401
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/partners", headers=headers).json == {"partners": []}
    assert client.get("/api/topics", headers=headers).status_code == 200
    described = client.get("/openapi.json").json
    assert described is not None
    assert {"/topics/{slug}/feed.{extension}", "/api/channels"} <= set(described["paths"])
    lane.close()


def test_a_setting_that_is_wrong_ends_it_with_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEALSO_PORT", "many")
    assert main(["--web"]) == 1
    assert "SEEALSO_PORT" in capsys.readouterr().err
