"""The SDK's exception tree.

A plugin tells the host what to do next with a verb: `Retry` or `Reject`. Anything else that a
plugin raises is a bug in the plugin: the host contains it, retries with back-off, then lists it.
"""

from __future__ import annotations


class SeealsoError(Exception):
    """The root of every exception that the project raises on purpose.

    Attributes:
        temporary: waiting and trying again is the remedy.
    """

    temporary = False


class ModelError(SeealsoError, ValueError):
    """A value does not fit the model.

    Attributes:
        field: dotted name of the field, for example ``see_also[3].url``.
        remedy: what to do about it, one sentence.
    """

    def __init__(self, field: str, found: str, remedy: str) -> None:
        super().__init__(f"{field}: {found}. {remedy}")
        self.field = field
        self.found = found
        self.remedy = remedy


class PluginSignal(SeealsoError):
    """Base of what a plugin raises to tell the host what to do."""


class Retry(PluginSignal):
    """Ask the host to try this article again.

    Attributes:
        after: seconds to wait, at least. The host may wait longer.
        reason: for the operator's list.
    """

    def __init__(self, after: float, reason: str = "") -> None:
        super().__init__(reason or f"try again in {after:g} s")
        self.after = after
        self.reason = reason


class Reject(PluginSignal):
    """This article can't be rendered (or read) by this plugin, now or later: no retry."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
