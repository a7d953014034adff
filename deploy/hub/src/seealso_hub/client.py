"""Talks to a running hub over its API.

The one-machine hub's URL and key are found in its data folder; SEEALSO_HUB_URL and SEEALSO_KEY (or
``--hub``) name a hub elsewhere. Whatever goes wrong becomes one sentence.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from seealso_core.settings import Settings

from seealso_hub import place
from seealso_hub.errors import HubRefused, HubUnreachable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
_BUSY = (429, 502, 503, 504)
_REMEDIES = {  # by the code of the problem: what to do next with this command
    "article-unknown": "See `seealso articles list`, with --search for a part of the title.",
    "topic-unknown": "See `seealso topics list`, with --search for a part of the name.",
    "partner-unknown": "See `seealso partners list`, or add it with `seealso partners add`.",
    "channel-unknown": "See `seealso channels list`.",
    "rejected-unknown": "See `seealso rejected list`.",
    "source-unknown": "See `seealso sources list`, or add it with `seealso sources add`.",
    "source-exists": "Change it with `seealso sources change`, or give another name.",
    "plugin-invalid": "See `seealso sources plugins`.",
    "option-unknown": "See `seealso sources plugins`.",
    "finding-unknown": "See `seealso findings list`.",
    "key-unknown": "See `seealso key list`.",
    "reader-unknown": "See `seealso newsletters subscribers TOPIC`.",
}

Json = Any  # what an answer holds; each command takes from it what it shows


class HubClient:
    """Requests to one hub. `patience`: seconds to go on trying while it restarts or is busy."""

    def __init__(self, settings: Settings, hub_url: str | None = None) -> None:
        self._settings = settings
        self._given_url = hub_url.rstrip("/") if hub_url else None
        self._session = requests.Session()

    @property
    def url(self) -> str:
        """Where the hub answers: as told, else the hub of the data folder, else the settings."""
        if self._given_url:
            return self._given_url
        here = place.running(self._settings.data)
        return here.url if here else self._settings.hub_url

    def get(self, path: str, **params: str | int | None) -> Json:
        """GET; the JSON of the answer."""
        return self.ask("GET", path, params=params)

    def download(self, path: str) -> bytes:
        """GET; the bytes of the answer as they are.

        Raises:
            HubUnreachable: no hub answers.
            HubRefused: it answered with a problem.
        """
        response = self._send("GET", path, {}, None, "")
        if not response.ok:
            raise _problem(response)
        return response.content

    def post(self, path: str, body: Json = None, **params: str | int | None) -> Json:
        """POST a JSON body; the JSON of the answer."""
        return self.ask("POST", path, params=params, data=_encoded(body), media_type=_JSON)

    def patch(self, path: str, body: Json) -> Json:
        """PATCH with a JSON body; the JSON of the answer."""
        return self.ask("PATCH", path, data=_encoded(body), media_type=_JSON)

    def delete(self, path: str, body: Json = None, **params: str | int | None) -> Json:
        """DELETE; the JSON of the answer, None where there is none."""
        return self.ask("DELETE", path, params=params, data=_encoded(body), media_type=_JSON)

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | None] | None = None,
        data: bytes | None = None,
        media_type: str = "",
        patience: float = 0.0,
        waiting: Callable[[str], None] | None = None,
    ) -> Json:
        """One request, repeated while the hub is away or busy and patience lasts.

        Args:
            path: under the hub's URL, already quoted.
            patience: seconds.
            waiting: is told why, each time that it waits.

        Raises:
            HubUnreachable: no hub answers.
            HubRefused: it answered with a problem.
        """
        deadline = time.monotonic() + patience
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                response = self._send(method, path, params, data, media_type)
            except HubUnreachable as error:
                if time.monotonic() + pause > deadline:
                    raise
                reason, wait = str(error), pause
            else:
                if response.status_code not in _BUSY or time.monotonic() + pause > deadline:
                    return _read(response)
                reason = f"The hub is busy (HTTP {response.status_code})."
                wait = max(pause, _retry_after(response))
            if waiting:
                waiting(reason)
            time.sleep(min(wait, max(0.0, deadline - time.monotonic())))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS) * random.uniform(0.8, 1.2)  # noqa: S311  # jitter

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int | None] | None,
        data: bytes | None,
        media_type: str,
    ) -> requests.Response:
        url = self.url
        # A hub on this machine is asked directly, whatever proxy the environment names.
        self._session.trust_env = urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1")
        headers = {"Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = media_type
        if key := self._key():
            headers["Authorization"] = f"Bearer {key}"
        try:
            return self._session.request(
                method,
                url + path,
                params={k: v for k, v in (params or {}).items() if v is not None},
                data=data,
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise HubUnreachable(_unreachable(url, self._settings.data)) from error

    def _key(self) -> str | None:
        return self._settings.key or place.read_key(self._settings.data)


_JSON = "application/json"


def segment(value: str) -> str:
    """A value as one piece of a path."""
    return quote(value, safe="")


def _encoded(body: Json) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode()


def _unreachable(url: str, data: Path) -> str:
    return (
        f"No hub answers at {url} (data folder {data}):"
        " start one with `seealso up`, or name another with --hub URL or --data DIR."
    )


def _retry_after(response: requests.Response) -> float:
    try:
        return float(response.headers.get("Retry-After", "0"))
    except ValueError:
        return 0.0  # an HTTP date: our own pause will do


def _read(response: requests.Response) -> Json:
    if response.ok and response.status_code < 300:
        if not response.content:
            return None
        try:
            return response.json()
        except requests.JSONDecodeError as error:
            raise HubUnreachable(
                f"{response.url} answers, but not like a Seealso hub: check --hub and the port."
            ) from error
    raise _problem(response)


def _problem(response: requests.Response) -> HubRefused:
    """The problem document in words; a plain sentence where the answer has none."""
    try:
        document = response.json()
    except requests.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        document = {}
    status = response.status_code
    detail = str(document.get("detail") or document.get("title") or f"The hub answers {status}.")
    code = str(document.get("code", ""))
    if status == 401:
        detail += " `seealso key` prints the key of a hub on this machine; SEEALSO_KEY gives it."
    elif code in _REMEDIES:
        detail = f"{detail} {_REMEDIES[code]}"
    raw = document.get("errors")
    errors = [_sentence(item) for item in raw] if isinstance(raw, list) else []
    return HubRefused(status, code, detail, errors)


def _sentence(item: Json) -> str:
    if isinstance(item, dict):
        return str(item.get("detail") or item.get("message") or item)
    return str(item)
