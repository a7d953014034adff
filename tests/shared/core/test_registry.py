"""One test for each way that a plugin can be broken: the hub starts, and says which and why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from seealso_core import registry
from seealso_core.errors import PluginMissing
from seealso_core.registry import PluginRecord, Registry

from tests.shared.core.naughty import ACTOR, HEAD, META, output, write

BUNDLED = {"html", "rss", "atom", "jsonfeed", "email", "text"}
BUNDLED_SOURCES = {"text", "page", "feed", "json"}


@pytest.fixture(scope="module", autouse=True)
def only_drop_ins() -> Iterator[None]:
    """Installed plugins have a test of their own; here they would only take time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_installed", list)
        yield


def load(folder: Path, seconds: float = 10, **files: str) -> Registry:
    return registry.load(write(folder / "plugins", **files), seconds=seconds)


def the_only(found: Registry) -> PluginRecord:
    assert len(found.records) == 1
    return found.records[0]


def test_a_sound_drop_in_is_enabled_with_its_metadata(tmp_path: Path) -> None:
    record = the_only(load(tmp_path, markdown=output("md", "md")))
    assert (record.name, record.kind, record.status, record.reason) == (
        "md",
        "output",
        "enabled",
        "",
    )
    assert record.output.extension == "md"
    assert record.origin.endswith("markdown.py")


