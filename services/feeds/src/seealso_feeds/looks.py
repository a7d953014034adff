"""The light looks behind the pages: names in a URL and a snapshot in, a PageDraft out.

/topics/<slug> ──topic, its list, its relatives──> TopicPage ──> PageDraft (HTML, or JSON)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from seealso_core import signup
from seealso_sdk.model import Article
from seealso_sdk.plugin import OutputMeta
from seealso_sdk.text import slugify
from seealso_store import articles, feeds, renditions, topics
from seealso_store.feeds import ByTopics, Listed
from sqlalchemy import Connection

from seealso_feeds import opml, pages, plans
from seealso_feeds.documents import (
    FEED_CACHING,
    Hub,
    Page,
    Place,
    WebLink,
    alternates,
    article_path,
    fragment_path,
    paged,
    topic_path,
)
from seealso_feeds.drafts import enabled, list_page
from seealso_feeds.errors import NotHere
from seealso_feeds.pages import (
    ArticlePage,
    FeedLink,
    ListPage,
    PageDraft,
    PageHead,
    StartPage,
    TopicPage,
    TopicsPage,
    feed_links_shown,
)
from seealso_feeds.plans import Plan
from seealso_feeds.relate import related_articles, related_topics
from seealso_feeds.serve import Make, fingerprint_of

START_LINES = 10
START_TOPICS = 16
INDEX_TOPICS = 60
INDEX_GHOSTS = 20
FOUND_TOPICS = 200
LETTER_TOPICS = 2000
PAGE_LINES = 20
RELATED_TOPICS = 15
RELATED_ARTICLES = 8
HTML_OUTPUT = "html"
_AND = re.compile(r"\s*[,;/&]\s*|\s+(?:and|or|y|o|und|oder|et|ou|e)\s+", re.IGNORECASE)
_SIGNUP = "newsletter-signup"


@dataclass(frozen=True, slots=True)
class Looks:
    """Loads pages."""

    hub: Hub

    # --- lists -----------------------------------------------------------------------------------

    def start(self, conn: Connection) -> PageDraft:
        """The start page."""
        plan = plans.everything(conn, self.hub.name)
        metas = _feed_outputs(conn)
        links = alternates(self.hub, plan.subject, metas)
        listed = feeds.listing(conn, plan.selection, None, limit=START_LINES)
        page = StartPage(
            lines=feeds.told(conn, listed),
            topics=_by_size(topics.counts(conn, feeds.fullest(conn, START_TOPICS))),
            topics_total=feeds.written_topics(conn),
            articles_total=articles.counts(conn).get("published", 0),
            feeds=feed_links_shown(links, metas),
        )
        head = PageHead(self.hub.name, plan.subject.description, f"{self.hub.url}/", links)
        return PageDraft(self.hub, "start.html", head, page, _touched(listed))

    def newest(self, conn: Connection, page: Page) -> PageDraft:
        """All articles, newest first."""
        plan = plans.everything(conn, self.hub.name)
        return self._list(conn, plan, page, section="articles", kicker="", title="Newest articles")

    def series(self, conn: Connection, slug: str, page: Page) -> PageDraft:
        """A series.

        Raises:
            NotHere: no article ever belonged to it.
        """
        plan = plans.series_feed(conn, slug, self.hub.name)
        title = plan.subject.title
        return self._list(conn, plan, page, section="", kicker="Series", title=title)

    def _list(
        self, conn: Connection, plan: Plan, page: Page, *, section: str, kicker: str, title: str
    ) -> PageDraft:
        listed, place = list_page(conn, plan, None, page, PAGE_LINES)
        metas = _feed_outputs(conn)
        links = alternates(self.hub, plan.subject, metas)
        path = plan.subject.page_path
        shown = ListPage(
            section=section,
            kicker=kicker,
            title=title,
            description=plan.subject.description,
            path=path,
            lines=feeds.told(conn, listed),
            place=place,
            feeds=feed_links_shown(links, metas),
        )
        head = self._head(title, plan.subject.description, path, place, links)
        return PageDraft(self.hub, "articles.html", head, shown, _touched(listed))

    # --- topics ----------------------------------------------------------------------------------

    def topics(self, conn: Connection, query: str, letter: str) -> PageDraft:
        """The index of topics: by size, by first letter, or by a search in their names."""
        query, letter = " ".join(query.split())[:200], letter[:1].lower()
        found: Sequence[topics.TopicCount]
        near: Sequence[topics.TopicCount] = ()
        more = False
        if query:
            found = topics.listing(conn, search=query, limit=FOUND_TOPICS + 1)
            more = len(found) > FOUND_TOPICS
            found = found[:FOUND_TOPICS]
            near = () if found else topics.counts(conn, topics.nearest(conn, query))
        elif letter:
            found = topics.counts(conn, feeds.beginning_with(conn, letter, LETTER_TOPICS))
        else:
            found = _by_size(topics.counts(conn, feeds.fullest(conn, INDEX_TOPICS)))
            near = topics.ghosts(conn, INDEX_GHOSTS)
        total = topics.count(conn)
        initials = feeds.initials(conn)
        shown = TopicsPage(query, letter, initials, tuple(found), tuple(near), total, more)
        everything = WebLink("alternate", f"{self.hub.url}/topics.opml", "text/x-opml", "All feeds")
        head = PageHead("Topics", "", f"{self.hub.url}/topics", (everything,))
        touched = max((one.newest for one in found), default=0)
        return PageDraft(self.hub, "topics.html", head, shown, touched)

    def topic(self, conn: Connection, name: str, page: Page) -> PageDraft:
        """A topic's page.

        Raises:
            Moved, NotHere: as `plans.topic_named`.
        """
        one = plans.topic_named(conn, name)
        plan = plans.topic_feed(conn, one.slug, self.hub.name)
        listed, place = list_page(conn, plan, None, page, PAGE_LINES)
        metas = _feed_outputs(conn)
        links = alternates(self.hub, plan.subject, metas)
        counts = topics.counts(conn, [one.slug])
        shown = TopicPage(
            topic=one,
            lines=feeds.told(conn, listed),
            place=place,
            related=tuple(related_topics(conn, one.slug, RELATED_TOPICS)),
            asked=counts[0].asked if counts else 0,
            feeds=feed_links_shown(links, metas),
        )
        path = topic_path(one.slug)
        head = self._head(one.label, plan.subject.description, path, place, links)
        box = self._box(one.slug, one.label, path)
        return PageDraft(
            self.hub,
            "topic.html",
            head,
            shown,
            max(one.changed, _touched(listed)),
            parts=lambda conn: {"box": box},
            extra=box,
        )

    def topic_json(self, conn: Connection, name: str) -> JsonDraft:
        """What programs are told of a topic.

        Raises:
            Moved, NotHere: as `plans.topic_named`.
        """
        one = plans.topic_named(conn, name, ".json")
        counts = topics.counts(conn, [one.slug])
        feed = plans.topic_subject(one, self.hub.name)
        newest = feeds.listing(conn, ByTopics((one,)), None, limit=1)
        document = {
            "slug": one.slug,
            "label": one.label,
            "synonyms": list(one.synonyms),
            "description": one.description,
            "origin": one.origin,
            "language": one.language,
            "uri": one.uri,
            "url": self.hub.url + topic_path(one.slug),
            "counts": {
                "articles": counts[0].articles if counts else 0,
                "asked": counts[0].asked if counts else 0,
            },
            "related": [
                {
                    "slug": near.slug,
                    "label": near.label,
                    "origin": near.origin,
                    "score": near.score,
                    "reason": near.reason,
                    "articles": near.articles,
                    "url": self.hub.url + topic_path(near.slug),
                }
                for near in related_topics(conn, one.slug, plans.RELATED_TOPICS)
            ],
            "feeds": {
                meta.extension: link.url
                for meta, link in _with_links(self.hub, feed, _feed_outputs(conn))
            },
        }
        links = (WebLink("alternate", self.hub.url + topic_path(one.slug), "text/html"),)
        return JsonDraft(document, max(one.changed, _touched(newest)), links)

    def opml(self, conn: Connection) -> opml.OpmlDraft:
        """All topics' feeds as OPML."""
        metas = _feed_outputs(conn)
        return opml.draft(self.hub, feeds.directory(conn), metas)

    # --- one article ------------------------------------------------------------------------------

    def article(self, conn: Connection, article_id: str) -> PageDraft:
        """An article's page.

        Raises:
            NotHere, Gone: as `plans.article_here`.
        """
        row = plans.article_here(conn, article_id)
        line = next(iter(_listed(conn, article_id)), None)
        version = line.version if line else row.version
        article = feeds.article_at(conn, article_id, version)
        if article is None:
            raise NotHere("article", article_id)
        path = article_path(article_id)
        subject = plans.article_related_subject(row, self.hub.name)
        feed_metas = _feed_outputs(conn)
        links = alternates(self.hub, subject, feed_metas)
        shown = ArticlePage(
            article=article,
            rendition=line.rendition if line else "",
            series_slug=row.series_slug or "",
            categories=feeds.categories(conn, article_id),
            see_also=feeds.see_also_list(conn, article_id),
            related=tuple(related_articles(conn, article_id, RELATED_ARTICLES)),
            signups=_signups(conn, article),
            formats=self._formats(conn, article_id),
            related_feeds=feed_links_shown(links, feed_metas),
        )
        boxes = [self._box(slug, label, path) for slug, label in shown.signups]
        head = PageHead(article.title, article.summary, self.hub.url + path, links)
        return PageDraft(
            self.hub,
            "article.html",
            head,
            shown,
            max(row.changed, line.touched if line else 0),
            parts=lambda conn: _article_parts(conn, shown, boxes),
            extra="".join(boxes) + (line.placement if line else ""),
        )

    def _formats(self, conn: Connection, article_id: str) -> tuple[FeedLink, ...]:
        made = feeds.rendered_by(conn, article_id)
        links = [
            FeedLink(
                f"{self.hub.url}{article_path(article_id)}.{meta.extension}",
                meta.media_type.partition(";")[0],
                meta.title,
            )
            for meta in enabled(conn)
            if meta.name in made
        ]
        if HTML_OUTPUT in made:
            fragment = self.hub.url + fragment_path(article_id)
            links.append(FeedLink(fragment, "text/html", "HTML to embed"))
        return tuple(links)

    # --- small parts ------------------------------------------------------------------------------

    def _box(self, slug: str, label: str, path: str) -> str:
        box = signup.box(slug, label, self.hub.url + path, self.hub.name)
        return Markup(box)  # noqa: S704  # every value in it is escaped

    def _head(
        self, title: str, description: str, path: str, place: Place, links: tuple[WebLink, ...]
    ) -> PageHead:
        url = self.hub.url + path
        beside = tuple(
            WebLink(rel, paged(url, page))
            for rel, page in (("prev", place.previous), ("next", place.following))
            if page is not None
        )
        return PageHead(title, description, paged(url, place.page), links + beside)


