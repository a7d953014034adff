"""What the ingest service takes from the hub's settings. Its limits stand in `limits`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seealso_core.settings import Settings
from seealso_sdk.plugin import SourceMeta


def _defaults(meta: SourceMeta) -> dict[str, str]:
    return {option.name: option.default for option in meta.options}


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """`sweep_seconds`: how often embargoes and expiries are looked at."""

    sweep_seconds: float = 1.0
    options_of: Callable[[SourceMeta], dict[str, str]] = _defaults

    @classmethod
    def of(cls, settings: Settings) -> IngestSettings:
        """The ingest service's share."""
        return cls(
            sweep_seconds=settings.sweep_seconds,
            options_of=lambda meta: settings.plugin_options("source", meta.name, meta.options),
        )
