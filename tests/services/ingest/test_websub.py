"""Subscribing to a feed's hub, end to end: a real hub, a real callback, and who tries to cheat."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from seealso_core.settings import load
from seealso_ingest import intent
from seealso_ingest.flow import Ingest
from seealso_ingest.places import Hosts, WebPlace
from seealso_ingest.watch import Watch
from seealso_ingest.websub import MAX_DELIVERY, WebSub
from seealso_ingest.wsgi import make
from seealso_store import articles, sources, websub
from seealso_store.database import Database
from seealso_store.schema import source
from seealso_store.websub import Subscription
from sqlalchemy import delete, select, update
from werkzeug.serving import make_server

from tests.services.ingest.conftest import SECOND, Clock
from tests.services.ingest.feedhub import FeedHub, feed_hub

DAY = 24 * 3600
NAME = "mill"
LATER = 10**18


def rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{t}</title><guid>{t}</guid><description>About {t}.</description></item>"
        for t in titles
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>Mill</title>{items}</channel></rss>".encode()


@dataclass
class Subscriber:
    """Our side: the service behind its callback, and its clock."""

    websub: WebSub
    database: Database
    clock: Clock
    url: str

    @property
    def row(self) -> Subscription | None:
        with self.database.read() as conn:
            return websub.get(conn, NAME)

    @property
    def callback(self) -> str:
        assert self.row is not None
        return f"{self.url}/websub/{self.row.callback}"

    @property
    def is_live(self) -> bool:
        with self.database.read() as conn:
            return websub.is_live(conn, NAME, self.clock())

    @property
    def titles(self) -> set[str]:
        with self.database.read() as conn:
            return {row.title for row in articles.search(conn, limit=50).rows}

    @property
    def looks_at(self) -> int:
        with self.database.read() as conn:
            return int(conn.execute(select(source.c.run_at)).scalar_one())

    def sleep(self) -> None:
        """The source's next look is far away."""
        with self.database.write() as tx:
            tx.execute(update(source).values(run_at=LATER))


@pytest.fixture
def hub() -> Iterator[FeedHub]:
    with feed_hub() as made:
        yield made


