"""The whole line on one machine, started and watched.

    checks ──> store ──> key ──> line (worker threads, plugin children) ──> web child ──> announced
      │ one clear sentence each    └─> more render processes                  │ dies: started again
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
from seealso_core import metrics
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

    def __init__(self, settings: Settings, url: str, children: list[Child]) -> None:
        self.settings = settings
        self.url = url
        self._children = children

    def serve(self) -> None:
        """Watch over the children, until the process is told to stop."""
        while True:
            for child in self._children:
                child.look()
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
        stack.enter_context(metrics.shared(settings.data / "metrics"))
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
        more = [Renderer(settings) for _ in range(settings.render_processes - 1)]
        stack.callback(_stop_all, more, STOP_SECONDS / 2)
        for renderer in more:
            renderer.start()
        web.wait_until_up()
        place.announce(settings.data, Running(web.url, os.getpid()))
        stack.callback(place.retire, settings.data)
        yield OneMachine(settings, web.url, [web, *more])


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


class Child:
    """A process of the hub's own, started again when it dies.

    Args:
        name: for the log.
        module: what it runs.
        environ: settings, besides this process's environment.
    """

    def __init__(self, name: str, module: str, environ: dict[str, str]) -> None:
        self._name = name
        self._module = module
        self._environ = os.environ | environ
        self._process: subprocess.Popen[bytes] | None = None
        self._born = 0.0
        self._pause = LOOK_SECONDS
        self._again_at = float("inf")

    def start(self) -> None:
        """Start it. A session of its own: Ctrl-C in the terminal is for the supervisor alone."""
        self._born = time.monotonic()
        self._again_at = float("inf")
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def look(self) -> None:
        """Start it again if it has died, with a pause that grows while it dies young."""
        if time.monotonic() >= self._again_at:
            self.start()
        ended = self._again_at < float("inf")
        if ended or self._process is None or self._process.poll() is None:
            return
        lived = time.monotonic() - self._born
        self._pause = LOOK_SECONDS if lived > 60 else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        self._again_at = time.monotonic() + self._pause
        log.error(
            "A process ended; starting it again",
            process=self._name,
            code=self._process.returncode,
            pause=round(self._pause, 1),
        )

    def end(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self, timeout: float) -> None:
        """End it: what is in hand is finished, then, after `timeout` seconds, cut."""
        self.end()
        if self._process is None:
            return
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def has_ended(self) -> bool:
        """Whether it was started and is no more."""
        return self._process is not None and self._process.poll() is not None


class Renderer(Child):
    """One more render process, beside the worker in the supervisor."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("render", "seealso_hub.renderer", _settings_of(settings))


class WebChild(Child):
    """The process that serves; its workers, where there are several, are its own children."""

    def __init__(self, settings: Settings) -> None:
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(  # noqa: S104  # compared, not bound
            settings.host, settings.host
        )
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        super().__init__("web", "seealso_hub.web", _settings_of(settings))

    def wait_until_up(self) -> None:
        """Wait for the first answer.

        Raises:
            CannotStart: it died, or did not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < deadline:
                if self.has_ended():
                    raise CannotStart("The web process ended at its start: its log above says why.")
                with suppress(requests.RequestException):
                    if session.get(f"{self.url}/livez", timeout=2).ok:
                        return
                time.sleep(0.05)
        raise CannotStart(
            f"The web process did not answer at {self.url} within {START_SECONDS:.0f} seconds:"
            " see its log above, and `seealso doctor`."
        )


def _settings_of(settings: Settings) -> dict[str, str]:
    """What the command line decided, for a child."""
    return {
        "SEEALSO_DATA": str(settings.data),
        "SEEALSO_HOST": settings.host,
        "SEEALSO_PORT": str(settings.port),
        "SEEALSO_HUB_URL": settings.hub_url,
        "SEEALSO_LOG_LEVEL": settings.log_level,
    }


def _stop_all(children: list[Renderer], timeout: float) -> None:
    for child in children:
        child.end()
    for child in children:
        child.stop(timeout)


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
