"""Plugins that fail in every way there is: listed with a reason, and nothing else suffers.

How a plugin of the operator's own is written, checked, dropped in and back-filled is followed by
tests/contracts/test_docs_plugins.py, command by command.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub.running import RunningHub, start
from tests.line.press import OUTPUTS, Api, record, until

ARTICLES = 8

HEAD = """
from seealso_sdk import OutputMeta, Rendition, hookimpl


class Broken:
    meta = OutputMeta(name="{name}", title="Broken", extension="{name}",
                      media_type="text/plain; charset=utf-8", version="1")

    def render(self, article, context):
        {act}


@hookimpl
def register_outputs():
    return [Broken()]
"""

# By the time the hub describes them: these never become an output.
UNUSABLE = {
    "unimportable": "import a_module_that_nobody_has",
    "unparsable": "def (",
    "departing": "import os\nos._exit(3)",
    "speechless": "",
    "namesake": HEAD.format(name="rss", act="return Rendition(b'x')"),
}
SAYS = {
    "unimportable": "a_module_that_nobody_has",
    "unparsable": "syntax error in line 1",
    "departing": "ended itself with status 3",
    "speechless": "registers nothing",
    "rss_2": "the name rss is taken",
}

# By the time an article comes: these are outputs, and each article of theirs fails.
FAILING = {
    "raising": "raise ValueError('no such template')",
    "crashing": "import os; os.kill(os.getpid(), 11)",
    "babbling": "return 'not a rendition'",
    "flooding": "return Rendition(b'x' * (3 << 20))",
    "hoarding": "return Rendition(b'x' * (1 << 40))",
    "refusing": "from seealso_sdk.errors import Reject; raise Reject('not my kind')",
}
TELLS = {
    "raising": "ValueError: no such template",
    "crashing": "killed by SIGSEGV",
    "babbling": "render returned str, not a Rendition",
    "flooding": "output-too-large: 3145762 bytes",
    "hoarding": "more memory than plugin_memory_mb allows",
    "refusing": "not my kind",
}


def drop_in(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, text in UNUSABLE.items():
        (folder / f"output_{name}.py").write_text(text)
    for name, act in FAILING.items():
        (folder / f"output_{name}.py").write_text(HEAD.format(name=name, act=act))
    (folder / "output_steady.py").write_text(
        HEAD.format(name="steady", act="return Rendition(article.title.encode())")
    )


@pytest.mark.deep
def test_broken_plugins_are_listed_with_their_reason_and_nothing_else_suffers(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    drop_in(data / "plugins")
    hub = start(data, SEEALSO_PLUGIN_OUTPUT_MB="2", SEEALSO_PLUGIN_MEMORY_MB="256")
    try:
        unusable_are_listed(hub)
        with Api(hub) as api:
            taken = api.post([record(number) for number in range(ARTICLES)])["accepted"]
            until(lambda: settled(api, OUTPUTS | {"steady"}), 30)
            steady = api.get(f"/articles/{taken[3]['id']}.steady")
            assert steady.content == b"Note 3 on the orchard"
            until(lambda: told(api, taken[0]["id"]) == set(TELLS), 30)
            later = api.get(f"/articles/{taken[0]['id']}.raising")
            assert later.status_code == 503
            assert "Retry-After" in later.headers
            assert api.get("/healthz").status_code == 200
        dead = json.loads(hub.command("dead-letters", "list", "--json").stdout)
        refused = [one for one in dead["dead_letters"] if one["output"] == "refusing"]
        assert len(refused) == ARTICLES  # a refusal is final: it is not tried again
    finally:
        assert hub.stop() == 0


def unusable_are_listed(hub: RunningHub) -> None:
    listed = json.loads(hub.command("outputs", "--json").stdout)["outputs"]
    by_status = {
        status: {one["name"]: one["reason"] for one in listed if one["status"] == status}
        for status in ("enabled", "failed")
    }
    assert by_status["enabled"].keys() == OUTPUTS | FAILING.keys() | {"steady"}
    assert by_status["failed"].keys() == SAYS.keys()
    for name, reason in SAYS.items():
        assert reason in by_status["failed"][name]


def settled(api: Api, names: set[str]) -> bool:
    rows = api.status()["outputs"]
    return all(rows[name]["settled"] == ARTICLES for name in names)


def told(api: Api, article_id: str) -> set[str]:
    """The outputs of which an article's status says what went wrong, in the words we wait for."""
    rows = api.get(f"/api/articles/{article_id}/status").json()["outputs"]
    said = {row["output"]: row["error"] or "" for row in rows}
    return {name for name, words in TELLS.items() if words in said.get(name, "")}
