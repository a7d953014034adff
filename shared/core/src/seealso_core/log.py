"""Logs: a constant sentence plus attributes, one line a record.

    log = get(__name__)
    with bind(correlation_id):
        log.info("Stored the renditions", output="rss", count=32)

The correlation id is bound once per request or batch and travels with the context. Attributes that
are named like a secret, passwords inside URLs, and people's e-mail addresses are never written.
Line breaks in values are escaped, so that input can't forge a record.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TextIO

_ATTRIBUTES = "seealso_attributes"
_SECRET_NAME = re.compile(r"(?i)(^|_)(key|secret|password|passwd|token|authorization|cookie)$")
_URL_PASSWORD = re.compile(
    r"(?P<head>\b[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+(?=@)", re.IGNORECASE
)
# The hub's own keys and secrets, and RFC 5321's local-part@domain, wherever they turn up.
_KEY = re.compile(r"\b(?:sk|ch)_[A-Za-z0-9_-]{16,}")
_ADDRESS = re.compile(
    r"(?<![\w/:.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}"
)
# Addresses of the hub that are secrets themselves.
_SECRET_PATH = re.compile(
    r"(?P<head>/(?:channels|newsletters/(?:confirm|unsubscribe|preferences))/)[^/\s\"'?#]+"
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")

_STANDARD = frozenset(
    (*logging.LogRecord("", 0, "", 0, "", (), None).__dict__, "message", "asctime", "taskName")
)

_correlation: ContextVar[str] = ContextVar("seealso_correlation_id", default="")


def correlation_id() -> str:
    """The id that is bound here, or an empty string."""
    return _correlation.get()


def new_correlation_id() -> str:
    """A fresh one: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def is_correlation_id(value: str) -> bool:
    """Whether somebody else's id may be taken over: 8 to 64 letters, digits and dashes."""
    return _CORRELATION_ID.match(value) is not None


@contextmanager
def bind(correlation_id: str) -> Iterator[None]:
    """Every record inside carries this id."""
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)


def set_correlation_id(value: str) -> None:
    """Bind an id until it is set anew: for a web request, whose end is in another function."""
    _correlation.set(value)


class Log:
    """A logger whose calls take a constant sentence and attributes."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, sentence: str, /, **attributes: Any) -> None:
        """For those who look for a fault."""
        self._log(logging.DEBUG, sentence, attributes)

    def info(self, sentence: str, /, **attributes: Any) -> None:
        """What an operator likes to know."""
        self._log(logging.INFO, sentence, attributes)

    def warning(self, sentence: str, /, **attributes: Any) -> None:
        """Contained, but somebody should look at it."""
        self._log(logging.WARNING, sentence, attributes)

    def error(self, sentence: str, /, **attributes: Any) -> None:
        """Something does not work."""
        self._log(logging.ERROR, sentence, attributes)

    def exception(self, sentence: str, /, **attributes: Any) -> None:
        """`error`, with the exception that is being handled."""
        self._log(logging.ERROR, sentence, attributes, exc_info=True)

    def failed(self, error: BaseException, sentence: str, /, **attributes: Any) -> None:
        """`error`, with the trace of an exception that is not being handled any more."""
        self._log(logging.ERROR, sentence, attributes, exc_info=error)

    def _log(
        self,
        level: int,
        sentence: str,
        attributes: dict[str, Any],
        *,
        exc_info: bool | BaseException = False,
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(
                level, "%s", sentence, exc_info=exc_info, extra={_ATTRIBUTES: attributes}
            )


def get(name: str) -> Log:
    """The log of a module: `get(__name__)`."""
    return Log(name)


def configure(log_format: str = "human", level: str = "info", stream: TextIO | None = None) -> None:
    """Send all records of the process to one stream. Call it once, at the start of a process."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Json() if log_format == "json" else _Human())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for chatty in ("amqp", "kombu", "urllib3", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


_JSON = json.JSONEncoder(default=str)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _instant(record),
            "level": record.levelname.lower(),
            "log": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if correlation_id():
            line["correlation_id"] = correlation_id()
        line.update(_attributes(record))
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return _JSON.encode(line)


class _Human(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        words = [
            time.strftime("%H:%M:%S", time.localtime(record.created)),
            f"{record.levelname.lower():7}",
            escaped(without_secrets(record.getMessage())),
        ]
        attributes = _attributes(record)
        if correlation_id():
            attributes["correlation_id"] = correlation_id()
        words += [f"{name}={escaped(str(value))}" for name, value in attributes.items()]
        lines = [" ".join(words)]
        if record.exc_info:
            trace = without_secrets(self.formatException(record.exc_info))
            lines += [f"    | {escaped(line)}" for line in trace.split("\n")]
        return "\n".join(lines)


def _instant(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def _attributes(record: logging.LogRecord) -> dict[str, Any]:
    """What `Log` was given, and what a library gave the standard way, by `extra`."""
    given = record.__dict__.get(_ATTRIBUTES)
    if given is None:
        given = {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
    return {name: _shown(name, value) for name, value in given.items()}


def _shown(name: str, value: Any) -> Any:
    if _is_secret(name):
        return "[not logged]"
    if isinstance(value, int | float | bool) or value is None:
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown("", item) for item in value]
    return without_secrets(str(value))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def without_secrets(text: str) -> str:
    """The text, with passwords inside URLs, keys, secret paths and e-mail addresses taken out."""
    # Most texts hold none of these: looking for a mark first halves the time of a record.
    if "://" in text:
        text = _URL_PASSWORD.sub(r"\g<head>[not logged]", text)
    if "k_" in text or "h_" in text:
        text = _KEY.sub("[not logged]", text)
    if "/channels/" in text or "/newsletters/" in text:
        text = _SECRET_PATH.sub(r"\g<head>[not logged]", text)
    return _ADDRESS.sub("[address]", text) if "@" in text else text


def escaped(text: str) -> str:
    """The text on one line, whatever is in it."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match.group()):02x}", text)
