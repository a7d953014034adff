"""How every service starts: ``python -m seealso_x [--config FILE] [--web]``.

arguments -> settings -> logs -> work until SIGTERM or SIGINT, or serve
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from seealso_sdk.errors import SeealsoError

from seealso_core import log as logs
from seealso_core.settings import CONFIG, Settings, load

Work = Callable[[Settings, threading.Event], None]


def main(
    argv: Sequence[str] | None, *, name: str, about: str, web: str, work: Work | None = None
) -> int:
    """Run a service until it is told to stop.

    Args:
        about: its module's docstring; the first line is shown by ``--help``.
        web: ``package.module:factory`` of the app that ``--web`` serves. Without `work` the service
            has nothing else to do, and serves without being told.
        work: works until the event is set.

    Returns:
        The exit code: 1 where it can't work (one sentence says why), 2 for misuse.
    """
    parser = argparse.ArgumentParser(prog=name, description=about.split("\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, help="TOML file of settings")
    parser.add_argument("--web", action="store_true", help="serve its pages and API")
    given = parser.parse_args(argv)
    try:
        settings = load(os.environ, given.config)
        logs.configure(settings.log_format, settings.log_level)
        if work is None or given.web:
            _serve(web, settings, given.config)
        else:
            work(settings, _until_told())
    except SeealsoError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 1
    return 0


def _serve(web: str, settings: Settings, config: Path | None) -> None:
    from seealso_core.server import serve  # only who serves needs the extra ``web``

    if config is not None:
        os.environ[CONFIG] = str(config.absolute())  # a worker reads the settings itself
    serve(web, settings)


def _until_told() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
