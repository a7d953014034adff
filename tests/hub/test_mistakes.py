"""Ten mistakes of somebody new: each ends with a sentence that says what is wrong and what to do.

A real hub, a real server beside it, and the commands as they are given.
"""

from __future__ import annotations

import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.hub.running import RunningHub, start

ALLOWED = {
    "SEEALSO_ALLOW_PRIVATE_FETCH": "1",
    "SEEALSO_PLUGINS_DISABLED": "atom,email,html,jsonfeed,rss",  # but no source: texts go in
}
PAGE = (
    "<!doctype html><html lang=en><title>{0}</title><body><article><h1>{0}</h1>{1}</article></html>"
)
WALL = '<p>The quay is closed.</p><p class="wall">Subscribe to continue reading.</p>'
NOT_FREE = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>'
TEXT = (
    "<p>" + "The quay is closed for the winter, the harbour master said on Monday. " * 20 + "</p>"
)
ANSWERS: dict[str, tuple[int, str, str]] = {
    "/secret": (401, "text/html", "<h1>Log in</h1>"),
    "/forbidden": (403, "text/html", "no"),
    "/empty": (200, "text/html", ""),
    "/shell": (
        200,
        "text/html",
        "<html><title>Reader</title><div id=root></div><script src=a.js></script>",
    ),
    "/feed.xml": (
        200,
        "text/html",
        PAGE.format("Our feeds", "<p>Choose the one that you like.</p>"),
    ),
    "/walled": (200, "text/html", PAGE.format("The quay", WALL)),
    "/teaser": (200, "text/html", PAGE.format("The quay", NOT_FREE + "<p>The quay is closed.</p>")),
    "/paid": (200, "text/html", PAGE.format("The quay", NOT_FREE + TEXT)),
    "/brief": (
        200,
        "text/html",
        PAGE.format("The quay", "<p>Already a subscriber?</p><p>It is closed.</p>"),
    ),
    "/paper.pdf": (200, "application/pdf", "%PDF-1.7 ..."),
    "/photo": (200, "image/png", "\x89PNG\r\n"),
}


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, text = ANSWERS.get(self.path, (404, "text/html", "nothing"))
        data = text.encode("latin-1")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Nothing: the test says what matters."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Its address, without a slash at the end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = start(tmp_path_factory.mktemp("hub") / "data", **ALLOWED)
    yield running
    running.stop()


def refused(hub: RunningHub, *arguments: str) -> str:
    """What `seealso ingest` says when nothing goes in."""
    ended = hub.command("ingest", *arguments, **ALLOWED)
    assert ended.returncode == 1, ended.stdout
    assert "Traceback" not in ended.stderr
    assert "1 rejected" in ended.stdout
    assert "0 created" in ended.stdout
    [told] = [line for line in ended.stderr.splitlines() if line.startswith("rejected: ")]
    return told


def posted(hub: RunningHub, data: bytes, media_type: str) -> tuple[int, dict[str, str]]:
    """The answer of the API to the same mistake."""
    key = (hub.data / "key").read_text().strip()
    answer = requests.post(
        f"{hub.url}/api/articles",
        data=data,
        headers={"Content-Type": media_type, "Authorization": f"Bearer {key}"},
        timeout=30,
    )
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("htps://quay.example/x", "did you mean https://quay.example/x?"),
        ("http:/quay.example/x", "did you mean http://quay.example/x?"),
        ("quay.example/news", "did you mean https://quay.example/news?"),
        ("www.quay.example", "did you mean https://www.quay.example?"),
        ("http://no-such-host.invalid/", "there is no host no-such-host.invalid"),
        ("no/such/folder", "There is no such file or folder."),
        ("news.jsonl", "There is no such file or folder."),
    ],
)
def test_1_a_wrong_address(hub: RunningHub, given: str, told: str) -> None:
    said = refused(hub, given)
    assert told.lower() in said.lower()
    assert ("did you mean" in said.lower()) == ("did you mean" in told)


