"""What the feeds service raises. One class per situation."""

from __future__ import annotations

from seealso_sdk.errors import SeealsoError


class FeedsError(SeealsoError):
    """The root of what seealso_feeds raises."""


class BadParameter(FeedsError):
    """A query parameter can't be read.

    Attributes:
        parameter: its name.
    """

    def __init__(self, parameter: str, found: str, remedy: str) -> None:
        super().__init__(f"{parameter}: found {found[:80]!r}. {remedy}")
        self.parameter = parameter


class NotHere(FeedsError):
    """There is no such topic, article, series or channel.

    Attributes:
        what: topic, article, series, channel or output.
        name: as it was asked for.
        near: (label, path) of what may have been meant.
    """

    def __init__(self, what: str, name: str, near: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(f"There is no {what} {name[:200]!r} here.")
        self.what = what
        self.name = name
        self.near = near


class Gone(FeedsError):
    """It was here and has been taken back, for good.

    Attributes:
        what: article or channel.
        title: of what was taken back, empty where it may not be told.
        reason: why, where a reason was given.
        when: RFC 3339.
    """

    def __init__(self, what: str, title: str, reason: str, when: str) -> None:
        super().__init__(f"This {what} has been taken back{f': {reason}' if reason else '.'}")
        self.what = what
        self.title = title
        self.reason = reason
        self.when = when


class Moved(FeedsError):
    """The document has another URL. `permanent`: for good, else only for now."""

    def __init__(self, path: str, *, permanent: bool) -> None:
        super().__init__(f"It is at {path}.")
        self.path = path
        self.permanent = permanent


class NotReady(FeedsError):
    """The document is being made, or its maker failed just now. Ask again in a moment."""


class Refused(FeedsError):
    """What an operator asked for can't be done; the message says why.

    Attributes:
        field: of the request.
    """

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
