"""Children that do not outlive their parent.

`die_with_parent` is called first thing in a child process. On Linux the kernel then kills it when
the *thread* that started it ends, so start children from a thread that lives as long as they should
(`seealso_core.host` and the hub do). Elsewhere a thread looks whether the parent is still there.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.5


def die_with_parent(parent: int | None = None) -> None:
    """End this process when its parent ends, however that comes about.

    Args:
        parent: pid of the parent, as it told us; default: whoever is the parent now. Giving it
            closes the gap in which the parent died before this call.
    """
    expected = os.getppid() if parent is None else parent
    if not _ask_kernel():
        watch = threading.Thread(target=_watch, args=(expected,), name="parent-watch", daemon=True)
        watch.start()
    if os.getppid() != expected:
        os._exit(1)


def _ask_kernel() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _watch(expected: int) -> None:
    while os.getppid() == expected:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)
