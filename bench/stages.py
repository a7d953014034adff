"""The stages of the line as plain functions, without store, queue or processes.

`bench.line` times them one by one (the pure cost of an article), and `bench.celery_tasks` runs
them as Celery tasks. Both import the same code that the hub runs.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points

from seealso_feeds.filing import read as file_terms
from seealso_ingest import decide
from seealso_ingest.drafting import drafted
from seealso_sdk.model import Article, RawArticle, RawInput
from seealso_sdk.plugin import Context, Output, Source, SourceContext
from seealso_store.articles import Change
from seealso_store.clock import now
from seealso_store.filings import Loaded

OUTPUTS = ("html", "rss", "atom", "jsonfeed", "email", "text")
_WORDS = (
    *("soil", "water", "light", "garden", "seed", "leaf", "root", "compost", "shade", "rain"),
    *("spring", "autumn", "frost", "tool", "path", "bed", "the", "and", "of", "with", "when"),
    *("after", "before", "into", "under", "over", "every", "most", "some", "plants", "grow"),
    *("well", "need", "a"),
)


def records(count: int, seed: int = 1, start: int = 0) -> list[bytes]:
    """JSON articles of about 4.5 KB of HTML, each with topics and see-also titles."""
    made = []
    for number in range(start, start + count):
        pick = random.Random(f"{seed}.{number}")
        paragraphs = [
            f"<p>{' '.join(pick.choices(_WORDS, k=60)).capitalize()} "
            f'<a href="/notes/{number}/{i}">see the note</a>.</p>'
            for i in range(11)
        ]
        paragraphs.insert(4, "<h2>What to do first</h2><ul><li>Look</li><li>Wait</li></ul>")
        made.append(
            json.dumps(
                {
                    "external_id": f"bench-{seed}-{number}",
                    "title": f"Garden note {number}: {' '.join(pick.choices(_WORDS, k=4))}",
                    "url": f"https://garden.example/notes/{seed}/{number}",
                    "summary": " ".join(pick.choices(_WORDS, k=20)),
                    "html": "".join(paragraphs),
                    "published": f"2025-{1 + number % 12:02d}-{1 + number % 28:02d}",
                    "authors": [{"name": "A. Gardener"}],
                    "topics": [f"Bed {number % 40}"],
                    "see_also": [{"title": f"Bed {(number * 7 + i) % 90}"} for i in range(4)],
                    "language": "en",
                }
            ).encode()
        )
    return made


def plugins() -> tuple[Source, dict[str, Output]]:
    """The JSON source and the six outputs, in this process."""
    sources: dict[str, Source] = {}
    outputs: dict[str, Output] = {}
    for point in entry_points(group="seealso"):
        module = point.load()
        sources |= {one.meta.name: one for one in getattr(module, "register_sources", list)()}
        outputs |= {one.meta.name: one for one in getattr(module, "register_outputs", list)()}
    return sources["json"], {name: outputs[name] for name in OUTPUTS}


def take_in(source: Source, record: bytes) -> Change:
    """Read, normalise, decide: what ingest does before its commit."""
    raw = RawInput(data=record, media_type="application/json", source="bench")
    (read,) = source.read(raw, SourceContext(today="2025-12-31"))
    assert isinstance(read, RawArticle), read
    decided = decide.decide(None, drafted(read, source="bench"), now=now())
    assert isinstance(decided, Change)
    return decided


@dataclass
class Costs:
    """Seconds an article, by stage."""

    by_stage: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds of one core for one article, all stages."""
        return sum(self.by_stage.values())


def pure_costs(sample: list[bytes]) -> Costs:
    """Processor time of each stage over the sample; the best of three passes."""
    source, outputs = plugins()
    context = Context()
    bodies = [take_in(source, record).article.to_json() for record in sample]
    work: dict[str, Callable[[], object]] = {
        "ingest": lambda: [take_in(source, record).article.to_json() for record in sample],
        "filing": lambda: [file_terms(Loaded("a", 1, "published", 0, one)) for one in bodies],
    }
    for name, output in outputs.items():
        work[name] = partial(_render_all, output, bodies, context)
    best: dict[str, float] = {}
    for _ in range(4):  # the first pass warms up, and is never the best
        for stage, run in work.items():
            begun = time.process_time()
            run()
            each = (time.process_time() - begun) / len(sample)
            best[stage] = min(best.get(stage, each), each)
    return Costs(best)


def _render_all(output: Output, bodies: list[bytes], context: Context) -> None:
    for body in bodies:
        output.render(Article.from_json(body), context)
