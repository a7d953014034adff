"""What the shared machinery raises. One class per situation; the cause is always chained."""

from __future__ import annotations

from typing import Literal

from seealso_sdk.errors import SeealsoError

FailureKind = Literal["raised", "deadline", "crashed", "memory", "output-too-large", "nonsense"]


class CoreError(SeealsoError):
    """The root of what seealso_core raises."""


class SettingsError(CoreError):
    """A setting is unknown, unreadable or out of range: the message names it and the remedy.

    Attributes:
        name: of the setting, as the operator writes it (``SEEALSO_PORT``).
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


class CannotListen(CoreError):
    """An address can't be listened on: the message says why, and what to do."""

    def __init__(self, host: str, port: int, reason: OSError) -> None:
        super().__init__(
            f"Can't listen on {host}:{port} ({reason.strerror}): stop what uses the port, or choose"
            " another (SEEALSO_PORT; 0 takes a free one)."
        )


class MessageError(CoreError, ValueError):
    """A queue message is not one of ours: too large, not JSON, or not of the schema."""


class PluginMissing(CoreError, LookupError):
    """No enabled plugin has this name; the message says why, where that is known."""


class PluginFailed(CoreError):
    """A plugin had its chance and broke it. Contained: only this one call is affected.

    Attributes:
        kind: ``raised`` an exception, passed its ``deadline``, ``crashed`` its process, ran out of
            ``memory``, made an ``output-too-large``, or returned ``nonsense``.
        detail: for the operator's list, one line.
    """

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind: FailureKind = kind
        self.detail = detail
