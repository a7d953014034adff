"""What the ingest service takes from the hub's settings. Its limits stand in `limits`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from seealso_core.settings import Settings
from seealso_sdk.plugin import SourceMeta
from seealso_store.rejected import Bounds


def _defaults(meta: SourceMeta) -> dict[str, str]:
    return {option.name: option.default for option in meta.options}


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """`sweep_seconds`: how often embargoes and expiries are looked at. `rejected`: how much of what
    could not go in is kept. `poll_seconds`: no source is looked at more often.
    `watch_folders`: below which folders may be watched."""

    sweep_seconds: float = 1.0
    hub_url: str = ""  # whatever stands there is the hub's own output
    rejected: Bounds = field(default_factory=Bounds)
    poll_seconds: float = 300.0
    allow_private_fetch: bool = False
    watch_folders: tuple[Path, ...] = ()
    options_of: Callable[[SourceMeta], dict[str, str]] = _defaults

    @classmethod
    def of(cls, settings: Settings) -> IngestSettings:
        """The ingest service's share."""
        return cls(
            sweep_seconds=settings.sweep_seconds,
            hub_url=settings.hub_url,
            poll_seconds=settings.poll_seconds,
            allow_private_fetch=settings.allow_private_fetch,
            watch_folders=tuple(Path(folder) for folder in settings.watch_folders),
            rejected=Bounds(
                rows=settings.rejected_rows,
                bytes=settings.rejected_mb * 2**20,
                days=settings.rejected_days,
                largest=settings.rejected_piece_kb * 2**10,
            ),
            options_of=lambda meta: settings.plugin_options("source", meta.name, meta.options),
        )
