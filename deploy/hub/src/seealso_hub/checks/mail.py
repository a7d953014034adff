"""The SMTP relay: connect, EHLO, STARTTLS, log in, name a sender. Nothing is sent."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from seealso_core.settings import Settings
from seealso_dispatch.errors import DispatchError, RelayError
from seealso_dispatch.message import envelope_sender
from seealso_dispatch.relay import Relay, RelayUrl, parse_url

from seealso_hub.checks.finding import PATIENCE_SECONDS, Finding
from seealso_hub.checks.settings import is_local

NAME = "SMTP"


def look(settings: Settings) -> Iterator[Finding]:
    """Whether the relay would take a message."""
    if not settings.smtp_url:
        yield Finding(NAME, "note", "not set", "Newsletters wait until SEEALSO_SMTP_URL is set.")
        return
    try:
        url = parse_url(settings.smtp_url)
    except DispatchError as error:
        yield Finding(NAME, "fail", str(error), "Mend SEEALSO_SMTP_URL.")
        return
    place = f"{url.host}:{url.port}"
    try:
        with Relay(url, timeout=PATIENCE_SECONDS) as relay:
            relay.greet(envelope_sender(settings.mail_from))
    except RelayError as error:
        yield Finding(NAME, "fail", f"{place}: {_said(error)}", _remedy(error))
        return
    if _is_in_clear(settings, url):
        remedy = "Use smtps://, or add ?starttls=1 to SEEALSO_SMTP_URL."
        yield Finding(NAME, "note", f"{place} answers; the password goes there in clear", remedy)
        return
    yield Finding(NAME, "ok", f"{place} answers and takes {settings.mail_from or 'a sender'}")


def _said(error: RelayError) -> str:
    return " ".join(str(error.__cause__ or error).split())


def _is_in_clear(settings: Settings, url: RelayUrl) -> bool:
    host = urlsplit(settings.smtp_url).hostname or ""
    return bool(url.user) and not (url.implicit_tls or url.starttls or is_local(host))


def _remedy(error: RelayError) -> str:
    """What to do about it, by how the dialogue ended."""
    cause = error.__cause__
    if isinstance(cause, smtplib.SMTPAuthenticationError):
        return "Mend user and password in SEEALSO_SMTP_URL: smtp://user:password@host:port."
    if str(error).startswith("530"):
        return "It wants a login: put user:password@ before the host in SEEALSO_SMTP_URL."
    if isinstance(cause, smtplib.SMTPNotSupportedError):
        return (
            "It does not offer what SEEALSO_SMTP_URL asks for: leave ?starttls=1 or the user out."
        )
    if isinstance(cause, ssl.SSLError):
        return (
            "Its certificate or TLS can't be used: give the name in the certificate, or its port."
        )
    if isinstance(cause, socket.gaierror):
        return "Nobody knows this host: correct its name in SEEALSO_SMTP_URL."
    if isinstance(cause, ConnectionRefusedError):
        return "Nothing listens there: start the relay, or correct the port in SEEALSO_SMTP_URL."
    if isinstance(cause, TimeoutError):
        return "Nothing answers there: a firewall? Port 587 with ?starttls=1 is often open."
    if error.permanent:
        return "It does not take this sender: correct SEEALSO_MAIL_FROM, or allow it there."
    return "Mend SEEALSO_SMTP_URL, or the relay."
