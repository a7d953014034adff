"""An article as a page and as a fragment to embed, with schema.org data.

    article --body profile once more--> view --templates--> fragment --> page
                                             \\-> JSON-LD --/

`Rendition.body` is a complete page. The parts: ``fragment`` is the ``<article>`` alone (no style,
no script, no id: it can stand in any page, more than once), ``jsonld`` its schema.org description.
Nothing is fetched by opening the page but the article's own pictures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import nh3
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup
from seealso_sdk import (
    Article,
    Context,
    Media,
    Output,
    OutputMeta,
    Person,
    Rendition,
    hookimpl,
)
from seealso_sdk.dates import instant, is_day, rfc3339
from seealso_sdk.phrases import Phrases, direction, language_tag, phrases, spoken_date
from seealso_sdk.plaintext import media_apart, media_kind, starts_with
from seealso_sdk.profile import BODY_ATTRIBUTES, BODY_TAGS, DROPPED_WITH_CONTENT, URL_SCHEMES
from seealso_sdk.reading import outline, parse, words_of
from seealso_sdk.text import cleaned, one_line, slugify

DESCRIPTION_MAX: Final = 200  # characters of the meta description, more or less a search result's


class HtmlOutput:
    """The html output."""

    meta = OutputMeta(
        name="html",
        title="HTML page",
        extension="html",
        media_type="text/html; charset=utf-8",
        version="1",
        description="A page, a fragment to embed, and schema.org JSON-LD.",
    )

    def render(self, article: Article, context: Context) -> Rendition:
        """The page; parts ``fragment`` and ``jsonld``. All UTF-8."""
        view = _view(cleaned(article), context)
        fragment = _TEMPLATES.get_template("fragment").render(v=view, w=view.words)
        jsonld = _json_text(describe(view))
        page = _TEMPLATES.get_template("page").render(
            v=view, w=view.words, css=_CSS, fragment=fragment, jsonld=jsonld
        )
        return Rendition(page.encode(), {"fragment": fragment.encode(), "jsonld": jsonld.encode()})


# --- what the templates show -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Date:
    """A date for people and for machines."""

    spoken: str
    machine: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name, with its web address where it has one."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, sound or film beside the body."""

    kind: str
    media: Media
    label: str


@dataclass(frozen=True, slots=True)
class View:
    """All that the templates may use, already safe: absolute web addresses, sanitised body."""

    article: Article
    context: Context
    words: Phrases
    language: str
    direction: str
    title: str
    body: Markup
    summary: str
    description: str
    canonical: str
    dates: tuple[tuple[str, Date], ...]
    reviews: tuple[tuple[str, Date], ...]
    authors: tuple[Named, ...]
    reviewers: tuple[Named, ...]
    publisher: Named | None
    hub: Named
    series: Named | None
    corrections: tuple[tuple[Date | None, str], ...]
    lead: Figure | None
    figures: tuple[Figure, ...]
    see_also: tuple[Named, ...]
    licence: Named | None
    attribution: str


def _view(article: Article, context: Context) -> View:
    words = phrases(article.language)
    page = context.article_url(article.id)
    body = safe_body(article.body_html)
    figures = [f for f in map(_figure(words), media_apart(article)) if f is not None]
    lead = next((f for f in figures if f.kind == "image"), None)
    repeats = starts_with(article.body_text, article.summary)
    rights = article.rights
    return View(
        article=article,
        context=context,
        words=words,
        language=language_tag(article.language),
        direction=direction(article.language),
        title=one_line(article.title),
        body=Markup(body),  # noqa: S704  # nh3 has just made it
        summary="" if repeats else one_line(article.summary),
        description=_shortened(article.summary or article.body_text),
        canonical=_web(article.canonical_url) or page,
        dates=_dates((words.published, article.published), (words.updated, article.updated), words),
        reviews=_dates(
            (words.reviewed, article.reviewed), (words.next_review, article.review_by), words
        ),
        authors=_people(article.authors),
        reviewers=_people(article.reviewers),
        publisher=_named(article.publisher.name, article.publisher.url)
        if article.publisher
        else None,
        hub=Named(one_line(context.hub_name), _web(context.hub_url)),
        series=_series(article, context),
        corrections=tuple((_date(c.at, words), c.text) for c in article.corrections),
        lead=lead,
        figures=tuple(f for f in figures if f is not lead),
        see_also=tuple(Named(one_line(s.title), context.see_also_url(s)) for s in article.see_also),
        licence=_named(rights.license or rights.url or "", rights.url) if rights else None,
        attribution=one_line(rights.attribution or "") if rights else "",
    )


