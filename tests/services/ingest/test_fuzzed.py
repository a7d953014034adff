"""Whatever comes in is taken or refused: hypothesis over every parser.

The targets are those of ./dev fuzz, which looks longer and by coverage. What that finds becomes a
seed of its target, and is tried here each time.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS

_MARKS = st.sampled_from([
    b"<", b">", b"</", b"/>", b"&", b"&#x0;", b"&#xD800;", b"&#1114112;", b"]]>", b"<![CDATA[", b"<!--", b"-->",
    b"<?", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\r\n", b"{", b"}", b"[", b"]", b'"', b"\\u0000",
    b"\\ud800", b"null", b"1e999", b"-0", b"<script>", b"<style>", b"<svg>", b"<table>", b"<p", b" a=", b"xmlns=''",
    b"xmlns:x=''", b"http://[", b"//", b"javascript:", b"data:", b"0000-00-00", b"9999999999", b"<title>", b"</title>",
    b"See also", b"By ", b"\xc2\xa0", b"\xe2\x80\xa8", b"<base href='//['>", b"<meta charset=utf-7>", b"<plaintext>",
])  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A seed with pieces cut, doubled, moved and put in."""
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 6))):
        at, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        middle = draw(
            st.one_of(_MARKS, st.binary(max_size=6), st.just(data[at:end] * 2), st.just(b""))
        )
        data = data[:at] + middle + data[end if draw(st.booleans()) else at :]
    return data[:20_000]


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_anything_is_taken_or_refused(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    target.call(data.draw(st.one_of(spoilt(target.seeds), st.binary(max_size=300))))


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_is_fine(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].call(seed)
