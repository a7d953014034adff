"""What the render service takes from the hub's settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seealso_core.settings import Settings
from seealso_sdk.plugin import OutputMeta


def _defaults(meta: OutputMeta) -> dict[str, str]:
    return {option.name: option.default for option in meta.options}


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettings:
    """`lease_seconds` is at least three times the deadline of a plugin call (core sees to it)."""

    hub_url: str = "http://127.0.0.1:8080"
    hub_name: str = "Seealso"
    lease_seconds: float = 60
    batch: int = 64
    sweep_seconds: float = 1.0
    options_of: Callable[[OutputMeta], dict[str, str]] = _defaults

    @classmethod
    def of(cls, settings: Settings) -> RenderSettings:
        """The render service's share."""
        return cls(
            hub_url=settings.hub_url,
            hub_name=settings.hub_name,
            lease_seconds=settings.lease_seconds,
            batch=settings.batch,
            sweep_seconds=settings.sweep_seconds,
            options_of=lambda meta: settings.plugin_options("output", meta.name, meta.options),
        )