def safe_body(html: str) -> str:
    """The body through the body profile once more: what came in by another door can't hurt."""
    return _IMG.sub(_picture, _CLEANER.clean(html))


_CLEANER: Final = nh3.Cleaner(  # made once: nh3.clean makes one at every call
    tags=set(BODY_TAGS),
    attributes=BODY_ATTRIBUTES,
    url_schemes=set(URL_SCHEMES),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    link_rel=None,
)
_IMG = re.compile(r'<img((?:\s+[a-z]+="[^"]*")*)\s*/?>')


def _picture(tag: re.Match[str]) -> str:
    """A picture has an address (its own may have been unsafe) and an alternative text."""
    if ' src="' not in tag[1]:
        return ""
    return tag[0] if ' alt="' in tag[1] else f'<img alt=""{tag[1]}>'


def _dates(
    first: tuple[str, str | None], second: tuple[str, str | None], words: Phrases
) -> tuple[tuple[str, Date], ...]:
    found = ((label, _date(value, words)) for label, value in (first, second) if value)
    return tuple((label, date) for label, date in found if date is not None)


def _date(value: str, words: Phrases) -> Date | None:
    """The date at the precision given; none for what is no date."""
    spoken = spoken_date(value, words.language)
    if not spoken:
        return None
    return Date(spoken, value if is_day(value) else instant(value).isoformat())


def _people(people: Sequence[Person]) -> tuple[Named, ...]:
    return tuple(_named(person.name, person.url) for person in people)


def _named(name: str, url: str | None) -> Named:
    return Named(one_line(name), _web(url))


def _series(article: Article, context: Context) -> Named | None:
    if article.series is None:
        return None
    title = one_line(article.series.title)
    return Named(title, context.series_url(slugify(title)))


def _figure(words: Phrases) -> Any:
    def figure(media: Media) -> Figure | None:
        kind = media_kind(media)
        if _web(media.url) is None:
            return None
        label = one_line(media.alt or "") or getattr(words, kind)
        return Figure(kind, media, label)

    return figure


def _web(url: str | None) -> str | None:
    """The address where it is one of the web, else none."""
    if url and url.lower().startswith(("https://", "http://")) and not _UNFIT.search(url):
        return url
    return None


_UNFIT = re.compile(r"[\s<>\"\\^`{|}]")


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    if len(flat) <= DESCRIPTION_MAX:
        return flat
    return flat[: DESCRIPTION_MAX - 1].rpartition(" ")[0].rstrip(" ,;:–-") + "…"


# --- schema.org ------------------------------------------------------------------------------


def describe(view: View) -> dict[str, Any]:
    """The article as a schema.org node; its type follows the article's kind and its reviews."""
    article = view.article
    node: dict[str, Any] = {"@context": "https://schema.org", "@type": _type_of(article)}
    node |= {
        "@id": article.guid,
        "url": view.canonical,
        "name": view.title,
        "headline": view.title,
        "description": view.description,
        "inLanguage": view.language,
        "datePublished": _machine(article.published),
        "dateModified": _machine(article.updated),
        "author": [_person(p) for p in article.authors] or _publisher(view),
        "publisher": _publisher(view),
        "image": [_image(f.media) for f in _all_figures(view) if f.kind == "image"],
        "keywords": [t.label for t in article.topics] + list(article.keywords),
        "license": view.licence.url or view.licence.name if view.licence else "",
        "copyrightNotice": view.attribution,
        "correction": [_correction(date, text) for date, text in view.corrections],
    }
    if view.series:
        node["isPartOf"] = {
            "@type": "CreativeWorkSeries", "name": view.series.name, "url": view.series.url
        }  # fmt: skip
    node |= _of_reviewed_page(article) if node["@type"] in _PAGES else {}
    node |= _of_kind(view)
    return {key: value for key, value in node.items() if value not in ("", None, [], {})}


_PAGES: Final = {"QAPage", "FAQPage", "MedicalWebPage", "WebPage"}


def _type_of(article: Article) -> str:
    if article.kind == "qa":
        return "FAQPage" if len(_questions(article)) > 1 else "QAPage"
    if article.kind == "news":
        return "NewsArticle"
    if article.kind == "video" and _first(article, "video"):
        return "VideoObject"
    if article.reviewed or article.reviewers:
        return "MedicalWebPage"
    return "WebPage" if article.kind in {"page", "infographic"} else "Article"


def _of_reviewed_page(article: Article) -> dict[str, Any]:
    """What only web pages have (schema.org WebPage)."""
    return {
        "lastReviewed": _machine(article.reviewed),
        "reviewedBy": [_person(p) for p in article.reviewers],
    }


