"""The ways to run a hub in production hold together: compose, images, nginx, systemd, settings.

No container engine is needed: what compose starts is started here by the same names, and nginx runs
its configuration with stand-ins behind it, where there is an nginx.
"""

from __future__ import annotations

import configparser
import gzip
import importlib
import importlib.metadata
import json
import re
import runpy
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import flask
import pytest
import requests
import yaml
from flask import Flask
from seealso_core.settings import TABLE, load
from seealso_core.web import create_app
from seealso_feeds.vocabulary import MAX_BYTES
from seealso_hub import migrate
from seealso_store import keys
from seealso_store.__main__ import main as store_main
from seealso_store.database import open_database

from tests.contracts import pages
from tests.contracts.front import needs_nginx, running
from tests.contracts.pages import ROOT
from tests.line.press import until

COMPOSE: dict[str, Any] = yaml.safe_load(pages.text(ROOT / "docker-compose.yml"))
OURS = {name: s for name, s in COMPOSE["services"].items() if "build" in s}
NGINX = pages.text(ROOT / "deploy/nginx/nginx.conf")
ENV = pages.text(ROOT / "deploy/env.example")
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
INSTANCES = {
    path.stem: dict(line.split("=", 1) for line in pages.text(path).splitlines())
    for path in sorted((ROOT / "deploy/systemd/instances").glob("*.env"))
}
KNOWN = {row.environment for row in TABLE}
# The container that serves a blueprint's routes.
SERVED_BY = {"ingest": "ingest", "render": "render-web", "feeds": "feeds-web",
             "topics": "feeds-web", "dispatch": "dispatch-web", "seealso": "feeds-web"}  # fmt: skip


# --- compose --------------------------------------------------------------------------------------


def test_every_service_and_worker_has_a_container_of_its_own() -> None:
    assert {" ".join(s["command"]) for s in OURS.values()} == {
        "seealso_hub.migrate",
        "seealso_ingest",
        *(f"seealso_{name}{web}" for name in ("render", "feeds", "dispatch") for web in ("", " --web")),
    }  # fmt: skip


