"""Each service does its whole work under a role of its own, and that role may do nothing else.

A server of the tests' own that asks for passwords: what a wrong one leads to is shown here, too.
"""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from seealso_store.schema import metadata

from tests.contracts.pages import ROOT
from tests.hub.running import environ, seealso
from tests.line.press import record, until
from tests.live import test_services
from tests.live.cluster import Cluster, own_cluster
from tests.live.engines import Engines
from tests.live.services import KEY, Services
from tests.services.dispatch.sink import Sink

pytestmark = [pytest.mark.live, pytest.mark.slow]

ROLES = ("owner", "ingest", "render", "feeds", "dispatch")
GRANTS = ROOT / "deploy/postgres/roles.sql"
# The role of each process of tests/live/services.py.
OF = {"migrate": "owner", "ingest": "ingest", "render-web": "render", "feeds-web": "feeds",
      "dispatch-web": "dispatch", "render-1": "render", "render-2": "render", "filing": "feeds",
      "dispatch": "dispatch"}  # fmt: skip


class Apart(Services):
    """Every process with the URL of its own role."""

    cluster: Cluster

    def _environ(self, name: str) -> dict[str, str]:
        url = self.cluster.url("hub", f"seealso_{OF[name]}", f"{OF[name]} word")
        return super()._environ(name) | {"SEEALSO_DATABASE_URL": url.replace(" ", "%20")}

    def __enter__(self) -> Apart:
        _psql(self.cluster)  # before the first migration: the roles
        words = [f"ALTER ROLE seealso_{role} PASSWORD '{role} word'" for role in ROLES]
        self.cluster.sql(*words)
        _migrate(self._environ("migrate"))
        _psql(self.cluster)  # after it: the rights
        super().__enter__()
        return self