@pytest.fixture
def me(database: Database, ingest: Ingest, clock: Clock) -> Iterator[Subscriber]:
    app_of: list[WebSub] = []

    class Later:
        """The app is made before its port is known."""

        def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
            return self.app(environ, start_response)

    later = Later()
    server = make_server("127.0.0.1", 0, later, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    subscriber = WebSub(database, ingest, url, allow_private=True, now=clock)
    later.app = make(load({}), database, ingest, subscriber)  # type: ignore[attr-defined]
    app_of.append(subscriber)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    with database.write() as tx:
        tx.execute(
            source.insert().values(
                name=NAME, plugin="feed", place="url", location="https://mill.example/feed",
                created=1, changed=1, run_at=LATER,
            )
        )  # fmt: skip
    try:
        yield Subscriber(subscriber, database, clock, url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def subscribed(me: Subscriber, hub: FeedHub) -> Subscription:
    me.websub.offered(NAME, hub.topic, f"{hub.url}/hub")
    assert me.websub.turn() == 1
    row = me.row
    assert row is not None
    return row


# --- the whole way -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_what_a_hub_delivers_goes_in_and_wakes_the_source(
    me: Subscriber, hub: FeedHub, method: str
) -> None:
    hub.method = method
    assert subscribed(me, hub).state == "active"
    assert hub.publish(rss("Grist", "Flour")) == [202]
    assert me.titles == {"Grist", "Flour"}
    assert me.looks_at == me.clock()
    with me.database.read() as conn:
        assert {row.source for row in articles.search(conn, limit=9).rows} == {NAME}


def test_a_subscription_is_asked_for_as_the_recommendation_has_it(
    me: Subscriber, hub: FeedHub
) -> None:
    row = subscribed(me, hub)
    assert hub.asked == [
        {
            "hub.mode": "subscribe",
            "hub.topic": hub.topic,
            "hub.callback": me.callback,
            "hub.secret": row.secret,
            "hub.lease_seconds": str(10 * DAY),
        }
    ]
    assert len(row.secret) < 200
    assert hub.answers == [(200, "challenge-0")]
    assert me.is_live


def test_a_challenge_is_echoed_as_plain_text_that_no_browser_runs(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    script = "<script>alert(1)</script>"
    query = {"hub.mode": "subscribe", "hub.topic": hub.topic, "hub.challenge": script}
    answer = requests.get(me.callback, params=query, timeout=10)
    assert (answer.status_code, answer.text) == (200, script)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_offer_again_asks_nobody(me: Subscriber, hub: FeedHub) -> None:
    subscribed(me, hub)
    me.websub.offered(NAME, hub.topic, f"{hub.url}/hub")
    assert me.websub.turn() == 0


def test_a_lease_is_renewed_at_two_thirds_with_the_same_callback(
    me: Subscriber, hub: FeedHub
) -> None:
    first = subscribed(me, hub)
    me.clock.forward(hub.lease * 2 / 3 - 1)
    assert me.websub.turn() == 0
    me.clock.forward(2)
    assert me.websub.turn() == 1
    again = me.row
    assert again is not None
    assert (again.callback, again.secret) == (first.callback, first.secret)
    assert again.lease_until == me.clock() + hub.lease * SECOND
    assert len(hub.secrets) == 1


def test_a_lease_that_runs_out_leaves_the_source_to_its_polling(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    hub.status = 503
    me.clock.forward(hub.lease * 0.7)
    me.websub.turn()
    assert me.is_live
    me.clock.forward(hub.lease)
    assert not me.is_live
    hub.status = 202
    me.clock.forward(DAY)
    me.websub.turn()
    assert me.is_live


@pytest.mark.parametrize("status", [307, 308])
def test_a_hub_that_has_moved_is_followed(me: Subscriber, hub: FeedHub, status: int) -> None:
    hub.moved = status
    assert subscribed(me, hub).state == "active"


@pytest.mark.parametrize(
    ("status", "word"), [(400, "400"), (404, "404"), (500, "500"), (503, "503")]
)
def test_a_hub_that_refuses_is_asked_again_later_each_time_and_says_why(
    me: Subscriber, hub: FeedHub, status: int, word: str
) -> None:
    hub.status = status
    row = subscribed(me, hub)
    assert row.state == "asked"
    assert word in (row.error or "")
    waits = []
    for _ in range(5):
        assert me.row is not None
        waits.append((me.row.run_at - me.clock()) // SECOND)
        me.clock.at = me.row.run_at
        assert me.websub.turn() == 1
    assert waits == [300, 3600, 6 * 3600, DAY, DAY]
    hub.status = 202
    me.clock.forward(DAY)
    me.websub.turn()
    assert me.row is not None
    assert (me.row.state, me.row.failures, me.row.error) == ("active", 0, None)


def test_a_post_that_is_redirected_as_a_get_is_no_subscription(
    me: Subscriber, hub: FeedHub
) -> None:
    hub.moved = 302
    assert subscribed(me, hub).state == "asked"
    assert hub.asked == []


def test_a_denial_is_kept_with_its_reason_and_asked_again_a_week_later(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    assert hub.deny(me.callback, "no\nroom") == 200
    row = me.row
    assert row is not None
    assert (row.state, row.error) == ("denied", "the hub denied it: no room")
    assert not me.is_live
    assert hub.publish(rss("Late")) == [410]
    me.clock.forward(6 * DAY)
    assert me.websub.turn() == 0
    me.clock.forward(1.1 * DAY)
    assert me.websub.turn() == 1
    assert me.is_live


def test_another_hub_or_topic_gets_a_callback_of_its_own_and_the_old_one_is_gone(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    old = me.callback
    me.websub.offered(NAME, f"{hub.topic}?v=2", f"{hub.url}/hub")
    me.websub.turn()
    assert me.callback != old
    assert hub.deliver(old, rss("Old"), "x") == 410
    assert me.is_live


@pytest.mark.parametrize("way", ["paused", "removed", "no hub"])
def test_who_is_paused_removed_or_without_a_hub_unsubscribes(
    me: Subscriber, hub: FeedHub, way: str
) -> None:
    subscribed(me, hub)
    callback = me.callback
    if way == "no hub":
        me.websub.offered(NAME, hub.topic, None)
    else:
        with me.database.write() as tx:
            tx.execute(update(source).values(state="paused") if way == "paused" else delete(source))
    assert me.websub.turn() == 1
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in hub.asked[-1]
    assert hub.secrets == {}
    assert me.row is None
    assert hub.deliver(callback, rss("Late"), "x") == 410


def test_a_hub_that_never_answers_a_leave_is_forgotten_when_its_lease_is_over(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    hub.status = 404
    me.websub.offered(NAME, hub.topic, None)
    me.websub.turn()
    assert me.row is not None
    for _ in range(6):
        me.clock.forward(DAY)
        me.websub.turn()
    assert me.row is None


def test_who_comes_back_before_the_leave_is_done_is_subscribed_anew(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    me.websub.offered(NAME, hub.topic, None)
    assert subscribed(me, hub).state == "active"


def test_one_of_several_workers_asks(me: Subscriber, hub: FeedHub, ingest: Ingest) -> None:
    me.websub.offered(NAME, hub.topic, f"{hub.url}/hub")
    workers = [
        threading.Thread(target=WebSub(me.database, ingest, me.url, allow_private=True, now=me.clock).turn)
        for _ in range(4)
    ]  # fmt: skip
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(hub.asked) == 1


def test_from_a_look_at_a_feed_to_a_delivery_and_the_look_that_follows_it(
    me: Subscriber, hub: FeedHub, ingest: Ingest
) -> None:
    hub.feed = rss("Grist")
    with me.database.write() as tx:
        tx.execute(update(source).values(location=hub.topic, run_at=me.clock()))
    place = WebPlace(allow_private=True, hosts=Hosts(0.0))
    watch = Watch(ingest, places={"url": place}, offered=me.websub.offered)
    assert watch.turn() == 1
    assert me.titles == {"Grist"}
    assert me.websub.turn() == 1
    assert me.is_live
    assert hub.publish(rss("Grist", "Flour")) == [202]
    assert me.titles == {"Grist", "Flour"}
    me.clock.forward(1)
    assert watch.turn() == 1  # woken
    assert watch.turn() == 0
    with me.database.read() as conn:
        found = sources.find(conn, NAME)
    assert found is not None
    assert found.looked == me.clock()
    assert found.error is None


# --- who tries to cheat --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"hub.topic": "https://other.example/feed"},
        {"hub.topic": ""},
        {"hub.mode": "unsubscribe"},  # that nobody asked for
        {"hub.mode": "publish"},
        {"hub.challenge": ""},
        {"hub.challenge": "x" * 2001},
    ],
)
def test_what_was_not_meant_is_404_and_changes_nothing(
    me: Subscriber, hub: FeedHub, change: dict[str, str]
) -> None:
    before = subscribed(me, hub)
    query = {
        "hub.mode": "subscribe",
        "hub.topic": hub.topic,
        "hub.challenge": "c",
        "hub.lease_seconds": "9",
    }
    answer = requests.get(me.callback, params=query | change, timeout=10)
    assert answer.status_code == 404
    assert "challenge" not in answer.text
    assert me.row == before


def test_a_callback_that_was_never_made_is_404_to_a_question_and_410_to_a_delivery(
    me: Subscriber, hub: FeedHub
) -> None:
    query = {"hub.mode": "subscribe", "hub.topic": hub.topic, "hub.challenge": "c"}
    assert requests.get(f"{me.url}/websub/guess", params=query, timeout=10).status_code == 404
    assert requests.post(f"{me.url}/websub/guess", data=b"x", timeout=10).status_code == 410
    assert requests.get(f"{me.url}/websub/guess", timeout=10).status_code == 404


def test_a_delivery_without_a_good_signature_is_answered_and_discarded(
    me: Subscriber, hub: FeedHub
) -> None:
    row = subscribed(me, hub)
    body = rss("Forged")
    good = hmac.new(row.secret.encode(), body, hashlib.sha256).hexdigest()
    for header in (
        None, "", good, f"md5={good}", f"sha1={good}", f"sha256={good[:-1]}", f"sha256={'0' * 64}", "sha256=", "sha256=ü",
    ):  # fmt: skip
        headers = {} if header is None else {"X-Hub-Signature": header.encode("utf-8")}
        answer = requests.post(me.callback, data=body, headers=headers, timeout=10)
        assert answer.status_code == 202
    assert hub.deliver(me.callback, body, "another secret") == 202
    assert me.titles == set()
    assert me.looks_at == LATER


def test_a_delivery_that_can_not_be_read_only_wakes_the_source(
    me: Subscriber, hub: FeedHub
) -> None:
    subscribed(me, hub)
    assert hub.publish(b"\x89PNG\0\0", "image/png") == [202]
    assert me.titles == set()
    assert me.looks_at == me.clock()


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_delivery_that_is_too_large_is_not_taken_and_wakes_the_source(
    me: Subscriber, hub: FeedHub, is_announced: bool
) -> None:
    subscribed(me, hub)
    body = rss("x" * (MAX_DELIVERY + 1))
    data = body if is_announced else iter([body[: 2**20], body[2**20 :]])
    answer = requests.post(me.callback, data=data, timeout=30)
    assert answer.status_code == 202
    assert me.titles == set()
    assert me.looks_at == me.clock()


def test_an_empty_delivery_says_look(me: Subscriber, hub: FeedHub) -> None:
    subscribed(me, hub)
    assert requests.post(me.callback, timeout=10).status_code == 202
    assert me.looks_at == me.clock()


def test_a_delivery_comes_without_the_hubs_key(me: Subscriber, hub: FeedHub) -> None:
    subscribed(me, hub)
    headers = {"Authorization": "Bearer wrong"}
    assert requests.post(me.callback, data=b"x", headers=headers, timeout=10).status_code == 202


def test_a_hub_in_the_private_network_is_not_asked(
    database: Database, ingest: Ingest, clock: Clock, hub: FeedHub, me: Subscriber
) -> None:
    public = WebSub(database, ingest, "https://hub.example.org", now=clock)
    public.offered(NAME, hub.topic, f"{hub.url}/hub")
    public.turn()
    assert hub.asked == []
    assert me.row is not None
    assert "not" in (me.row.error or "")


@pytest.mark.parametrize(
    ("hub_url", "reached"),
    [
        ("https://hub.example.org", True),
        ("http://8.8.8.8:8080", True),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
        ("http://10.0.0.7", False),
        ("http://localhost:8080", False),
        ("http://mill", False),
        ("http://mill.local", False),
        ("", False),
    ],
)
def test_a_hub_that_others_can_not_reach_subscribes_to_nothing(
    database: Database, ingest: Ingest, clock: Clock, hub_url: str, reached: bool
) -> None:
    subscriber = WebSub(database, ingest, hub_url, now=clock)
    subscriber.offered(NAME, "https://mill.example/feed", "https://hub.example/")
    with database.read() as conn:
        assert (websub.get(conn, NAME) is not None) == reached


@pytest.mark.parametrize("hub_url", ["javascript:x", "ftp://hub.example/", "nonsense", ""])
def test_an_offer_of_what_is_no_web_address_is_none(
    database: Database, ingest: Ingest, hub_url: str
) -> None:
    WebSub(database, ingest, "https://hub.example.org").offered(
        NAME, "https://mill.example/f", hub_url
    )
    with database.read() as conn:
        assert websub.get(conn, NAME) is None


# --- the rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lease"),
    [
        ("3600", 3600),
        ("1", 60),
        ("99999999999", 90 * DAY),
        ("", DAY),
        ("-5", DAY),
        ("1e9", DAY),
        ("٣", DAY),
    ],
)
def test_a_lease_is_bounded_whatever_a_hub_says(text: str, lease: int) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.topic": "t",
        "hub.challenge": "c",
        "hub.lease_seconds": text,
    }
    found = intent.read(query)
    assert found is not None
    assert found.lease == lease


@given(st.binary(max_size=50), st.text(max_size=80), st.text(min_size=1, max_size=20))
def test_a_signature_that_is_guessed_is_never_good(body: bytes, header: str, secret: str) -> None:
    assert intent.is_signed(body, header, secret) is False


@given(
    st.dictionaries(
        st.sampled_from(["hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds"]),
        st.text(max_size=30),
    )
)
def test_any_query_is_an_intent_or_none(query: dict[str, str]) -> None:
    found = intent.read(query)
    assert found is None or (found.topic and (found.challenge or found.mode == "denied"))
