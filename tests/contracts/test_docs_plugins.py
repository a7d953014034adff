"""docs/plugins.md to the letter: its files are loaded, called and checked, its commands are run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from seealso_core import child, frames, host, registry
from seealso_core.describe import load, registered
from seealso_core.host import PluginHost
from seealso_core.registry import Registry
from seealso_core.settings import Settings
from seealso_render import schedule
from seealso_sdk import hookspecs, scaffold
from seealso_sdk.model import Article, Problem, RawArticle, RawInput, Rendition, SeeAlso
from seealso_sdk.plugin import Context, OutputMeta, SourceContext, SourceMeta
from seealso_sdk.testing import article, channel, entry, run, run_source

from tests.contracts import pages
from tests.contracts.reader import Reader

PAGE = pages.DOCS / "plugins.md"
FILES = [block.file for block in pages.blocks(PAGE) if block.file]


# --- the files, through the hub's own door --------------------------------------------------------


@pytest.fixture(scope="module")
def dropped_in(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The files of the page in a plugins folder, loaded as the hub loads them."""
    folder = tmp_path_factory.mktemp("plugins")
    for name in FILES:
        (folder / name).write_text(pages.file_block(PAGE, name), encoding="utf-8")
    return registry.load(folder)


@pytest.fixture(scope="module")
def plugins(dropped_in: Registry) -> Iterator[PluginHost]:
    made = PluginHost(dropped_in)
    yield made
    made.close()


LEAVES = article(
    id="aleaves",
    title="Why do leaves turn?",
    body_html="<p>The green goes first.</p>",
    body_text="The green goes first.",
    see_also=(SeeAlso("Autumn colours"),),
    corrections=(),
    published="2024-10-02",
)
HUB = Context(hub_url="https://hub.example", hub_name="Example")


def render(plugins: PluginHost, output: str, given: Article, context: Context = HUB) -> Rendition:
    (made,) = plugins.render_many(output, [(given.to_json(), context)])
    assert isinstance(made, Rendition), made
    return made


def test_every_file_of_the_page_is_an_enabled_plugin(dropped_in: Registry) -> None:
    ours = {r.name: r.status for r in dropped_in.records if r.origin.endswith(tuple(FILES))}
    assert ours == {"gemtext": "enabled", "gemlog": "enabled", "csv": "enabled"}


def test_the_one_file_plugin_renders_an_article(plugins: PluginHost) -> None:
    assert render(plugins, "gemtext", LEAVES).body.decode() == (
        "# Why do leaves turn?\n\nThe green goes first.\n\n"
        "=> https://hub.example/topics/autumn-colours Autumn colours\n"
        "=> https://hub.example/articles/aleaves Example\n"
    )


def test_the_assembling_plugin_makes_a_feed_and_takes_its_option(plugins: PluginHost) -> None:
    context = Context(options={"mark": "also:"})
    made = render(plugins, "gemlog", LEAVES, context)
    feed = plugins.assemble("gemlog", channel(title="Trees"), [entry(LEAVES, made)])
    assert feed.decode() == (
        "# Trees\n\n=> https://hub.example/articles/aleaves 2024-10-02 Why do leaves turn?\n"
        "also: Autumn colours\n"
    )


def test_the_source_reads_rows_and_refuses_one_by_itself(plugins: PluginHost) -> None:
    raw = RawInput(data=b"title,text\nA walk,Ten minutes.\n,Nobody\n", media_type="text/csv")
    walk, refused = plugins.read("csv", raw, SourceContext())
    assert isinstance(walk, RawArticle)
    assert (walk.title, walk.text) == ("A walk", "Ten minutes.")
    assert isinstance(refused, Problem)
    assert (refused.code, refused.index) == ("title-missing", 1)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_page_keeps_the_hubs_promises(name: str, dropped_in: Registry) -> None:
    (record,) = [r for r in dropped_in.records if r.origin.endswith(f"/{name}")]
    ((kind, plugin),) = registered(load(record.locator))
    broken = [f for f in (run(plugin) if kind == "output" else run_source(plugin)) if not f.passed]
    assert not broken


