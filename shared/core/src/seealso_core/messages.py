"""What travels through the queue: wake-ups, and nothing else.

A `Wake` says "there may be work for you"; the ledger says what it is. Losing one costs latency,
repeating one costs a look. It is JSON of at most 4 KB, and what is not exactly that is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from seealso_core.errors import MessageError

MAX_BYTES = 4096
MAX_IDS = 128  # ids are hints: a longer batch is cut, and the ledger still knows all of it
FORMAT = 1

Stage = Literal["render", "feeds", "dispatch"]
STAGES: tuple[Stage, ...] = get_args(Stage)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_OUTPUT = re.compile(r"[a-z0-9_]{0,64}\Z")
_CORRELATION = re.compile(r"[A-Za-z0-9-]{0,64}\Z")
_TRACE = re.compile(r"[0-9a-f-]{0,64}\Z")


@dataclass(frozen=True, slots=True)
class Wake:
    """There may be work. `output` may be empty where a stage has but one kind of work."""

    stage: Stage
    output: str = ""
    ids: tuple[str, ...] = ()
    correlation_id: str = ""
    traceparent: str = ""  # W3C Trace Context, of whoever sent it


def merge(one: Wake, other: Wake) -> Wake:
    """Two wakes as one. Keeps the later correlation id and trace. Of two outputs it names none: who
    goes by the message alone then looks at all of them."""
    ids = tuple(dict.fromkeys(one.ids + other.ids))[:MAX_IDS]
    later = other if other.correlation_id or other.traceparent else one
    output = one.output if (one.stage, one.output) == (other.stage, other.output) else ""
    return Wake(one.stage, output, ids, later.correlation_id, later.traceparent)


def encode(wake: Wake) -> bytes:
    """The message's body; at most `MAX_BYTES` for ids as the hub makes them.

    Raises:
        MessageError: the wake itself is not of the schema.
    """
    ids = wake.ids[:MAX_IDS]
    body = _json(wake, ids)
    while len(body) > MAX_BYTES and ids:
        ids = ids[: len(ids) // 2]
        body = _json(wake, ids)
    decode(body)
    return body


def _json(wake: Wake, ids: tuple[str, ...]) -> bytes:
    data: dict[str, Any] = {
        "v": FORMAT,
        "stage": wake.stage,
        "output": wake.output,
        "ids": ids,
        "correlation_id": wake.correlation_id,
    }
    if wake.traceparent:
        data["traceparent"] = wake.traceparent
    return json.dumps(data, separators=(",", ":")).encode()


def decode(body: bytes | str) -> Wake:
    """Read a message's body. Unknown keys are ignored, so that a newer sender does no harm.

    Raises:
        MessageError: too large, not JSON, or not of the schema.
    """
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)
    if len(raw) > MAX_BYTES:
        raise MessageError(f"{len(raw)} bytes: at most {MAX_BYTES} go")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or data.get("v") != FORMAT:
        raise MessageError(f"not a wake of format {FORMAT}")
    if data.get("stage") not in STAGES:
        raise MessageError(f"stage: found {data.get('stage')!r}")
    ids = data.get("ids", [])
    if not isinstance(ids, list) or len(ids) > MAX_IDS:
        raise MessageError(f"ids: give a list of at most {MAX_IDS}")
    return Wake(
        stage=data["stage"],
        output=_text(data, "output", _OUTPUT),
        ids=tuple(_checked(item, "ids", _ID) for item in ids),
        correlation_id=_text(data, "correlation_id", _CORRELATION),
        traceparent=_text(data, "traceparent", _TRACE),
    )


def _text(data: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    return _checked(data.get(name, ""), name, pattern)


def _checked(value: Any, name: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.match(value):
        raise MessageError(f"{name}: found {value!r:.80}")
    return value
