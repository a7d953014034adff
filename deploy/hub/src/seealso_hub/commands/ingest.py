"""`seealso ingest`: files, folders, URLs and standard input go into a running hub."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from seealso_core.settings import Settings
from seealso_ingest.fetch import Fetched, FetchError, fetch
from seealso_ingest.lookup import NoFeed, Want, look

from seealso_hub import console, intake
from seealso_hub.client import HubClient
from seealso_hub.errors import HubRefused
from seealso_hub.frame import HubCommand, Session, json_option, pass_session
from seealso_hub.intake import Parcel, Refused

SHOWN_PASSED = 5  # files that were left alone
LEFT_OUT = "left-out"  # the code of what a source does not take for an article
SHOWN = 20  # reasons in the summary
PATIENCE_SECONDS = 60.0  # that a hub may take to restart or to catch up
# Problems of one piece of input: the next piece goes on. Anything else ends the run.
_OF_THE_INPUT = (400, 413, 415, 422)


@dataclass(slots=True)
class Outcome:
    """What became of the input, counted; the first few reasons kept."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    left_out: int = 0  # what is no article by the source's own rules: drafts of an export
    reasons: list[str] = field(default_factory=list)
    whys: Counter[str] = field(default_factory=Counter)

    @property
    def articles(self) -> int:
        """How many went in."""
        return self.created + self.updated + self.unchanged

    def accept(self, change: str) -> None:
        """Count one article."""
        setattr(self, change, getattr(self, change) + 1)

    def reject(self, place: str, detail: str) -> None:
        """Count one refusal."""
        self.rejected += 1
        if len(self.reasons) < SHOWN:
            self.reasons.append(f"{place}: {detail}")

    def leave_out(self, detail: str) -> None:
        """Count what nobody meant to send: told by its reasons, and no failure."""
        self.left_out += 1
        why = detail.partition(" was left out: ")[2] or detail
        if why in self.whys or len(self.whys) < SHOWN:
            self.whys[why] += 1

    def counts(self) -> dict[str, int]:
        """For ``--json``."""
        counts = {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }
        return counts | {"left_out": self.left_out} if self.left_out else counts


@click.command(cls=HubCommand)
@click.argument("inputs", nargs=-1, required=True, metavar="PATH|URL|- ...")
@click.option("--source", help="Name of the source: half of an article's identity.")
@click.option(
    "--type",
    "kind",
    help=f"Media type, or one of {', '.join(intake.SHORT_TYPES)}. Default: by name and content.",
)
@click.option(
    "--feed", "want", flag_value="feed", help="Of a URL take the feed that its page names."
)
@click.option(
    "--page", "want", flag_value="page", help="Of a URL take the page itself, list or not."
)
@json_option
@pass_session
@click.pass_context
def ingest(
    context: click.Context,
    session: Session,
    inputs: tuple[str, ...],
    source: str | None,
    kind: str | None,
    want: Want | None,
    as_json: bool,
) -> None:
    """Put articles into the hub.

    Files, folders (all files with a known extension below them), http(s) URLs, and `-` for standard
    input; .jsonl and .ndjson line by line, anything also as .gz. Of a home page or list the feed is
    taken. What can't go in is listed and the rest goes in; the exit code is then 1. Safe to repeat:
    what is there already is unchanged.
    """
    settings, media_type = session.settings(), _media_type(kind)
    client = session.client()
    client.get("/livez")  # no hub at all is told now; one that goes away later is waited for
    sender = Sender(client, source)
    with _progress(sender.outcome, inputs) as advance:
        for parcel in _gather(inputs, media_type, want or "any", settings):
            sender.send(parcel)
            advance(parcel)
    report(sender.outcome, as_json)
    if sender.outcome.rejected:
        context.exit(1)


class Sender:
    """Sends parcels and keeps count."""

    def __init__(self, client: HubClient, source: str | None = None) -> None:
        self.outcome = Outcome()
        self._client = client
        self._source = source

    def send(self, parcel: Parcel | Refused) -> None:
        """One request; a hub that is restarting or busy is waited for.

        Raises:
            HubUnreachable, HubRefused: the hub, not the input, is the trouble.
        """
        if isinstance(parcel, Refused):
            self.outcome.reject(parcel.place, parcel.detail)
            return
        # What is sent again after a lost answer is `unchanged`: content decides, not the request.
        try:
            answer = self._client.ask(
                "POST",
                "/api/articles",
                params={"source": self._source, "url": _url_of(parcel)},
                data=parcel.body,
                media_type=parcel.media_type,
                patience=PATIENCE_SECONDS,
                waiting=_say_once(),
            )
        except HubRefused as refusal:
            if refusal.status not in _OF_THE_INPUT:
                raise
            self._refused(parcel, refusal)
        else:
            self._answered(parcel, answer)

    def _answered(self, parcel: Parcel, answer: Any) -> None:
        for accepted in answer["accepted"]:
            self.outcome.accept(accepted["change"])
        for rejected in answer["rejected"]:
            if rejected["code"] == LEFT_OUT:
                self.outcome.leave_out(rejected["detail"])
                continue
            place = parcel.place(int(rejected.get("index") or 0), rejected.get("line"))
            self.outcome.reject(place, rejected["detail"])

    def _refused(self, parcel: Parcel, refusal: HubRefused) -> None:
        for _ in parcel.lines or (0,):
            self.outcome.reject(parcel.name, " ".join([str(refusal), *refusal.errors]))


