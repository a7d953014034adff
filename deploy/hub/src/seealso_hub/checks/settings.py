"""The settings: names that nobody knows, values that can't be used, and those that fight. Pure.

environment ──read──> settings as far as they go, a finding for each that can't be used
settings ──contradictions──> findings
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from seealso_core import topology
from seealso_core.errors import SettingsError
from seealso_core.settings import CONFIG, Settings, load

from seealso_hub.checks.finding import Finding

NAME = "Settings"
MOST = 50  # bad settings that are told at once
SHORT_KEY = 20  # characters
_WELL_KNOWN = frozenset(
    ("secret", "password", "passwd", "changeme", "change-me", "example", "postgres", "guest",
     "admin", "test", "seealso", "1234", "123456")
)  # fmt: skip


def read(environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """The settings without those that can't be used, and a finding for each of these.

    None: not even that can be read, since the settings file is broken.
    """
    given = dict(environ)
    found: list[Finding] = []
    for _ in range(MOST):
        try:
            return load(given), found
        except SettingsError as error:
            found.append(_refused(error))
            if error.name in given:
                del given[error.name]
            elif given.pop(CONFIG, None) is None:
                break
    return None, found


def _refused(error: SettingsError) -> Finding:
    remedy = "Mend it: the hub does not start with it. `seealso doctor --settings` lists them all."
    if "no such setting" in str(error):
        remedy = "Correct its name, or take it out: the hub does not start with it."
    return Finding(NAME, "fail", str(error), remedy)


def contradictions(settings: Settings) -> Iterator[Finding]:
    """What can be read, and still can't be meant."""
    yield from _address(settings)
    yield from _secrets(settings)
    yield from _mail(settings)
    if not topology.is_memory(settings.broker_url) and _is_sqlite(settings):
        yield Finding(
            NAME,
            "note",
            "SEEALSO_BROKER_URL names a broker, SEEALSO_DATABASE_URL a file",
            "Several machines can't share a file: set postgresql://, or leave the broker out.",
        )
    if settings.sweep_seconds > settings.lease_seconds:
        yield Finding(
            NAME,
            "note",
            f"SEEALSO_SWEEP_SECONDS ({settings.sweep_seconds:g}) is more than"
            f" SEEALSO_LEASE_SECONDS ({settings.lease_seconds})",
            "Give a sweep of a few seconds: lost work is only found by sweeping.",
        )


def is_production(settings: Settings) -> bool:
    """Whether somebody beside this machine is meant to reach the hub."""
    return not is_local(settings.host) or not (
        _is_sqlite(settings) or topology.is_memory(settings.broker_url)
    )


def is_local(host: str) -> bool:
    """Whether a host's name is this machine's, for this machine only."""
    if host.lower() in ("localhost", "localhost.localdomain"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_sqlite(settings: Settings) -> bool:
    return settings.database_url.startswith("sqlite")


def _address(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.hub_url)
    if is_production(settings) and is_local(parts.hostname or ""):
        yield Finding(
            NAME,
            "fail",
            f"SEEALSO_HUB_URL is {settings.hub_url}: every link in feeds and mails leads to the"
            " reader's own machine",
            "Set SEEALSO_HUB_URL to the public address, https://…, before articles go in.",
        )
    if parts.scheme == "https" and not settings.proxies:
        yield Finding(
            NAME,
            "note",
            "SEEALSO_HUB_URL is https, and no proxy is believed",
            "Behind nginx set SEEALSO_PROXIES=1: the hub itself speaks plain HTTP.",
        )


def _secrets(settings: Settings) -> Iterator[Finding]:
    for name, url in (
        ("SEEALSO_DATABASE_URL", settings.database_url),
        ("SEEALSO_BROKER_URL", settings.broker_url),
    ):
        parts = urlsplit(url)
        password = unquote(parts.password or "")
        if password and (password.lower() in _WELL_KNOWN or password == parts.username):
            local = is_local(parts.hostname or "")
            yield Finding(
                NAME,
                "note" if local else "fail",
                f"the password in {name} is one that everybody tries first",
                "Give the server's user a random one, and put it into the URL.",
            )
    if settings.key and (len(settings.key) < SHORT_KEY or settings.key.lower() in _WELL_KNOWN):
        yield Finding(
            NAME,
            "fail",
            f"SEEALSO_KEY has {len(settings.key)} characters: it can be guessed",
            "Make one with `seealso key create LABEL`, or let the hub make its own.",
        )


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_url:
        return
    missing = [
        name
        for name, value in (
            ("SEEALSO_MAIL_FROM", settings.mail_from),
            ("SEEALSO_POSTAL_ADDRESS", settings.postal_address),
        )
        if not value
    ]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        yield Finding(
            NAME,
            "fail",
            f"SEEALSO_SMTP_URL is set, and {' and '.join(missing)} {verb} not",
            f"Set {' and '.join(missing)}: newsletters need a sender and a postal address.",
        )
