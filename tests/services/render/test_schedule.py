"""When to try again, and when to give up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_core.errors import PluginFailed
from seealso_render.schedule import LONGEST_WAIT, after_failure, lost_too_often
from seealso_sdk.errors import Reject, Retry

RAISED = PluginFailed("raised", "ValueError: x")


def waits(error: Exception, attempts: int) -> list[float | None]:
    return [after_failure(error, n).wait for n in range(1, attempts + 1)]


def test_a_bug_is_tried_five_more_times_over_an_hour_and_then_given_up() -> None:
    assert waits(RAISED, 7) == [1, 10, 60, 600, 3600, None, None]
    assert after_failure(RAISED, 6).error == "raised: ValueError: x (given up after 6 attempts)"
    assert waits(RuntimeError("ours"), 6) == [1, 10, 60, 600, 3600, None]


@pytest.mark.parametrize("kind", ["crashed", "deadline", "memory"])
def test_the_third_crash_of_one_version_is_no_accident(kind: str) -> None:
    assert waits(PluginFailed(kind, "x"), 4) == [1, 10, None, None]  # type: ignore[arg-type]


def test_what_a_plugin_rejects_is_not_tried_again() -> None:
    verdict = after_failure(Reject("no pictures here"), 1)
    assert (verdict.wait, verdict.error) == (None, "rejected by the plugin: no pictures here")


def test_a_plugin_may_ask_for_time_and_gets_it_but_not_for_ever() -> None:
    assert after_failure(Retry(30), 1).wait == 30
    assert after_failure(Retry(0), 3).wait == 60, "at least the step"
    assert after_failure(Retry(10**9), 1).wait == LONGEST_WAIT
    assert after_failure(Retry(30, "moon"), 19).error == "the plugin asked to wait: moon"
    assert after_failure(Retry(30), 20).wait is None


ERRORS = st.one_of(
    st.builds(Retry, st.floats(0, 1e9)),
    st.builds(PluginFailed, st.sampled_from(["raised", "deadline", "nonsense"]), st.text()),
    st.builds(ValueError, st.text()),
)


@settings(max_examples=100, deadline=None)
@given(ERRORS, st.integers(1, 40))
def test_every_failure_ends_and_no_wait_is_shorter_than_a_second(error: Exception, n: int) -> None:
    verdict = after_failure(error, n)
    assert verdict.error
    assert verdict.wait is None or 1 <= verdict.wait <= LONGEST_WAIT
    assert after_failure(error, 20).wait is None


def test_a_row_that_ends_its_workers_is_noticed() -> None:
    assert not lost_too_often(20)
    assert lost_too_often(21)
