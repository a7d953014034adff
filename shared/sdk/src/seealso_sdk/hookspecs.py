"""Every hook there is. A plugin module implements one or both; entry-point group ``seealso``."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from seealso_sdk.plugin import Output, Source

hookspec = pluggy.HookspecMarker("seealso")
hookimpl = pluggy.HookimplMarker("seealso")


@hookspec
def register_outputs() -> Sequence[Output]:  # type: ignore[empty-body]  # a hookspec has no body
    """Return the outputs that this plugin adds."""


@hookspec
def register_sources() -> Sequence[Source]:  # type: ignore[empty-body]  # a hookspec has no body
    """Return the sources that this plugin adds."""
