"""Somebody with a browser and a mailbox: fills in forms, opens links of mails, presses buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html

from tests.line.press import until
from tests.services.dispatch.sink import Sink

MAIL_SECONDS = 20


class Reader:
    """One address of the sink's, and a browser without cookies.

    Args:
        address: where mail for this reader goes.
        origin: the hub's public address, as it stands in links.
        route: the address that really serves a path; several where services run apart.
    """

    def __init__(
        self, address: str, sink: Sink, origin: str, route: Callable[[str], str] | None = None
    ) -> None:
        self.address = address
        self._sink = sink
        self._origin = origin
        self._route = route or (lambda path: origin)
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def sign_up(self, page: str) -> None:
        """By the form that stands on a page."""
        (form,) = self.get(page).xpath("//form[contains(@action, '/newsletters/')]")
        form.fields["email"] = self.address
        answer = self.post(form.action, dict(form.form_values()))
        assert answer.status_code == 202, answer.text

    def confirm(self) -> None:
        """Wait for the mail with the link, open it, and press the button that it shows."""
        (mail,) = self.mails(1)
        link = link_in(mail, "confirm")
        (form,) = self.get(link).xpath("//form")
        answer = self.post(form.action or link, dict(form.form_values()))
        assert answer.status_code == 200, answer.text

    def mails(self, count: int) -> list[EmailMessage]:
        """What came so far, oldest first, once there are so many."""
        until(lambda: len(self._envelopes()) >= count, MAIL_SECONDS)
        parsed = [message_from_bytes(raw, policy=policy.default) for raw in self._envelopes()]
        return [one for one in parsed if isinstance(one, EmailMessage)]

    def _envelopes(self) -> list[bytes]:
        mine = [one for one in self._sink.messages if self.address in one.rcpt_tos]
        return [one.content for one in mine if isinstance(one.content, bytes)]

    def get(self, link: str) -> html.HtmlElement:
        """A page, which must be there."""
        answer = self._session.get(self._address(link), timeout=30)
        assert answer.status_code == 200, answer.text
        return html.document_fromstring(answer.content)

    def post(self, link: str, fields: dict[str, str]) -> requests.Response:
        """A form."""
        return self._session.post(self._address(link), data=fields, timeout=30)

    def _address(self, link: str) -> str:
        whole = urljoin(self._origin + "/", link)
        assert whole.startswith(self._origin + "/"), link
        path = urlsplit(whole).path
        return self._route(path) + path


def link_in(mail: EmailMessage, what: str) -> str:
    """The link `…/newsletters/<what>/…` of a mail's text part."""
    text = mail.get_body(("plain",))
    assert text is not None
    found = re.search(rf"https?://\S+/newsletters/{what}/\S+", text.get_content())
    assert found, text.get_content()
    return found[0]


def plain(mail: EmailMessage) -> str:
    """What the text part says."""
    text = mail.get_body(("plain",))
    assert text is not None
    said: str = text.get_content()
    return said