def test_2_html_sent_as_json(hub: RunningHub, tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(PAGE.format("Quay", TEXT))
    said = refused(hub, str(file))
    assert "like HTML or XML, and was sent as JSON" in said
    assert "--type html" in said
    status, problem = posted(hub, file.read_bytes(), "application/json")
    assert (status, problem["code"]) == (400, "html-as-json")
    assert "text/html" in problem["detail"]


def test_3_a_feeds_address_that_is_a_page(hub: RunningHub, site: str) -> None:
    assert "names no feed that can be read. Give the feed's address." in refused(
        hub, "--feed", f"{site}/feed.xml"
    )
    assert "Send the feed itself, not the page" in refused(hub, "--type", "rss", f"{site}/feed.xml")
    status, problem = posted(hub, PAGE.format("Quay", TEXT).encode(), "application/rss+xml")
    assert (status, problem["code"]) == (400, "feed-unknown")


@pytest.mark.parametrize(
    ("path", "told"), [("/secret", "it wants a password"), ("/forbidden", "lets nobody in")]
)
def test_4_a_page_behind_a_password(hub: RunningHub, site: str, path: str, told: str) -> None:
    said = refused(hub, site + path)
    assert told in said
    assert ": ask its owner" in said or ": give an address that is open" in said


def test_5_a_page_that_is_not_there(hub: RunningHub, site: str) -> None:
    said = refused(hub, f"{site}/no-such-page")
    assert "answers 404" in said
    assert "check the address in a browser" in said


def test_6_an_empty_page(hub: RunningHub, site: str) -> None:
    assert "The page is empty. Look at it in a browser" in refused(hub, f"{site}/empty")
    said = refused(hub, f"{site}/shell")
    assert "has a title ('Reader') and no text" in said
    assert "give the site's feed, or the text" in said
    status, problem = posted(hub, ANSWERS["/shell"][2].encode(), "text/html")
    assert (status, problem["code"]) == (400, "page-empty")


def test_7_a_teaser_before_a_wall(hub: RunningHub, site: str) -> None:
    assert "asks for a subscription, and holds a teaser of" in refused(hub, f"{site}/walled")
    said = refused(hub, f"{site}/teaser")
    assert "says that it is not free to read, and holds a teaser of" in said
    assert "Give the whole article" in said
    status, problem = posted(hub, ANSWERS["/teaser"][2].encode(), "text/html")
    assert (status, problem["code"]) == (400, "page-paywall")
    for whole in (
        "/paid",
        "/brief",
    ):  # the whole text of what is not free, and a brief without a wall
        assert hub.command("ingest", site + whole, **ALLOWED).returncode == 0


def _zip(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(name, "<x/>")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "what", "remedy"),
    [
        (b"%PDF-1.7\n", "a PDF", "Give the page that it belongs to"),
        (b"\x89PNG\r\n\x1a\n\0", "a picture", "Send the article that shows it"),
        (_zip("word/document.xml"), "a Word document", "Save it as HTML"),
        (_zip("articles/a.html"), "a zip archive", "Unpack it, and give the folder"),
        (_zip("xl/workbook.xml"), "a spreadsheet", "Export its articles as JSON lines"),
        (b"\0\1\2\3" * 9, "a binary file", "Give text, HTML, JSON or a feed"),
    ],
    ids=["pdf", "picture", "docx", "zip", "xlsx", "other"],
)
def test_8_a_file_that_is_no_text(
    hub: RunningHub, tmp_path: Path, data: bytes, what: str, remedy: str
) -> None:
    for name in ("report", "report.html"):
        file = tmp_path / name
        file.write_bytes(data)
        said = refused(hub, str(file))
        assert f"It is {what}. {remedy}" in said
    for media_type in ("text/html", "application/octet-stream", "application/pdf"):
        status, problem = posted(hub, data, media_type)
        declared = media_type == "application/pdf"
        expected = (415, "media-type") if declared else (400, "input-binary")
        assert (status, problem["code"]) == expected
        assert f"it is {what}. {remedy}" in problem["detail"]


@pytest.mark.parametrize(("path", "what"), [("/paper.pdf", "a PDF"), ("/photo", "a picture")])
def test_8_an_address_of_no_text(hub: RunningHub, site: str, path: str, what: str) -> None:
    assert f"It is {what}. " in refused(hub, site + path)


def test_9_a_folder_with_all_sorts_of_files(hub: RunningHub, tmp_path: Path) -> None:
    for name, text in (
        ("a.txt", "Why is the quay closed?\n\nThe winter was long.\n"),
        ("b.pdf", "%PDF-1.7"),
        ("deep/c.docx", "PK"),
        ("deep/d.json", '{"title": "half'),
        ("deep/e.html", PAGE.format("Quay lamps", TEXT)),
        (".DS_Store", "x"),
        (".git/config", "x"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    ended = hub.command("ingest", str(tmp_path), **ALLOWED)
    assert ended.returncode == 1
    assert "2 created, 0 updated, 0 unchanged, 1 rejected" in ended.stdout
    assert "left alone, by their endings no articles: b.pdf, deep/c.docx." in ended.stderr
    assert "d.json: not JSON" in ended.stderr
    assert ".DS_Store" not in ended.stderr
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "b.pdf").write_bytes(b"%PDF-1.7")
    assert "No file in it ends in one of .txt" in refused(hub, str(tmp_path / "only"))


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("title=.nope", "the selector '.nope' for 'title' found nothing on this page; it has h1"),
        ("title=h1[", "is no CSS selector"),
        ("titel=h1", "titel"),
    ],
)
def test_10_a_wrong_selector(hub: RunningHub, site: str, where: str, told: str) -> None:
    given = ("--plugin", "page", "--field", where)
    tried = hub.command("sources", "test", f"{site}/paid", *given)
    assert tried.returncode in (1, 2)
    assert told in tried.stderr
    assert "Traceback" not in tried.stderr
    right = hub.command(
        "sources", "test", f"{site}/paid", "--plugin", "page", "--field", "title=h1"
    )
    assert right.returncode == 0, right.stderr
    assert "The quay" in right.stdout


def test_what_was_refused_by_mistake_is_told_as_json_too(hub: RunningHub, site: str) -> None:
    ended = hub.command("ingest", "--json", f"{site}/shell", **ALLOWED)
    assert json.loads(ended.stdout) == {"created": 0, "updated": 0, "unchanged": 0, "rejected": 1}
