"""``python -m faults``: the fault suite. ``./dev faults`` sets up first.

    --list            what there is
    --only F1,F6      these
    --engines E       embedded, production, or both (as they are without it)
    --seed N          the same chances again; it is printed
    --short           the most telling ones, with one mutant, in less than three minutes

Exit code 1 when one is red, or when one could not run and SEEALSO_REQUIRE_LIVE=1 says it must.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Sequence

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
    chosen = set(given.only.split(",")) if given.only else None
    pairs = BOTH if given.engines == "both" else (given.engines,)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # all that was started is ended
    print(f"seed {given.seed} (./dev faults --seed {given.seed} repeats these chances)", flush=True)
    outcomes = []
    for one in EXPERIMENTS:
        if chosen is None or one.name in chosen:
            fit = _pairs_of(one, pairs, short=given.short)
            outcomes += [_run(one, pair, given.seed, short=given.short) for pair in fit]
    if chosen is None or "F29" in chosen:
        mutants = [MUTANTS[name] for name in (SHORT_MUTANTS if given.short else MUTANTS)]
        outcomes += [_run_mutant(mutant, pairs[0], given.seed) for mutant in mutants]
    return _sum_up(outcomes)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev faults", description="Break a hub on purpose.")
    parser.add_argument("--list", action="store_true", help="list the experiments")
    parser.add_argument("--only", help="names, divided by commas: F1,F6,F29")
    parser.add_argument("--engines", choices=(*BOTH, "both"), default="both")
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
    print(f"{head} {outcome.verdict:<7} {about}")
    if outcome.skipped:
        print(f"       not run: {outcome.skipped}", flush=True)
        return
    did = "; ".join(one for one in (outcome.did, *outcome.notes) if one)
    print(
        f"       confirmed {outcome.confirmed}, lost {len(outcome.lost)}, "
        f"doubled {len(outcome.doubled)}, {outcome.seconds:.0f} s: {did or 'see below'}"
    )
    reasons = [*outcome.lost, *outcome.doubled, *outcome.red]
    for reason in reasons[:REASONS]:
        print(f"       ! {reason}")
    if len(reasons) > REASONS:
        print(f"       ! and {len(reasons) - REASONS} more")
    sys.stdout.flush()


def _sum_up(outcomes: Sequence[Outcome]) -> int:
    kills: Counter[str] = sum((one.kills for one in outcomes), Counter())
    lost = sum(len(one.lost) for one in outcomes)
    doubled = sum(len(one.doubled) for one in outcomes)
    red = sum(one.verdict == "RED" for one in outcomes)
    skipped = sum(bool(one.skipped) for one in outcomes)
    each = ", ".join(f"{kind} {number}" for kind, number in sorted(kills.items()) if number)
    print(
        f"{len(outcomes)} experiments: {red} red, {skipped} not run; "
        f"lost {lost}, doubled {doubled} in {kills.total()} kills ({each or 'none'}); "
        f"{sum(one.seconds for one in outcomes):.0f} s"
    )
    must = os.environ.get("SEEALSO_REQUIRE_LIVE") == "1"
    return 1 if red or (skipped and must) else 0


if __name__ == "__main__":
    raise SystemExit(main())
