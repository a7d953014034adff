"""The ingest service's exception tree."""

from __future__ import annotations

from seealso_sdk.errors import SeealsoError


class IngestError(SeealsoError):
    """The root of what the ingest service raises."""


class Refused(IngestError):
    """One article can't be taken as it is. The others of its batch are not touched by it.

    Attributes:
        code: stable, for programs: ``title-missing``.
        field: of the article, where one is to blame.
        remedy: what to do about it, one sentence.
    """

    def __init__(self, code: str, found: str, remedy: str, field: str | None = None) -> None:
        super().__init__(f"{found}. {remedy}" if remedy else f"{found}.")
        self.code = code
        self.found = found
        self.remedy = remedy
        self.field = field


class InputRefused(Refused):
    """Nothing of an input can be read: no source takes it, or it is not what it says it is."""


class ArticleUnknown(IngestError):
    """There is no article of this id."""


class KeyUnknown(IngestError):
    """There is no key of this id."""


class KeyInUse(IngestError):
    """The key that asks can't be shut out by itself."""


class NotWithdrawn(IngestError):
    """Only what was withdrawn can be reinstated."""


class RejectedUnknown(IngestError):
    """No rejected piece of this id is kept."""


class NotKept(IngestError):
    """Of a rejected piece only the reason is kept: it was too large."""


class SourceUnknown(IngestError):
    """No source of this name is watched."""


class SourceExists(IngestError):
    """A source of this name is watched already."""


class SourceInvalid(IngestError):
    """A source can't be watched as it is described.

    Attributes:
        code: stable, for programs: ``location-invalid``.
        field: of the description, where one is to blame.
    """

    def __init__(self, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.field = field
