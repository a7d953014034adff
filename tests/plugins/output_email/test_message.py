"""RFC 5322 and 2047: headers and encodings that every mail program reads the same way.

Several tests pin down what Python's `email` package would do by itself: they fail when it changes,
and say then which of our own lines can go.
"""

from __future__ import annotations

import re
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_output_email import SUBJECT_MAX, register_outputs
from seealso_sdk import Context, Output, Reject
from seealso_sdk.plugin import Assembler
from seealso_sdk.samples import article, sample_articles
from seealso_sdk.testing import hostile_article

from tests.plugins.goldenfile import same_as_golden
from tests.plugins.output_email.mail import (
    CONTEXT,
    EMAIL,
    OPTIONS,
    digest,
    html_of,
    read,
    rendered,
    text_of,
)

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sample_articles() | {"hostile": hostile_article()}
LONG_ARABIC = "ماذا يعني ارتفاع ضغط الدم ولماذا يجب أن نقيسه كل يوم في البيت " * 2


def head(raw: bytes) -> list[bytes]:
    return raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")


def test_the_plugin_registers_one_output_that_assembles_no_feeds() -> None:
    (output,) = register_outputs()
    assert isinstance(output, Output)
    assert isinstance(output, Assembler)
    assert (output.meta.name, output.meta.extension, output.meta.feed) == ("email", "eml", False)


@pytest.mark.parametrize("name", sample_articles())
def test_the_message_is_as_agreed(name: str) -> None:
    same_as_golden(GOLDEN / f"{name}.eml", rendered(SAMPLES[name]))


def test_the_digest_is_as_agreed() -> None:
    same_as_golden(GOLDEN / "digest.eml", digest(list(sample_articles().values())))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bytes_are_clean(name: str) -> None:
    raw = rendered(SAMPLES[name])
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert not [line for line in lines if b"\n" in line or b"\r" in line]
    assert max(map(len, lines)) <= 76  # RFC 2045 section 6.7 (5); headers and base64 alike
    for part in read(raw).walk():
        assert part.defects == []


@pytest.mark.parametrize("name", SAMPLES)
def test_each_header_is_there_once_and_none_that_belongs_to_delivery(name: str) -> None:
    message = read(rendered(SAMPLES[name]))
    for header in ("From", "Subject", "Date", "Message-ID", "MIME-Version"):
        assert len(message.get_all(header, [])) == 1, header
    for header in ("To", "Cc", "Bcc", "List-Unsubscribe", "List-Id"):
        assert message[header] is None


def test_the_message_says_who_when_and_what() -> None:
    message = read(rendered(SAMPLES["question"]))
    assert message["Subject"] == SAMPLES["question"].title
    assert message["From"] == "Example Hub <noreply@hub.example>"
    assert message["Date"] == "Tue, 09 Apr 2024 00:00:00 +0000"
    assert message.get_content_type() == "multipart/alternative"


def test_a_date_keeps_its_offset_and_an_article_without_any_still_has_one() -> None:
    assert read(rendered(SAMPLES["questions"]))["Date"] == "Mon, 20 Nov 2023 09:30:00 +0100"
    undated = article(published="soon", first_seen="")
    assert read(rendered(undated))["Date"] == "Thu, 01 Jan 1970 00:00:00 +0000"


def test_the_message_id_is_of_the_version_and_of_nothing_else() -> None:
    def message_id(**changes: Any) -> str:
        return str(read(rendered(article(**changes)))["Message-ID"])

    assert message_id() == message_id(title="Another title")
    assert message_id() != message_id(version=2)
    assert message_id() != message_id(id="b")
    assert re.fullmatch(r"<[0-9a-f]{32}@hub\.example>", message_id())


# --- the traps of email.policy ---------------------------------------------------------------


def test_parts_are_seven_bits_where_policy_smtp_would_send_eight() -> None:
    by_itself = EmailMessage(policy=policy.SMTP)
    by_itself.set_content("Grüße\n")
    assert by_itself["Content-Transfer-Encoding"] == "8bit"
    for part in read(rendered(SAMPLES["german"])).iter_parts():
        assert part["Content-Transfer-Encoding"] in {"quoted-printable", "base64"}
    encodings = {p["Content-Transfer-Encoding"] for p in read(rendered(SAMPLES["arabic"])).walk()}
    assert "base64" in encodings


def test_a_long_line_of_the_body_is_folded() -> None:
    raw = rendered(article(body_html=f"<p>{'x' * 5_000}</p>", body_text="x" * 5_000))
    assert max(map(len, raw.split(b"\r\n"))) <= 76
    assert "x" * 5_000 in text_of(raw)
    assert "x" * 5_000 in html_of(raw)


@pytest.mark.parametrize(
    "subject", [LONG_ARABIC, "長い題名" * 20, "🩺❤️‍🩹" * 12, "Größe " * 20, "a" * 150]
)
def test_a_long_subject_comes_back_whole_in_words_of_75_characters(subject: str) -> None:
    raw = rendered(article(title=subject))
    wanted = " ".join(subject.split())
    assert str(read(raw)["Subject"]) == wanted
    for line in head(raw):
        assert len(line) <= 998
        for word in re.findall(rb"=\?[^?]+\?[bqBQ]\?[^?]*\?=", line):
            assert len(word) <= 75


