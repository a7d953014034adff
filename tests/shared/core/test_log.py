"""Logs are lines that a person or a program can trust."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from seealso_core import log as logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as JSON; the process's own handlers come back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def last(lines: io.StringIO) -> dict[str, object]:
    written: dict[str, object] = json.loads(lines.getvalue().splitlines()[-1])
    return written


def test_a_record_is_one_json_line_with_its_attributes(lines: io.StringIO) -> None:
    logs.get("t").info("Stored the renditions", output="rss", count=3)
    line = last(lines)
    assert (line["message"], line["output"], line["count"]) == ("Stored the renditions", "rss", 3)
    assert (line["level"], line["log"]) == ("info", "t")


def test_the_correlation_id_is_bound_once_and_ends_with_its_block(lines: io.StringIO) -> None:
    with logs.bind("abcdefgh"):
        logs.get("t").info("Inside")
        assert last(lines)["correlation_id"] == "abcdefgh"
    logs.get("t").info("Outside")
    assert "correlation_id" not in last(lines)


def test_secrets_are_not_written(lines: io.StringIO) -> None:
    logs.get("t").warning(
        "Can't reach amqp://user:hunter2@host//",
        api_key="hunter2", token="hunter2", url="smtp://u:hunter2@mail", of=["http://a:hunter2@b"],
    )  # fmt: skip
    try:
        raise ValueError("postgresql://me:hunter2@db/x")
    except ValueError:
        logs.get("t").exception("It failed")
    assert "hunter2" not in lines.getvalue()
    assert "postgresql://me:[not logged]@db/x" in lines.getvalue()


def test_input_can_not_forge_a_record() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure("human", "info", stream)
        logs.get("t").info("Took in an article", title="x\n12:00:00 error  forged\r\u2028\x1b[2J")
        try:
            raise ValueError("first\n12:00:00 error  forged")
        except ValueError:
            logs.get("t").exception("It failed")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    first, *rest = stream.getvalue().splitlines()
    assert "\\x0a12:00:00" in first
    assert "\x1b" not in first
    assert [line for line in rest if not line.startswith("    | ")] == [rest[0]]


def test_attributes_of_the_standard_way_are_shown_too(lines: io.StringIO) -> None:
    logging.getLogger("other").info("Sent", extra={"issue": 4})
    assert last(lines)["issue"] == 4


def test_foreign_correlation_ids_are_taken_over_only_where_they_are_harmless() -> None:
    assert logs.is_correlation_id("abcd-1234")
    for bad in ("short", "a" * 65, "abcd1234\n", "abcd 1234", "äbcdefgh"):
        assert not logs.is_correlation_id(bad)
