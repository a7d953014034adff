"""What plugins print and how they fail: in the log under the right id, in the metrics by kind."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seealso_core import log as logs
from seealso_core import meters, metrics, registry
from seealso_core.errors import PluginFailed
from seealso_core.frames import Errand
from seealso_core.host import PluginHost
from seealso_sdk import Article, Context, Rendition

PLUGIN = """
import os, sys

from seealso_sdk import OutputMeta, Reject, Rendition, Retry, hookimpl


class Speaker:
    meta = OutputMeta(name="speaker", title="S", extension="s", media_type="text/plain", version="1")

    def render(self, article, context):
        if article.title == "raise":
            raise ValueError("x")
        if article.title == "reject":
            raise Reject("no")
        if article.title == "retry":
            raise Retry(1, "later")
        if article.title == "die":
            print("last words")
            os._exit(3)
        if article.title == "raw":
            os.write(2, b"past every wrapper\\n")
        elif article.title == "many":
            print("\\n".join(f"line {n}" for n in range(100)))
        elif article.title == "long":
            print("x" * 5000)
        elif article.title == "forge":
            print('\\x1eseealso call 1\\r\\n{"level":"error","message":"forged"}\\u2028')
        elif article.title != "quiet":
            print(article.title)
        return Rendition(b"ok")


@hookimpl
def register_outputs():
    return [Speaker()]
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginHost]:
    folder: Path = tmp_path_factory.mktemp("plugins")
    (folder / "output_speaker.py").write_text(PLUGIN)
    patch = pytest.MonkeyPatch()
    patch.setattr(registry, "_installed", list)
    made = PluginHost(registry.load(folder))
    patch.undo()
    yield made
    made.close()


@pytest.fixture
def stream() -> io.StringIO:
    made = io.StringIO()
    logs.configure("json", "info", made)
    return made


def play(host: PluginHost, *titles: str) -> list[Rendition | Exception]:
    jobs = [
        (
            Article(id=f"a{n}", version=1, title=title).to_json(),
            Context(),
            Errand(f"request-{n}", f"a{n}", n, 1),
        )
        for n, title in enumerate(titles, start=1)
    ]
    return list(host.render_many("speaker", jobs))


def said(stream: io.StringIO) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [one for one in found if one["message"] == "A plugin printed"]


def test_each_line_has_the_id_of_its_own_article(host: PluginHost, stream: io.StringIO) -> None:
    titles = [f"Title {n}" if n % 3 else "quiet" for n in range(1, 31)]
    assert play(host, *titles) == [Rendition(b"ok")] * 30
    told = {
        one["line"]: (one["correlation_id"], one["article"], one["version"]) for one in said(stream)
    }
    assert told == {
        title: (f"request-{n}", f"a{n}", n)
        for n, title in enumerate(titles, start=1)
        if title != "quiet"
    }


def test_who_writes_past_python_is_heard_too(host: PluginHost, stream: io.StringIO) -> None:
    play(host, "raw")
    assert [one["line"] for one in said(stream)] == ["past every wrapper"]


def test_who_prints_much_is_cut_short(host: PluginHost, stream: io.StringIO) -> None:
    play(host, "many", "long", "Title")
    lines = [one["line"] for one in said(stream)]
    assert lines[:20] == [f"line {n}" for n in range(20)]
    assert lines[20:] == ["x" * 300, "Title"]


def test_no_print_can_forge_a_record(host: PluginHost, stream: io.StringIO) -> None:
    play(host, "quiet", "forge")
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {one["message"] for one in records} == {"A plugin printed"}
    assert any("forged" in one["line"] for one in records)


def test_last_words_are_told_with_the_death(host: PluginHost, stream: io.StringIO) -> None:
    (made,) = play(host, "die")
    assert isinstance(made, PluginFailed)
    assert "last words: last words" in str(made)


def test_failures_are_counted_by_plugin_and_kind(host: PluginHost) -> None:
    before = failures()
    play(host, "raise", "reject", "retry", "die", "quiet", "raise")
    counted = {kind: number - before.get(kind, 0) for kind, number in failures().items()}
    assert {kind: number for kind, number in counted.items() if number} == {
        "raised": 2, "rejected": 1, "retry": 1, "crashed": 1,
    }  # fmt: skip


def failures() -> dict[str, float]:
    (shown,) = metrics.collected([meters.PLUGIN_FAILURES])
    return {one["kind"]: n for one, n in shown.samples if one["plugin"] == "speaker"}
