"""The web child of the one-machine hub: granian serving `seealso_hub.wsgi`, until its parent ends.

    up (supervisor) ──starts──> this process ──granian starts──> one worker: wsgi.application()

Both end with their parent, so that a killed hub leaves no orphan and its port is free at once.
"""

from __future__ import annotations

import os

from seealso_core import log as logs
from seealso_core.process import die_with_parent
from seealso_core.server import serve
from seealso_core.settings import load


def main() -> None:
    """Serve until SIGTERM."""
    die_with_parent()
    settings = load(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    serve("seealso_hub.wsgi:application", settings)


if __name__ == "__main__":
    main()