def _of_kind(view: View) -> dict[str, Any]:
    article = view.article
    if article.kind == "qa":
        questions = _questions(article)
        if len(questions) > 1:
            return {"mainEntity": [_question(title, answer) for title, answer in questions]}
        return {"mainEntity": _answered_question(view)}
    if article.kind == "video" and (film := _first(article, "video")):
        return _film(view, film)
    if article.kind == "infographic" and (picture := _first(article, "image")):
        return {"mainEntity": _image(picture)}
    return {}


def _questions(article: Article) -> list[tuple[str, str]]:
    """The questions among the body's headings, each with its answer."""
    parts = outline(parse(article.body_html))
    asked = [(title, words_of(blocks)) for title, blocks in parts if _QUESTION.search(title)]
    return [(title, answer) for title, answer in asked if answer]


_QUESTION = re.compile(r"[?？؟;]\s*\Z")  # a question mark, also Chinese, Arabic and Greek


def _question(title: str, answer: str) -> dict[str, Any]:
    return {
        "@type": "Question", "name": title, "acceptedAnswer": {"@type": "Answer", "text": answer}
    }  # fmt: skip


def _answered_question(view: View) -> dict[str, Any]:
    """One question with the publisher's answer: what search engines ask of a QAPage."""
    article = view.article
    author = [_person(p) for p in article.authors] or _publisher(view)
    published = _machine(article.dated)
    answer = {
        "@type": "Answer",
        "text": article.body_text or words_of(parse(article.body_html)) or view.title,
        "url": view.canonical,
        "datePublished": published,
        "dateModified": _machine(article.updated),
        "author": author,
        "upvoteCount": 0,
    }
    return {
        "@type": "Question",
        "name": view.title,
        "text": view.title,
        "answerCount": 1,
        "datePublished": published,
        "author": _publisher(view),
        "acceptedAnswer": {key: value for key, value in answer.items() if value is not None},
    }


def _film(view: View, film: Media) -> dict[str, Any]:
    stills = [f.media.url for f in _all_figures(view) if f.kind == "image"]
    return {
        "contentUrl": film.url,
        "encodingFormat": film.type,
        "uploadDate": rfc3339(view.article.dated) if _machine(view.article.dated) else None,
        "thumbnailUrl": stills,
        "transcript": view.article.body_text,
        "width": film.width,
        "height": film.height,
    }


def _first(article: Article, kind: str) -> Media | None:
    return next((m for m in article.media if media_kind(m) == kind and _web(m.url)), None)


def _all_figures(view: View) -> Iterator[Figure]:
    if view.lead:
        yield view.lead
    yield from view.figures


def _machine(value: str | None) -> str | None:
    """The date as ISO 8601 at its own precision; none for what is no date."""
    date = _date(value, phrases("en")) if value else None
    return date.machine if date else None


def _person(person: Person) -> dict[str, Any]:
    node = {"@type": "Person", "name": one_line(person.name)}
    return node | ({"url": person.url} if _web(person.url) else {})


def _publisher(view: View) -> dict[str, Any]:
    named = view.publisher or view.hub
    node = {"@type": "Organization", "name": named.name}
    return node | ({"url": named.url} if named.url else {})


def _image(media: Media) -> dict[str, Any]:
    node = {
        "@type": "ImageObject", "contentUrl": media.url, "caption": media.alt,
        "creditText": media.credit, "width": media.width, "height": media.height,
    }  # fmt: skip
    return {key: value for key, value in node.items() if value}


def _correction(date: Date | None, text: str) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": "CorrectionComment", "text": text}
    return node | ({"datePublished": date.machine} if date else {})


def _json_text(node: dict[str, Any]) -> str:
    """JSON that may stand in a script element: no ``<`` to end it, no line separators."""
    text = json.dumps(node, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPED)


_ESCAPED: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


# --- templates -------------------------------------------------------------------------------

