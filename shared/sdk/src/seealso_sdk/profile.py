"""The body profile: the small part of HTML that an article's `body_html` may use.

Ingest sanitises into it, outputs rely on it (and those that write HTML apply it once more). It is
data for any sanitiser; with nh3::

    nh3.clean(html, tags=set(BODY_TAGS), attributes=BODY_ATTRIBUTES, url_schemes=set(URL_SCHEMES),
              clean_content_tags=set(DROPPED_WITH_CONTENT), link_rel=None)

Beyond what a sanitiser checks, a body has absolute URLs, headings in order from h2 (the title is
the page's h1), an ``alt`` on every picture, and no ``id``, ``class`` or ``style``.
"""

from __future__ import annotations

from typing import Final

BODY_TAGS: Final = frozenset(
    {
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "hr",
        "br",
        "wbr",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "th",
        "td",
        "a",
        "img",
        "em",
        "strong",
        "b",
        "i",
        "u",
        "s",
        "small",
        "sub",
        "sup",
        "code",
        "kbd",
        "samp",
        "var",
        "abbr",
        "cite",
        "q",
        "dfn",
        "mark",
        "time",
        "del",
        "ins",
        "bdi",
        "bdo",
        "ruby",
        "rt",
        "rp",
    }
)

BODY_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"lang", "dir"},
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "time": {"datetime"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "del": {"datetime"},
    "ins": {"datetime"},
}

URL_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})

# Elements whose text is not text of the article: removed whole, not only their tags.
DROPPED_WITH_CONTENT: Final = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "title",
        "form",
        "button",
        "select",
        "textarea",
        "audio",
        "video",
        "canvas",
    }
)
