"""`seealso doctor` finds each planted misconfiguration, names the remedy, and blames nothing else."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from seealso_hub.place import free_port
from seealso_store import hub as hubs
from seealso_store import migrate
from seealso_store.clock import SECOND, now
from seealso_store.database import Database

from tests.conftest import prepared
from tests.hub.planted import doctor, failed, only_failure
from tests.live.cluster import own_cluster

MAILED = {"SEEALSO_MAIL_FROM": "News <news@press.example>", "SEEALSO_POSTAL_ADDRESS": "1 Lane"}
DAY = 86_400 * SECOND


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a sound, empty database."""
    made = tmp_path / "data"
    made.mkdir()
    with prepared(f"sqlite:///{made / 'seealso.sqlite3'}") as database, database.write() as tx:
        hubs.ensure(tx, now())
    return made


def execute(data: Path, statement: str) -> None:
    conn = sqlite3.connect(data / "seealso.sqlite3")
    conn.execute(statement)
    conn.commit()
    conn.close()


def test_where_nothing_is_off_nothing_fails(data: Path) -> None:
    code, found = doctor(data)
    assert (code, failed(found)) == (0, [])
    assert {one.check for one in found} >= {"Disk", "Database", "Clock", "Broker", "Plugins"}


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "found", "remedy"),
    [
        ({"SEEALSO_DATABSE_URL": "x"}, "Did you mean SEEALSO_DATABASE_URL", "Correct its name"),
        ({"SEEALSO_HUB_URL": "press.example"}, "http(s)://host", "does not start with it"),
        ({"SEEALSO_BATCH": "many"}, "Give a whole number", "does not start with it"),
        ({"SEEALSO_HOST": "0.0.0.0"}, "reader's own machine", "Set SEEALSO_HUB_URL"),
        ({"SEEALSO_KEY": "changeme"}, "it can be guessed", "seealso key create"),
        (
            {"SEEALSO_KEY_FILE": "/no/such/file"},
            "can't read /no/such/file",
            "does not start with it",
        ),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_a_setting_that_can_not_be_meant(
    data: Path, settings: dict[str, str], found: str, remedy: str
) -> None:
    told = only_failure(*doctor(data, **settings))
    assert told.check == "Settings"
    assert found in told.found
    assert remedy in told.remedy


def test_several_unusable_settings_are_told_at_once_and_the_rest_is_looked_at(data: Path) -> None:
    code, found = doctor(data, SEEALSO_PROT="1", SEEALSO_BATCH="x", SEEALSO_LOG_LEVEL="loud")
    assert code == 1
    told = " ".join(one.found for one in failed(found))
    assert all(name in told for name in ("SEEALSO_PROT", "SEEALSO_BATCH", "SEEALSO_LOG_LEVEL"))
    assert any(one.check == "Database" and one.state == "ok" for one in found)


def test_a_relay_without_a_sender(data: Path) -> None:
    with _relay() as url:
        told = only_failure(*doctor(data, SEEALSO_SMTP_URL=url))
    assert "Set SEEALSO_MAIL_FROM and SEEALSO_POSTAL_ADDRESS" in told.remedy


# --- the machine ------------------------------------------------------------------------------


def test_too_little_room_on_the_disk(data: Path) -> None:
    told = only_failure(*doctor(data, SEEALSO_DISK_FLOOR_MB=str(1 << 24)))
    assert (told.check, told.remedy[:9]) == ("Disk", "Make room")


def test_a_data_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    told = only_failure(*doctor(tmp_path / "file" / "data"))
    assert told.check == "Data folder"
    assert "SEEALSO_DATA" in told.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_data_folder_on_a_read_only_file_system(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this sandbox lets nobody mount")
    try:
        code, found = doctor(folder, SEEALSO_DISK_FLOOR_MB="1")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    told = next(one for one in failed(found) if one.check == "Data folder")
    assert code == 1
    assert "Read-only file system" in told.found
    assert "chown" in told.remedy


def test_a_key_that_others_can_read(data: Path) -> None:
    (data / "key").write_text("sk_" + "k" * 40)
    (data / "key").chmod(0o644)
    told = only_failure(*doctor(data))
    assert told.remedy == f"chmod 600 {data / 'key'}"


def test_a_port_that_is_taken(data: Path) -> None:
    with _relay() as url:  # anything that listens
        told = only_failure(*doctor(data, SEEALSO_PORT=url.rpartition(":")[2]))
    assert told.check == "Hub and port"
    assert "--port" in told.found


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def render(:", "syntax error"),
        ("import no_such_module_at_all", "ModuleNotFoundError"),
        ("import os; os._exit(3)", "status 3"),
    ],
)
def test_a_plugin_file_that_can_not_be_used(data: Path, code: str, says: str) -> None:
    (data / "plugins").mkdir()
    (data / "plugins" / "output_broken.py").write_text(code + "\n")
    told = only_failure(*doctor(data))
    assert "broken" in told.check
    assert says in told.found
    assert "SEEALSO_PLUGINS_DISABLED" in told.remedy


# --- the database -----------------------------------------------------------------------------


def test_a_database_that_a_newer_release_has_written(data: Path) -> None:
    execute(data, f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
    told = only_failure(*doctor(data))
    assert (told.check, told.remedy) == (
        "Database",
        "Upgrade seealso, or name another database.",
    )


def test_a_database_file_that_is_damaged(data: Path) -> None:
    path = data / "seealso.sqlite3"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    told = only_failure(*doctor(data))
    assert told.check == "Database"
    assert "back-up" in told.remedy


def test_a_file_that_is_no_database(data: Path) -> None:
    (data / "seealso.sqlite3").write_bytes(b"Dear diary, " * 1000)
    told = only_failure(*doctor(data))
    assert told.check == "Database"
    assert "back-up" in told.remedy


def test_a_clock_that_is_behind_what_was_written(data: Path) -> None:
    execute(data, f"UPDATE hub SET value = '{now() + 3 * DAY}' WHERE name = 'created'")
    told = only_failure(*doctor(data))
    assert told.check == "Clock"
    assert "behind" in told.found
    assert "NTP" in told.remedy


def test_a_database_of_an_engine_that_is_not_known(data: Path) -> None:
    told = only_failure(*doctor(data, SEEALSO_DATABASE_URL="mysql://root@127.0.0.1/seealso"))
    assert told.check == "Database"
    assert "sqlite:// or postgresql://" in told.found


# --- the relay --------------------------------------------------------------------------------


class _Relay:
    """A relay that lets in whoever knows the password, and nobody else where `login` is set."""

    def __init__(self, *, login: bool) -> None:
        port = free_port("127.0.0.1")
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            auth_required=login,
            auth_require_tls=False,
            authenticator=self._check if login else None,
        )
        self.url = f"smtp://127.0.0.1:{port}"
        self.messages: list[Envelope] = []

    def _check(
        self, server: smtp.SMTP, session: Session, envelope: Envelope, how: str, given: object
    ) -> AuthResult:
        password = getattr(given, "password", b"")
        return AuthResult(success=password == b"right", handled=False)

    async def handle_DATA(  # noqa: N802  # the library's name
        self, server: smtp.SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.messages.append(envelope)
        return "250 taken"

    def __enter__(self) -> str:
        self._controller.start()
        return self.url

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def _relay(*, login: bool = False) -> _Relay:
    return _Relay(login=login)


def test_a_relay_that_does_not_listen(data: Path) -> None:
    closed = f"smtp://127.0.0.1:{free_port('127.0.0.1')}"
    told = only_failure(*doctor(data, SEEALSO_SMTP_URL=closed, **MAILED))
    assert told.check == "SMTP"
    assert "Connection refused" in told.found
    assert "Nothing listens there" in told.remedy


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_relay_that_wants_a_login(data: Path) -> None:
    with _relay(login=True) as url:
        told = only_failure(*doctor(data, SEEALSO_SMTP_URL=url, **MAILED))
    assert "530" in told.found
    assert "user:password@" in told.remedy


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_relay_that_knows_another_password(data: Path) -> None:
    with _relay(login=True) as url:
        wrong = url.replace("smtp://", "smtp://press:wrong@")
        told = only_failure(*doctor(data, SEEALSO_SMTP_URL=wrong, **MAILED))
        right = url.replace("smtp://", "smtp://press:right@")
        code, found = doctor(data, SEEALSO_SMTP_URL=right, **MAILED)
    assert "535" in told.found
    assert "Mend user and password" in told.remedy
    assert "wrong" not in told.found
    assert (code, failed(found)) == (0, [])


def test_a_relay_without_the_tls_that_is_asked_for(data: Path) -> None:
    with _relay() as url:
        told = only_failure(*doctor(data, SEEALSO_SMTP_URL=f"{url}/?starttls=1", **MAILED))
    assert "starttls" in told.remedy


def test_looking_at_a_relay_sends_nothing(data: Path) -> None:
    relay = _relay()
    with relay as url:
        code, _ = doctor(data, SEEALSO_SMTP_URL=url, **MAILED)
    assert (code, relay.messages) == (0, [])


# --- on the live engines ----------------------------------------------------------------------


@pytest.mark.live
def test_a_wrong_password_of_the_database(data: Path) -> None:
    with own_cluster(auth="scram-sha-256") as server:  # the standard local one trusts us
        wrong = server.url(password="wrong")
        told = only_failure(*doctor(data, SEEALSO_DATABASE_URL=wrong))
        code, found = doctor(data, SEEALSO_DATABASE_URL=server.url())
    assert told.remedy == "Correct the password in SEEALSO_DATABASE_URL."
    assert "wrong@" not in told.found
    assert (code, failed(found)) == (0, [])


@pytest.mark.live
@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda url: url + "_not", "createdb"),
        (lambda url: url.replace("postgres@", "no_such_role@"), "createuser"),
        (lambda url: url.replace(":5432", f":{free_port('127.0.0.1')}"), "Start PostgreSQL"),
        (lambda url: url.replace("127.0.0.1", "no-such-host.invalid"), "Nobody knows this host"),
    ],
    ids=["no database", "no role", "no server", "no host"],
)
def test_a_database_that_lets_nobody_in(
    data: Path, empty_postgres_url: str, change: Callable[[str], str], remedy: str
) -> None:
    told = only_failure(*doctor(data, SEEALSO_DATABASE_URL=change(empty_postgres_url)))
    assert told.check == "Database"
    assert remedy in told.remedy


