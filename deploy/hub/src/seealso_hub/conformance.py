"""Runs the SDK's conformance kit over a plugin, in a child process with a deadline.

    target --find--> Locator --child--> import, kit --> Finding… as JSON --> Verdict
                                │ hangs, crashes: a Verdict too

``python -m seealso_hub.conformance LOCATOR`` is the child: an author's plugin may do anything, and
the command has to come back all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from seealso_core import registry
from seealso_core.describe import Broken, Locator, load, registered
from seealso_core.process import die_with_parent
from seealso_core.registry import PluginRecord
from seealso_core.settings import Settings
from seealso_sdk.testing import Finding, run, run_source

from seealso_hub.errors import HubError

SECONDS = 60.0  # for the whole kit over one module
STDERR_LINES = 3


class NoSuchPlugin(HubError):
    """Nothing under this name or path."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check of one plugin. `plugin` is ``output markdown``."""

    plugin: str
    check: str
    passed: bool
    found: str = ""
    remedy: str = ""


def locate(targets: Sequence[str], settings: Settings) -> list[Locator]:
    """The modules that paths and names mean; without any, of all plugins there are.

    Raises:
        NoSuchPlugin: a target is neither.
    """
    found: list[Locator] = []
    names = []
    for target in targets:
        if Path(target).exists():
            found += _below(Path(target))
        else:
            names.append(target)
    if names or not targets:  # only now: it describes every plugin, which takes a second
        plugins = registry.load(settings.plugins_dir, disabled=settings.plugins_disabled)
        found += _named(names, plugins.records)
    return list(dict.fromkeys(found))


def _below(path: Path) -> list[Locator]:
    modules = [path] if path.is_file() else sorted(path.glob("seealso_*.py"))
    if not modules:
        raise NoSuchPlugin(f"There is no plugin module (seealso_*.py) in {path}.")
    return [Locator(module=module.stem, path=str(module.absolute())) for module in modules]


def _named(names: Sequence[str], records: Sequence[PluginRecord]) -> list[Locator]:
    if not names:
        return [record.locator for record in records]
    found = []
    for name in names:
        named = [r.locator for r in records if name in (r.name, f"{r.kind}_{r.name}")]
        if not named:
            raise NoSuchPlugin(
                f"{name!r} is neither a file, a folder nor a plugin: `seealso plugins list`."
            )
        found += named
    return found


def check(locator: Locator, seconds: float = SECONDS) -> list[Verdict]:
    """Run the kit over all that a module registers."""
    name = locator.module
    command = [sys.executable, "-X", "utf8", "-m", "seealso_hub.conformance"]
    try:
        ended = subprocess.run(
            [*command, json.dumps(locator.to_dict())],
            check=False,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        found = f"it was not through within {seconds:g} seconds"
        return [Verdict(name, "it answers", False, found, "Look for a call that waits or loops.")]
    if ended.returncode != 0:
        last = " | ".join(ended.stderr.decode("utf-8", "replace").splitlines()[-STDERR_LINES:])
        found = f"its process ended with {ended.returncode}: {last}"
        return [Verdict(name, "it can be run", False, found, "Run its module alone, and mend it.")]
    return [Verdict(**verdict) for verdict in json.loads(ended.stdout)]


def main() -> None:
    """The child."""
    die_with_parent()
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the plugin prints is no answer
    locator = Locator.from_dict(json.loads(sys.argv[1]))
    json.dump([asdict(verdict) for verdict in _run(locator)], answer)
    answer.close()


def _run(locator: Locator) -> list[Verdict]:
    try:
        found = registered(load(locator))
    except Broken as error:
        return [Verdict(locator.module, "it registers", False, str(error))]
    except Exception as error:  # noqa: BLE001  # a stranger's import may raise anything
        said = f"its import raises {type(error).__name__}: {error}"
        return [Verdict(locator.module, "it can be imported", False, said)]
    verdicts = []
    for kind, plugin in found:
        findings: list[Finding] = run(plugin) if kind == "output" else run_source(plugin)
        name = f"{kind} {getattr(getattr(plugin, 'meta', None), 'name', locator.module)}"
        verdicts += [Verdict(name, f.check, f.passed, f.found, f.remedy) for f in findings]
    return verdicts


if __name__ == "__main__":
    main()
