"""The relay's answers, told apart: taken, later, never, nobody knows."""

import pytest
from seealso_dispatch.errors import DispatchError, RelayError, RelayUncertain
from seealso_dispatch.relay import Relay, parse_url

from tests.services.dispatch.sink import Sink

MESSAGE = b"Subject: x\r\n\r\nHello\r\n"


def test_a_message_arrives_byte_for_byte_over_one_kept_connection() -> None:
    with Sink() as sink, Relay(parse_url(sink.url)) as relay:
        relay.send("from@a.example", "to@b.example", MESSAGE)
        relay.send("from@a.example", "two@b.example", MESSAGE)
    assert [e.content for e in sink.messages] == [MESSAGE, MESSAGE]
    assert [e.rcpt_tos for e in sink.messages] == [["to@b.example"], ["two@b.example"]]


def test_a_refused_reader_is_permanent_and_the_next_one_still_gets_mail() -> None:
    with Sink(refuse={"gone@b.example": "550 5.1.1 no such user"}) as sink:
        with Relay(parse_url(sink.url)) as relay:
            with pytest.raises(RelayError, match="no such user") as caught:
                relay.send("f@a.example", "gone@b.example", MESSAGE)
            relay.send("f@a.example", "here@b.example", MESSAGE)
    assert caught.value.permanent
    assert len(sink.messages) == 1


def test_a_busy_relay_is_asked_again_later() -> None:
    with Sink(answer="451 4.3.0 try later") as sink, Relay(parse_url(sink.url)) as relay:
        with pytest.raises(RelayError) as caught:
            relay.send("f@a.example", "t@b.example", MESSAGE)
    assert not caught.value.permanent


def test_a_connection_lost_after_the_message_is_neither_success_nor_failure() -> None:
    with Sink(drop_after_data=1) as sink, Relay(parse_url(sink.url)) as relay:
        with pytest.raises(RelayUncertain):
            relay.send("f@a.example", "t@b.example", MESSAGE)
        relay.send("f@a.example", "t@b.example", MESSAGE)  # a new connection is made
    assert len(sink.messages) == 2


def test_no_relay_is_not_the_readers_fault() -> None:
    with Relay(parse_url("smtp://127.0.0.1:1")) as relay:
        with pytest.raises(RelayError, match="can't use the relay") as caught:
            relay.send("f@a.example", "t@b.example", MESSAGE)
    assert not caught.value.permanent


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example.org:25", ""])
def test_a_bad_relay_url_names_the_setting(url: str) -> None:
    with pytest.raises(DispatchError, match="SEEALSO_SMTP_URL"):
        parse_url(url)


def test_the_password_stays_out_of_logs() -> None:
    url = parse_url("smtp://me:hunter2@relay.example:587?starttls=1")
    assert (url.user, url.password, url.starttls) == ("me", "hunter2", True)
    assert "hunter2" not in repr(url)
