"""Judges what a hub has against what it confirmed. Pure: no database, no network.

    Book (what was sent, what was answered 2xx) ─┐
    State (database, feeds, mailboxes: read once) ┴─> Judgement: lost, doubled, each in words

lost      a confirmed version, withdrawal, issue or mail that left no trace, or is not served
doubled   one source id as two articles, one content as two versions, one version of one output
          stored twice, one mail twice in a mailbox
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

FILING = "filing"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A piece that was answered 2xx. `title` is unlike any other's; empty for a withdrawal."""

    key: str
    article_id: str
    version: int
    title: str
    updated: str = ""

    @property
    def withdrawal(self) -> bool:
        """Whether it took the article back."""
        return not self.title


@dataclass(frozen=True, slots=True)
class Version:
    """A row of the history of an article."""

    article_id: str
    version: int
    op: str
    title: str
    updated: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Work:
    """A row of the ledger."""

    article_id: str
    output: str
    wanted: int
    settled: int
    state: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A row of the deliveries. `issue` begins with ``confirm:`` where it asks for consent."""

    issue: str
    email: str
    state: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message in a mailbox."""

    email: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a hub has and serves. `effects`: how often (article, output, version) was stored;
    `feeds`: the titles that each feed had, by its path; `pages`: the status of articles' pages."""

    outputs: frozenset[str]
    versions: Sequence[Version] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    work: Sequence[Work] = ()
    renditions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    effects: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    feeds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)
    mails: Sequence[Mail] = ()
    received: Sequence[Received] = ()
    damage: str = ""  # what the database says of itself, when it is not well


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is wrong, a sentence each. Both empty: nothing is."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()

    def __add__(self, other: Judgement) -> Judgement:
        return Judgement(self.lost + other.lost, self.doubled + other.doubled)


@dataclass(slots=True)
class Book:
    """What a client was told. `sent`: every title that it ever sent, confirmed or not."""

    confirmed: list[Confirmed] = field(default_factory=list)
    sent: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    feeds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # path: keys
    issues: dict[str, frozenset[str]] = field(default_factory=dict)  # issue: who has to get it


def merged(books: Iterable[Book]) -> Book:
    """The books of several clients as one: their keys are their own."""
    whole = Book()
    for book in books:
        whole.confirmed += book.confirmed
        whole.sent |= book.sent
        whole.issues |= book.issues
        for path, keys in book.feeds.items():
            whole.feeds[path] |= keys
    return whole


def judge(book: Book, state: State) -> Judgement:
    """All that can be said of a hub that has come to rest."""
    judged = Judgement((state.damage,) if state.damage else ())
    judged += judge_versions(book, state)
    judged += judge_work(state)
    judged += judge_served(book, state)
    return judged + judge_mail(book, state)


def judge_versions(book: Book, state: State) -> Judgement:
    """Confirmed versions are there; no source id is two articles, no content two versions."""
    have = {(row.article_id, row.version): row for row in state.versions}
    lost = []
    for one in book.confirmed:
        row = have.get((one.article_id, one.version))
        if row is None:
            lost.append(f"{one.key}: version {one.version} was confirmed and is not there")
        elif one.withdrawal and state.statuses.get(one.article_id) != "withdrawn":
            lost.append(f"{one.key}: its withdrawal was confirmed, and it is not withdrawn")
        elif not one.withdrawal and row.op != "withdraw" and row.title != one.title:
            lost.append(f"{one.key}: version {one.version} is {row.title!r}, not {one.title!r}")
    ids: dict[str, set[str]] = defaultdict(set)
    contents: Counter[tuple[str, str]] = Counter()
    for row in state.versions:
        ids[row.external_id].add(row.article_id)
        if row.op != "withdraw":
            contents[row.external_id, row.title] += 1
    doubled = [f"{key} is {len(found)} articles" for key, found in ids.items() if len(found) > 1]
    doubled += [f"{title!r} is {n} versions" for (_, title), n in contents.items() if n > 1]
    return Judgement(tuple(lost), tuple(doubled))


