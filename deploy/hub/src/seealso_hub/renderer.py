"""One more render process of the one-machine hub: `seealso_render`, until its parent ends."""

from __future__ import annotations

from seealso_core.process import die_with_parent
from seealso_render.__main__ import main

if __name__ == "__main__":
    die_with_parent()
    raise SystemExit(main([]))
