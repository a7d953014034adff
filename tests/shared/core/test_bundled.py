"""What the hub ships comes in by the same door as a stranger's plugin."""

from __future__ import annotations

import time

from seealso_core import registry

OUTPUTS = {"html", "rss", "atom", "jsonfeed", "email", "text"}
SOURCES = {"text", "page", "feed", "json"}


def test_every_bundled_plugin_is_enabled_and_describing_them_is_quick() -> None:
    started = time.monotonic()
    found = registry.load(None)
    seconds = time.monotonic() - started
    failed = {r.name: r.reason for r in found.records if r.status != "enabled"}
    assert failed == {}
    assert set(found.outputs) >= OUTPUTS
    assert set(found.sources) >= SOURCES
    assert seconds < 5, "about half a second on a quiet machine"
