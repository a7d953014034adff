"""What a person names becomes parcels: kinds, chunks, line numbers, and clear refusals."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from seealso_hub import intake
from seealso_hub.intake import NDJSON, Parcel, Refused
from seealso_ingest.recognise import WXR

LIMIT = 50_000_000


def read(path: Path, limit: int = LIMIT, kind: str | None = None) -> list[Parcel | Refused]:
    return list(intake.parcels(path, None, kind, limit))


def only(found: list[Parcel | Refused]) -> Refused:
    assert len(found) == 1
    assert isinstance(found[0], Refused)
    return found[0]


def lines(count: int) -> bytes:
    return b"".join(
        json.dumps({"title": f"Title {n}"}).encode() + b"\n" for n in range(1, count + 1)
    )


def test_lines_come_in_chunks_of_a_hundred_and_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + lines(150) + b"\n\n" + lines(60))
    found = read(path)
    assert all(isinstance(p, Parcel) and p.media_type == NDJSON for p in found)
    numbers = [number for p in found if isinstance(p, Parcel) for number in p.lines]
    assert [len(p.lines) for p in found if isinstance(p, Parcel)] == [100, 100, 10]
    assert numbers == [*range(1, 151), *range(153, 213)]
    second = found[1]
    assert isinstance(second, Parcel)
    assert second.place(49, None) == f"{path}, line 150"
    assert second.place(0, 51) == f"{path}, line 153"
    assert second.body.count(b"\n") == 99


def test_a_chunk_stays_below_a_megabyte(tmp_path: Path) -> None:
    path = tmp_path / "wide.ndjson"
    path.write_bytes(b"".join(b'{"t":"' + b"x" * 300_000 + b'"}\n' for _ in range(7)))
    assert [len(p.lines) for p in read(path) if isinstance(p, Parcel)] == [3, 3, 1]


def test_anything_may_be_gzipped(tmp_path: Path) -> None:
    for name, content, kind in (
        ("a.jsonl.gz", lines(3), NDJSON),
        ("b.txt.gz", b"A title\n\nText.\n", "text/plain"),
        ("c.atom.gz", b"<?xml version='1.0'?><feed/>", "application/atom+xml"),
        ("no-name", b'{"title": "x"}', "application/json"),
    ):
        path = tmp_path / name
        path.write_bytes(gzip.compress(content))
        (parcel,) = read(path)
        assert isinstance(parcel, Parcel)
        assert (parcel.media_type, parcel.body) == (
            kind,
            content.rstrip() if kind == NDJSON else content,
        )


def test_a_truncated_gzip_is_told_and_its_whole_lines_go_in(tmp_path: Path) -> None:
    whole = b"".join(
        json.dumps({"title": f"{n}", "noise": f"{hash((n, 'salt')):x}" * 20}).encode() + b"\n"
        for n in range(2000)
    )
    packed = gzip.compress(whole)
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    *parcels, last = read(path)
    assert isinstance(last, Refused)
    assert last.code == "gzip-broken"
    assert "truncated" in last.detail
    went_in = [n for p in parcels if isinstance(p, Parcel) for n in p.lines]
    assert 100 < len(went_in) < 2000
    assert went_in == list(range(1, len(went_in) + 1))
    assert f"first {len(went_in)} whole lines went in" in last.detail
    for parcel in parcels:
        assert isinstance(parcel, Parcel)
        assert all(json.loads(line) for line in parcel.body.split(b"\n"))


def test_a_damaged_gzip_of_one_document_sends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(gzip.compress(b"A long text. " * 5000)[:-20])
    assert "truncated" in only(read(path)).detail
    path.write_bytes(b"\x1f\x8b\x08\x00" + b"\xff" * 100)
    assert "damaged" in only(read(path)).detail


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file-binary"),
        ("paper.html", b"%PDF-1.7\n%more", "file-binary"),
        ("rows.jsonl", b'{"a": "\0"}', "file-binary"),
        ("nothing.json", b" \n\t", "file-empty"),
        ("large.html", b"<p>" + b"x" * 2000, "file-too-large"),
        ("large.jsonl", b'{"a": "' + b"x" * 2000, "line-too-large"),
    ],
)
def test_what_can_not_go_in_is_refused_in_words(
    name: str, content: bytes, code: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    refused = only(read(path, limit=1000))
    assert refused.code == code
    assert refused.place.startswith(str(path))
    assert refused.detail.endswith(".")


def test_a_line_that_is_too_long_is_passed_by_and_the_next_has_its_number(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b'{"a":1}\n' + b"x" * 3_500_000 + b'\n{"a":3}\n')
    refused, parcel = read(path, limit=1_000_000)
    assert isinstance(refused, Refused)
    assert refused.place == f"{path}, line 2"
    assert isinstance(parcel, Parcel)
    assert parcel.lines == (1, 3)


def test_a_folder_gives_its_known_files_in_order_and_an_empty_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("in/b.txt", "in/a.jsonl.gz", "in/deep/c.HTML", "in/topics.csv", "in/x.py"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    found = list(intake.files([str(tmp_path / "in"), str(tmp_path / "empty"), "no/such"]))
    assert [p.name for p in found if isinstance(p, Path)] == ["a.jsonl.gz", "b.txt", "c.HTML"]
    assert [p.code for p in found if isinstance(p, Refused)] == ["folder-empty", "no-such-file"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Why?\n\nBecause.", "text/plain"),
        (b"<!doctype html><p>x", "text/html"),
        (b'<?xml version="1.0"?><rss version="2.0"/>', "application/rss+xml"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><feed xmlns="x"/>', "application/atom+xml"),
        (b'<?xml version="1.0"?><html xmlns="x"/>', "text/html"),
        (b'[{"title": "x"}]', "application/json"),
        (b'{"title":\n "x"}', "application/json"),
        (b'{"title": "x"}\n{"title": "y"}', NDJSON),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "application/feed+json"),
    ],
)
def test_standard_input_is_told_by_its_content(content: bytes, kind: str) -> None:
    (parcel,) = intake.parcels(Path("-"), io.BytesIO(content), None, LIMIT)
    assert isinstance(parcel, Parcel)
    assert (parcel.name, parcel.media_type) == ("-", kind)


def test_what_the_person_says_counts_more_than_the_name(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"<p>x")
    (parcel,) = read(path, kind="text/html")
    assert isinstance(parcel, Parcel)
    assert parcel.media_type == "text/html"


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    # A folder can't be opened as a file: the same error path as missing permission, for root too.
    assert only(read(tmp_path)).code == "file-unreadable"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40).filter(lambda b: b"\0" not in b), max_size=250))
@example([b"\xef\xbb\xbf", b'\xef\xbb\xbf{"a": 1}'])
def test_every_line_that_is_not_blank_is_sent_once_with_its_own_number(rows: list[bytes]) -> None:
    rows = [row.replace(b"\n", b"").replace(b"\r", b"") for row in rows]
    content = b"\n".join([b"{}", *rows])
    sent = []
    for parcel in intake.parcels(Path("-"), io.BytesIO(content), NDJSON, LIMIT):
        assert isinstance(parcel, Parcel)
        sent += list(zip(parcel.lines, parcel.body.split(b"\n"), strict=True))
    # Files that were joined have a byte order mark inside: where a line begins it says nothing.
    plain = (row.removeprefix(b"\xef\xbb\xbf").strip() for row in [b"{}", *rows])
    stripped = enumerate(plain, start=1)
    assert sent == [(number, row) for number, row in stripped if row]


EXPORT = (
    b'<?xml version="1.0"?>\n<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>\n'
    + b"".join(
        b"<item><title>Post %d</title><wp:post_id>%d</wp:post_id><wp:post_type>post</wp:post_type>"
        b"<content>%s</content></item>\n" % (n, n, b"word " * 1000)
        for n in range(600)
    )
    + b"</channel></rss>"
)


@pytest.mark.parametrize("name", ["export.xml", "export.xml.gz", "export.wxr", "no-name"])
def test_an_export_of_any_size_is_sent_in_parts(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(EXPORT) if name.endswith(".gz") else EXPORT)
    found = read(path, limit=2_000_000)  # less than the file
    assert all(isinstance(p, Parcel) and p.media_type == WXR for p in found)
    bodies = [p.body for p in found if isinstance(p, Parcel)]
    assert len(bodies) == 4
    assert all(len(body) < 1_100_000 for body in bodies)
    assert b"".join(bodies).count(b"</item>") == 600
    taken = [p.taken for p in found if isinstance(p, Parcel)]
    assert taken == sorted(taken)
    assert taken[-1] == path.stat().st_size


def test_an_export_from_a_pipe_is_sent_in_parts() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    found = list(intake.parcels(Path("-"), Pipe(EXPORT), None, LIMIT))
    assert sum(p.body.count(b"</item>") for p in found if isinstance(p, Parcel)) == 600
    assert len(found) == 4


def test_a_truncated_export_is_told_and_its_whole_posts_go_in(tmp_path: Path) -> None:
    path = tmp_path / "cut.xml.gz"
    path.write_bytes(gzip.compress(EXPORT, 0)[: len(EXPORT) // 2])
    *parcels, last = read(path)
    assert isinstance(last, Refused)
    assert last.code == "gzip-broken"
    assert 250 < sum(p.body.count(b"</item>") for p in parcels if isinstance(p, Parcel)) < 350
