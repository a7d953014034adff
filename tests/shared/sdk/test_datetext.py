"""Dates as feeds write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seealso_sdk.dates import instant, normalised
from seealso_sdk.datetext import date_of

WRITTEN = [
    # ISO 8601, W3CDTF, RFC 3339
    ("2003-12-31T10:14:55Z", "2003-12-31T10:14:55+00:00"),
    ("2003-12-31t10:14:55z", "2003-12-31T10:14:55+00:00"),
    ("2003-12-31T10:14:55.2356-08:00", "2003-12-31T10:14:55-08:00"),
    ("2003-12-31T10:14+0100", "2003-12-31T10:14:00+01:00"),
    ("2003-12-31T10:14:55 +01:00", "2003-12-31T10:14:55+01:00"),
    ("2003-12-31 10:14:55", "2003-12-31T10:14:55+00:00"),
    ("2003-12-31 10:14:55.7 PST", "2003-12-31T10:14:55-08:00"),
    ("2003-12-31T24:00:00Z", "2004-01-01T00:00:00+00:00"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
    ("20031231T101455Z", "2003-12-31T10:14:55+00:00"),
    ("2003-12-31", "2003-12-31"),
    ("2003-1-5", "2003-01-05"),
    ("20031231", "2003-12-31"),
    ("03-12-31", "2003-12-31"),
    ("031231", "2003-12-31"),
    ("2003-335", "2003-12-01"),
    ("2003335", "2003-12-01"),
    ("03335", "2003-12-01"),
    ("2006-W01-2", "2006-01-03"),
    ("2003-12", "2003-12-01"),
    ("2003", "2003-01-01"),
    # RFC 822 and what became of it
    ("Tue, 09 Apr 2024 10:00:00 GMT", "2024-04-09T10:00:00+00:00"),
    ("Tue, 9 Apr 24 10:00 EST", "2024-04-09T10:00:00-05:00"),
    ("09 Apr 99 10:00:00 -0330", "1999-04-09T10:00:00-03:30"),
    ("Tue, 09 Apr 2024 10:00:00 +02:00", "2024-04-09T10:00:00+02:00"),
    ("Tue, 09 Apr 2024 10:00:00 GMT+02:00", "2024-04-09T10:00:00+02:00"),
    ("Tue, 09 Apr 2024 10:00:00 Etc/GMT", "2024-04-09T10:00:00+00:00"),
    ("Tue, 09 Apr 2024 10:00:00 MEST", "2024-04-09T10:00:00+02:00"),
    ("Tue, 09 Apr 2024 10:00:00 ZZTOP", "2024-04-09T10:00:00+00:00"),
    ("Tue, 09 Apr 2024 10:00:00 +0530 (IST)", "2024-04-09T10:00:00+05:30"),
    ("Tue, 09 April 2024 10:00:00 PT", "2024-04-09T10:00:00-08:00"),
    ("Tue, 09 Apr 2024", "2024-04-09"),
    ("Tue,  09\n Apr   2024", "2024-04-09"),
    ("Tue, Apr 09 2024 10:00:00 GMT", "2024-04-09T10:00:00+00:00"),
    ("Tuesday, 09-Apr-24 10:00:00 GMT", "2024-04-09T10:00:00+00:00"),
    ("Tue Apr  9 10:00:00 2024", "2024-04-09T10:00:00+00:00"),
    ("Tue Apr 9 10:00:00 PDT 2024", "2024-04-09T10:00:00-07:00"),
    ("April 9, 2024 3:04 PM", "2024-04-09T15:04:00+00:00"),
    ("9 Apr 2024 12:30 a.m.", "2024-04-09T00:30:00+00:00"),
    # others
    ("Tue, 2024/04/09 08:19:53 EDT", "2024-04-09T08:19:53-04:00"),
    ("2024/04/09", "2024-04-09"),
    ("25/12/2024 10:00", "2024-12-25T10:00:00+00:00"),
    ("2004년 05월 28일  01:31:15", "2004-05-28T01:31:15+09:00"),
    ("2004-05-25 오후 11:23:17", "2004-05-25T23:23:17+09:00"),
    ("2004-05-25 오전 12:23:17", "2004-05-25T00:23:17+09:00"),
    ("2024年4月9日", "2024-04-09"),
    ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T12:00:00-05:00"),
    ("2004-július-13T9:15-05:00", "2004-07-13T09:15:00-05:00"),
    ("9. Mai 2024", "2024-05-09"),
    ("1er juillet 2024", "2024-07-01"),
    ("9 de abril de 2024", "2024-04-09"),
    ("9 апреля 2024", "2024-04-09"),
    ("1136073600", "2006-01-01T00:00:00+00:00"),
    ("1136073600000", "2006-01-01T00:00:00+00:00"),
    # none
    ("", None),
    ("yesterday", None),
    ("04/05/2024", None),
    ("2003-13-01", None),
    ("Tue, 31 Jun 2024 10:00:00 GMT", None),
    ("2003-12-31T25:14:55Z", None),
    ("2003-12-31T10:14:55+99:00", None),
    ("0001-01-01T00:00:00+14:00", None),
    ("Tue, 09 Foo 2024", None),
    ("12", None),
]


@pytest.mark.parametrize(("written", "expected"), WRITTEN)
def test_a_date_is_read_with_its_offset_and_precision(written: str, expected: str | None) -> None:
    assert date_of(written) == expected


_MOMENTS = st.datetimes(
    datetime(1950, 1, 1),  # noqa: DTZ001  # hypothesis wants it so
    datetime(2049, 12, 31),  # noqa: DTZ001
    timezones=st.integers(-14 * 4, 14 * 4).map(lambda n: timezone(timedelta(minutes=15 * n))),
).map(lambda when: when.replace(microsecond=0))


@given(_MOMENTS)
def test_whatever_the_form_the_moment_is_the_same(when: datetime) -> None:
    forms = (
        when.isoformat(),
        when.isoformat(" "),
        when.strftime("%Y-%m-%dT%H:%M:%S%z"),
        format_datetime(when),
        when.strftime("%d %b %y %H:%M:%S %z"),
        when.strftime("%A, %d-%b-%y %H:%M:%S %z"),
        when.strftime("%b %d, %Y %I:%M:%S %p %z"),
        when.strftime("%a %b %d %H:%M:%S %z %Y"),
        when.strftime("%Y/%m/%d %H:%M:%S %z"),
    )
    for form in forms:
        found = date_of(form)
        assert found is not None, form
        assert instant(found) == when, form
        assert instant(found).utcoffset() == when.utcoffset()


@given(
    st.text(alphabet="0123456789-:/ TZ+.,aApPmMJFeb年월일오후ί", max_size=60) | st.text(max_size=40)
)
def test_what_comes_out_is_a_date_of_the_model_or_nothing(text: str) -> None:
    found = date_of(text)
    if found is not None:
        assert normalised(found) == found
        assert instant(found).astimezone(UTC).year >= 1


@pytest.mark.parametrize("piece", ["9", " ", "Jan ", "2004-", "(", "Mon, ", "1:", "é", "오후", "+"])
def test_a_flood_takes_no_time(piece: str) -> None:
    started = time.process_time()
    date_of(piece * 100_000)
    for length in (50, 99, 100, 101, 390):
        date_of((piece * length)[:length])
    assert time.process_time() - started < 0.5
