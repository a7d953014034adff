"""``python -m faults``: the fault suite. ``./dev faults`` sets up first.

    (the two pairs of engines side by side, each its experiments in order)
    --list            what there is
    --only F1,F6      these
    --engines E       embedded, production, or both (as they are without it)
    --in-turn         the pairs one after the other
    --seed N          the same chances again; it is printed
    --short           the most telling ones, with one mutant, in less than three minutes

Exit code 1 when one is red, or when one could not run and SEEALSO_REQUIRE_LIVE=1 says it must.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from faults.engines import lent
from faults.fleet import NotInTime
from faults.frame import BOTH, Experiment, Missing, Outcome, Stage, timed
from faults.mutants import MUTANTS, Mutant
from faults.table import EXPERIMENTS

REASONS = 8  # shown of a red one
SHORT_MUTANTS = ("lease-token",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for. Returns the exit code."""
    given = _arguments(argv)
    if given.list:
        _list()
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # all that was started is ended
    if given.into is None:
        seed = f"seed {given.seed} (./dev faults --seed {given.seed} repeats these chances)"
        print(seed, flush=True)
    began = time.monotonic()
    if given.engines == "both" and not given.in_turn and not given.short:
        tally = _side_by_side(given)
    else:
        tally = Tally.of(_run_all(given))
    if given.into is not None:
        given.into.write_text(json.dumps(asdict(tally)))
    else:
        print(f"{tally}; {time.monotonic() - began:.0f} s in all", flush=True)
    must = os.environ.get("SEEALSO_REQUIRE_LIVE") == "1"
    return 1 if tally.red or (tally.skipped and must) else 0


def _run_all(given: argparse.Namespace) -> list[Outcome]:
    """One after the other, in this process. Mutants are tried on the first pair asked for."""
    chosen = set(given.only.split(",")) if given.only else None
    pairs = BOTH if given.engines == "both" else (given.engines,)
    outcomes = []
    for one in EXPERIMENTS:
        if chosen is None or one.name in chosen:
            fit = _pairs_of(one, pairs, short=given.short)
            outcomes += [_run(one, pair, given.seed, short=given.short) for pair in fit]
    if not given.without_mutants and (chosen is None or "F29" in chosen):
        mutants = [MUTANTS[name] for name in (SHORT_MUTANTS if given.short else MUTANTS)]
        outcomes += [_run_mutant(mutant, pairs[0], given.seed) for mutant in mutants]
    return outcomes


def _side_by_side(given: argparse.Namespace) -> Tally:
    """Each pair of engines in a process of its own: most of an experiment is waiting."""
    with tempfile.TemporaryDirectory(prefix="seealso-faults-") as folder, ExitStack() as ends:
        running = []
        for pair in BOTH:
            into = Path(folder) / f"{pair}.json"
            command = [sys.executable, "-m", "faults", "--engines", pair, "--into", str(into)]
            command += ["--seed", str(given.seed)]
            command += ["--only", given.only] if given.only else []
            command += ["--without-mutants"] if pair != BOTH[0] else []
            process = subprocess.Popen(command)
            ends.callback(_end, process)
            running.append((process, into))
        for process, into in running:
            if process.wait() not in (0, 1) or not into.exists():
                sys.exit(f"a run ended with {process.returncode} and no result")
        return sum((Tally.read(into.read_text()) for _, into in running), Tally())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev faults", description="Break a hub on purpose.")
    parser.add_argument("--list", action="store_true", help="list the experiments")
    parser.add_argument("--only", help="names, divided by commas: F1,F6,F29")
    parser.add_argument("--engines", choices=(*BOTH, "both"), default="both")
    parser.add_argument("--in-turn", action="store_true", help="not the pairs side by side")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--without-mutants", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--short", action="store_true", help="the most telling, under 3 minutes")
    return parser.parse_args(argv)


def _list() -> None:
    for one in EXPERIMENTS:
        print(f"{one.name:<5} {one.about} ({', '.join(one.engines)})")
    for mutant in MUTANTS.values():
        print(f"F29   without {mutant.about}: {mutant.experiment} has to turn red")


def _pairs_of(one: Experiment, pairs: Sequence[str], *, short: bool) -> list[str]:
    fit = one.short if short else one.engines
    return [pair for pair in pairs if pair in fit]


