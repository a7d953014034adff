"""What a hub's messages mean, and when it is asked: the rules of a WebSub subscriber.

    GET callback?hub.mode=...   --read--> Intent (subscribe, unsubscribe, denied)
    X-Hub-Signature: method=hex --is_signed--> is this body from the hub that has the secret?
    lease, failures             --renewal, patience--> when the hub is asked (again)

Pure. Sections are those of WebSub (W3C Recommendation, 23 January 2018).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from seealso_store.clock import SECOND

from seealso_ingest.guard import is_public

Mode = Literal["subscribe", "unsubscribe", "denied"]

LEASE_WANTED = 10 * 24 * 3600  # seconds: what is asked for
LEASE_UNSAID = 24 * 3600  # seconds: where the hub leaves out what it has to say
LEASE_SHORTEST = 60
LEASE_LONGEST = 90 * 24 * 3600
DENIED_SECONDS = 7 * 24 * 3600  # until a hub that denied is asked again
CHALLENGE_MAX = 2000  # characters
REASON_MAX = 300
_PATIENCE = (300, 3600, 6 * 3600, 24 * 3600)  # seconds until the next question, and each one after
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})  # section 7.1: those that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a hub says or asks at a callback. `lease`: seconds."""

    mode: Mode
    topic: str
    challenge: str = ""
    lease: int = LEASE_UNSAID
    reason: str = ""


def read(query: Mapping[str, str]) -> Intent | None:
    """The intent of a query (sections 5.2, 5.3); None where it is none that can be answered."""
    mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
    challenge = query.get("hub.challenge", "")
    if not topic or len(challenge) > CHALLENGE_MAX:
        return None
    if mode == "denied":
        reason = " ".join(query.get("hub.reason", "").split())
        return Intent(mode="denied", topic=topic, reason=reason[:REASON_MAX])
    if not challenge:
        return None
    if mode == "subscribe":
        lease = _lease(query.get("hub.lease_seconds", ""))
        return Intent(mode="subscribe", topic=topic, challenge=challenge, lease=lease)
    if mode == "unsubscribe":
        return Intent(mode="unsubscribe", topic=topic, challenge=challenge)
    return None


def _lease(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return LEASE_UNSAID
    return min(max(int(text), LEASE_SHORTEST), LEASE_LONGEST)


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether an ``X-Hub-Signature`` is that of the body (section 7.1), in constant time."""
    method, _, given = header.strip().partition("=")
    if method not in _METHODS or not given.isascii():
        return False
    made = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    return hmac.compare_digest(made, given.lower())


def renewal(now: int, lease: int) -> tuple[int, int]:
    """(until when it holds, when it is renewed): at two thirds, so that a hub may be away a while.

    `now` and the result are microseconds, `lease` is seconds.
    """
    return now + lease * SECOND, now + lease * SECOND * 2 // 3


def patience(failures: int) -> int:
    """Microseconds until a hub that has been asked so often in vain is asked again."""
    return _PATIENCE[min(failures, len(_PATIENCE) - 1)] * SECOND


def can_be_reached(hub_url: str, *, allow_private: bool = False) -> bool:
    """Whether other hubs can reach ours: its address is a public one, as far as one sees."""
    host = urlsplit(hub_url).hostname or ""
    if allow_private:
        return bool(host)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.rstrip(".") and not host.endswith((".local", ".internal", ".localhost"))
    return is_public(host)