_MACROS = """\
{% macro name(n, rel='') -%}
{% if n.url %}<a{% if rel %} rel="{{ rel }}"{% endif %} href="{{ n.url }}">{{ n.name }}</a>\
{% else %}{{ n.name }}{% endif %}
{%- endmacro %}
{% macro names(people, w) -%}
{% for n in people %}{% if not loop.first %}{{ w.list_and if loop.last else w.list_comma }}\
{% endif %}{{ name(n) }}{% endfor %}
{%- endmacro %}
{% macro time(d) %}<time datetime="{{ d.machine }}">{{ d.spoken }}</time>{% endmacro %}
{% macro figure(f, w) %}
<figure>
{% if f.kind == 'image' %}
<img src="{{ f.media.url }}" alt="{{ f.media.alt or '' }}"{{ size(f.media) }}>
{% elif f.kind in ('video', 'audio') %}
<{{ f.kind }} controls preload="none" src="{{ f.media.url }}" aria-label="{{ f.label }}"\
{{ size(f.media) if f.kind == 'video' else '' }}></{{ f.kind }}>
{% else %}
<p><a href="{{ f.media.url }}">{{ f.label }}</a></p>
{% endif %}
{% if f.media.credit %}<figcaption>{{ w.credit.format(f.media.credit) }}</figcaption>
{% endif %}
</figure>
{% endmacro %}
{% macro size(m) %}{% if m.width and m.height and m.width > 0 and m.height > 0 %} \
width="{{ m.width }}" height="{{ m.height }}"{% endif %}{% endmacro %}
"""

_FRAGMENT = """\
{% from 'macros' import figure, name, names, time %}
<article class="seealso-article" lang="{{ v.language }}" dir="{{ v.direction }}">
<header>
{% if v.series %}
<p class="seealso-series">{{ name(v.series) }}</p>
{% endif %}
<h1>{{ v.title }}</h1>
{% if v.summary %}
<p class="seealso-summary">{{ v.summary }}</p>
{% endif %}
{% if v.authors %}
<p class="seealso-byline">{% set before, _, after = w.by.partition('{}') %}{{ before }}\
{{ names(v.authors, w) }}{{ after }}</p>
{% endif %}
{% if v.dates %}
<p class="seealso-dates">{% for label, d in v.dates %}<span>{{ label }} {{ time(d) }}</span>\
{{ ' ' if not loop.last }}{% endfor %}</p>
{% endif %}
{% if v.reviewers or v.reviews %}
<p class="seealso-review">{% if v.reviewers %}\
{% set before, _, after = w.reviewed_by.partition('{}') %}<span>{{ before }}\
{{ names(v.reviewers, w) }}{{ after }}</span>{{ ' ' if v.reviews }}{% endif %}\
{% for label, d in v.reviews %}<span>{{ label }} {{ time(d) }}</span>{{ ' ' if not loop.last }}\
{% endfor %}</p>
{% endif %}
</header>
{% for date, text in v.corrections %}
<p class="seealso-correction"><strong>{{ w.correction }}\
{% if date %}{{ w.list_comma }}{{ time(date) }}{% endif %}:\
</strong> {{ text }}</p>
{% endfor %}
{% if v.lead %}
{{ figure(v.lead, w) }}
{%- endif %}
{% if v.body %}
<div class="seealso-body">
{{ v.body }}
</div>
{% endif %}
{% for f in v.figures %}
{{ figure(f, w) }}
{%- endfor %}
{% if v.see_also %}
<section class="seealso-see-also">
<h2>{{ w.see_also }}</h2>
<ul>
{% for s in v.see_also %}
<li>{{ name(s) }}</li>
{% endfor %}
</ul>
</section>
{% endif %}
<footer>
{% if v.attribution %}
<p>{{ v.attribution }}</p>
{% endif %}
{% if v.licence and v.licence.name %}
<p>{{ w.licence }}: {{ name(v.licence, 'license') }}</p>
{% endif %}
<p>{% if v.publisher %}{{ name(v.publisher) }} · {% endif %}\
<a href="{{ v.canonical }}">{{ w.original }}</a></p>
</footer>
</article>
"""

_PAGE = """\
<!doctype html>
<html lang="{{ v.language }}" dir="{{ v.direction }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ v.title }}</title>
{% if v.description %}
<meta name="description" content="{{ v.description }}">
{% endif %}
<meta name="color-scheme" content="light dark">
<meta name="generator" content="seealso">
<link rel="canonical" href="{{ v.canonical }}">
<meta property="og:type" content="article">
<meta property="og:title" content="{{ v.title }}">
<meta property="og:url" content="{{ v.canonical }}">
<meta property="og:site_name" content="{{ (v.publisher or v.hub).name }}">
{% if v.description %}
<meta property="og:description" content="{{ v.description }}">
{% endif %}
{% if v.lead %}
<meta property="og:image" content="{{ v.lead.media.url }}">
{% if v.lead.media.alt %}
<meta property="og:image:alt" content="{{ v.lead.media.alt }}">
{% endif %}
{% endif %}
<script type="application/ld+json">{{ jsonld | safe }}</script>
<style>
{{ css | safe }}</style>
</head>
<body>
<header class="site"><p><a href="{{ v.context.hub_url }}/">{{ v.hub.name }}</a></p></header>
<main>
{{ fragment | safe }}</main>
</body>
</html>
"""