@dataclass(frozen=True, slots=True)
class JsonDraft:
    """A JSON document before it is bytes (see `seealso_feeds.serve.Draft`)."""

    document: Mapping[str, Any] = field(repr=True)
    touched: int = 0
    links: tuple[WebLink, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of all that it says."""
        return fingerprint_of(self.document)

    @property
    def media_type(self) -> str:
        """JSON."""
        return "application/json; charset=utf-8"

    @property
    def caching(self) -> str:
        """As feeds are."""
        return FEED_CACHING

    def prepare(self, conn: Connection) -> Make:
        """Nothing more is read."""
        text = json.dumps(self.document, ensure_ascii=False, indent=2) + "\n"
        return lambda: text.encode("utf-8", "replace")


def _article_parts(conn: Connection, shown: ArticlePage, boxes: Sequence[str]) -> Mapping[str, Any]:
    stored = renditions.get(conn, shown.article.id, HTML_OUTPUT) if shown.rendition else None
    parts = stored.rendition.parts if stored else {}
    fragment = parts["fragment"].decode() if "fragment" in parts else None
    return {
        "fragment": pages.reading(shown.article, shown.see_also, fragment),
        "jsonld": pages.data_block(parts["jsonld"]) if "jsonld" in parts else "",
        "boxes": boxes,
    }


def _listed(conn: Connection, article_id: str) -> tuple[Listed, ...]:
    return feeds.listing(conn, feeds.ByRank((article_id,)), HTML_OUTPUT, limit=1)


def _signups(conn: Connection, article: Article) -> tuple[tuple[str, str], ...]:
    """The topics whose newsletter the source page offered, as far as the hub has them. A sign-up
    for "composting and kitchen gardens" is one for each, unless the hub has that very topic."""
    about = [p.about for p in article.promos if p.kind == _SIGNUP and p.about]
    parts = {name: [slugify(part) for part in _AND.split(name)] for name in about}
    slugs = {slugify(name) for name in about} | {slug for many in parts.values() for slug in many}
    known = topics.by_names(conn, sorted(slugs))
    found = {}
    for name in about:
        whole = known.get(slugify(name))
        for one in [whole] if whole else [known.get(slug) for slug in parts[name]]:
            if one is not None:
                found[one.slug] = (one.slug, one.label)
    return tuple(found.values())


def _feed_outputs(conn: Connection) -> list[OutputMeta]:
    return [meta for meta in enabled(conn) if meta.feed]


def _with_links(
    hub: Hub, subject: Any, metas: Sequence[OutputMeta]
) -> list[tuple[OutputMeta, WebLink]]:
    return list(zip(metas, alternates(hub, subject, metas), strict=True))


def _by_size(counts: Sequence[topics.TopicCount]) -> tuple[topics.TopicCount, ...]:
    return tuple(sorted(counts, key=lambda one: (-one.articles, one.label.casefold())))


def _touched(listed: Sequence[Listed]) -> int:
    return max((one.touched for one in listed), default=0)
