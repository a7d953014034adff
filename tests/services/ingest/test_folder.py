"""A watched folder: what is listed, what never is, and that nothing outside of it is read."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from seealso_ingest import folder
from seealso_ingest.fetch import FetchError
from seealso_ingest.folder import MAX_DEPTH, STILL_SECONDS, FolderPlace

OLD = 1_700_000_000.0


class Times:
    """The clock of the day, and the one that only goes forward."""

    def __init__(self) -> None:
        self.day = OLD + 1000
        self.at = 50.0

    def forward(self, seconds: float) -> None:
        self.day += seconds
        self.at += seconds


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "press"
    made.mkdir()
    return made


@pytest.fixture
def place(root: Path, times: Times) -> FolderPlace:
    return FolderPlace([root.parent], clock=lambda: times.day, now=lambda: times.at)


def put(path: Path, text: str = "text", mtime: float = OLD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (mtime, mtime))
    return path


def listed(place: FolderPlace, root: Path) -> list[str]:
    answer = place.look(str(root))
    assert answer.media_type == folder.LISTING
    return [file["path"] for file in json.loads(answer.data)]


def test_files_are_listed_in_order_with_size_and_time(place: FolderPlace, root: Path) -> None:
    put(root / "b.txt", "four")
    put(root / "a" / "z.txt", "sieben.", OLD + 0.25)
    assert json.loads(place.look(str(root)).data) == [
        {"path": "b.txt", "size": 4, "modified": "2023-11-14T22:13:20.000000+00:00"},
        {"path": "a/z.txt", "size": 7, "modified": "2023-11-14T22:13:20.250000+00:00"},
    ]


def test_the_same_folder_gives_the_same_bytes(place: FolderPlace, root: Path) -> None:
    for name in ("c/x.txt", "a/x.txt", "b.txt"):
        put(root / name)
    assert place.look(str(root)).data == place.look(str(root)).data


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.txt",
        ".git/config.txt",
        "a.txt.part",
        "a.txt~",
        ".a.txt.swp",
        "a.TMP",
        "a.crdownload",
        "a\nb.txt",
    ],
)
def test_hidden_and_unfinished_files_are_left_out(
    place: FolderPlace, root: Path, name: str
) -> None:
    put(root / "seen.txt")
    put(root / name)
    assert listed(place, root) == ["seen.txt"]


def test_a_name_that_is_no_text_is_left_out(place: FolderPlace, root: Path) -> None:
    with open(os.fsencode(root) + b"/caf\xe9.txt", "w"):
        pass
    assert listed(place, root) == []


def test_no_link_is_followed(place: FolderPlace, root: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "outside" / "secret.txt")
    (root / "file.txt").symlink_to(secret)
    (root / "dir").symlink_to(secret.parent)
    (root / "self").symlink_to(root)
    os.mkfifo(root / "pipe.txt")
    assert listed(place, root) == []
    for key in ("file.txt", "dir/secret.txt", "self/a.txt", "pipe.txt"):
        with pytest.raises(FetchError):
            place.item(str(root), key)


@pytest.mark.parametrize(
    "key",
    [
        "../outside/secret.txt",
        "/etc/passwd",
        "a/../../outside/secret.txt",
        "",
        "a\0b",
        ".",
        "x" * 300,
    ],
)
def test_a_key_leads_nowhere_else(place: FolderPlace, root: Path, tmp_path: Path, key: str) -> None:
    put(tmp_path / "outside" / "secret.txt")
    (root / "a").mkdir()
    with pytest.raises(FetchError):
        place.item(str(root), key)


def test_a_folder_is_walked_so_deep_and_no_deeper(place: FolderPlace, root: Path) -> None:
    deep = root
    for _ in range(MAX_DEPTH + 3):
        deep = deep / "d"
        put(deep / "x.txt")
    assert len(listed(place, root)) == MAX_DEPTH


def test_a_folder_of_very_many_files_is_cut(
    place: FolderPlace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 3)
    for n in range(9):
        put(root / f"{n}.txt")
    assert len(listed(place, root)) == 4  # one more: so the source can say that there are


# --- half-written files --------------------------------------------------------------------------


def test_a_file_counts_once_it_has_stood_still(
    place: FolderPlace, root: Path, times: Times
) -> None:
    put(root / "a.txt", mtime=times.day - 1)
    assert listed(place, root) == []
    times.forward(STILL_SECONDS - 2)
    assert listed(place, root) == []
    put(root / "a.txt", "more", mtime=times.day)
    times.forward(STILL_SECONDS - 1)
    assert listed(place, root) == []
    times.forward(1)
    assert listed(place, root) == ["a.txt"]


def test_a_file_of_a_clock_that_runs_ahead_counts_once_it_was_seen_unchanged(
    place: FolderPlace, root: Path, times: Times
) -> None:
    put(root / "a.txt", mtime=times.day + 86_400)
    assert listed(place, root) == []
    times.forward(STILL_SECONDS)
    assert listed(place, root) == ["a.txt"]
    assert listed(place, root) == ["a.txt"]


def test_a_file_that_changes_while_it_is_read_is_not_taken(
    place: FolderPlace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(root / "a.txt")
    fdopen = os.fdopen

    def written_meanwhile(*arguments, **named):  # type: ignore[no-untyped-def]
        put(path, "another text", OLD + 1)
        return fdopen(*arguments, **named)

    monkeypatch.setattr(folder.os, "fdopen", written_meanwhile)
    with pytest.raises(FetchError, match="being written"):
        place.item(str(root), "a.txt")


# --- one file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("a.HTML", "text/html"),
        ("a/b.jsonl", "application/x-ndjson"),
        ("a.xml", "application/xml"),
        ("a.rss", "application/rss+xml"),
        ("a.csv", ""),
    ],
)
def test_a_file_comes_with_the_type_of_its_extension(
    place: FolderPlace, root: Path, name: str, media_type: str
) -> None:
    put(root / name, "bytes")
    answer = place.item(str(root), name)
    assert (answer.data, answer.media_type, answer.url) == (b"bytes", media_type, "")


def test_a_file_that_is_gone_is_a_404_and_one_that_is_too_large_is_said(
    place: FolderPlace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FetchError) as caught:
        place.item(str(root), "gone.txt")
    assert caught.value.status == 404
    monkeypatch.setattr(folder, "MAX_BYTES", 3)
    put(root / "a.txt")
    with pytest.raises(FetchError, match="divide it"):
        place.item(str(root), "a.txt")


# --- which folders -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "location", ["/", "/etc", "/etc/no-such-folder", "press", "../..", "~", "a\0b"]
)
def test_a_folder_that_is_not_named_in_the_setting_is_refused(
    place: FolderPlace, location: str
) -> None:
    with pytest.raises(FetchError) as caught:
        place.look(location)
    assert caught.value.code in ("refused", "folder")
    assert caught.value.code == "refused" or not location.startswith("/")


def test_a_link_out_of_the_folders_of_the_setting_is_refused(
    place: FolderPlace, root: Path
) -> None:
    (root / "etc").symlink_to("/etc")
    with pytest.raises(FetchError, match="SEEALSO_WATCH_FOLDERS"):
        place.look(str(root / "etc"))


def test_without_the_setting_no_folder_may_be_watched(root: Path) -> None:
    with pytest.raises(FetchError, match="SEEALSO_WATCH_FOLDERS"):
        FolderPlace([]).look(str(root))


def test_a_file_or_nothing_is_no_folder(place: FolderPlace, root: Path) -> None:
    put(root / "a.txt")
    with pytest.raises(FetchError, match="no folder"):
        place.look(str(root / "a.txt"))
    with pytest.raises(FetchError, match="no such folder"):
        place.look(str(root / "missing"))


def test_a_folder_is_walked_while_it_changes(root: Path, times: Times) -> None:
    place = FolderPlace([root], clock=lambda: times.day, now=lambda: times.at)
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            for n in range(20):
                put(root / f"d{n}" / "x.txt")
            for n in range(20):
                (root / f"d{n}" / "x.txt").unlink()
                (root / f"d{n}").rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(50):
            assert set(listed(place, root)) <= {f"d{n}/x.txt" for n in range(20)}
    finally:
        stop.set()
        thread.join()
