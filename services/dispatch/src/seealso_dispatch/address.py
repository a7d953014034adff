"""E-mail addresses: checked at the door, hashed where only the fact counts. Pure."""

from __future__ import annotations

import hashlib
import hmac

from email_validator import EmailNotValidError, validate_email

from seealso_dispatch.errors import BadAddress


def checked(raw: str) -> str:
    """The normalised address.

    Raises:
        BadAddress: with the reason in words. Nothing is looked up: the mail itself is the proof.
    """
    try:
        found = validate_email(raw.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from error
    return found.normalized


def suppression_hash(secret: bytes, email: str) -> str:
    """A keyed hash (HMAC-SHA-256, hex): it recognises an address that nobody can read back."""
    return hmac.new(secret, email.casefold().encode(), hashlib.sha256).hexdigest()
