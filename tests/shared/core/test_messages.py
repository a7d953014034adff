"""A queue message is a small JSON wake-up; anything else is refused, never obeyed."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_core import messages
from seealso_core.errors import MessageError
from seealso_core.messages import Wake

IDS = st.text("abcdefghijklmnopqrstuvwxyz234567-_", min_size=1, max_size=64)
WAKES = st.builds(
    Wake,
    st.sampled_from(messages.STAGES),
    st.text("abc_9", max_size=20),
    st.lists(IDS, max_size=60).map(tuple),
    st.text("abc-9", max_size=64),
)


@settings(max_examples=100, deadline=None)
@given(WAKES)
def test_a_wake_comes_back_as_it_was_sent_and_is_small(wake: Wake) -> None:
    body = messages.encode(wake)
    back = messages.decode(body)
    assert len(body) <= messages.MAX_BYTES
    assert (back.stage, back.output, back.correlation_id) == (
        wake.stage, wake.output, wake.correlation_id,
    )  # fmt: skip
    assert back.ids == wake.ids[: len(back.ids)]
    assert back.ids or not wake.ids


def test_a_long_batch_is_cut_since_the_ledger_knows_all_of_it() -> None:
    wake = Wake("render", "rss", tuple(f"a{i:063}" for i in range(1000)))
    back = messages.decode(messages.encode(wake))
    assert 16 <= len(back.ids) <= messages.MAX_IDS


GOOD = {"v": 1, "stage": "render", "output": "rss", "ids": ["a1"], "correlation_id": ""}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff\xfe", b"nonsense", b"[]", b"3", b'{"__type__":"x","__value__":1}',
        b"[" * 4000, b"{" + b" " * 5000 + b"}",
        json.dumps(GOOD | {"v": 2}), json.dumps(GOOD | {"stage": "shell"}),
        json.dumps(GOOD | {"stage": ["render"]}), json.dumps(GOOD | {"ids": "a1"}),
        json.dumps(GOOD | {"ids": [1]}), json.dumps(GOOD | {"ids": ["../x"]}),
        json.dumps(GOOD | {"ids": ["a"] * 200}), json.dumps(GOOD | {"output": None}),
        json.dumps(GOOD | {"output": "RSS"}), json.dumps(GOOD | {"correlation_id": "a b"}),
        json.dumps(GOOD | {"correlation_id": "x\ny"}),
    ],
)  # fmt: skip
def test_what_is_not_a_wake_is_refused(body: bytes | str) -> None:
    with pytest.raises(MessageError):
        messages.decode(body)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=5000)
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda v: json.dumps(v).encode())
)
def test_no_body_can_crash_the_reader(body: bytes) -> None:
    with contextlib.suppress(MessageError):
        assert isinstance(messages.decode(body), Wake)


def test_a_newer_sender_may_say_more() -> None:
    assert messages.decode(json.dumps(GOOD | {"span": "x"})) == Wake("render", "rss", ("a1",))


def test_wakes_of_one_kind_become_one() -> None:
    one, other = Wake("render", "rss", ("a", "b"), "c1"), Wake("render", "rss", ("b", "c"), "c2")
    assert messages.merge(one, other) == Wake("render", "rss", ("a", "b", "c"), "c2")