def test_the_readmes_plugin_is_the_pages() -> None:
    readme = pages.text(pages.ROOT / "README.md")
    (shown,) = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert shown == pages.file_block(PAGE, "gemtext.py")
    assert len(shown.splitlines()) <= 30


# --- the commands, as a reader gives them ---------------------------------------------------------


@pytest.mark.deep
@pytest.mark.skipif(not shutil.which("curl"), reason="the page's reader needs curl")
def test_a_reader_who_follows_the_page_gets_what_it_says(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    try:
        reader.follow(PAGE)
    finally:
        reader.stop()
    listed = reader.said.rpartition("\nOutput ")[2]
    assert len(re.findall(r"^\w+ +enabled ", listed, re.MULTILINE)) == 6 + 2
    assert "# Why do leaves turn?\n\nThe green goes first.\n" in reader.said
    assert "## See also\n\n- [Autumn colours](<http://127.0.0.1:" in reader.said
    assert "FAILED" not in reader.said


def test_the_generated_package_builds_with_its_entry_point(tmp_path: Path) -> None:
    scaffold.new("output_markdown", tmp_path)
    home = tmp_path / "output_markdown"
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=home, check=False,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = (home / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        (points,) = (packed.read(n).decode() for n in names if n.endswith("entry_points.txt"))
    assert "[seealso]\noutput_markdown = seealso_output_markdown\n" in points
    assert "seealso_output_markdown.py" in names
    assert not [name for name in names if "test" in name]


# --- what the page says of the code ---------------------------------------------------------------


def test_every_field_of_the_metadata_is_explained() -> None:
    named = pages.column(PAGE, "### `meta`: OutputMeta")
    assert named == [f.name for f in fields(OutputMeta)]
    sources = pages.text(PAGE).partition("`meta` is a `SourceMeta`")[2].partition("\n\n")[0]
    for field in fields(SourceMeta):
        assert f"`{field.name}`" in sources


def test_every_hook_is_listed() -> None:
    listed = {name.removesuffix("()") for name in pages.column(PAGE, "## Every hook")}
    assert listed == {n for n, f in vars(hookspecs).items() if hasattr(f, "seealso_spec")}


def test_the_limits_are_the_ones_in_force() -> None:
    values = dict(_rows("### What the host limits"))
    settings = Settings()
    assert f"{settings.plugin_deadline_seconds:g} s " in values["one call"]
    extra = frames.seconds_for(0, 2**20)
    assert f"{extra:g} s for each MiB" in values["one call"]
    assert values["address space"].startswith(f"{settings.plugin_memory_mb} MiB")
    assert values["one answer"].startswith(f"{settings.plugin_output_mb} MiB")
    assert values["a file it writes"] == f"{child.FILE_LIMIT // 2**20} MiB"
    assert values["import"] == f"{registry.DESCRIBE_SECONDS:g} s"
    assert values["calls of one child"] == f"{host.CALLS_PER_CHILD:,}"


def test_the_retries_are_the_ones_of_the_schedule() -> None:
    shown = "\n".join(" ".join(row) for row in _rows("### Errors are verbs"))
    assert f"up to {schedule.RETRY_LIMIT} times" in shown
    assert "1 s, 10 s, 1 min, 10 min and 1 h" in shown
    assert schedule.STEPS == (1, 10, 60, 600, 3600)
    assert "three times in all" in pages.text(PAGE)
    assert schedule.CRASH_LIMIT == 3


def _rows(heading: str) -> list[tuple[str, str]]:
    _, _, below = pages.text(PAGE).partition(f"\n{heading}\n")
    lines = [line for line in below.partition("\n### ")[0].splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [(row[0], row[1]) for row in cells[2:]]
