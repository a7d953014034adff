"""A hundred megabytes of lines into the one-machine hub: memory, and what a second run costs.

    ./dev bench bulk [--megabytes N] [--wordpress] [--all-outputs]

    file of articles of 4.5 KB ──> `seealso ingest`, killed with the hub half-way (SIGKILL)
                              ──> both started again, to the end: how many went in twice?
                              ──> once more, all of it there: how fast is what is unchanged?

Memory is the resident size of the client, and of the hub's processes together, four times a second.
*Flat* compares what was highest in the second quarter of the time with what was highest at all: the
first quarter starts processes. With --wordpress the file is an export with a picture for each post,
far behind it. Without --all-outputs the hub renders text only: what renders is not
what is measured, and it takes the processor from what is.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import sqlalchemy as sa
from seealso_hub.place import free_port
from seealso_store import schema
from seealso_store.database import open_database

from bench.engines import answers, clean_environment, running
from bench.stages import records

FLAT = 1.25  # times what it was in the second quarter
EVERY = 0.25  # seconds between two looks
MB = 1e6
SEEALSO = str(Path(sys.executable).with_name("seealso"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all and print the table. Returns the exit code: 1 where a promise is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--wordpress", action="store_true")
    parser.add_argument("--all-outputs", action="store_true")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="seealso-bulk-") as folder:
        bench = _Bench(Path(folder), all_outputs=given.all_outputs)
        file = bench.folder / ("export.xml" if given.wordpress else "articles.jsonl")
        count = (_write_export if given.wordpress else _write)(file, given.megabytes)
        return _measure(bench, file, count)


@dataclass(slots=True)
class _Run:
    """One `seealso ingest`: its counts, its time, and the memory of both sides on its way."""

    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    client: list[int] = field(default_factory=list)
    hub: list[int] = field(default_factory=list)

    def growth(self, side: list[int]) -> float:
        """The highest of all over the highest of the second quarter."""
        quarter = side[len(side) // 4 : len(side) // 2] or side
        return max(side) / max(quarter)


class _Bench:
    """A hub that is started and killed, and clients that feed it."""

    def __init__(self, folder: Path, *, all_outputs: bool) -> None:
        self.folder = folder
        self.data = folder / "hub"
        self.port = free_port("127.0.0.1")
        self.environment = clean_environment() | {"SEEALSO_DATA": str(self.data)}
        if not all_outputs:
            self.environment["SEEALSO_PLUGINS_DISABLED"] = "atom,email,html,jsonfeed,rss"

    @contextmanager
    def hub(self) -> Iterator[psutil.Process]:
        command = [SEEALSO, "up", "--port", str(self.port)]
        url = f"http://127.0.0.1:{self.port}/readyz"
        with running(
            command, self.environment, self.folder / "up.log", lambda: answers(url)
        ) as hub:
            yield hub

    def ingest(self, file: Path, hub: psutil.Process, *, kill_at: int = 0) -> _Run:
        """Feed the file. `kill_at`: end client and hub without a word when so many are in."""
        run = _Run()
        began = time.monotonic()
        client = subprocess.Popen(
            [SEEALSO, "ingest", str(file), "--json"], stdout=subprocess.PIPE, env=self.environment
        )
        seen = psutil.Process(client.pid)
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.append(client.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        while client.poll() is None:
            with suppress(psutil.NoSuchProcess):
                run.client.append(seen.memory_info().rss)
                run.hub.append(_resident(hub))
            if kill_at and self.stored() >= kill_at:
                client.kill()
                _kill_all(hub)
            time.sleep(EVERY)
        reader.join()
        run.seconds = time.monotonic() - began
        run.counts = {} if kill_at else json.loads(said[0])
        return run

    def stored(self) -> int:
        return self._scalar(sa.select(sa.func.count()).select_from(schema.article))

    def versions(self) -> int:
        return self._scalar(sa.select(sa.func.count()).select_from(schema.article_version))

    def _scalar(self, query: sa.Select[tuple[int]]) -> int:
        database = open_database(f"sqlite:///{self.data / 'seealso.sqlite3'}")
        try:
            with database.read() as conn:
                return int(conn.scalar(query) or 0)
        finally:
            database.close()


def _resident(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total


def _kill_all(process: psutil.Process) -> None:
    for one in (*process.children(recursive=True), process):
        with suppress(psutil.NoSuchProcess):
            os.kill(one.pid, signal.SIGKILL)


def _write(file: Path, megabytes: int) -> int:
    number = 0
    with file.open("wb") as lines:
        while lines.tell() < megabytes * MB:
            made = records(100, start=number)
            lines.write(b"\n".join(made) + b"\n")
            number += len(made)
    return number


_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
    b' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    b' xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Garden</title>\n'
)
_PICTURES = 1_000_000  # the first id of an attachment


def _write_export(file: Path, megabytes: int) -> int:
    """The same articles as posts, and behind them all their pictures. Returns how many posts."""
    number = 0
    with file.open("wb") as export:
        export.write(_HEAD)
        while export.tell() < megabytes * MB * 0.94:  # the rest is the pictures'
            for one in records(100, start=number):
                export.write(_post(number, json.loads(one)))
                number += 1
        for picture in range(number):
            export.write(_picture(picture))
        export.write(b"</channel></rss>\n")
    return number


def _post(number: int, article: dict[str, str]) -> bytes:
    return (
        f"<item><title>{article['title']}</title><link>{article['url']}</link><guid>post-{number}"
        f"</guid><content:encoded><![CDATA[{article['html']}]]></content:encoded><wp:post_id>"
        f"{number + 1}</wp:post_id><wp:post_date_gmt>2025-03-01 09:00:00</wp:post_date_gmt>"
        "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:postmeta><wp:meta_key>"
        "_thumbnail_id</wp:meta_key><wp:meta_value>"
        f"{_PICTURES + number}</wp:meta_value></wp:postmeta></item>\n"
    ).encode()


def _picture(number: int) -> bytes:
    return (
        f"<item><title>Picture</title><wp:post_id>{_PICTURES + number}</wp:post_id>"
        "<wp:status>inherit</wp:status><wp:post_type>attachment</wp:post_type><wp:attachment_url>"
        f"https://garden.example/{number}.jpg</wp:attachment_url></item>\n"
    ).encode()


def _measure(bench: _Bench, file: Path, count: int) -> int:
    size = file.stat().st_size / MB
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{count:,} articles, {size:.0f} MB in {file.name}; {load}")
    with suppress(AssertionError, psutil.NoSuchProcess), bench.hub() as hub:
        bench.ingest(file, hub, kill_at=count // 2)
    half = bench.stored()
    print(f"killed, client and hub, with {half:,} articles stored")
    with bench.hub() as hub:
        first = bench.ingest(file, hub)
        _told("again, to the end", first, size)
        second = bench.ingest(file, hub)
        _told("once more, all of it there", second, size)
    kept, versions = bench.stored(), bench.versions()
    twice = versions - kept
    print(f"{kept:,} of {count:,} articles stored, {count - kept} lost, {twice} doubled")
    flat = max(first.growth(first.client), first.growth(first.hub)) <= FLAT
    answer = "yes" if flat else "NO"
    print(f"memory flat (at most {FLAT:g} times that of the second quarter): {answer}")
    return 0 if kept == count and not twice and flat else 1


def _told(what: str, run: _Run, megabytes: float) -> None:
    total = sum(run.counts.values())
    counts = ", ".join(f"{count:,} {name}" for name, count in run.counts.items() if count)
    print(
        f"{what}: {run.seconds:.0f} s, {total / run.seconds:.0f} articles/s,"
        f" {megabytes / run.seconds:.1f} MB/s ({counts})\n"
        f"    client at most {max(run.client) / MB:.0f} MB ({run.growth(run.client):.2f} times its"
        f" second quarter), hub {max(run.hub) / MB:.0f} MB ({run.growth(run.hub):.2f} times)"
    )


if __name__ == "__main__":
    raise SystemExit(main())
