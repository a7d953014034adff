"""Fuzz every target for a while, each in a process of its own; what broke one stays in .fuzz/.

    ./dev fuzz [--seconds N] [--only page,rss] [--list]

Needs atheris, which `./dev fuzz` installs. A finding is a file .fuzz/NAME/crash-...: make it a seed
of its target, which tests/services/ingest/test_fuzzed.py tries, then mend what it shows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from fuzz.targets import TARGETS

FOLDER = Path(__file__).parents[1] / ".fuzz"


def main() -> int:
    """Fuzz what is asked for. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--only", default="", help="names of targets, with commas")
    parser.add_argument("--list", action="store_true", help="name the targets")
    options = parser.parse_args()
    if options.list:
        print("\n".join(TARGETS))
        return 0
    names = [name for name in options.only.split(",") if name] or list(TARGETS)
    unknown = sorted(set(names) - set(TARGETS))
    if unknown:
        print(f"There is no target {', '.join(unknown)}; --list names them.", file=sys.stderr)
        return 2
    broken = [name for name in names if not _fuzz(name, options.seconds)]
    print(f"{len(names) - len(broken)} of {len(names)} targets held.")
    for name in broken:
        print(f"{name}: see {FOLDER / name}", file=sys.stderr)
    return 1 if broken else 0


def _fuzz(name: str, seconds: int) -> bool:
    corpus, found = FOLDER / name / "corpus", FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [
        *(sys.executable, "-m", "fuzz.run", name, str(corpus)),
        *(f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-rss_limit_mb=1024"),
        f"-artifact_prefix={found}/",
    ]
    with (found / "log").open("wb") as log:
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
    lines = (found / "log").read_text("utf-8", "replace").splitlines()
    runs = next((line for line in reversed(lines) if line.startswith("Done ")), "stopped early")
    print(f"{name:10} {'held' if done.returncode == 0 else 'BROKE'}  {runs}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