_CSS = """\
:root{color-scheme:light dark;--ink:#1c2733;--quiet:#51606e;--paper:#fdfcfa;--line:#d9dee3;\
--link:#0b5a8a;--note:#fff6e0;--note-line:#c98a00;--soft:#f1f4f6}
@media (prefers-color-scheme:dark){:root{--ink:#e4e9ee;--quiet:#a5b2be;--paper:#12181e;\
--line:#33404c;--link:#8cc8f2;--note:#2b2412;--note-line:#d9a62e;--soft:#1b242c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);\
font:1.0625rem/1.65 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;\
overflow-wrap:break-word}
.site{border-bottom:1px solid var(--line);font-weight:600}
.site p{max-width:43rem;margin:0 auto;padding:.9rem 1.25rem}
.site a{color:var(--ink);text-decoration:none}
main{max-width:43rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1,h2,h3,h4,h5,h6{font-family:"Iowan Old Style",Charter,"Palatino Linotype",Georgia,\
"Noto Serif",serif;line-height:1.25;text-wrap:balance;margin:2em 0 .6em}
h1{font-size:clamp(1.75rem,1.3rem + 2vw,2.5rem);line-height:1.18;margin:.2em 0 .5em}
h2{font-size:1.45rem}h3{font-size:1.2rem}h4,h5,h6{font-size:1.05rem}
p,ul,ol,dl,blockquote,figure,table,pre{margin:0 0 1.15em}
li{margin:.25em 0}li>p{margin-bottom:.4em}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
a:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:2px}
img,video{max-width:100%;height:auto;border-radius:4px}
audio{width:100%}
figure{margin-inline:0}
figcaption,caption,article>footer{color:var(--quiet);font-size:.9rem}
blockquote{margin-inline:0;padding-inline-start:1.1rem;border-inline-start:3px solid var(--line);\
color:var(--quiet)}
pre,code,kbd,samp{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.92em}
pre{overflow-x:auto;background:var(--soft);padding:1rem;border-radius:4px}
table{border-collapse:collapse;display:block;overflow-x:auto;max-width:100%}
th,td{text-align:start;vertical-align:top;padding:.5rem .75rem;border-bottom:1px solid var(--line)}
th{background:var(--soft)}
hr{border:0;border-top:1px solid var(--line);margin:2.5rem 0}
dt{font-weight:600}dd{margin-inline-start:1.25rem}
article>header{margin-bottom:1.75rem}
article>header p{margin-bottom:.35rem}
.seealso-series{font-size:.9rem;font-weight:600;letter-spacing:.02em}
.seealso-series a{text-decoration:none}
article>header .seealso-summary{font-size:1.2rem;line-height:1.5;color:var(--quiet);\
margin-bottom:1rem}
.seealso-byline,.seealso-dates,.seealso-review{font-size:.94rem;color:var(--quiet)}
.seealso-dates span,.seealso-review span{display:inline-block}
.seealso-dates span:not(:last-child),.seealso-review span:not(:last-child){margin-inline-end:1.1em}
.seealso-correction{background:var(--note);border-inline-start:4px solid var(--note-line);\
padding:.8rem 1rem}
.seealso-see-also{margin-top:3rem;padding-top:.1rem;border-top:1px solid var(--line)}
.seealso-see-also ul{columns:17rem;column-gap:2.5rem;list-style:none;padding:0}
.seealso-see-also li{break-inside:avoid;margin:0;padding:.4rem 0}
article>footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line)}
article>footer p{margin:0 0 .35rem}
@media print{:root{--ink:#000;--quiet:#333;--paper:#fff;--link:#000;--line:#999;--soft:#fff;\
--note:#fff}
.site{display:none}main{max-width:none;padding:0}body{font-size:11pt}
a[href^="http"]::after{content:" (" attr(href) ")";font-size:.85em;color:#333}
.seealso-see-also a::after,.seealso-series a::after{content:none!important}
h1,h2,h3,h4{break-after:avoid}figure,table,blockquote{break-inside:avoid}}
"""

_TEMPLATES: Final = Environment(
    loader=DictLoader({"macros": _MACROS, "fragment": _FRAGMENT, "page": _PAGE}),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)


@hookimpl
def register_outputs() -> Sequence[Output]:
    """The one output of this plugin."""
    return [HtmlOutput()]
