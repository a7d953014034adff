"""What a request asks for, read and refused in one way by every service.

?limit=… ──number──> int        a body ──json_object──> dict        else Problem, 400
"""

from __future__ import annotations

from typing import Any

from flask import request

from seealso_core.web import Problem

_DIGITS = 18  # of a number: more is out of any range, and costs nothing to refuse


def invalid(name: str, detail: str) -> Problem:
    """The problem of a query parameter that can't be used. It is named in `field`."""
    return Problem(400, "parameter-invalid", f"{name}: {detail}", field=name)


def number(name: str, default: int, *, least: int = 1, most: int) -> int:
    """A whole number of the query, within its range.

    Raises:
        Problem: it is none, or out of range.
    """
    given = request.args.get(name, str(default))
    readable = given.isascii() and given.isdecimal() and len(given) <= _DIGITS
    if not readable or not least <= int(given) <= most:
        raise invalid(name, f"found {given[:40]!r}. Give a number from {least} to {most}.")
    return int(given)


def json_object() -> dict[str, Any]:
    """The body, whatever its Content-Type says.

    Raises:
        Problem: it is no JSON object.
    """
    data = request.get_json(force=True, silent=True)
    if not isinstance(data, dict):
        raise Problem(400, "json-syntax", "The body is no JSON object. Send one.")
    return data