def test_policy_smtp_would_write_longer_words_than_rfc_2047_allows() -> None:
    by_itself = EmailMessage(policy=policy.SMTP)
    by_itself["Subject"] = " ".join(LONG_ARABIC.split())
    words = re.findall(rb"=\?utf-8\?[bq]\?[^?]*\?=", by_itself.as_bytes())
    assert max(map(len, words)) > 75


def test_a_subject_of_a_megabyte_is_cut() -> None:
    subject = str(read(rendered(article(title="word " * 200_000)))["Subject"])
    assert len(subject) <= SUBJECT_MAX
    assert subject.endswith("word…")


def test_a_long_unsubscribe_address_stays_whole_where_a_policy_would_encode_it() -> None:
    """policy.SMTP turns a long address in a header into encoded words: ours stand in the parts."""
    address = "https://hub.example/newsletters/unsubscribe/" + "t" * 120
    by_itself = EmailMessage(policy=policy.SMTP)
    by_itself["List-Unsubscribe"] = f"<{address}>"
    assert b"=?" in by_itself.as_bytes()
    raw = digest([article()], options=OPTIONS | {"unsubscribe_url": address})
    assert b"List-Unsubscribe" not in raw
    assert address in text_of(raw)
    assert f'href="{address}"' in html_of(raw)


@pytest.mark.parametrize(
    "title", ["Fine\r\nBcc: all@harbour.example", "Fine\nBcc: x", "Fine\rBcc: x", "Fine\x00\x0bBcc: x",
              "Fine\u2028Bcc: x", "Fine\x85Bcc: x"],
)  # fmt: skip
def test_a_title_with_a_line_break_adds_no_header(title: str) -> None:
    for raw in (rendered(article(title=title)), digest([article(title=title)], title=title,
                                                       options={"subject": title})):  # fmt: skip
        message = read(raw)
        assert message["Bcc"] is None
        assert str(message["Subject"]).replace(" ", "") in {
            "FineBcc:x",
            "FineBcc:all@harbour.example",
        }


def test_a_name_with_a_line_break_adds_no_header() -> None:
    context = Context(hub_url="https://hub.example", hub_name='Hub\r\nBcc: x "quoted" <y@z>')
    message = read(rendered(article(), context))
    assert message["Bcc"] is None
    (address,) = message["From"].addresses
    assert address.addr_spec == "noreply@hub.example"
    assert address.display_name == 'Hub Bcc: x "quoted" <y@z>'


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=50))
def test_any_title_and_any_name_come_back(title: str, name: str) -> None:
    from seealso_sdk.text import one_line

    raw = rendered(
        article(title=f"T {title}"), Context(hub_url="https://h.example", hub_name=f"N {name}")
    )
    message = read(raw)
    fields = dict(
        line.split(b": ", 1)
        for line in re.sub(rb"\r\n(?=[ \t])", b"", b"\r\n".join(head(raw))).split(b"\r\n")
    )
    subject = str(make_header(decode_header(fields[b"Subject"].decode())))
    assert subject == one_line(f"T {title}")
    assert message["From"].addresses[0].addr_spec == "noreply@h.example"
    assert set(message.keys()) == {
        "From",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
    }


# --- the sender ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://hub.example", "hub.example"),
        ("http://127.0.0.1:8080", "[127.0.0.1]"),
        ("http://[::1]:8080", "[IPv6:::1]"),
        ("http://localhost:8080", "localhost"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("http://[broken", "localhost"),
        ("https://a b.example", "localhost"),
    ],
)
def test_the_sender_is_at_the_host_of_the_hub(url: str, domain: str) -> None:
    raw = rendered(article(), Context(hub_url=url, hub_name="Hub"))
    assert f"noreply@{domain}".encode() in next(h for h in head(raw) if h.startswith(b"From:"))
    assert f"@{domain}>".encode() in next(h for h in head(raw) if h.startswith(b"Message-ID:"))


def test_the_sender_is_an_option() -> None:
    context = Context(hub_url="https://h.example", options={"from": "Die Häfen <news@h.example>"})
    (address,) = read(rendered(article(), context))["From"].addresses
    assert (address.display_name, address.addr_spec) == ("Die Häfen", "news@h.example")


@pytest.mark.parametrize(
    "sender", ["Hub", "Hub <>", "a@b@c.example", "Hub <a@é.example>", "a@b, c@d", "@x"]
)
def test_a_sender_that_is_no_address_is_refused_with_a_remedy(sender: str) -> None:
    with pytest.raises(Reject, match=r"Write it as Name <name@host>"):
        rendered(article(), Context(options={"from": sender}))
    with pytest.raises(Reject, match=r"Write it as Name <name@host>"):
        digest([article()], options={"from": sender})


def test_rendering_is_done_in_a_few_milliseconds() -> None:
    import time

    EMAIL.render(SAMPLES["long-read"], CONTEXT)
    started = time.perf_counter()
    for _ in range(5):
        EMAIL.render(SAMPLES["long-read"], CONTEXT)
    assert (time.perf_counter() - started) / 5 < 0.25  # some 10 ms on a quiet machine
