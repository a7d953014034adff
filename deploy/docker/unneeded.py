"""Prints the installed distributions that a service does not need, one a line.

    python unneeded.py seealso-render | xargs pip uninstall --yes
    python unneeded.py seealso-render seealso-output-rss | xargs pip uninstall --yes

Needed are the service, the bundled plugins (all, or those that are named after it), and all that
they require, by the metadata of what is installed. pip stays: plugins are installed with it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, requires

from packaging.requirements import Requirement

PLUGINS = ("seealso-output-", "seealso-source-")
KEPT = {"pip"}


def main(service: str, *plugins: str) -> int:
    """Print them. Returns the exit code: 1 where the service or a plugin is not installed."""
    installed = {_plain(found.name) for found in distributions()}
    for name in (service, *plugins):
        if name not in installed:
            sys.stderr.write(f"unneeded.py: there is no distribution {name!r} here.\n")
            return 1
    kept = plugins or tuple(name for name in installed if name.startswith(PLUGINS))
    for name in sorted(installed - needed([service, *kept]) - KEPT):
        sys.stdout.write(f"{name}\n")
    return 0


def needed(roots: Iterable[str]) -> set[str]:
    """The roots and everything that they require, here: markers are looked at, extras followed."""
    found: set[str] = set()
    waiting = [(root, "") for root in roots]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            required = requires(name) or []
        except PackageNotFoundError:
            continue  # of another platform
        found.add(name)
        for requirement in map(Requirement, required):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                other = _plain(requirement.name)
                waiting += [(other, ""), *((other, wanted) for wanted in requirement.extras)]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
