"""The dispatch service's settings, taken from the hub's."""

from __future__ import annotations

from dataclasses import dataclass

from seealso_core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSettings:
    """What newsletters need to know."""

    hub_url: str
    hub_name: str
    smtp_url: str
    mail_from: str
    postal_address: str

    @classmethod
    def of(cls, settings: Settings) -> DispatchSettings:
        """The part of the hub's settings that this service reads."""
        return cls(
            hub_url=settings.hub_url,
            hub_name=settings.hub_name,
            smtp_url=settings.smtp_url,
            mail_from=settings.mail_from,
            postal_address=settings.postal_address,
        )
