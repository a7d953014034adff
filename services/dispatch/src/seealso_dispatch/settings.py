"""The dispatch service's settings, taken from the hub's."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from seealso_core.settings import Settings

from seealso_dispatch.errors import DispatchError


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchSettings:
    """What newsletters need to know. An empty `smtp_url`: mail waits until there is a relay."""

    hub_url: str
    hub_name: str
    smtp_url: str
    mail_from: str
    postal_address: str

    @classmethod
    def of(cls, settings: Settings) -> DispatchSettings:
        """The part of the hub's settings that this service reads.

        Raises:
            DispatchError: SEEALSO_MAIL_FROM is not one address.
        """
        sender = settings.mail_from or formataddr(
            (settings.hub_name, f"newsletters@{mail_domain(settings.hub_url)}")
        )
        if "@" not in parseaddr(sender)[1]:
            raise DispatchError(
                f"SEEALSO_MAIL_FROM is {sender!r}: give one address, Name <news@example.org>"
            )
        return cls(
            hub_url=settings.hub_url,
            hub_name=settings.hub_name,
            smtp_url=settings.smtp_url,
            mail_from=sender,
            postal_address=settings.postal_address,
        )


def mail_domain(hub_url: str) -> str:
    """The right side of Message-IDs, list ids and the default sender."""
    name = urlsplit(hub_url).hostname or "localhost"
    return "localhost" if name.replace(".", "").isdigit() or ":" in name else name
