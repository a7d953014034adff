"""F12: the clock jumps three days on, and back, under load.

The product keeps whole microseconds of UTC and nothing local: the night in which the clocks are put
back is no event for it. What can jump is the machine's clock.
"""

from __future__ import annotations

from faults import look
from faults.fleet import LEASE
from faults.frame import Stage
from faults.kills import EVERYONE
from faults.letters import subscribed
from faults.process import Clock, Plan

DAY = 86_400.0


def jumps(stage: Stage) -> None:
    """Leases taken before a jump end in time, no article is frozen, nothing is sent again."""
    clock = Clock(stage.engines.folder / "clock")
    with stage.hub(plan=Plan(clock=str(clock.path)), mail=True) as hub:
        fleet = hub.fleet
        fleet.start(*EVERYONE)
        letters = subscribed(stage, hub, 3)
        press = stage.press(fleet, pause=0.15)
        press.start()
        letters.start()
        rests = []
        try:
            for shift in (3 * DAY, 0.0, -3 * DAY, 0.0):
                look.quiet(3)
                for name in ("render-1", "render-2", "filing", "dispatch"):
                    fleet.kill(name)  # with what it holds, leased by the clock as it was
                    fleet.spawn(name)
                clock.turn(shift)
                letters.raise_if_ended()
        finally:
            press.stop()
            letters.stop()
        for name in EVERYONE:
            fleet.wait_ready(name)
        rests.append(look.rest(hub.database, 90))
        stage.outcome.require(rests[0] <= 2 * LEASE, f"at rest only after {rests[0]:.0f} s")
        for key in list(press.living)[:5]:
            press.change(key)
        stage.settle(hub, press.book, letters.book, seconds=60)
        stage.outcome.did = (
            "+3 days, back, -3 days, back, workers killed at each jump; "
            f"at rest {rests[0]:.1f} s after the last, leases of {LEASE} s"
        )
