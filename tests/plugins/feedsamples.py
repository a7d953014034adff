"""Articles, a channel and entries for the tests of the feed formats. Everything is made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seealso_sdk.model import (
    Article,
    Channel,
    Correction,
    Entry,
    Filing,
    Link,
    Media,
    Person,
    Promo,
    Publisher,
    Rights,
    SeeAlso,
    Series,
    Tombstone,
)
from seealso_sdk.plugin import Context

HUB = "https://hub.example"
CONTEXT = Context(hub_url=HUB, hub_name="Example Hub")

QA = Article(
    id="aqa0000000000001",
    version=1,
    kind="qa",
    title="Is cold water bad for my teeth? R&D says < 5 °C may be",
    summary="A dentist explains what cold does to enamel, and when to worry.",
    language="en",
    body_html=(
        "<p>Cold water does not harm healthy enamel &amp; gums.</p>\n"
        '<h2>When to worry</h2>\n<ul><li>Pain that stays</li><li>A <a href="'
        'https://clinic.example/cracks?a=1&amp;b=2">cracked tooth</a></li></ul>'
    ),
    body_text="Cold water does not harm healthy enamel & gums.",
    authors=(Person("Dr. Ada Quill", "https://clinic.example/people/ada"),),
    reviewers=(Person("Dr. Noor Hale"), Person("Sam Pike")),
    publisher=Publisher("Example Clinic", "https://clinic.example"),
    series=Series("Ask a Dentist"),
    canonical_url="https://clinic.example/answers/cold-water",
    published="2024-03-05",
    reviewed="2024-02-28",
    see_also=(
        *(SeeAlso(f"Tooth question {n}") for n in range(1, 13)),
        SeeAlso("Enamel explained", url="https://clinic.example/enamel"),
    ),
    promos=(Promo("newsletter-signup", "Teeth", "Sign up for our secret newsletter"),),
    rights=Rights("CC BY 4.0", "Example Clinic", "https://creativecommons.org/licenses/by/4.0/"),
    first_seen="2024-03-06T08:00:00+00:00",
    changed="2024-03-06T08:00:00+00:00",
)

NEWS = Article(
    id="anews00000000002",
    version=1,
    kind="news",
    title="Harbour bridge opens a week early",
    summary="The first tram crossed at dawn.",
    body_html="<p>The bridge opened on Monday.</p>",
    body_text="The bridge opened on Monday.",
    authors=(Person("Lee Ferry"), Person("Jo Ann O'Dell <jo@paper.example>")),
    publisher=Publisher("The Example Paper", "https://paper.example/"),
    canonical_url="https://paper.example/bridge",
    published="2024-05-06T05:30:00+02:00",
    updated="2024-05-06T09:00:00+02:00",
    media=(
        Media("https://paper.example/bridge.jpg", "image/jpeg", "A tram", 1200, 800, "K. Lens"),
        Media("https://paper.example/opening", "video/mp4", "The opening"),
        Media("https://paper.example/plan.pdf"),
    ),
    first_seen="2024-05-06T04:00:00+00:00",
    changed="2024-05-06T07:00:01+00:00",
)

CORRECTED = Article(
    id="acorr00000000003",
    version=3,
    title="How many steps a day?",
    summary="Fewer than you think.",
    body_html="<p>About 7,000 steps are enough.</p>",
    body_text="About 7,000 steps are enough.",
    published="2024-01-10T12:00:00Z",
    corrections=(
        Correction("2024-01-11", "An earlier version said 17,000 steps."),
        Correction("2024-02-01T09:00:00Z", "The study is from 2023 & not 2022."),
    ),
    first_seen="2024-01-10T12:00:05+00:00",
    changed="2024-02-01T09:00:10.250000+00:00",
)

SPANISH = Article(
    id="aspan00000000004",
    version=1,
    title="¿Por qué bostezamos?",
    summary="Una explicación breve del bostezo.",
    language="es",
    body_html="<p>El bostezo es contagioso, también entre perros.</p>",
    body_text="El bostezo es contagioso, también entre perros.",
    published="2023-11-20T10:00:00+01:00",
    reviewers=(Person("Inés Prado"),),
    see_also=(SeeAlso("¿Por qué soñamos?"),),
    first_seen="2023-11-20T09:00:00+00:00",
)

ARABIC = Article(
    id="aarab00000000005",
    version=1,
    title="لماذا السماء زرقاء؟",
    summary="جواب قصير عن لون السماء.",
    language="ar",
    body_html="<p>يتشتت الضوء الأزرق أكثر من الأحمر.</p>",
    body_text="يتشتت الضوء الأزرق أكثر من الأحمر.",
    publisher=Publisher("مجلة المثال", "https://مثال.example/مجلة"),
    see_also=(SeeAlso("قوس قزح"),),
    first_seen="2024-06-01T00:00:00+00:00",
)

SAMPLES = {
    "qa": QA,
    "news": NEWS,
    "corrected": CORRECTED,
    "spanish": SPANISH,
    "arabic": ARABIC,
}

CATEGORIES = (
    Filing("oral-health", "Oral health", "editorial", 1.0, "The editor filed it here."),
    Filing("r-and-d", 'R&D "lab" <new>', "derived", 0.61, "Its title names it."),
)
RELATED = (
    Link(f"{HUB}/articles/aother?x=1&y=2", "Sensitive teeth & gums", "related", "Both: enamel."),
    Link(f"{HUB}/topics/قوس", "قوس", "related", "Asked for by its see-also."),
)
TOMBSTONES = (
    Tombstone(article_id="agone00000000009", when="2024-06-02T10:00:00Z", reason="Wrong & unsafe"),
    Tombstone(article_id="agone00000000008", when="2024-06-01", reason=""),
)


def channel(extension: str = "rss", **changes: Any) -> Channel:
    """The feed of a topic, with everything that a head can have."""
    given: dict[str, Any] = {
        "id": f"{HUB}/topics/oral-health",
        "title": "Oral health & teeth",
        "description": "Answers about teeth, gums & more.",
        "url": f"{HUB}/topics/oral-health",
        "feed_url": f"{HUB}/topics/oral-health/feed.{extension}",
        "updated": "2024-06-02T10:00:00+00:00",
        "hub_name": "Example Hub",
        "publisher": "Example Clinic",
        "scheme": f"{HUB}/topics",
        "first_url": f"{HUB}/topics/oral-health/feed.{extension}",
        "next_url": f"{HUB}/topics/oral-health/feed.{extension}?before=42&limit=5",
        "hubs": ("https://push.example/hub",),
        "topics": (
            Filing("gums", "Gums & more", "derived", 0.8, "Often asked together."),
            Filing("قوس", "قوس", "derived", 0.2, "Co-cited."),
        ),
    }
    return Channel(**(given | changes))


def entry(output: Any, article: Article, **changes: Any) -> Entry:
    """The article as the feeds service hands it to `assemble`."""
    given: dict[str, Any] = {
        "article_id": article.id,
        "title": article.title,
        "url": CONTEXT.article_url(article.id),
        "dated": article.dated,
        "revised": article.revised,
        "rendition": output.render(article, CONTEXT),
        "language": article.language,
        "categories": CATEGORIES,
        "related": RELATED,
    }
    return Entry(**(given | changes))


def feed(output: Any, *articles: Article, **changes: Any) -> bytes:
    """An assembled feed of the articles (of all samples, where none is given)."""
    entries = [entry(output, article) for article in articles or SAMPLES.values()]
    document: bytes = output.assemble(channel(output.meta.extension, **changes), entries)
    return document


def with_title(title: str, number: int = 0) -> Article:
    """A sample with another title and id."""
    return replace(QA, id=f"atitle{number:010d}", title=title)
