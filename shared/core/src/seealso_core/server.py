"""Serves one app in production: granian, one worker, until SIGTERM."""

from __future__ import annotations

from seealso_core.settings import Settings

# Measured by `./dev bench feeds`: fewer threads serve small answers slower, more of them only wait
# for the interpreter's lock; two event loops write large bodies beside it.
THREADS = 6  # requests in Python at once, for each event loop
LOOPS = 2
BACKLOG = 1024
STOP_SECONDS = 5


def serve(target: str, settings: Settings) -> None:
    """Serve the app that a factory makes, on the host and port of the settings.

    Args:
        target: ``package.module:factory``; it is called without arguments, in granian's worker
            process, and reads the settings from the environment there.
    """
    # Not at the top: only who serves needs granian (the extra ``web``).
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, RuntimeModes
    from granian.log import LogLevels

    Granian(
        target,
        factory=True,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        address=settings.host,
        port=settings.port,
        workers=1,
        blocking_threads=THREADS,
        runtime_mode=RuntimeModes.st,
        runtime_threads=LOOPS,
        backlog=BACKLOG,
        log_enabled=settings.log_level == "debug",
        log_level=LogLevels.warning,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()
