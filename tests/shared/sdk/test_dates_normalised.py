"""Dates as sources write them in ISO 8601, into the form of the model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_sdk.dates import instant, normalised


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-04-09", "2024-04-09"),
        (" 2024-04-09 ", "2024-04-09"),
        ("20240409", "2024-04-09"),
        ("2022-02-24T14:00:00-0500", "2022-02-24T14:00:00-05:00"),
        ("2022-02-24T14:00:00", "2022-02-24T14:00:00+00:00"),
        ("2022-02-24 14:00Z", "2022-02-24T14:00:00+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
        ("2022-02-24T14:00:00.987654321+02:00", "2022-02-24T14:00:00+02:00"),
        ("2022-02-24T14:00:00+05:30:15", "2022-02-24T08:29:45+00:00"),
    ],
)
def test_a_date_keeps_its_offset_and_a_day_stays_a_day(value: str, expected: str) -> None:
    assert normalised(value) == expected


@pytest.mark.parametrize(
    "value", ["", "soon", "2024", "2024-04", "2024-13-01", "0001-01-01T00:00:00+10:00", "9" * 99]
)
def test_what_is_no_date_is_refused(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever Python says of it
        normalised(value)


@given(st.datetimes(timezones=st.timezones()))
def test_what_is_normalised_is_a_fixed_point(when: object) -> None:
    try:
        once = normalised(str(when))
    except ValueError:  # the very ends of the calendar, seen from another zone
        return
    assert normalised(once) == once
    assert instant(once)
