"""The whole line on one machine, started and watched.

    checks ──> store ──> key ──> line (worker threads, plugin children) ──> web child ──> announced
      │ one clear sentence each                                               │ dies: started again
      └──────────────── SIGINT, SIGTERM: web first, then workers give their leases back ─────────┘

The main thread starts every child itself: on Linux a child is killed when the thread that started
it ends (`seealso_core.process`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

import requests
from seealso_core import log as logs
from seealso_core.settings import Settings
from seealso_store import hub as hubs
from seealso_store import keys, ledger
from seealso_store.clock import now
from seealso_store.database import Database, open_database
from seealso_store.migrate import prepare

from seealso_hub import place
from seealso_hub.errors import CannotStart
from seealso_hub.place import Running

START_SECONDS = 60.0  # that the web child may take until it answers: machines can be busy
STOP_SECONDS = 9.0  # for everything, then what is left is killed
LOOK_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0  # between two starts of a web child that dies again and again

log = logs.get(__name__)


class OneMachine:
    """A running hub. Made by `started`."""

    def __init__(self, settings: Settings, web: WebChild) -> None:
        self.settings = settings
        self.url = web.url
        self._web = web

    def serve(self) -> None:
        """Watch over the web child, until the process is told to stop."""
        while True:
            self._web.look()
            time.sleep(LOOK_SECONDS)


@contextmanager
def started(settings: Settings) -> Iterator[OneMachine]:
    """Start a hub; stop it gracefully at the end of the block.

    SIGTERM ends the block like Ctrl-C does; neither leaves it as an exception. A second one while
    it stops ends the process at once.

    Raises:
        CannotStart: the data folder, the port or the web child is the trouble.
        SchemaNewer, StoreError: the database is.
    """
    with ExitStack() as stack:
        stack.enter_context(_stopped_by_signals())
        place.make_folder(settings.data)
        stack.enter_context(place.sole_owner(settings.data))
        place.check_port(settings.host, settings.port)
        database = open_database(settings.database_url)
        stack.callback(database.close)
        prepare(database)
        ensure_key(database, settings)
        if database.dialect == "sqlite":  # PostgreSQL may have other hubs' workers
            take_back_leases(database)
        web = WebChild(settings)
        stack.callback(web.stop, STOP_SECONDS / 2)
        web.start()
        # The services take a second to import: not before the checks, and beside the web child.
        from seealso_hub.line import Line

        line = Line(settings, database)
        stack.callback(line.stop, STOP_SECONDS / 2)
        line.start()
        web.wait_until_up()
        place.announce(settings.data, Running(web.url, os.getpid()))
        stack.callback(place.retire, settings.data)
        yield OneMachine(settings, web)


def ensure_key(database: Database, settings: Settings) -> str:
    """The hub's own identity and a bearer key: the given one, the folder's, or a new one."""
    known = settings.key or place.read_key(settings.data)
    with database.write() as tx:
        hubs.ensure(tx, now())
        if known:
            keys.add(tx, known, "hub", now())
            # Where the folder's own key was revoked (it had leaked), a new one takes its place.
            if settings.key or keys.check(tx, known):
                return known
        made = keys.create(tx, "hub", now())
        # Inside the transaction: a key that could not be written down does not come to be.
        place.write_private(settings.data / place.KEY, made + "\n")
    return made


def take_back_leases(database: Database) -> None:
    """Of a hub that was killed: nobody else works on this folder, so nobody need wait for them."""
    with database.write() as tx:
        rows = ledger.take_back(tx, now=now())
    if rows:
        log.info("The hub before was cut off; its work goes on", rows=rows)


class WebChild:
    """The process that serves, started again when it dies."""

    def __init__(self, settings: Settings) -> None:
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(  # noqa: S104  # compared, not bound
            settings.host, settings.host
        )
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        self._environ = os.environ | {
            "SEEALSO_DATA": str(settings.data),
            "SEEALSO_HOST": settings.host,
            "SEEALSO_PORT": str(settings.port),
            "SEEALSO_HUB_URL": settings.hub_url,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._born = 0.0
        self._pause = LOOK_SECONDS

    def start(self) -> None:
        """Start it. A session of its own: Ctrl-C in the terminal is for the supervisor alone."""
        self._born = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "seealso_hub.web"],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def look(self) -> None:
        """Start it again if it has died, with a pause that grows while it dies young."""
        if self._process is None or self._process.poll() is None:
            return
        lived = time.monotonic() - self._born
        self._pause = LOOK_SECONDS if lived > 60 else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        log.error(
            "The web process ended; starting it again",
            code=self._process.returncode,
            pause=round(self._pause, 1),
        )
        time.sleep(self._pause)
        self.start()

    def wait_until_up(self) -> None:
        """Wait for the first answer.

        Raises:
            CannotStart: it died, or did not answer in time.
        """
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline:
                if self._process.poll() is not None:
                    raise CannotStart("The web process ended at its start: its log above says why.")
                with suppress(requests.RequestException):
                    if session.get(f"{self.url}/livez", timeout=2).ok:
                        return
                time.sleep(0.05)
        raise CannotStart(
            f"The web process did not answer at {self.url} within {START_SECONDS:.0f} seconds:"
            " see its log above, and `seealso doctor`."
        )

    def stop(self, timeout: float) -> None:
        """End it: requests in hand are finished, then, after `timeout` seconds, cut."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class _Stop(BaseException):
    """Unwinds the main thread when the process is told to stop; no handler of errors sees it."""


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, at_once)
        signal.signal(signal.SIGTERM, at_once)
        raise _Stop

    def at_once(number: int, frame: FrameType | None) -> None:
        os._exit(130)  # the children end with this process, by the kernel's hand

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Stop:
        log.info("Stopped")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