def judge_work(state: State) -> Judgement:
    """All work is settled at the newest version, and its effect is stored once."""
    newest: dict[str, int] = {}
    for row in state.versions:
        newest[row.article_id] = max(row.version, newest.get(row.article_id, 0))
    settled = {
        (row.article_id, row.output): row.settled for row in state.work if row.state == "settled"
    }
    lost = []
    for article_id, version in newest.items():
        published = state.statuses.get(article_id) == "published"
        for output in (*sorted(state.outputs if published else ()), FILING):
            if settled.get((article_id, output)) != version:
                lost.append(f"{article_id} version {version}: {output} is not settled")
            elif output != FILING and state.renditions.get((article_id, output)) is None:
                lost.append(f"{article_id}: {output} is settled and has no rendition")
        if not published and any(
            (article_id, output) in state.renditions for output in state.outputs
        ):
            lost.append(f"{article_id} is not published and still has renditions")
    doubled = [
        f"{article_id} version {version}: {output} was stored {count} times"
        for (article_id, output, version), count in state.effects.items()
        if count > 1
    ]
    return Judgement(tuple(lost), tuple(doubled))


def judge_served(book: Book, state: State) -> Judgement:
    """Feeds have what is published and nothing that was taken back; pages answer accordingly."""
    titles: dict[str, tuple[int, str, str]] = {}
    for row in state.versions:
        if row.version > titles.get(row.external_id, (0, "", ""))[0]:
            titles[row.external_id] = (row.version, row.title, row.article_id)
    lost = []
    for path, keys in book.feeds.items():
        known = [titles[key] for key in keys if key in titles]
        wanted = {t for _, t, one in known if state.statuses.get(one) == "published"}
        for served, found in state.feeds.items():
            if served.startswith(path + "."):
                lost += [f"{served}: {title!r} is missing" for title in sorted(wanted - found)]
                lost += [
                    f"{served}: {title!r} should not be there" for title in sorted(found - wanted)
                ]
    for article_id, answer in state.pages.items():
        wanted_answer = {"published": 200, "withdrawn": 410}.get(state.statuses[article_id])
        if answer != wanted_answer:
            lost.append(f"the page of {article_id} answers {answer}, not {wanted_answer}")
    return Judgement(tuple(lost))


def judge_mail(book: Book, state: State) -> Judgement:
    """Every reader has each confirmed issue once, or it is known to be uncertain."""
    boxes = Counter((one.email, one.message_id) for one in state.received)
    lost, doubled = [], []
    audience: dict[str, set[str]] = defaultdict(set)
    for row in state.mails:
        asking = row.issue.startswith("confirm:")
        count = boxes[row.email, row.message_id]
        audience[row.issue].add(row.email)
        if row.state in ("waiting", "leased", "sending", "dead"):
            lost.append(f"{row.issue} to {row.email} is {row.state}")
        elif row.state == "sent" and count == 0:
            lost.append(f"{row.issue} to {row.email} counts as sent and never came")
        if count > (2 if asking else 1):
            doubled.append(f"{row.issue} came to {row.email} {count} times")
    for issue, readers in book.issues.items():
        missing = readers - audience[issue]
        lost += [f"{issue}: nothing was opened for {email}" for email in sorted(missing)]
    ids = {(row.email, row.message_id) for row in state.mails}
    doubled += [
        f"{email} got a mail that no row knows" for email, one in boxes if (email, one) not in ids
    ]
    return Judgement(tuple(lost), tuple(doubled))


# --- histories (F17) -----------------------------------------------------------------------------


def judge_histories(versions: Iterable[Version]) -> Judgement:
    """In no article's history stands anything after its withdrawal, or older after newer."""
    resurrected, older = [], []
    history: dict[str, list[Version]] = defaultdict(list)
    for row in versions:
        history[row.article_id].append(row)
    for rows in history.values():
        rows.sort(key=lambda row: row.version)
        for before, after in pairwise(rows):
            if before.op == "withdraw":
                resurrected.append(f"{after.external_id}: {after.op} after its withdrawal")
            elif after.op != "withdraw" and after.updated < before.updated:
                older.append(f"{after.external_id}: {after.updated} over {before.updated}")
    return Judgement(tuple(resurrected + older))


def judge_finals(
    expected: Mapping[str, str], versions: Iterable[Version], statuses: Mapping[str, str]
) -> Judgement:
    """Each article ends as its newest revision, or withdrawn (an empty title in `expected`)."""
    last: dict[str, Version] = {}
    for row in versions:
        if row.external_id not in last or row.version > last[row.external_id].version:
            last[row.external_id] = row
    lost = []
    for key, title in expected.items():
        if key not in last:
            lost.append(f"{key} was sent and is not there")
        elif not title and statuses[last[key].article_id] != "withdrawn":
            lost.append(f"{key} is {statuses[last[key].article_id]}, not withdrawn")
        elif title and last[key].title != title:
            lost.append(f"{key} is {last[key].title!r}, not {title!r}")
    return Judgement(tuple(lost))
