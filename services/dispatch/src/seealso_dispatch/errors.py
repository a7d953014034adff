"""The dispatch service's exception tree."""

from __future__ import annotations

from seealso_sdk.errors import SeealsoError


class DispatchError(SeealsoError):
    """The root of what this service raises."""


class UnknownTopic(DispatchError):
    """There is no topic of this name, so there is no newsletter of it.

    Attributes:
        near: slugs of topics that may have been meant.
    """

    def __init__(self, name: str, near: tuple[str, ...] = ()) -> None:
        meant = f" Did you mean {' or '.join(near[:3])}?" if near else ""
        super().__init__(f"There is no topic {name[:200]!r} here.{meant}")
        self.near = near


class BadAddress(DispatchError):
    """This is no e-mail address that mail can be sent to."""


class BadToken(DispatchError):
    """The link was not made by this hub, or was changed on its way."""


class TooMany(DispatchError):
    """Too many requests for this address: the answer to the reader stays the same."""


class RelayError(DispatchError):
    """The SMTP relay did not take the message. `permanent`: trying again won't help."""

    def __init__(self, detail: str, *, permanent: bool) -> None:
        super().__init__(detail)
        self.permanent = permanent


class RelayUncertain(DispatchError):
    """The connection was lost between the end of the message and the relay's answer."""