def report(outcome: Outcome, as_json: bool) -> None:
    """The summary: reasons first, the counts last."""
    for why, count in outcome.whys.items():
        console.say(f"left out: {count}, because {why}")
    for reason in outcome.reasons:
        console.say(f"rejected: {reason}")
    if outcome.rejected > len(outcome.reasons):
        console.say(f"... and {outcome.rejected - len(outcome.reasons)} more.")
    if as_json:
        console.emit_line(outcome.counts())
        return
    counts = outcome.counts()
    words = (f"{count} {change.replace('_', ' ')}" for change, count in counts.items())
    click.echo(", ".join(words))


def _gather(
    inputs: tuple[str, ...], media_type: str | None, want: Want, settings: Settings
) -> Iterator[Parcel | Refused]:
    limit = settings.max_body_mb * 1024 * 1024
    for name in inputs:
        if name == intake.STDIN:
            stdin = sys.stdin.buffer
            yield from intake.parcels(Path("-"), stdin, media_type, limit)
        elif name.startswith(("http://", "https://")):
            yield _fetched(name, media_type, want, settings.allow_private_fetch)
        else:
            _tell_passed_by(name)
            for path in intake.files([name]):
                if isinstance(path, Refused):
                    yield path
                else:
                    yield from intake.parcels(path, None, media_type, limit)


def _tell_passed_by(name: str) -> None:
    """A folder holds other things, too; which ones were no articles is said once."""
    others = intake.passed_by(name) if Path(name).is_dir() else []
    if others:
        more = f" and {len(others) - SHOWN_PASSED} more" if len(others) > SHOWN_PASSED else ""
        listed = ", ".join(others[:SHOWN_PASSED])
        console.say(f"{name}: left alone, by their endings no articles: {listed}{more}.")


def _fetched(url: str, media_type: str | None, want: Want, allow_private: bool) -> Parcel | Refused:
    def get(address: str) -> Fetched:
        return fetch(address, allow_private=allow_private)

    try:
        # Who says what it is means this very address.
        found = look(url, get, "page" if media_type and want == "any" else want)
    except FetchError as error:
        return Refused(error.url, "fetch-failed", error.detail)
    except NoFeed as error:
        return Refused(url, error.code, str(error).removeprefix(f"{url}: "))
    if found.kind == "sitemap" and not media_type:
        return Refused(url, "input-list", _no_article(found.answer.url, found.said))
    if found.said:
        console.say(found.said)
    return _parcel(found.answer, media_type)


def _no_article(sitemap: str, said: str) -> str:
    what = said or "It is a sitemap, which lists pages and is none."
    itself = " `--page` takes the page itself." if said else ""
    return f"{what} `seealso sources add NAME {sitemap}` lets the hub follow it.{itself}"


def _parcel(page: Fetched, media_type: str | None) -> Parcel | Refused:
    head = page.data[: intake.HEAD_BYTES]
    if intake.looks_binary(head):
        return Refused(page.url, "file-binary", intake.told_binary(head))
    if not head.strip():
        detail = (
            "The page is empty. Look at it in a browser: perhaps it wants a log-in or has moved."
        )
        return Refused(page.url, "page-empty", detail)
    kind = media_type or intake.precise(page.media_type, head)
    charset = f"; charset={page.charset}" if page.charset else ""
    return Parcel(page.url, page.data, kind + charset)


def _url_of(parcel: Parcel) -> str | None:
    return parcel.name if parcel.name.startswith(("http://", "https://")) else None


def _media_type(kind: str | None) -> str | None:
    if kind is None or "/" in kind:
        return kind
    try:
        return intake.SHORT_TYPES[kind.lower()]
    except KeyError as error:
        known = ", ".join(intake.SHORT_TYPES)
        raise click.BadParameter(
            f"{kind!r} is neither a media type nor one of {known}.", param_hint="--type"
        ) from error


def _say_once() -> Callable[[str], None]:
    said: list[str] = []

    def waiting(reason: str) -> None:
        if not said:
            console.say(
                f"The hub does not take it just now; waiting {PATIENCE_SECONDS:.0f} s at most."
            )
            said.append(reason)

    return waiting


@contextmanager
def _progress(
    outcome: Outcome, inputs: tuple[str, ...]
) -> Iterator[Callable[[Parcel | Refused], None]]:
    """A bar over the bytes of the files named, on a terminal only."""
    screen = console.err()
    total = sum(_size(name) for name in inputs)
    if not screen.is_terminal or not total:
        yield lambda parcel: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    done: dict[str, int] = {}
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("Ingesting", total=total)

        def advance(parcel: Parcel | Refused) -> None:
            name = parcel.name if isinstance(parcel, Parcel) else parcel.place
            done[name] = max(done.get(name, 0), parcel.taken)
            text = f"{outcome.articles} articles, {outcome.rejected} rejected"
            bar.update(task, completed=sum(done.values()), description=text)

        yield advance


def _size(name: str) -> int:
    path = Path(name)
    if path.is_dir():
        return sum(p.stat().st_size for p in intake.files([name]) if isinstance(p, Path))
    return path.stat().st_size if path.is_file() else 0