BROKEN = {
    "raises on import": ("import nothing_of_this_name", "ModuleNotFoundError while it was loaded"),
    "syntax error": ("x = 1\ndef f(:\n", "syntax error in line 2"),
    "sys.exit on import": ("import sys; sys.exit(3)", "it called sys.exit(3)"),
    "os._exit on import": ("import os; os._exit(3)", "ended itself with status 3"),
    "segfault on import": ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
    "keyboard interrupt on import": ("raise KeyboardInterrupt", "KeyboardInterrupt while"),
    "no hook": ("x = 1", "it registers nothing"),
    "hook without mark": (output().replace("@hookimpl", ""), "put @hookimpl above it"),
    "mis-typed hook": (output().replace("def register_outputs", "def register_output"), "register_output"),
    "hook with arguments": (output().replace("def register_outputs()", "def register_outputs(hub)"), "hub"),
    "hook raises": (output().replace("return [Made()]", "raise RuntimeError('no')"), "RuntimeError"),
    "hook returns None": (output().replace("return [Made()]", "return None"), "returned nothing"),
    "hook returns nonsense": (output().replace("return [Made()]", "return 'made'"), "returned str"),
    "hook returns an empty list": (output().replace("return [Made()]", "return []"), "empty list"),
    "registers a class": (output().replace("Made()", "Made"), "is a class"),
    "registers a string": (output().replace("[Made()]", "['x']"), "has no `meta`"),
    "no metadata": (output(meta="None"), "no `meta` of type OutputMeta"),
    "metadata of the wrong kind": (
        output(meta='SourceMeta(name="x", title="T", version="1", media_types=())'), "OutputMeta",
    ),
    "no render": (output().replace("def render", "def rendr"), "no method `render`"),
    "bad name": (output(name="Not-a-name"), "name 'Not-a-name'"),
    "reserved name": (output(name="filing"), "is the hub's own"),
    "name of the wrong type": (output(meta=META.replace('"{name}"', "7").format(ext="x")), "name: found int"),
    "bad extension": (output(ext="../x"), "extension '../x'"),
    "bad media type": (output(meta=META.replace("text/plain", "text").format(name="x", ext="x")), "media_type 'text'"),
    "no version": (output(meta=META.replace('version="1"', 'version=" "').format(name="x", ext="x")), "version is empty"),
    "feed without assemble": (
        output(meta=META.replace('version="1"', 'version="1", feed=True').format(name="x", ext="x")),
        "feed=True needs a method `assemble`",
    ),
    "metadata that raises": (
        output(meta="property(lambda self: 1 / 0)"), "ZeroDivisionError",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_plugin_is_listed_with_the_reason(tmp_path: Path, way: str) -> None:
    source, reason = BROKEN[way]
    record = the_only(load(tmp_path, broken=source))
    assert (record.status, record.kind) == ("failed", "output")
    assert reason in record.reason
    assert "\n" not in record.reason.strip()


def test_the_others_are_described_whatever_one_of_them_does(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        a_good=output("a", "a"),
        b_dies="import os; os._exit(1)",
        c_good=output("c", "c"),
        d_raises="1/0",
        e_good=output("e", "e"),
    )
    assert found.enabled_outputs() == ["a", "c", "e"]
    assert {r.name for r in found.records if r.status == "failed"} == {"b_dies", "d_raises"}


def test_a_child_that_is_killed_while_it_describes_costs_no_plugin(tmp_path: Path) -> None:
    once = f"""
import os, pathlib, signal
here = pathlib.Path({str(tmp_path / "here")!r})
if not here.exists():
    here.touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert load(tmp_path, unlucky=once + output("u", "u")).enabled_outputs() == ["u"]


def test_an_import_that_hangs_is_given_up(tmp_path: Path) -> None:
    started = time.monotonic()
    found = load(tmp_path, 0.7, a_hangs="import time; time.sleep(600)", b_good=output("b", "b"))
    assert time.monotonic() - started < 5
    assert found.enabled_outputs() == ["b"]
    assert found.outputs["a_hangs"].reason == "its import hangs: no answer within 0.7 s"


def test_an_import_that_prints_for_ever_is_given_up(tmp_path: Path) -> None:
    found = load(tmp_path, 5, flood="while True: print('x' * 60000)", good=output("b", "b"))
    assert found.enabled_outputs() == ["b"]
    assert "printed more than" in found.outputs["flood"].reason


def test_prints_on_import_do_no_harm(tmp_path: Path) -> None:
    record = the_only(load(tmp_path, good="print('hello ' * 999)\n" + output()))
    assert record.status == "enabled"


def test_two_of_one_name_the_first_keeps_it_and_both_are_listed(tmp_path: Path) -> None:
    found = load(tmp_path, a=output("same", "one"), b=output("same", "two"))
    assert found.outputs["same"].output.extension == "one"
    assert found.outputs["same_2"].status == "failed"
    assert "the name same is taken by" in found.outputs["same_2"].reason


def test_a_broken_plugin_does_not_take_the_name_of_a_sound_one(tmp_path: Path) -> None:
    found = load(tmp_path, md="1/0", working=output("md", "md"))
    assert found.outputs["md"].status == "enabled"
    assert found.outputs["md_2"].status == "failed"


def test_two_of_one_extension_can_not_both_be_served(tmp_path: Path) -> None:
    found = load(tmp_path, a=output("one", "ext"), b=output("two", "ext"))
    assert found.enabled_outputs() == ["one"]
    assert found.outputs["two"].reason == "the extension ext is taken by one"


def test_one_module_may_hold_outputs_and_sources(tmp_path: Path) -> None:
    found = load(tmp_path, both=ACTOR)
    assert found.enabled("output", "actor").output.title == "T"
    assert found.enabled("source", "reader").source.media_types == ("text/x-test",)


def test_a_failed_source_is_listed_as_a_source(tmp_path: Path) -> None:
    record = the_only(load(tmp_path, seealso_source_wiki="1/0"))
    assert (record.kind, record.name) == ("source", "wiki")


def test_a_plugin_project_may_be_dropped_in_whole_and_its_tests_are_left_alone(
    tmp_path: Path,
) -> None:
    project = tmp_path / "plugins" / "output_md"
    project.mkdir(parents=True)
    (project / "seealso_output_md.py").write_text("import md_helper\n" + output("md", "md"))
    (project / "md_helper.py").write_text("")
    (project / "test_output_md.py").write_text("1/0")
    (tmp_path / "plugins" / "_draft.py").write_text("1/0")
    (tmp_path / "plugins" / "test_x.py").write_text("1/0")
    (tmp_path / "plugins" / "conftest.py").write_text("1/0")
    record = the_only(registry.load(tmp_path / "plugins"))
    assert (record.name, record.status) == ("md", "enabled")


def test_an_operator_can_leave_a_plugin_out(tmp_path: Path) -> None:
    found = registry.load(
        write(tmp_path / "p", a=output("a", "a"), b=output("b", "b")), disabled=["a"]
    )
    assert found.enabled_outputs() == ["b"]
    assert found.outputs["a"].status == "disabled"
    with pytest.raises(PluginMissing, match="SEEALSO_PLUGINS_DISABLED"):
        found.enabled("output", "a")


def test_a_missing_folder_and_an_unknown_name_are_no_mystery(tmp_path: Path) -> None:
    found = registry.load(tmp_path / "nowhere")
    assert found.records == ()
    with pytest.raises(PluginMissing, match="there is no output 'x'"):
        found.enabled("output", "x")


def test_importing_a_plugin_for_its_description_has_no_effect_here(tmp_path: Path) -> None:
    import sys

    before = set(sys.modules)
    load(tmp_path, sly=HEAD + "sys.modules['slyly'] = sys\n" + output())
    assert {name for name in set(sys.modules) - before if "sly" in name} == set()
