"""The same subscriptions on PostgreSQL: several workers, leaving, and forgetting are its SQL."""

from __future__ import annotations

import pytest
from seealso_store.database import Database

from tests.services.ingest.test_websub import (
    hub,
    me,
    test_a_denial_is_kept_with_its_reason_and_asked_again_a_week_later,
    test_a_hub_that_never_answers_a_leave_is_forgotten_when_its_lease_is_over,
    test_a_lease_that_runs_out_leaves_the_source_to_its_polling,
    test_one_of_several_workers_asks,
    test_what_a_hub_delivers_goes_in_and_wakes_the_source,
    test_who_comes_back_before_the_leave_is_done_is_subscribed_anew,
    test_who_is_paused_removed_or_without_a_hub_unsubscribes,
)

__all__ = [
    "hub",
    "me",
    "test_a_denial_is_kept_with_its_reason_and_asked_again_a_week_later",
    "test_a_hub_that_never_answers_a_leave_is_forgotten_when_its_lease_is_over",
    "test_a_lease_that_runs_out_leaves_the_source_to_its_polling",
    "test_one_of_several_workers_asks",
    "test_what_a_hub_delivers_goes_in_and_wakes_the_source",
    "test_who_comes_back_before_the_leave_is_done_is_subscribed_anew",
    "test_who_is_paused_removed_or_without_a_hub_unsubscribes",
]

pytestmark = pytest.mark.live


@pytest.fixture
def database(postgres: Database) -> Database:
    """In the place of the SQLite one."""
    return postgres