@pytest.mark.parametrize("command", sorted({s["command"][0] for s in OURS.values()}))
def test_a_command_exists_and_explains_itself(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = command if "." in command else f"{command}.__main__"  # as `python -m` finds it
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(module).main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    used = {word for s in OURS.values() if s["command"][0] == command for word in s["command"][1:]}
    assert all(option in shown for option in used)


def test_an_image_is_of_the_service_that_it_runs() -> None:
    for name, service in OURS.items():
        member = service["build"]["args"]["SERVICE"]
        module = service["command"][0].partition(".")[0]
        wanted = "seealso" if module == "seealso_hub" else module.replace("_", "-")
        assert member == wanted, name


def test_every_setting_that_compose_gives_is_known_and_right() -> None:
    for service in OURS.values():
        given = service["environment"]
        assert set(given) <= KNOWN
        plain = {k: re.sub(r"\$\{\w+:\?[^}]*\}", "secret", v) for k, v in given.items()}
        settings = load(plain | {"SEEALSO_KEY": "sk_x"})
        assert settings.database_url == "postgresql://seealso:secret@postgres:5432/seealso"
        assert settings.broker_url == "amqp://seealso:secret@rabbitmq:5672//"
        assert (settings.host, settings.port, settings.proxies) == ("0.0.0.0", 8000, 1)


def test_every_container_is_watched_and_waits_for_the_schema() -> None:
    for name, service in COMPOSE["services"].items():
        if name == "migrate":
            assert service["depends_on"]["postgres"] == {"condition": "service_healthy"}
            continue
        assert service["healthcheck"]["test"][0] == "CMD", name
        if name in OURS:
            once = {"condition": "service_completed_successfully"}
            assert service["depends_on"]["migrate"] == once, name


def test_no_container_of_ours_has_more_rights_than_it_needs() -> None:
    for service in OURS.values():
        assert service["init"] is True, "process 1 hears no signal before it has asked for it"
        assert service["stop_grace_period"] == "15s", "they are gone within ten"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "ports" not in service, "only nginx is to be reached from outside"


def test_what_compose_mounts_is_there() -> None:
    for volume in COMPOSE["services"]["nginx"]["volumes"]:
        assert (ROOT / volume.split(":")[0]).is_file(), volume


# --- the image ------------------------------------------------------------------------------------


def test_the_image_is_made_from_the_lock_with_hashes_and_runs_without_rights() -> None:
    steps = pages.text(ROOT / "deploy/docker/Dockerfile")
    assert "pip install --require-hashes --requirement requirements.lock" in steps
    assert "--no-deps --no-build-isolation" in steps
    assert re.search(r"^USER 10001:10001$", steps, re.MULTILINE), "by number: for runAsNonRoot"
    assert re.search(r"^ARG SERVICE=", steps, re.MULTILINE)
    assert re.search(r"^ARG PLUGINS=", steps, re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", steps, re.MULTILINE)
    assert re.search(
        r'^HEALTHCHECK .*CMD \["python", "-m", "seealso_store"\]$', steps, re.MULTILINE
    )
    for line in re.findall(r"^COPY (?!--from)(.*)$", steps, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            allowed = pages.text(ROOT / ".dockerignore")
            assert any(f"!{part}\n" in allowed for part in _parents(source)), source
    given = dict(re.findall(r"\b(SEEALSO_\w+)=(\S+)", steps))
    assert load(given).port == 8000


def _parents(source: str) -> list[str]:
    parts = source.split("/")
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def test_an_image_loses_the_tools_and_keeps_what_its_service_imports() -> None:
    unneeded = runpy.run_path(str(ROOT / "deploy/docker/unneeded.py"))
    kept = unneeded["needed"](["seealso-render", "seealso-output-rss", "seealso-source-page"])
    assert {"seealso-core", "seealso-store", "kombu", "flask", "uvicorn", "feedgen"} <= kept
    assert {"sqlalchemy", "psycopg", "psycopg-binary", "pluggy", "htmldate"} <= kept
    assert not kept & {"pytest", "mypy", "celery", "seealso", "seealso-feeds", "rich", "hatchling"}
    assert "seealso-output-atom" not in kept, "only the plugins that were named"
    # What the hub needs is enough to import all of it: everything else is hidden here.
    everything = unneeded["needed"](
        ["seealso", *(d.name for d in importlib.metadata.distributions() if "put-" in d.name)]
    )
    probe = _PROBE.format(kept=sorted(everything))
    done = subprocess.run(
        [sys.executable, "-c", probe], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


_PROBE = """
import importlib.metadata, re, sys
kept = {kept}
plain = lambda name: re.sub("[-_.]+", "-", name).lower()
hidden = {{
    top
    for top, names in importlib.metadata.packages_distributions().items()
    if not set(map(plain, names)) & set(kept) and not top.startswith(("_", "seealso"))
}}
assert "pytest" in hidden and "celery" in hidden
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
import seealso_hub.cli, seealso_hub.up, seealso_hub.wsgi, seealso_hub.migrate
import uvicorn, seealso_ingest.__main__, seealso_render.__main__, seealso_feeds.__main__
import seealso_dispatch.__main__, kombu.transport.pyamqp, psycopg
"""


# --- the first step, and the workers' health ------------------------------------------------------


def test_migrating_readies_a_database_and_lets_the_key_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    monkeypatch.setenv("SEEALSO_DATABASE_URL", url)
    assert store_main([]) == 1
    assert migrate.main([]) == 1
    assert "SEEALSO_KEY is not set" in capsys.readouterr().err
    for key in ("sk_old", "sk_new"):
        monkeypatch.setenv("SEEALSO_KEY", key)
        assert migrate.main([]) == 0
    assert store_main([]) == 0
    assert _good(url) == {"sk_old", "sk_new"}
    assert migrate.main(["--revoke-others"]) == 0
    assert _good(url) == {"sk_new"}


def _good(url: str) -> set[str]:
    database = open_database(url)
    with database.read() as conn:
        good = {key for key in ("sk_old", "sk_new", "sk_none") if keys.check(conn, key)}
    database.close()
    return good


def test_a_service_believes_the_proxies_it_was_told_of_and_no_others() -> None:
    seen: list[tuple[str | None, bool]] = []
    given = {"X-Forwarded-For": "192.0.2.7, 203.0.113.9", "X-Forwarded-Proto": "https"}
    for proxies in (0, 1):
        routes = flask.Blueprint("asker", __name__)
        routes.add_url_rule("/", view_func=lambda: seen.append(_asker()) or "")
        client = create_app("asker", [routes], proxies=proxies).test_client()
        answer = client.get("/", headers=given)
        assert ("Strict-Transport-Security" in answer.headers) is bool(proxies)
    assert seen == [("127.0.0.1", False), ("203.0.113.9", True)]


def _asker() -> tuple[str | None, bool]:
    return flask.request.remote_addr, flask.request.is_secure


# --- settings -------------------------------------------------------------------------------------


def test_the_example_names_every_setting_with_its_default() -> None:
    commented = dict(re.findall(r"^#(SEEALSO_[A-Z_]+)=(.*)$", ENV, re.MULTILINE))
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", ENV, re.MULTILINE))
    assert set(commented) | {n for n in given if n.startswith("SEEALSO_")} == KNOWN
    assert commented == {row.environment: row.default for row in TABLE if row.environment in commented}  # fmt: skip


def test_every_value_that_compose_demands_is_in_the_example() -> None:
    compose = pages.text(ROOT / "docker-compose.yml")
    demanded = set(re.findall(r"\$\{(\w+):\?", compose))
    assert demanded == set(re.findall(r"^([A-Z_]+)=$", ENV, re.MULTILINE)) - {"SEEALSO_KEY"}


# --- systemd --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", UNITS, ids=lambda p: p.name)
def test_a_unit_has_no_rights_and_stops_in_time(path: Path) -> None:
    service = _unit(path)
    assert service["User"] == "seealso"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["KillMode"] == "mixed"
    assert 10 < int(service["TimeoutStopSec"]) <= 20
    assert set(re.findall(r"\bSEEALSO_[A-Z_]+", pages.text(path))) <= KNOWN
    for other in re.findall(r"seealso-\w+\.service", pages.text(path)):
        assert path.with_name(other).exists()


def _unit(path: Path) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read_string(pages.text(path))
    return unit["Service"]


def test_the_units_start_what_compose_starts() -> None:
    prefix = "/opt/seealso/bin/python -m "
    started = {_unit(path)["ExecStart"].removeprefix(prefix) for path in UNITS}
    assert started == {
        "/opt/seealso/bin/seealso up", "seealso_hub.migrate", "seealso_${SERVICE} --web",
        "seealso_${SERVICE}",
    }  # fmt: skip
    commands = {"seealso_hub.migrate"}
    for instance in INSTANCES.values():
        web = " --web" if "SEEALSO_PORT" in instance and instance["SERVICE"] != "ingest" else ""
        commands.add(f"seealso_{instance['SERVICE']}{web}")
    assert commands == {" ".join(service["command"]) for service in OURS.values()}
    ports = [one["SEEALSO_PORT"] for one in INSTANCES.values() if "SEEALSO_PORT" in one]
    assert len(ports) == len(set(ports))


def test_the_page_starts_every_instance() -> None:
    page = pages.text(ROOT / "docs/operations.md")
    for name, instance in INSTANCES.items():
        unit = "web" if "SEEALSO_PORT" in instance else "worker"
        assert re.search(rf"seealso-{unit}@[\w{{}},-]*", page)
        assert name.rpartition("-")[0] in page or name in page


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_itself_understands_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        here = pages.text(path).replace("/opt/seealso/bin/python", sys.executable)
        here = here.replace(
            "/opt/seealso/bin/seealso", str(Path(sys.executable).with_name("seealso"))
        )
        (tmp_path / path.name).write_text(here, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.glob("*.service"))],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


# --- nginx: which service a path goes to ----------------------------------------------------------


def _locations() -> dict[tuple[str, str], str]:
    """{(exact or prefix, path): what the location does}, as nginx would look them up."""
    found = re.findall(r"^        location (= |)(\S+) \{(.*?)\}$", NGINX, re.MULTILINE | re.DOTALL)
    return {("exact" if mark else "prefix", path): body for mark, path, body in found}


def _upstream(path: str) -> str:
    locations = _locations()
    body = locations.get(("exact", path))
    if body is None:
        fitting = [p for kind, p in locations if kind == "prefix" and path.startswith(p)]
        body = locations["prefix", max(fitting, key=len)]
    passed = re.search(r"proxy_pass http://([\w-]+);", body)
    return passed[1] if passed else body.strip()


def _paths(hub: Flask) -> Iterator[tuple[str, str]]:
    """(a path, the blueprint that serves it) for every route of the hub."""
    for rule in hub.url_map.iter_rules():
        path = re.sub(r"<(\w+)>", lambda m: f"some-{m[1]}", rule.rule)
        yield path, rule.endpoint.rpartition(".")[0]


def test_every_route_of_the_hub_goes_to_the_service_that_serves_it(hub: Flask) -> None:
    for path, blueprint in _paths(hub):
        if path == "/metrics":
            assert "return 404" in _upstream(path), "numbers are not for everybody"
        elif path == "/purge-mark":
            assert "internal;" in _locations()["exact", path], "nginx asks for it itself"
        elif path == "/openapi.json":
            assert "root /etc/nginx/seealso" in _upstream(path)
        else:
            assert _upstream(path) == SERVED_BY[blueprint], path


def test_an_upstream_is_a_container_at_its_port() -> None:
    upstreams = re.findall(
        r"upstream ([\w-]+) \{ (?:server ([\w-]+):(\d+) max_fails=0; ){2}", NGINX
    )
    assert {name for name, _, _ in upstreams} == set(SERVED_BY.values())
    for name, host, port in upstreams:
        assert name == host
        assert "--web" in OURS[host]["command"] or host == "ingest"
        assert port == OURS[host]["environment"]["SEEALSO_PORT"]
    assert {n for n, _, _ in upstreams} == set(COMPOSE["services"]["nginx"]["depends_on"])


def test_nginx_lets_in_what_the_services_take() -> None:
    settings = {row.name: row.default for row in TABLE}
    articles = re.search(r"client_max_body_size (\d+)m", _locations()["prefix", "/api/articles"])
    topics = re.search(r"client_max_body_size (\d+)m", _locations()["exact", "/api/topics/import"])
    assert articles
    assert topics
    assert int(articles[1]) == int(settings["max_body_mb"]) + 1
    assert int(topics[1]) * 2**20 > MAX_BYTES


# --- nginx: for real ------------------------------------------------------------------------------


class _StandIn(BaseHTTPRequestHandler):
    """Answers as a service would: its own name, a count, and the headers that its path asks for."""

    protocol_version = "HTTP/1.1"
    count = 0
    mark: ClassVar[str | None] = "one"  # the purge mark of all; None: the hub can't say it
    marks_asked = 0

    def do_GET(self) -> None:
        if self.path == "/purge-mark":
            self._say_mark()
            return
        type(self).count += 1
        coding = self.headers.get("Accept-Encoding", "")
        told = {"service": self.server.name, "count": self.count, "path": self.path,  # type: ignore[attr-defined]
                "asked": dict(self.headers)}  # fmt: skip
        body = json.dumps(told).encode()
        self.send_response(200)
        if coding == "gzip":
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("ETag", f'"{self.count}"')
        for start, caching in (
            ("/topics", "public, max-age=60, s-maxage=1"),
            ("/channels", "private, max-age=60"),
            ("/static", "public, max-age=31536000, immutable"),
        ):
            if self.path.startswith(start):
                self.send_header("Cache-Control", caching)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _say_mark(self) -> None:
        _StandIn.marks_asked += 1
        self.send_response(200 if _StandIn.mark is not None else 503)
        self.send_header("Purge-Mark", _StandIn.mark or "")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _stand_in(name: str) -> Iterator[int]:
    handler = type(f"StandIn_{name}", (_StandIn,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.name = name  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """nginx with stand-ins behind it: its address, its access log."""
    folder = tmp_path_factory.mktemp("nginx")
    with ExitStack() as stack:
        names = sorted(set(SERVED_BY.values()))
        ports = {name: stack.enter_context(_stand_in(name)) for name in names}
        url = stack.enter_context(running(folder, ports))
        yield url, folder / "access.log"


def told(url: str, **headers: str) -> dict[str, Any]:
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


@needs_nginx
def test_nginx_itself_sends_every_route_there(front: tuple[str, Path], hub: Flask) -> None:
    url, _ = front
    for path, blueprint in _paths(hub):
        if path == "/openapi.json":
            assert told(url + path)["openapi"].startswith("3.1")
        elif path == "/metrics":
            assert requests.get(url + path, timeout=10).status_code == 404
        elif path == "/purge-mark":
            outside = requests.get(url + path, timeout=10)
            assert (outside.status_code, outside.content) == (204, b"")
            assert "Purge-Mark" not in outside.headers
        else:
            found = told(url + path)
            assert (found["service"], found["path"]) == (SERVED_BY[blueprint], path)


@needs_nginx
def test_a_service_learns_who_asks_and_under_which_id(front: tuple[str, Path]) -> None:
    asked = told(f"{front[0]}/api/status", **{"X-Request-ID": "from-outside-1", "Host": "hub.example"})["asked"]  # fmt: skip
    assert (asked["X-Forwarded-For"], asked["X-Forwarded-Proto"]) == ("127.0.0.1", "http")
    assert (asked["X-Request-ID"], asked["Host"]) == ("from-outside-1", "hub.example")
    made = told(f"{front[0]}/api/status", **{"X-Request-ID": "no id\tat all"})["asked"]
    assert re.fullmatch(r"[0-9a-f]{32}", made["X-Request-ID"])


@pytest.fixture
def marked() -> Iterator[type[_StandIn]]:
    """The stand-ins' purge mark, to be changed; afterwards as it was."""
    yield _StandIn
    _StandIn.mark = "one"


@needs_nginx
def test_a_public_document_is_kept_until_something_is_taken_back(
    front: tuple[str, Path], marked: type[_StandIn]
) -> None:
    url = f"{front[0]}/topics/kept/feed.rss"
    first = told(url)["count"]
    kept_until = time.monotonic() + 1.5  # three times as long as the mark is believed
    while time.monotonic() < kept_until:
        assert told(url)["count"] == first
    asked = requests.get(url, headers={"If-None-Match": f'"{first}"'}, timeout=10)
    assert (asked.status_code, asked.content) == (304, b"")
    marked.mark = "two"
    assert until(lambda: told(url)["count"] > first, 1) < 0.75


@needs_nginx
@pytest.mark.parametrize("mark", ["", None], ids=["too new", "not to be had"])
def test_without_a_mark_a_document_is_kept_for_half_a_second_at_most(
    front: tuple[str, Path], marked: type[_StandIn], mark: str | None
) -> None:
    url = f"{front[0]}/topics/unmarked/feed.rss?{mark}"
    marked.mark = mark
    time.sleep(1.05 - time.time() % 0.5)  # the beginning of a half second, after the one that knew
    first = told(url)["count"]
    assert [told(url)["count"] for _ in range(3)] == [first] * 3
    time.sleep(0.55)
    assert told(url)["count"] > first


@needs_nginx
def test_the_mark_is_asked_for_twice_a_second_whoever_reads(
    front: tuple[str, Path], marked: type[_StandIn]
) -> None:
    before, begun = marked.marks_asked, time.monotonic()
    for number in range(200):
        told(f"{front[0]}/topics/of-many/feed.rss?limit={number % 20 + 1}")
    assert marked.marks_asked - before <= 2 * (time.monotonic() - begun) + 2


@needs_nginx
def test_a_coding_is_kept_apart_however_it_is_asked_for(front: tuple[str, Path]) -> None:
    url = f"{front[0]}/static/style.css"
    plain = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=10)
    packed = [
        requests.get(url, headers={"Accept-Encoding": given}, timeout=10)
        for given in ("gzip", "br, gzip;q=0.8", "gzip, deflate, br, zstd")
    ]
    assert "Content-Encoding" not in plain.headers
    assert {one.headers["Content-Encoding"] for one in packed} == {"gzip"}
    assert len({one.json()["count"] for one in packed}) == 1
    refused = requests.get(url, headers={"Accept-Encoding": "gzip;q=0"}, timeout=10)
    assert "Content-Encoding" not in refused.headers


@needs_nginx
def test_what_is_private_is_never_kept_and_never_logged(front: tuple[str, Path]) -> None:
    url, log = front
    secret = f"{url}/channels/s3cr3t/feed.rss?limit=2"
    assert told(secret)["count"] < told(secret)["count"]
    told(f"{url}/newsletters/unsubscribe/t0k3n")
    told(f"{url}/api/consents?email=ann@reader.example")
    deadline = time.monotonic() + 5
    while "consents" not in (written := pages.text(log)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert '"/channels/-/feed.rss"' in written
    for hidden in ("s3cr3t", "t0k3n", "reader.example"):
        assert hidden not in written
    assert all(json.loads(line) for line in written.splitlines())
