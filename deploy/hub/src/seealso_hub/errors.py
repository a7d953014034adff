"""What the command says when it can't do as asked: one sentence, with what and the remedy."""

from __future__ import annotations

from collections.abc import Sequence

from seealso_sdk.errors import SeealsoError


class HubError(SeealsoError):
    """The root of what the command raises."""


class HubUnreachable(HubError):
    """No hub answers: not started, restarting, or somewhere else."""


class HubRefused(HubError):
    """The hub answered with a problem document (RFC 9457).

    Attributes:
        status: the HTTP status.
        code: the stable code of the problem.
        errors: one sentence each, where there are several.
    """

    def __init__(self, status: int, code: str, detail: str, errors: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.errors = tuple(errors)


class CannotStart(HubError):
    """The hub can't start here and now; the message says what to do about it."""