# --- one of them ---------------------------------------------------------------------------------


def _run(one: Experiment, pair: str, seed: int, *, short: bool) -> Outcome:
    outcome = _outcome(one, pair, seed, short=short)
    _print(f"{one.name:<4} {pair:<10}", one.about, outcome)
    return outcome


def _outcome(
    one: Experiment,
    pair: str,
    seed: int,
    *,
    short: bool,
    mutant: Mutant | None = None,
) -> Outcome:
    outcome = Outcome()
    chance = random.Random(f"{seed} {one.name} {pair}")
    with timed(outcome):
        try:
            with lent(pair) as engines:
                stage = Stage(engines, chance, short=short, outcome=outcome)
                if mutant is not None:
                    stage.mutants, stage.points = (mutant.name,), mutant.points
                one.run(stage)
        except Missing as missing:
            outcome.skipped = str(missing)
        except NotInTime as late:
            outcome.red.append(str(late))
        except Exception as error:  # noqa: BLE001  # one that breaks must not hide the others
            outcome.red.append(f"the experiment itself broke: {error!r}")
            if mutant is None:
                traceback.print_exc()
    return outcome


def _run_mutant(mutant: Mutant, pair: str, seed: int) -> Outcome:
    """A safeguard is taken out: the experiment has to turn red, or the suite is worth nothing."""
    one = next(one for one in EXPERIMENTS if one.name == mutant.experiment)
    found = _outcome(one, pair, seed, short=True, mutant=mutant)
    outcome = Outcome(seconds=found.seconds, kills=found.kills, skipped=found.skipped)
    reasons = [*found.lost, *found.doubled, *found.red]
    if reasons:
        outcome.did = f"{one.name} red, as it must be: {reasons[0]} ({len(reasons)} reasons)"
    else:
        outcome.red.append(f"{one.name} stays green without {mutant.about}")
    _print(f"F29  {pair:<10}", f"without {mutant.about}", outcome)
    return outcome


# --- what is said --------------------------------------------------------------------------------


def _print(head: str, about: str, outcome: Outcome) -> None:
    """In one piece, since others may print beside us."""
    lines = [f"{head} {outcome.verdict:<7} {about}"]
    if outcome.skipped:
        lines.append(f"       not run: {outcome.skipped}")
    else:
        did = "; ".join(one for one in (outcome.did, *outcome.notes) if one)
        lines.append(
            f"       confirmed {outcome.confirmed}, lost {len(outcome.lost)}, "
            f"doubled {len(outcome.doubled)}, {outcome.seconds:.0f} s: {did or 'see below'}"
        )
        reasons = [*outcome.lost, *outcome.doubled, *outcome.red]
        lines += [f"       ! {reason}" for reason in reasons[:REASONS]]
        if len(reasons) > REASONS:
            lines.append(f"       ! and {len(reasons) - REASONS} more")
    print("\n".join(lines), flush=True)


@dataclass(frozen=True)
class Tally:
    """What some experiments came to."""

    experiments: int = 0
    red: int = 0
    skipped: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0  # of each, added up
    kills: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Tally:
        """Counted."""
        return cls(
            experiments=len(outcomes),
            red=sum(one.verdict == "RED" for one in outcomes),
            skipped=sum(bool(one.skipped) for one in outcomes),
            lost=sum(len(one.lost) for one in outcomes),
            doubled=sum(len(one.doubled) for one in outcomes),
            seconds=sum(one.seconds for one in outcomes),
            kills=dict(sum((one.kills for one in outcomes), Counter())),
        )

    @classmethod
    def read(cls, text: str) -> Tally:
        """What another process has written."""
        return cls(**json.loads(text))

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.experiments + other.experiments,
            self.red + other.red,
            self.skipped + other.skipped,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.seconds + other.seconds,
            dict(Counter(self.kills) + Counter(other.kills)),
        )

    def __str__(self) -> str:
        each = ", ".join(f"{kind} {number}" for kind, number in sorted(self.kills.items()))
        return (
            f"{self.experiments} experiments: {self.red} red, {self.skipped} not run; "
            f"lost {self.lost}, doubled {self.doubled} in {sum(self.kills.values())} kills "
            f"({each or 'none'}); {self.seconds:.0f} s of experiments"
        )


if __name__ == "__main__":
    raise SystemExit(main())
