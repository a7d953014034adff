"""plugins new: what is written works, and what can't be written is refused in words."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from seealso_sdk.scaffold import ScaffoldError, new


@pytest.mark.parametrize("name", ["output_markdown", "source_note"])
def test_a_new_plugin_passes_its_own_test(name: str, tmp_path: Path) -> None:
    new(name, tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."],
        cwd=tmp_path / name, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout


def test_three_files_are_written_and_the_package_finds_the_module(tmp_path: Path) -> None:
    module, project, test = new("output_markdown", tmp_path)
    assert [p.name for p in (module, project, test)] == [
        "seealso_output_markdown.py",
        "pyproject.toml",
        "test_output_markdown.py",
    ]
    said = tomllib.loads(project.read_text())
    assert said["project"]["entry-points"]["seealso"] == {
        "output_markdown": "seealso_output_markdown"
    }
    assert said["project"]["dependencies"] == ["seealso-sdk"]
    assert said["tool"]["hatch"]["build"]["targets"]["wheel"]["include"] == [module.name]


def test_the_generated_output_renders_markdown(tmp_path: Path) -> None:
    module, *_ = new("output_markdown", tmp_path)
    space: dict[str, object] = {"__name__": "generated"}
    exec(compile(module.read_text(), str(module), "exec"), space)
    from seealso_sdk import Context
    from seealso_sdk.samples import sample_articles

    (output,) = space["register_outputs"]()  # type: ignore[operator]
    made = output.render(sample_articles()["long-read"], Context()).body.decode()
    assert made.startswith("# Sleep, in six parts\n\n")
    for line in (
        "## Falling asleep",
        "It takes *ten to twenty* minutes.\\",
        "3. A dark room.",
        "   - in the week",
        "> Sleep is the best meditation.",
        "    22:20    asleep",
        "![A made bed](<https://media.harbour.example/bed.jpg>)",
    ):
        assert line in made.splitlines()
    links = output.render(sample_articles()["question"], Context(hub_url="https://h.example"))
    assert b"- [3D mammogram](<https://h.example/topics/3d-mammogram>)" in links.body
    escaped = output.render(sample_articles()["punctuation"], Context()).body.decode()
    assert escaped.startswith("# Salt \\& pepper: \\<3 grams")


@pytest.mark.parametrize(
    "name",
    ["markdown", "output_", "output_Markdown", "output_../x", "input_x", "output_1", "output_class",
     "output_" + "x" * 40, "", "output_x y"],
)  # fmt: skip
def test_a_bad_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match=r"Write|Use|Choose"):
        new(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_never_overwritten(tmp_path: Path) -> None:
    new("output_markdown", tmp_path)
    (tmp_path / "output_markdown" / "pyproject.toml").write_text("mine")
    with pytest.raises(ScaffoldError, match="exists already"):
        new("output_markdown", tmp_path)
    assert (tmp_path / "output_markdown" / "pyproject.toml").read_text() == "mine"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match=r"nowhere: no such folder"):
        new("output_markdown", tmp_path / "nowhere")
