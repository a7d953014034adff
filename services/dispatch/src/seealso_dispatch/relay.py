"""One kept SMTP connection (RFC 5321). The only place that speaks SMTP.

``smtp://user:password@host:25``, ``smtps://…:465``; ``?starttls=1`` demands STARTTLS.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from seealso_dispatch.errors import DispatchError, RelayError, RelayUncertain

TIMEOUT = 30  # seconds, for each step of the dialogue


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """Where the relay is. The password never shows in a repr."""

    host: str
    port: int
    implicit_tls: bool
    starttls: bool
    user: str | None
    _password: str | None

    def __repr__(self) -> str:
        return f"RelayUrl({self.host}:{self.port})"

    @property
    def password(self) -> str | None:
        """For AUTH."""
        return self._password


def parse_url(url: str) -> RelayUrl:
    """Read SEEALSO_SMTP_URL.

    Raises:
        DispatchError: it is not an SMTP URL; the message names the setting.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise DispatchError(
            "SEEALSO_SMTP_URL: give smtp://host:port or smtps://host:port, "
            "with user:password@ where the relay wants them"
        )
    implicit = parts.scheme == "smtps"
    wanted = parse_qs(parts.query).get("starttls", ["0"])[0]
    return RelayUrl(
        host=parts.hostname,
        port=parts.port or (465 if implicit else 25),
        implicit_tls=implicit,
        starttls=wanted in ("1", "true", "yes"),
        user=unquote(parts.username) if parts.username else None,
        _password=unquote(parts.password) if parts.password else None,
    )


class Relay:
    """Sends messages over one connection, opened when first needed and again after a loss.

    Args:
        timeout: seconds, for each step of the dialogue.
    """

    def __init__(self, url: RelayUrl, *, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._timeout = timeout
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Hand one message over; it returns when the relay has taken it.

        Raises:
            RelayError: not taken; `permanent` for a 5xx answer about this recipient or message.
            RelayUncertain: lost after the message's end: it may have been taken.
        """
        smtp = self._open()
        try:
            self._expect(smtp.mail(sender), (250,))
            self._expect(smtp.rcpt(recipient), (250, 251))
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise RelayError(f"the relay hung up: {error}", permanent=False) from error
        try:
            answer = smtp.data(message)
        except smtplib.SMTPDataError as error:
            self._reset()
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise RelayUncertain(f"lost after the message was sent: {error}") from error
        self._expect(answer, (250,))

    def greet(self, sender: str) -> None:
        """Connect, log in and name a sender; nothing is sent. An empty one is the null sender.

        Raises:
            RelayError: as for `send`; the cause says more where the relay could not be used.
        """
        smtp = self._open()
        try:
            answer = smtp.mail(sender)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise RelayError(f"the relay hung up: {error}", permanent=False) from error
        self._expect(answer, (250,))
        self._reset()

    def open(self) -> None:
        """Have a connection.

        Raises:
            RelayError: there is none to be had.
        """
        self._open()

    def hang_up(self) -> None:
        """Break the connection, from any thread: whoever waits for an answer gets an error."""
        smtp = self._smtp
        sock = smtp.sock if smtp is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        try:
            self._smtp = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            at = f"{self._url.host}:{self._url.port}"
            raise RelayError(f"can't use the relay {at}: {error}", permanent=False) from error
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        url = self._url
        context = ssl.create_default_context()
        if url.implicit_tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                url.host, url.port, timeout=self._timeout, context=context
            )
        else:
            smtp = smtplib.SMTP(url.host, url.port, timeout=self._timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            if url.starttls:
                smtp.starttls(context=context)
                smtp.ehlo()
            if url.user is not None:
                smtp.login(url.user, url.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _expect(self, answer: tuple[int, bytes], good: tuple[int, ...]) -> None:
        code, text = answer
        if code not in good:
            self._reset()
            raise _refused(code, text)

    def _reset(self) -> None:
        if self._smtp is None:
            return
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def _refused(code: int, text: bytes | str) -> RelayError:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return RelayError(f"{code} {said[:300]}", permanent=500 <= code < 600)
