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


def test_keys_and_peoples_addresses_are_not_written(lines: io.StringIO) -> None:
    key = "sk_" + "k" * 43
    logs.get("t").warning(
        f"550 <ada.l@reader.example>: no such user, and {key}",
        reason='no mailbox "o\'neil+news@sub.reader.example"', to=["omar@reader.example"],
    )  # fmt: skip
    logging.getLogger("library").warning("RCPT TO:<jane@reader.example>")
    try:
        raise ValueError("jürgen@reader.example is suppressed")
    except ValueError:
        logs.get("t").exception("It failed")
    written = lines.getvalue()
    assert "reader.example" not in written
    assert key not in written
    assert written.count("[address]") == 6  # the trace shows its line, too


def test_what_only_looks_like_an_address_stays(lines: io.StringIO) -> None:
    told = "postgresql://seealso:hunter2@db.example/hub amqp://guest@mq.example// a@b 3 @ 5"
    logs.get("t").info(told)
    assert (
        last(lines)["message"]
        == "postgresql://seealso:[not logged]@db.example/hub amqp://guest@mq.example// a@b 3 @ 5"
    )


def test_an_address_of_the_hub_that_is_a_secret_is_not_written(lines: io.StringIO) -> None:
    logs.get("t").warning("GET /channels/c0ffee-c0ffee/feed.rss?x=1 failed", n="/newsletters/bees")
    logs.get("t").warning("Seen: https://hub.example/newsletters/unsubscribe/t0ken-t0ken")
    written = lines.getvalue()
    assert "c0ffee" not in written
    assert "t0ken" not in written
    assert "/channels/[not logged]/feed.rss?x=1" in written
    assert "/newsletters/bees" in written