@pytest.mark.live
def test_a_server_that_never_vacuums_is_warned_of(data: Path, empty_postgres_url: str) -> None:
    """By what the server here says of itself: the setting is the whole server's."""
    engine = sa.create_engine(sa.make_url(empty_postgres_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as conn:
        off = conn.exec_driver_sql("SHOW autovacuum").scalar_one() == "off"
    engine.dispose()
    code, found = doctor(data, SEEALSO_DATABASE_URL=empty_postgres_url)
    assert code == 0
    assert any("autovacuum = off" in one.found and one.remedy for one in found) == off


@pytest.mark.live
def test_a_role_that_may_not_make_tables(data: Path, empty_postgres_url: str) -> None:
    role = f"seealso_test_{os.getpid()}"
    own = empty_postgres_url.replace("postgres@", f"{role}@")
    _psql(empty_postgres_url, f"CREATE ROLE {role} LOGIN")
    _psql(empty_postgres_url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        told = only_failure(*doctor(data, SEEALSO_DATABASE_URL=own))
    finally:
        _psql(empty_postgres_url, f"DROP ROLE {role}")
    assert "GRANT CREATE ON SCHEMA public" in told.remedy


@pytest.mark.live
def test_a_clock_that_differs_from_the_servers(data: Path, postgres: Database) -> None:
    """The command runs in a process of its own, under another clock."""
    faketime = subprocess.run(["which", "faketime"], check=False, capture_output=True, text=True)
    if faketime.returncode:
        pytest.skip("faketime is not installed")
    url = postgres.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ended = subprocess.run(
        [
            faketime.stdout.strip(), "-f", "+3d",
            str(Path(sys.executable).with_name("seealso")), "--data", str(data), "doctor",
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], "COLUMNS": "300", "SEEALSO_DATABASE_URL": url,
             "SEEALSO_PORT": str(free_port("127.0.0.1"))},
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert "seconds ahead of the database" in " ".join(ended.stdout.split())
    assert "timedatectl" in ended.stdout


@pytest.mark.live
@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("amqp://guest:guest@127.0.0.1:5672/no-such-vhost", "rabbitmqctl add_vhost"),
        ("amqp://guest:wrong@127.0.0.1:5672//", "Correct user and password"),
        ("amqp://guest:guest@127.0.0.1:1//", "Start RabbitMQ"),
        ("amqp://press:c1b7e0f4@no-such-host.invalid//", "Nobody knows this host"),
    ],
    ids=["virtual host", "password", "port", "host"],
)
def test_a_broker_that_lets_nobody_in(
    data: Path, live_engines: None, url: str, remedy: str
) -> None:
    told = only_failure(*doctor(data, SEEALSO_BROKER_URL=url))
    assert told.check == "Broker"
    assert remedy in told.remedy
    assert "nothing is lost" in told.remedy
    assert ":wrong@" not in told.found


@pytest.mark.live
def test_a_queue_that_was_declared_otherwise(data: Path, live_engines: None) -> None:
    from seealso_core import topology

    from tests.conftest import RABBIT_URL

    prefix = f"seealso-test-{os.getpid()}"
    name = topology.Topology(memory=False, prefix=topology.named(prefix)).queue_name("feeds")
    with topology.connect(RABBIT_URL) as connection:
        channel = connection.channel()
        channel.queue_declare(name, durable=True, auto_delete=False)  # a classic queue
        try:
            told = only_failure(
                *doctor(data, SEEALSO_BROKER_URL=RABBIT_URL, SEEALSO_BROKER_PREFIX=prefix)
            )
        finally:
            channel.queue_delete(name)
    assert name in told.found
    assert f"rabbitmqctl delete_queue {name}" in told.remedy


def _psql(url: str, statement: str) -> None:

    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as conn:
        conn.exec_driver_sql(statement)
    engine.dispose()
