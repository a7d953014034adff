"""The message that a reader gets, read as raw bytes: what mail programs see."""

import re
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seealso_dispatch import message
from seealso_dispatch.address import checked, suppression_hash
from seealso_dispatch.errors import BadAddress, BadToken
from seealso_dispatch.tokens import Tokens

SECRET = b"0" * 32
TOKENS = Tokens((SECRET,))


def digest(subject: str = "Mammogram: What to expect", label: str = "Mammogram") -> message.Digest:
    return message.Digest(
        subject=subject,
        text=f"Leave: https://hub.example/u/{message.UNSUBSCRIBE_PLACEHOLDER}\n",
        html=f'<p>Ü <a href="https://hub.example/u/{message.UNSUBSCRIBE_PLACEHOLDER}">x</a></p>',
        sender="Hub <news@hub.example>",
        date="Tue, 09 Apr 2024 00:00:00 +0000",
        list_name=label,
        list_id="mammogram.newsletters.hub.example",
        archive="https://hub.example/topics/mammogram",
    )


def reader(name: str = "reader") -> message.Reader:
    token = TOKENS.unsubscribe(name * 3, "a-long-topic-slug-" * 4)
    return message.Reader(
        email=f"{name}@example.org",
        message_id=message.message_id(SECRET, "i.1", name, "hub.example"),
        unsubscribe_token=token,
        preferences_token=TOKENS.preferences(name),
        unsubscribe_url=f"https://hub.example/newsletters/unsubscribe/{token}",
    )


def raw_headers(raw: bytes) -> list[bytes]:
    return re.sub(rb"\r\n[ \t]", b" ", raw.split(b"\r\n\r\n", 1)[0]).split(b"\r\n")


def test_the_unsubscribe_link_is_one_plain_uri_however_long() -> None:
    """email.policy.SMTP would turn it into encoded words (CPython issue 85725)."""
    raw = message.build(digest(), reader())
    lines = [h for h in raw_headers(raw) if h.startswith(b"List-Unsubscribe:")]
    assert len(lines) == 1
    assert len(lines[0]) > 150
    assert re.fullmatch(rb"List-Unsubscribe: <https://[!-~]+>", lines[0])
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw_headers(raw)


def test_headers_stand_once_and_lines_are_short_and_seven_bit() -> None:
    raw = message.build(digest("Überprüfung " * 12, "Prävention für alle"), reader())
    names = [h.split(b":")[0].lower() for h in raw_headers(raw)]
    for once in (b"from", b"to", b"date", b"message-id", b"mime-version", b"subject", b"list-id"):
        assert names.count(once) == 1, once
    assert b"auto-submitted" in names
    assert b"bcc" not in names
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed["Subject"].strip() == ("Überprüfung " * 12).strip()
    for word in re.findall(rb"=\?[^?]+\?[bqBQ]\?[^?]*\?=", raw.split(b"\r\n\r\n", 1)[0]):
        assert len(word) <= 75  # RFC 2047 section 2


def test_text_comes_first_and_carries_the_readers_own_link() -> None:
    mine = reader()
    parsed = message_from_bytes(message.build(digest(), mine), policy=policy.default)
    assert [p.get_content_type() for p in parsed.iter_parts()] == ["text/plain", "text/html"]
    for part in parsed.iter_parts():
        assert mine.unsubscribe_token in part.get_content()
        assert message.UNSUBSCRIBE_PLACEHOLDER not in part.get_content()


def test_two_readers_differ_only_in_their_own_lines() -> None:
    def neutral(who: str) -> bytes:
        mine = reader(who)
        raw = message.build(digest(), mine)
        assert b"ann" not in raw or who == "ann"
        parsed = message_from_bytes(raw, policy=policy.default)
        text = "".join(p.get_content() for p in parsed.iter_parts())
        return text.replace(mine.unsubscribe_token, "").encode()

    assert neutral("ann") == neutral("bob")


@given(name=st.text(max_size=60), label=st.text(min_size=1, max_size=80))
@settings(max_examples=60, deadline=None)
def test_no_title_or_topic_can_add_a_header(name: str, label: str) -> None:
    clean_subject = " ".join(message.subject(label, [name or "x"]).split())
    try:
        raw = message.build(digest(clean_subject, label), reader())
    except (ValueError, UnicodeEncodeError):
        return  # refused: nothing was sent
    names = [h.split(b":")[0] for h in raw_headers(raw)]
    assert len(names) == len(set(names))
    assert set(names) <= {
        *(b"List-Id", b"List-Unsubscribe", b"List-Unsubscribe-Post", b"List-Archive", b"From"),
        *(b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version"),
        *(b"X-Auto-Response-Suppress", b"Content-Type"),
    }


def test_the_message_id_is_the_same_on_every_try() -> None:
    ids = {message.message_id(SECRET, "i.1", "r1", "hub.example") for _ in range(3)}
    assert len(ids) == 1
    assert message.message_id(SECRET, "i.2", "r1", "hub.example") not in ids


def test_a_token_is_opaque_bound_and_outlives_a_new_secret() -> None:
    token = TOKENS.unsubscribe("r1", "mammogram")
    assert Tokens((SECRET, b"1" * 32)).read_unsubscribe(token) == ("r1", "mammogram")
    for wrong in (token[:-1], token + "a", "", "x" * 5000, TOKENS.preferences("r1")):
        with pytest.raises(BadToken):
            TOKENS.read_unsubscribe(wrong)
    with pytest.raises(BadToken):
        Tokens((b"2" * 32,)).read_unsubscribe(token)


def test_an_address_is_checked_at_the_door() -> None:
    assert checked("  Jane@EXAMPLE.org ") == "Jane@example.org"
    for bad in ("", "jane", "a@b", "a@b.example\r\nBcc: c@d.example", "x" * 65 + "@example.org"):
        with pytest.raises(BadAddress):
            checked(bad)


def test_a_suppressed_address_is_recognised_but_not_readable() -> None:
    assert suppression_hash(SECRET, "Jane@example.org") == suppression_hash(
        SECRET, "jane@example.org"
    )
    assert suppression_hash(SECRET, "a@b.example") != suppression_hash(b"1" * 32, "a@b.example")
