"""The body profile: the small part of HTML that an article's `body_html` may use.

Ingest sanitises into it (and says more of it: how elements may nest, which links and headings there
can be); outputs rely on it, and those that write HTML apply it once more. It is data for any
sanitiser; with nh3::

    nh3.clean(html, tags=set(BODY_TAGS), attributes=BODY_ATTRIBUTES, url_schemes=set(URL_SCHEMES),
              clean_content_tags=set(DROPPED_WITH_CONTENT), link_rel=None)
"""

from __future__ import annotations

from typing import Final


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


BODY_TAGS: Final = _names(
    "h2 h3 h4 h5 h6 p ul ol li dl dt dd blockquote pre hr br figure figcaption img "
    "table caption thead tbody tr th td "
    "a abbr b bdi bdo cite code del dfn em i ins kbd mark q s samp small span strong sub sup "
    "time u var"
)

BODY_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"lang", "dir"},
    "a": {"href", "title", "hreflang", "rel"},
    "img": {"src", "alt", "title", "width", "height"},
    "abbr": {"title"},
    "dfn": {"title"},
    "time": {"datetime"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}

URL_SCHEMES: Final = _names("http https mailto tel")

# Elements whose text is not text of the article: removed whole, not only their tags.
DROPPED_WITH_CONTENT: Final = _names(
    "script style noscript template iframe object embed applet svg math title head "
    "form button select textarea audio video canvas"
)
