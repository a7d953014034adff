"""The promises of a newsletter, from sign-up to goodbye, on a real store and a real SMTP sink."""

from __future__ import annotations

import re
import socket
import time
from email import message_from_bytes, policy

import pytest
from lxml import etree
from seealso_core import signup
from seealso_dispatch.errors import BadToken, UnknownTopic
from seealso_dispatch.sending import Sender
from seealso_dispatch.settings import DispatchSettings
from seealso_dispatch.worker import Worker
from seealso_store import deliveries, readers, schema

from tests.services.dispatch.conftest import HUB, SECRET, Post, confirm_token, link, make_host

READER = "jane@example.org"


def text_of(raw: bytes | str | None) -> str:
    assert isinstance(raw, bytes)
    part = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return str(part.get_content())


def test_nobody_gets_a_newsletter_before_confirming(post: Post) -> None:
    post.article("one", "mammogram")
    assert post.dispatch.sign_up("mammogram", READER, f"{HUB}/topics/mammogram")
    post.send()
    assert len(post.sink.messages) == 1  # the confirmation, and nothing else
    assert post.dispatch.prepare_issue("mammogram") is None
    assert post.dispatch.confirm(confirm_token(post.sink.messages[0].content))
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    assert made.deliveries == 1


def test_consent_is_kept_as_evidence(post: Post) -> None:
    post.reader(READER, "mammogram")
    (record,) = post.dispatch.consents(READER)
    assert record.page == f"{HUB}/topics/mammogram"
    assert "Mammogram" in record.wording
    assert "The Hub" in record.privacy
    assert record.confirmed is not None
    assert record.asked <= record.confirmed


def test_the_evidence_is_the_very_sentences_of_the_box(post: Post) -> None:
    post.reader(READER, "mammogram")
    (record,) = post.dispatch.consents(READER)
    said = etree.HTML(signup.box("mammogram", post.dispatch.label("mammogram"), "", "The Hub"))
    assert {record.wording, record.privacy} <= set(said.itertext())


def test_a_confirmation_link_works_once_and_for_two_days(post: Post) -> None:
    post.dispatch.sign_up("mammogram", READER, "")
    post.send()
    token = confirm_token(post.sink.messages[0].content)
    post.clock.forward(48 * 3600 + 1)
    assert not post.dispatch.confirm(token)
    assert post.dispatch.asked(token).state == "expired"
    with pytest.raises(BadToken):
        post.dispatch.confirm(token[:-2])


