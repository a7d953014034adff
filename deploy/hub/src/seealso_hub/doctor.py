"""Looks at everything a hub stands on, and says what to do about what is off.

    environment ──> settings ──> data folder, disk ──> database, clock ──> broker ──> SMTP ──┐
                    └ unusable ones are told, the others                  plugins <── hub <──┘
                      looked at without them

A check looks and changes nothing. One that fails doesn't keep the others from being made. The
checks themselves are in `seealso_hub.checks`, a module a subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from seealso_core.settings import Settings

from seealso_hub.checks import engines, house, mail
from seealso_hub.checks import settings as given
from seealso_hub.checks.finding import Finding, contained

Look = Callable[[Settings], Iterator[Finding]]

CHECKS: tuple[tuple[str, Look], ...] = (
    ("Settings", given.contradictions),
    ("Python", house.python),
    ("Data folder", house.data_folder),
    ("Disk", house.disk),
    ("Database", engines.database),
    ("Workers", engines.workers),
    ("Rejected input", engines.rejected_input),
    ("Clock", engines.clock),
    ("Broker", engines.broker),
    ("SMTP", mail.look),
    ("Hub and port", house.hub),
    ("Plugins", house.plugins),
)


def examine(environ: Mapping[str, str]) -> tuple[Settings | None, Iterator[Finding]]:
    """Every check in turn, made as it is asked for.

    Returns:
        The settings as far as they can be used, and the findings; None where they can't be read.
    """
    settings, refused = given.read(environ)
    return settings, _findings(settings, refused)


def _findings(settings: Settings | None, refused: list[Finding]) -> Iterator[Finding]:
    yield from refused
    if settings is None:
        return
    for name, look in CHECKS:
        yield from contained(name, partial(look, settings))
