"""The web child of the one-machine hub: granian serving `seealso_hub.wsgi`, until its parent ends.

    up (supervisor) ──starts──> this process ──granian starts──> one worker: wsgi.application()

Both end with their parent, so that a killed hub leaves no orphan and its port is free at once.
"""

from __future__ import annotations

import os

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from seealso_core import log as logs
from seealso_core.process import die_with_parent
from seealso_core.settings import load

THREADS = 8  # requests in Python at once; the fast lane answers most in microseconds
BACKLOG = 1024
STOP_SECONDS = 5


def main() -> None:
    """Serve until SIGTERM."""
    die_with_parent()
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    Granian(
        "seealso_hub.wsgi:application",
        factory=True,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        address=settings.host,
        port=settings.port,
        workers=1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        log_enabled=settings.log_level == "debug",
        log_level=LogLevels.warning,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


if __name__ == "__main__":
    main()