def test_a_digest_has_what_is_new_and_every_header_of_a_list_message(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram", title="Dense tissue explained")
    post.article("two", "mammogram", title="Screening ages compared")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    assert made.articles == 2
    post.send()
    (envelope,) = post.sink.messages
    assert envelope.rcpt_tos == [READER]
    raw = envelope.content
    assert isinstance(raw, bytes)
    message = message_from_bytes(raw, policy=policy.default)
    head = raw.split(b"\r\n\r\n")[0]
    assert re.search(
        rb"^List-Unsubscribe: <https://hub\.example/newsletters/unsubscribe/[^>]+>\r$",
        head,
        re.MULTILINE,
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == '"Mammogram" <mammogram.newsletters.hub.example>'
    assert message["To"] == READER
    text = text_of(raw)
    for wanted in ("Dense tissue explained", "Screening ages compared", "1 Main Street"):
        assert wanted in text
    assert text.count("/newsletters/unsubscribe/") == 1
    assert "READER-" not in raw.decode("ascii")


def test_nothing_new_nothing_sent(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    assert post.dispatch.prepare_issue("mammogram") is not None
    assert post.dispatch.prepare_issue("mammogram") is None
    post.send()
    assert len(post.sink.messages) == 1


def test_an_article_in_two_topics_comes_once(post: Post) -> None:
    post.reader(READER, "mammogram", "mri")
    post.article("both", "mammogram", "mri", title="Told in both")
    post.article("own", "mri", title="Only about magnets")
    assert len(post.dispatch.prepare_all()) == 2
    post.send()
    texts = [text_of(e.content) for e in post.sink.messages]
    assert sum("Told in both" in t for t in texts) == 1
    assert sum("Only about magnets" in t for t in texts) == 1


def test_a_withdrawn_article_is_gone_from_a_pending_newsletter(post: Post) -> None:
    post.reader(READER, "mammogram")
    gone = post.article("gone", "mammogram", title="To be taken back")
    post.article("stays", "mammogram", title="Still true")
    assert post.dispatch.prepare_issue("mammogram") is not None
    post.withdraw(gone)
    post.send()
    (envelope,) = post.sink.messages
    assert "Still true" in text_of(envelope.content)
    assert b"To be taken back" not in (envelope.content or b"")


def test_an_issue_of_withdrawn_articles_only_is_not_sent(post: Post) -> None:
    post.reader(READER, "mammogram")
    gone = post.article("gone", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    post.withdraw(gone)
    post.send()
    assert post.sink.messages == []
    (state,) = post.dispatch.deliveries(made.issue.id)
    assert state.state == "dropped"
    assert "withdrawn" in (state.error or "")


def test_one_click_and_the_next_issue_does_not_come(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    post.dispatch.prepare_issue("mammogram")
    post.send()
    token = link(post.sink.messages[0].content, "unsubscribe")
    assert post.dispatch.leave(token) == "mammogram"
    assert post.dispatch.leave(token) == "mammogram"  # twice is once
    post.article("two", "mammogram")
    assert post.dispatch.prepare_issue("mammogram") is None
    post.send()
    assert len(post.sink.messages) == 1


def test_leaving_between_freeze_and_send_stops_the_mail(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    with post.database.read() as conn:
        reader = readers.subscriber_id_of(conn, READER)
    assert reader is not None
    post.dispatch.leave(post.dispatch.tokens.unsubscribe(reader, "mammogram"))
    post.send()
    assert post.sink.messages == []
    assert post.dispatch.deliveries(made.issue.id)[0].state == "dropped"


def test_an_edited_article_is_not_sent_again(post: Post) -> None:
    post.reader(READER, "mammogram")
    article_id = post.article("one", "mammogram")
    post.dispatch.prepare_issue("mammogram")
    with post.database.write() as tx:
        tx.execute(
            schema.article.update().where(schema.article.c.id == article_id).values(version=2)
        )
    assert post.dispatch.prepare_issue("mammogram") is None


def test_a_relay_that_is_busy_is_asked_again_with_the_same_message_id(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    post.dispatch.prepare_issue("mammogram")
    post.sink.answer = "451 4.3.0 later"
    post.send()
    post.sink.answer = "250 taken"
    post.send()
    assert len(post.sink.messages) == 1  # not before the pause is over
    post.clock.forward(61)
    post.send()
    ids = {message_from_bytes(e.content or b"")["Message-ID"] for e in post.sink.messages}  # type: ignore[arg-type]  # the sink keeps bytes
    assert len(post.sink.messages) == 2
    assert len(ids) == 1


def test_a_refused_reader_is_on_the_operators_list_and_others_get_theirs(post: Post) -> None:
    post.reader("gone@example.org", "mammogram")
    post.reader("here@example.org", "mammogram")
    post.sink.refuse["gone@example.org"] = "550 5.1.1 no such user"
    post.article("one", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    post.send()
    states = {d.email: (d.state, d.error) for d in post.dispatch.deliveries(made.issue.id)}
    assert states["here@example.org"] == ("sent", None)
    assert states["gone@example.org"][0] == "dead"
    assert "no such user" in (states["gone@example.org"][1] or "")


def test_a_connection_lost_at_the_end_is_never_a_second_issue(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    post.sink.drop_after_data = 1
    post.send()
    post.clock.forward(7 * 86400)
    post.send()
    assert len(post.sink.messages) == 1
    assert post.dispatch.deliveries(made.issue.id)[0].state == "uncertain"


def test_a_sender_that_died_while_sending_leaves_it_uncertain(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    with post.database.write() as tx:  # as a sender does before the first byte leaves
        (mine,) = deliveries.claim(tx, limit=1, lease_until=post.clock() + 1, now=post.clock())
        assert deliveries.move(tx, mine, "sending", now=post.clock(), lease_until=post.clock() + 1)
    post.clock.forward(10)
    post.send()
    assert post.sink.messages == []
    assert post.dispatch.deliveries(made.issue.id)[0].state == "uncertain"


def test_a_sender_whose_lease_was_taken_over_can_write_nothing(post: Post) -> None:
    post.reader(READER, "mammogram")
    post.article("one", "mammogram")
    post.dispatch.prepare_issue("mammogram")
    with post.database.write() as tx:
        (old,) = deliveries.claim(tx, limit=1, lease_until=post.clock(), now=post.clock())
    with post.database.write() as tx:
        (new,) = deliveries.claim(tx, limit=1, lease_until=post.clock() + 10, now=post.clock())
        assert not deliveries.move(tx, old, "sending", now=post.clock())
        assert deliveries.move(tx, new, "sending", now=post.clock())


def test_an_erased_reader_leaves_a_hash_and_can_come_back_by_their_own_wish(post: Post) -> None:
    post.reader(READER, "mammogram")
    assert post.dispatch.erase_address(READER)
    assert not post.dispatch.erase_address(READER)
    with post.database.read() as conn:
        assert readers.subscriber_id_of(conn, READER) is None
        assert post.dispatch.consents(READER) == []
        rows = conn.execute(schema.suppression.select()).all()
    assert len(rows) == 1
    assert READER not in str(rows)
    post.reader(READER, "mammogram")
    with post.database.read() as conn:
        assert conn.execute(schema.suppression.select()).all() == []


def test_asking_again_and_again_mails_three_times_a_day(post: Post) -> None:
    answers = [post.dispatch.sign_up("mammogram", READER, "") for _ in range(5)]
    assert answers == [True, True, True, False, False]
    post.send()
    assert len(post.sink.messages) == 3


def test_preferences_leave_what_is_unticked(post: Post) -> None:
    post.reader(READER, "mammogram", "mri")
    with post.database.read() as conn:
        reader = readers.subscriber_id_of(conn, READER)
    assert reader is not None
    token = post.dispatch.tokens.preferences(reader)
    post.dispatch.choose(token, {"mri", "not-mine"})
    assert [(s.slug, s.state) for s in post.dispatch.preferences(token)] == [
        ("mammogram", "left"),
        ("mri", "confirmed"),
    ]


def test_an_unknown_topic_has_no_newsletter(post: Post) -> None:
    with pytest.raises(UnknownTopic):
        post.dispatch.sign_up("nothing", READER, "")
    with pytest.raises(UnknownTopic):
        post.dispatch.prepare_issue("nothing")


def test_a_worker_that_stops_waits_for_no_relay_and_gives_everything_back(post: Post) -> None:
    for name in ("ann", "bob", "cyd"):
        post.reader(f"{name}@example.org", "mammogram")
    post.article("one", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    with socket.socket() as silent:  # takes the connection and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        relay = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        settings = DispatchSettings(
            hub_url=HUB, hub_name="The Hub", smtp_url=relay,
            mail_from="news@hub.example", postal_address="1 Main Street",
        )  # fmt: skip
        own = make_host()  # it ends with the worker
        worker = Worker(Sender(post.database, own, settings, secret=SECRET, now=post.clock))
        worker.start()
        with silent.accept()[0]:
            begun = time.monotonic()
            worker.stop(1)
            assert time.monotonic() - begun < 2
            rows = post.dispatch.deliveries(made.issue.id)
            assert [(one.state, one.attempts) for one in rows] == [("waiting", 0)] * 3
    post.send()
    assert len(post.sink.messages) == 3


def test_a_worker_that_stops_gives_back_what_it_has_not_tried(post: Post) -> None:
    for name in ("ann", "bob", "cyd"):
        post.reader(f"{name}@example.org", "mammogram")
    post.article("one", "mammogram")
    made = post.dispatch.prepare_issue("mammogram")
    assert made is not None
    post.sender.send_due(lambda: len(post.sink.messages) == 1)
    states = sorted(d.state for d in post.dispatch.deliveries(made.issue.id))
    assert states == ["sent", "waiting", "waiting"]
    post.send()
    assert len(post.sink.messages) == 3
