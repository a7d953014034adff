"""The web child of the one-machine hub: `seealso_hub.wsgi` is served until its parent ends.

    up (supervisor) ──starts──> this process, and its workers where there are several

They end with their parent, so that a killed hub leaves no orphan and its port is free at once.
"""

from __future__ import annotations

import os
import sys

from seealso_core import log as logs
from seealso_core.process import die_with_parent
from seealso_core.server import serve
from seealso_core.settings import load
from seealso_sdk.errors import SeealsoError


def main() -> int:
    """Serve until SIGTERM. Returns the exit code."""
    die_with_parent()
    try:
        settings = load(os.environ)
        logs.configure(settings.log_format, settings.log_level)
        serve("seealso_hub.wsgi:application", settings)
    except SeealsoError as error:
        sys.stderr.write(f"seealso: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
