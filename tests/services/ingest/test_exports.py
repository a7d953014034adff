"""Long WordPress exports in parts: every post once, with the attachments that it shows."""

from __future__ import annotations

import io
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_ingest import exports
from seealso_ingest.chunks import chunks, count
from seealso_ingest.flow import Ingest
from seealso_ingest.recognise import WXR
from seealso_sdk import RawArticle, RawInput, SourceContext
from seealso_source_wxr import WxrSource

HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
    b' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    b' xmlns:wp="http://wordpress.org/export/1.2/">\n<channel><title>Plot</title>\n'
)
LISTS = b"".join(
    b"<wp:%b><wp:term_id>%d</wp:term_id></wp:%b>\n" % (name, n, name)
    for n in range(300)
    for name in (b"category", b"tag", b"term")
)
END = b"</channel></rss>\n"


def post(number: int, text: str = "", thumbnail: int = 0) -> bytes:
    meta = (
        f"<wp:postmeta><wp:meta_key><![CDATA[_thumbnail_id]]></wp:meta_key>\n"
        f"<wp:meta_value><![CDATA[{thumbnail}]]></wp:meta_value></wp:postmeta>"
    )
    return (
        f"<item><title>Post {number}</title><guid>post-{number}</guid><content:encoded><![CDATA["
        f"{text or 'Text.'}]]></content:encoded><wp:post_id>{number}</wp:post_id><wp:status>publish"
        f"</wp:status><wp:post_type>post</wp:post_type>{meta if thumbnail else ''}</item>\n"
    ).encode()


def attachment(number: int, parent: int = 0) -> bytes:
    return (
        f"<item><title>File {number}</title><wp:post_id>{number}</wp:post_id><wp:post_parent>"
        f"{parent}</wp:post_parent><wp:post_type><![CDATA[attachment]]></wp:post_type>"
        f"<wp:attachment_url>https://plot.example/{number}.jpg</wp:attachment_url></item>\n"
    ).encode()


def read(data: bytes) -> list[RawArticle]:
    found = WxrSource().read(RawInput(data=data, media_type=WXR), SourceContext())
    return [piece for piece in found if isinstance(piece, RawArticle)]


def divided(data: bytes, size: int) -> list[exports.Piece]:
    return list(exports.divided(lambda: io.BytesIO(data), size))


def export(*items: bytes) -> bytes:
    return HEAD + LISTS + b"".join(items) + END


def test_each_part_has_the_attachments_that_its_posts_show() -> None:
    data = export(
        post(1, thumbnail=90),
        post(2, '[gallery ids="91,92"]'),
        post(3, "[gallery]"),
        post(4, '<img class="wp-image-94" src="https://plot.example/94.jpg">'),
        *(attachment(n, parent=3 if n == 93 else 0) for n in range(90, 200)),
    )
    whole = read(data)
    pieces = divided(data, 1)
    assert len(pieces) == 4
    assert [piece.items for piece in pieces] == [0, 1, 2, 3]
    assert [one for piece in pieces for one in read(piece.data)] == whole
    assert [[m.url[-6:-4] for m in one.media] for one in whole] == [
        ["90"],
        ["91", "92"],
        ["93"],
        ["94"],
    ]
    assert all(len(piece.data) < 3000 for piece in pieces)


_ITEMS = st.lists(
    st.one_of(
        st.builds(post, st.integers(1, 9), st.sampled_from(["", "[gallery]", "a ]] <item> b"]), st.integers(0, 20)),
        st.builds(attachment, st.integers(10, 20), st.integers(0, 9)),
        st.just(b"<item><wp:post_type>nav_menu_item</wp:post_type></item>"),
    ),
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(_ITEMS, st.integers(1, 2000))
def test_the_parts_together_are_the_export(items: list[bytes], size: int) -> None:
    data = export(*items)
    found = [one for piece in divided(data, size) for one in read(piece.data)]
    assert found == read(data)


def test_an_item_without_an_end_swallows_no_other() -> None:
    cut = export(post(1), post(2))[: -len(END) - 20]
    assert [one.title for piece in divided(cut, 10**6) for one in read(piece.data)] == ["Post 1"]


def test_memory_is_that_of_a_part() -> None:
    posts = b"".join(post(n, "word " * 400, thumbnail=100_000 + n) for n in range(3000))
    files = b"".join(attachment(100_000 + n) for n in range(3000))
    data = export(posts, files)
    assert len(data) > 7_000_000
    tracemalloc.start()
    try:
        count_of = sum(
            len(piece.data) > 0 for piece in exports.divided(lambda: io.BytesIO(data), 10**5)
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count_of > 50
    assert peak < 3_000_000


def test_a_posted_export_is_divided_and_all_of_it_goes_in(ingest: Ingest) -> None:
    posts = [post(n, "word " * 2000, thumbnail=1000 + n) for n in range(150)]
    draft = post(500).replace(b"publish", b"draft")
    raw = RawInput(
        data=export(*posts, draft, *(attachment(1000 + n) for n in range(150))),
        media_type="text/xml",
        source="plot",
    )
    receipt = ingest.accept(raw)
    assert [one.change for one in receipt.accepted] == ["created"] * 150
    assert [(one.code, one.index) for one in receipt.rejected] == [("left-out", 150)]
    again = ingest.accept(raw)
    assert {one.change for one in again.accepted} == {"unchanged"}
    exported = RawInput(data=raw.data, media_type=WXR)
    assert count(exported) == 151
    assert len(list(chunks(exported))) > 1