def _psql(cluster: Cluster) -> None:
    ended = subprocess.run(
        [cluster.bin / "psql", "--quiet", "--dbname", cluster.url("hub"), "--file", GRANTS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def _migrate(env: dict[str, str]) -> None:
    ready = [sys.executable, "-m", "seealso_hub.migrate"]
    ended = subprocess.run(ready, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def cluster(live_engines: None) -> Iterator[Cluster]:
    with own_cluster("scram-sha-256") as made:
        made.sql("CREATE DATABASE hub")
        yield made


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def services(
    cluster: Cluster, sink: Sink, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Apart]:
    engines = Engines(cluster.url("hub"), f"seealso-test-{secrets.token_hex(5)}")
    settings = engines.settings | {
        "SEEALSO_SMTP_URL": sink.url,
        "SEEALSO_POSTAL_ADDRESS": "1 Apple Lane, Millbrook",
        "SEEALSO_PLUGIN_DEADLINE_SECONDS": "20",
        "SEEALSO_LEASE_SECONDS": "60",
    }
    apart = Apart(tmp_path_factory.mktemp("roles"), settings)
    apart.cluster = cluster
    try:
        with apart:
            yield apart
    finally:
        engines.delete_queues()


# --- what each may -------------------------------------------------------------------------------


def test_an_article_goes_through_all_services(services: Apart) -> None:
    test_services.test_an_article_goes_from_the_post_to_the_feed_and_back_out(services)


def test_a_newsletter_goes_out(services: Apart, sink: Sink) -> None:
    test_services.test_a_newsletter_goes_out(services, sink)


def test_an_operator_does_all_there_is_to_do(services: Apart) -> None:
    (article,) = test_services.publish(services, record(1, topics=["Orchard"]))
    test_services.publish(services, record(1, title="Changed", topics=["Orchard"]))
    until(lambda: test_services.is_settled(services), 60)
    for method, path, body in (
        ("DELETE", f"/api/articles/{article}", {"reason": "Wrong."}),
        ("POST", f"/api/articles/{article}/reinstate", None),
        ("POST", "/api/keys", {"label": "another"}),
        ("POST", "/api/partners", {"name": "Example"}),
        ("POST", "/api/channels", {"partner": "example", "topics": ["orchard"]}),
        ("GET", "/api/partners", None),
        ("POST", "/api/topics/orchard/alias", {"name": "Fruit garden"}),
        ("GET", "/api/newsletters", None),
        ("GET", "/api/dead-letters", None),
        ("POST", "/api/dead-letters/replay", {"all": True}),
        ("GET", "/api/outputs", None),
    ):
        answer = services.ask(method, path, json=body)
        assert answer.ok, (path, answer.text)
    taken = requests.post(
        services.route("/api/topics/import") + "/api/topics/import",
        data=b"label,synonyms\nOrchard,Fruit trees\n",
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "text/csv"},
        timeout=60,
    )
    assert taken.ok, taken.text
    until(lambda: test_services.is_settled(services), 60)


def test_nobody_asked_for_more_than_is_granted(services: Apart) -> None:
    for name, port in services.ports.items():
        for path in ("/readyz", "/metrics"):
            answer = requests.get(f"http://127.0.0.1:{port}{path}", timeout=20)
            assert answer.ok, (name, path, answer.text)
    for name in services.processes:
        assert "permission denied" not in services.log(name), services.log(name)
        assert "does not allow" not in services.log(name), services.log(name)


# --- what none may -------------------------------------------------------------------------------

REFUSED = {
    "ingest": ("SELECT email FROM subscriber", "UPDATE article_version SET reason = ''",
               "DELETE FROM article_version", "INSERT INTO rendition SELECT * FROM rendition",
               "DELETE FROM topic", "SELECT error FROM delivery", "DELETE FROM ledger"),
    "render": ("SELECT email FROM subscriber", "UPDATE article SET title = ''",
               "INSERT INTO api_key SELECT * FROM api_key", "DELETE FROM filing",
               "UPDATE article_version SET reason = ''", "SELECT * FROM channel"),
    "feeds": ("SELECT email FROM subscriber", "UPDATE article SET status = 'published'",
              "DELETE FROM rendition", "UPDATE api_key SET revoked = NULL",
              "SELECT * FROM consent", "DELETE FROM ledger"),
    "dispatch": ("UPDATE article SET title = ''", "DELETE FROM rendition", "UPDATE ledger SET lane = 0",
                 "SELECT * FROM channel", "DELETE FROM topic", "INSERT INTO api_key SELECT * FROM api_key"),
}  # fmt: skip
NOBODY = ("CREATE TABLE mine (a int)", "ALTER TABLE article ADD COLUMN mine int", "DROP TABLE term",
          "TRUNCATE article", "CREATE TEMPORARY TABLE mine (a int)", "DELETE FROM hub",
          "COPY article TO PROGRAM 'true'", "SET ROLE seealso_owner",
          "CREATE INDEX mine ON article (title)")  # fmt: skip


@pytest.mark.parametrize("role", sorted(REFUSED))
def test_a_role_is_refused_what_is_not_its_work(services: Apart, role: str) -> None:
    url = services.cluster.url("hub", f"seealso_{role}", f"{role} word").replace(" ", "%20")
    with psycopg.connect(url, autocommit=True) as conn:
        for statement in (*REFUSED[role], *NOBODY):
            with pytest.raises(
                psycopg.errors.InsufficientPrivilege, match=r"permission denied|must be|ermission"
            ):
                conn.execute(statement.encode())


def test_every_table_is_somebodys_to_write(services: Apart) -> None:
    with psycopg.connect(services.cluster.url("hub")) as conn:
        found = conn.execute(
            "SELECT table_name FROM information_schema.role_table_grants"
            " WHERE grantee LIKE 'seealso_%' AND grantee <> 'seealso_owner'"
            " AND privilege_type = 'INSERT'"
        )
        assert {row[0] for row in found} == set(metadata.tables)


# --- a wrong password ----------------------------------------------------------------------------

SENTENCE = r"PostgreSQL at 127\.0\.0\.1:\d+ refuses the password of role seealso_render\. Mend SEEALSO_DATABASE_URL"


def test_a_wrong_password_ends_a_service_and_a_hub_with_one_sentence(
    services: Apart, tmp_path: Path
) -> None:
    wrong = services.cluster.url("hub", "seealso_render", "hunter2")
    settings = {
        "SEEALSO_DATABASE_URL": wrong,
        "SEEALSO_DATA": str(tmp_path),
        "SEEALSO_KEY": "k" * 40,
    }
    for module in ("seealso_render", "seealso_feeds", "seealso_hub.migrate", "seealso_store"):
        ended = subprocess.run(
            [sys.executable, "-m", module],
            env=environ(**settings),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 1, (module, ended.stderr)
        assert re.search(SENTENCE, ended.stderr), (module, ended.stderr)
        assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
        assert "hunter2" not in ended.stderr
    up = seealso(tmp_path, "up", "--port", "0", **settings)
    assert up.returncode == 1
    assert re.search(SENTENCE, up.stderr), up.stderr
    assert "hunter2" not in up.stderr + up.stdout


def test_a_password_that_is_changed_under_a_running_service_is_told_and_mended(
    services: Apart,
) -> None:
    cluster = services.cluster
    cluster.sql(
        "ALTER ROLE seealso_ingest PASSWORD 'new word'",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'seealso_ingest'",
    )
    answer = services.ask("POST", "/api/articles?source=test", json=record(77))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    until(lambda: "refuses the password of role seealso_ingest" in services.log("ingest"), 10)
    cluster.sql("ALTER ROLE seealso_ingest PASSWORD 'ingest word'")
    until(lambda: _taken(services), 30)


def _taken(services: Apart) -> bool:
    answer = services.ask("POST", "/api/articles?source=test", json=record(77))
    return answer.status_code == 202
