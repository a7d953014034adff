"""`migrate.prepare`: one schema, made once, by any number of processes, or a clear refusal."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import seealso_store
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from seealso_store import health, hub, migrate, schema
from seealso_store.database import Database, open_database
from seealso_store.errors import (
    NotADatabase,
    SchemaForeign,
    SchemaNewer,
    StoreBusy,
    StoreFolderMissing,
    StoreUnavailable,
)
from seealso_store.migrate import prepare


def _differences(db: Database) -> list[object]:
    with db.read() as conn:
        context = MigrationContext.configure(
            conn,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, parents: (
                    kind != "table" or name != migrate.VERSION_TABLE
                ),
            },
        )
        return list(compare_metadata(context, schema.metadata))


def _set_revision(db: Database, revision: str) -> None:
    with db.write() as tx:
        tx.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '{revision}'")


def test_the_migrated_schema_is_the_schema(database: Database) -> None:
    assert _differences(database) == []


@pytest.mark.live
def test_the_migrated_schema_is_the_schema_on_postgresql(postgres: Database) -> None:
    assert _differences(postgres) == []


def test_a_column_too_many_would_be_noticed(database: Database) -> None:
    with database.write() as tx:
        tx.exec_driver_sql("ALTER TABLE hub ADD COLUMN stray TEXT")
    assert _differences(database) != []


def test_head_and_the_known_revisions_are_those_on_disk() -> None:
    config = Config()
    config.set_main_option("script_location", "seealso_store:migrations")
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == migrate.HEAD
    assert tuple(s.revision for s in reversed(list(scripts.walk_revisions()))) == migrate.KNOWN


def _upgraded_to(db: Database, revision: str) -> None:
    """As a release of that revision left it."""
    config = Config()
    config.set_main_option("script_location", "seealso_store:migrations")
    config.set_main_option("path_separator", "os")
    with db.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, revision)


def _of_the_first_release(db: Database) -> None:
    """The schema of revision 0001, with a row of the ledger."""
    _upgraded_to(db, "0001")
    with db.write() as tx:
        tx.exec_driver_sql(_OLD_ROW.format("a1"))


_OLD_ROW = (
    "INSERT INTO ledger (article_id, output, wanted, settled, state, lane, run_at, lease_until,"
    " token, attempts, correlation_id, updated)"
    " VALUES ('{}', 'rss', 1, 1, 'settled', 1, 0, 0, 0, 0, '', 0)"
)


def _is_brought_up_to_date(db: Database) -> None:
    _of_the_first_release(db)
    prepare(db)
    assert _differences(db) == []
    with db.write() as tx:
        tx.exec_driver_sql(_OLD_ROW.format("a2"))  # as a worker of the old release does
        rows = tx.execute(sa.select(schema.ledger.c.article_id, schema.ledger.c.traceparent)).all()
    assert sorted(rows) == [("a1", None), ("a2", None)]


def test_an_older_database_is_upgraded_and_old_workers_go_on(sqlite_url: str) -> None:
    with closing(open_database(sqlite_url)) as db:
        _is_brought_up_to_date(db)


@pytest.mark.live
def test_an_older_postgresql_database_is_upgraded_and_old_workers_go_on(
    empty_postgres_url: str,
) -> None:
    with closing(open_database(empty_postgres_url)) as db:
        _is_brought_up_to_date(db)


def test_preparing_again_changes_nothing(database: Database) -> None:
    before = database.change_token()
    prepare(database)
    assert database.change_token() == before


def test_an_up_to_date_database_is_prepared_without_alembic(sqlite_url: str) -> None:
    prepare(open_database(sqlite_url))
    code = (
        "import sys; from seealso_store.database import open_database as o; "
        "from seealso_store.migrate import prepare; "
        f"prepare(o({sqlite_url!r})); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_newer_database_is_refused_by_name_and_with_a_remedy(database: Database) -> None:
    _set_revision(database, "0099")
    with pytest.raises(SchemaNewer, match=r"hub\.sqlite3.*schema 0099.*Upgrade seealso"):
        prepare(database)


@pytest.mark.live
def test_a_newer_postgresql_database_is_refused(postgres: Database) -> None:
    _set_revision(postgres, "0099")
    with pytest.raises(SchemaNewer, match=r"postgresql.*0099.*Upgrade seealso"):
        prepare(postgres)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'hub.sqlite3'}")
    with pytest.raises(StoreFolderMissing, match=r"nowhere.*SEEALSO_DATA"):
        prepare(db)


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite3"
    path.write_bytes(b"Dear diary, " * 500)
    with pytest.raises(NotADatabase, match=r"hub\.sqlite3 is not an SQLite database"):
        prepare(open_database(f"sqlite:///{path}"))
    assert path.read_bytes() == b"Dear diary, " * 500


def test_tables_of_somebody_else_are_left_alone(sqlite_url: str) -> None:
    db = open_database(sqlite_url)
    with db.write() as tx:
        tx.exec_driver_sql("CREATE TABLE article (mine TEXT)")
    with pytest.raises(SchemaForeign, match="a database of its own"):
        prepare(db)
    with db.read() as conn:
        assert sa.inspect(conn).get_table_names() == ["article"]


@pytest.mark.live
def test_tables_of_somebody_else_are_left_alone_on_postgresql(empty_postgres_url: str) -> None:
    db = open_database(empty_postgres_url)
    with db.write() as tx:
        tx.exec_driver_sql("CREATE TABLE article (mine TEXT)")
    with pytest.raises(SchemaForeign, match="a database of its own"):
        prepare(db)
    with db.read() as conn:
        assert sa.inspect(conn).get_table_names() == ["article"]
    db.close()


def test_a_server_that_does_not_answer_is_unavailable_and_no_password_is_told() -> None:
    db = open_database("postgresql://postgres:hunter2@127.0.0.1:9/none")
    with pytest.raises(StoreUnavailable) as caught:
        prepare(db)
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="seealso-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_folder_without_write_permission_is_named(open_folder: Path) -> None:
    code = (
        "import os\n"
        "from seealso_store.database import open_database\n"
        "from seealso_store.errors import StoreNotWritable\n"
        "from seealso_store.migrate import prepare\n"
        f"db = open_database('sqlite:///{open_folder}/hub.sqlite3')\n"
        "os.getuid() or os.setuid(65534)\n"  # root may write everywhere: become nobody
        "try:\n"
        "    prepare(db)\n"
        "except StoreNotWritable as error:\n"
        "    print(error)\n"
    )
    open_folder.chmod(0o555)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"{open_folder}/hub.sqlite3 can't be written by user" in run.stdout, run.stderr
    assert "SEEALSO_DATA" in run.stdout


_RACE = """
import sys
from seealso_store.database import open_database
from seealso_store.migrate import prepare
import seealso_store.schema, alembic.command
db = open_database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
prepare(db)
"""


def _race(url: str) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACE, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    complaints = [racer.communicate(timeout=60)[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], complaints
    db = open_database(url)
    assert _differences(db) == []
    db.close()


def test_two_processes_prepare_one_new_file_at_once(sqlite_url: str) -> None:
    _race(sqlite_url)


def test_four_threads_prepare_their_own_files_at_once(tmp_path: Path) -> None:
    databases = [open_database(f"sqlite:///{tmp_path / name}.sqlite3") for name in "abcd"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare, databases))
    assert [_differences(db) for db in databases] == [[], [], [], []]


@pytest.mark.live
def test_two_processes_prepare_one_new_postgresql_database_at_once(
    empty_postgres_url: str,
) -> None:
    _race(empty_postgres_url)


@pytest.mark.deep
def test_the_migrations_ship_in_the_wheel(tmp_path: Path) -> None:
    import zipfile

    member = Path(seealso_store.__file__).parents[2]
    subprocess.run(
        [sys.executable, "-m", "uv", "build", "--wheel", "--offline", "-q", "-o", tmp_path, member],
        check=True,
        env={**os.environ, "UV_NO_PROGRESS": "1"},
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "seealso_store/migrations/env.py" in names
    assert "seealso_store/migrations/versions/r0001_initial.py" in names


# --- beside workers of another release ------------------------------------------------------------


def _promise(db: Database, works_from: str) -> None:
    with db.write() as tx:
        hub.remember(tx, "schema", f"0099 {works_from}")


def test_a_newer_schema_that_says_so_is_worked_on_and_one_that_does_not_is_refused(
    database: Database,
) -> None:
    """A rolling upgrade: the new release migrates, the old one's workers go on, and start again."""
    _set_revision(database, "0099")
    _promise(database, migrate.HEAD)
    prepare(database)
    health.check(database)
    _promise(database, "0098")  # so much has changed that only the release before may stay
    with pytest.raises(SchemaNewer):
        prepare(database)
    with pytest.raises(SchemaNewer):
        health.check(database)


