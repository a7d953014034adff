"""The SDK's conformance kit over every plugin that is installed: ours are held to what we ask."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from seealso_sdk import Output, Source
from seealso_sdk.testing import OutputConformance, SourceConformance

OUTPUTS = ("atom", "email", "html", "jsonfeed", "rss", "text")
SOURCES = ("feed", "folder", "json", "ninjs", "nitf", "page", "sitemap", "text", "wxr")


def _registered(hook: str) -> list[Output | Source]:
    modules = [point.load() for point in sorted(entry_points(group="seealso"))]
    return [made for module in modules if hasattr(module, hook) for made in getattr(module, hook)()]


_OUTPUTS = {output.meta.name: output for output in _registered("register_outputs")}
_SOURCES = {source.meta.name: source for source in _registered("register_sources")}


def test_every_bundled_plugin_is_registered() -> None:
    assert set(OUTPUTS) <= set(_OUTPUTS)
    assert set(SOURCES) <= set(_SOURCES)


@pytest.mark.parametrize("name", sorted(_OUTPUTS))
class TestOutputs(OutputConformance):
    @pytest.fixture(autouse=True)
    def _chosen(self, name: str) -> None:
        type(self).output = _OUTPUTS[name]  # type: ignore[assignment]


@pytest.mark.parametrize("name", sorted(_SOURCES))
class TestSources(SourceConformance):
    @pytest.fixture(autouse=True)
    def _chosen(self, name: str) -> None:
        type(self).source = _SOURCES[name]  # type: ignore[assignment]