def test_the_promise_is_written_by_every_upgrade(database: Database) -> None:
    with database.read() as conn:
        assert hub.recall(conn, "schema") == f"{migrate.HEAD} {migrate.WORKS_FROM}"
    assert migrate.WORKS_FROM in migrate.KNOWN


def test_a_revision_only_adds_and_only_what_may_be_empty() -> None:
    """Else a worker of the release before could not go on beside it."""
    folder = Path(seealso_store.__file__).parent / "migrations/versions"
    later = [path for path in sorted(folder.glob("r*.py")) if not path.name.startswith("r0001")]
    assert later
    for path in later:
        for call in _operations(path):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            assert name in ("add_column", "create_table", "create_index", "f"), f"{path}: op.{name}"
            if name == "add_column":
                assert "nullable=True" in ast.unparse(call), f"{path}: {ast.unparse(call)}"


def _operations(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("op."):
            yield node


# What the release of revision 0001 does all day, in its own words.
_OPEN = """INSERT INTO ledger (article_id, output, wanted, settled, state, lane, run_at, lease_until,
 token, attempts, error, correlation_id, updated)
 VALUES (:article, 'rss', 1, 0, 'waiting', 1, 0, 0, 0, 0, NULL, '', 0)"""
_CLAIM = """UPDATE ledger SET state = 'leased', token = token + 1 WHERE article_id IN (
 SELECT article_id FROM ledger WHERE state = 'waiting' ORDER BY lane, run_at LIMIT 5
 FOR UPDATE SKIP LOCKED) RETURNING article_id"""
_SETTLE = "UPDATE ledger SET state = 'settled', settled = wanted WHERE article_id = ANY(:ids)"


class _OldWorkers:
    """Threads that open, claim and settle rows as the release of revision 0001 does."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ending = threading.Event()
        self.opened, self.troubles = 0, list[Exception]()
        works = (self._open, self._settle, self._settle, self._dawdle)
        self._threads = [threading.Thread(target=self._repeat, args=(work,)) for work in works]

    def __enter__(self) -> _OldWorkers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join(30)

    def _repeat(self, work: Callable[[], None]) -> None:
        while not self._ending.is_set():
            try:
                work()
            except Exception as error:  # noqa: BLE001
                self.troubles.append(error)

    def _open(self) -> None:
        with self._db.write() as tx:
            tx.execute(sa.text(_OPEN), {"article": f"a{self.opened}"})
        self.opened += 1

    def _settle(self) -> None:
        with self._db.write() as tx:
            ids = list(tx.execute(sa.text(_CLAIM)).scalars())
            tx.execute(sa.text(_SETTLE), {"ids": ids})

    def _dawdle(self) -> None:
        """A long look at the ledger: the migration must not make all others wait behind it."""
        with self._db.read() as conn:
            conn.exec_driver_sql("SELECT count(*) FROM ledger, pg_sleep(1.5)")


@pytest.mark.live
def test_a_database_in_use_is_migrated_and_nobody_is_stopped(empty_postgres_url: str) -> None:
    old, new = open_database(empty_postgres_url), open_database(empty_postgres_url)
    _upgraded_to(old, "0001")
    with _OldWorkers(old) as workers:
        while workers.opened < 20:
            time.sleep(0.01)
        prepare(new)
        known = workers.opened
        while workers.opened < known + 20:  # the old go on beside the new schema
            time.sleep(0.01)
    assert workers.troubles == []
    assert _differences(new) == []
    with new.read() as conn:
        counted = sa.select(sa.func.count()).select_from(schema.ledger)
        assert conn.execute(counted).scalar_one() == workers.opened
        waiting = counted.where(schema.ledger.c.state == "leased")
        assert conn.execute(waiting).scalar_one() == 0
    old.close()
    new.close()


@pytest.mark.live
def test_a_table_that_is_never_free_ends_the_migration_with_a_sentence(
    empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_PATIENCE_UNDER_LOAD", 0.5)
    old, new = open_database(empty_postgres_url), open_database(empty_postgres_url)
    _upgraded_to(old, "0001")
    with old.write() as holder:
        holder.exec_driver_sql("SELECT count(*) FROM ledger")
        with pytest.raises(StoreBusy, match="a lock was not to be had in time"):
            prepare(new)
    prepare(new)
    assert _differences(new) == []
    old.close()
    new.close()
