"""What the makers of pages call the parts of a page: class names, ids, and how a teaser begins.

    part_of(class and id) -> Part: is it the body, is it furniture, how sure

Names are read word by word: ``ArticleShareBar``, ``article__share-bar`` and ``article_share_bar``
are the same three words. A name says what its author meant on one site on one day; so each is only
a hint that `seealso_source_page_blocks` weighs against how much running text the element holds.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache


class Part(IntEnum):
    """What a name says of its element."""

    NOTHING = 0
    CONTENT = 1  # "content", "story": some wrapper around the article
    BODY = 2  # "article-body", "entry-content": the text itself
    FAINT = 3  # furniture if it holds little text: "meta", "widget"
    FURNITURE = 4  # "related", "share", "sidebar"
    COMMENTS = 5  # what readers wrote, however much it is


_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIVIDER = re.compile(r"[^a-z0-9]+")


def _names(spaced: str) -> re.Pattern[str]:
    """A pattern for any of these as whole words of a name; ``*`` stands for the rest of a word."""
    words = "|".join(word.replace("*", "[a-z0-9]*") for word in spaced.split())
    return re.compile(f"-(?:{words})(?=-)")


# What says something about the page or its reader, and nothing about the element's own content.
_STATE = re.compile(
    r"-(?:has|no|not|with|without|is|js|tag|category|cat|type|status|format|postid|term|elementor|"
    r"wp-block-group|single-author|author-(?!bio|box|info|card|profile))-|"
    r"-(?:open|closed|enabled|disabled|none|active|layout|template|wrapper-outer)-\Z"
)
_BODY = _names(
    "(?:article|articles|post|entry|story|news|blog|art|single|page|main|story|node|text|detail)-"
    "(?:body|content|text|copy|fulltext|bodycopy|bodytext|richtext|prose|html) "
    "articlebody storybody postbody entrybody articlecontent entrycontent postcontent storycontent "
    "articletext posttext storytext fulltext bodytext bodycopy body-copy body-text body-content "
    "content-body contentbody content-text content__body rich-text richtext prose markdown-body "
    "markdown mw-parser-output mw-content-text e-content field-name-body field-body "
    "article-fulltext "
    "text-long wysiwyg govspeak td-post-content theme-doc-markdown rst-content ntext "
    "article-main article-inner-content post-message message-body-text js-post-body "
    "texto-noticia cuerpo-noticia cuerpo corpo-noticia conteudo-noticia artikeltext artikel-text "
    "artikel-inhalt texte-article corps-article corps-texte testo-articolo corpo-articolo "
    "articulo-cuerpo nota-cuerpo beitragstext tresc tresc-artykulu"
)
_CONTENT = _names(
    "article story content contents hentry main primary entry post text noticia artikel articolo "
    "articulo artykul news single document maincontent inhalt contenu contenuto contenido conteudo"
)
_COMMENTS = _names(
    "comments comment commentlist comment-list comments-area comment-respond respond disqus* dsq "
    "livefyre* viafoura spotim* hyvor* fb-comments coral-talk kommentare kommentar* comentarios "
    "commentaires commenti comentario* reader-comments replies reactions opinie komentarze "
    "guestbook trackback* pingback*"
)
_FURNITURE = _names(
    # ways around the site
    "nav navbar navi navigation navbox topnav sidenav subnav menu submenu megamenu sitemap "
    "breadcrumb breadcrumbs crumbs bread crumb pathway brotkrumen ariane migas "
    "pagination pager paging pagenavi prevnext nextprev nav-links post-nav "
    "toc table-of-contents tableofcontents on-this-page contents-list jump-links "
    "sidebar sidebars rail right-rail rightcol right-col rightcolumn leftcol leftnav column-right "
    "seitenleiste lateral complementary aside masthead topbar top-bar site-header page-header-nav "
    "site-footer footer colophon bottombar site-info fusszeile rodape skip skiplink skip-link "
    "searchbox searchform search-form toolbar tools offcanvas drawer flyout dropdown dropdown-menu "
    # other articles
    "related relateds relatedposts related-* similar recommended recommend* recirc* readmore "
    "read-more read-next also-read alsoread more-stories more-news more-from more-on morestories "
    "you-may you-might most-read mostread most-popular mostpopular popular trending latest-news "
    "latest-posts latest-stories top-stories must-read up-next upnext next-article next-post "
    "previous-post onward further-reading see-also interlink* inline-link-box crosslink* "
    "yarpp* jp-relatedposts relacionad* relacionados correlati correlat* verwandte weitere-artikel "
    "leggi-anche lire-aussi lees-ook czytaj leer-mas teaser-list teasers article-list news-list "
    "carousel slick swiper slider slideshow-nav outbrain* taboola* zergnet revcontent mgid* "
    # shares, letters, money
    "share shares sharing sharebar sharedaddy share-* addthis* addtoany a2a social socials "
    "social-* sociable socialmedia follow-us followus teilen partager compartir condividi "
    "newsletter newsletters subscribe subscribe-* subscription subscriptions signup sign-up "
    "optin "
    "opt-in mailchimp mc4wp* mailinglist regwall piano tp-modal abo-box donate donation donations "
    "support-us contribution membership-promo promo promos promotion promobox cta call-to-action "
    "advert advert* ad ads adv adbox adslot adunit ad-* adsense adsbygoogle dfp* gpt-ad sponsor "
    "sponsored sponsors sponsor-* werbung anzeige anzeigen publicidad publicidade publicite "
    "pubblicita reklama reklam affiliate-* commercial "
    # notices and windows
    "cookie cookies cookie-* consent gdpr onetrust* cmp cookiebar modal popup pop-up overlay "
    "lightbox tooltip toast snackbar login signin sign-in sr-only "
    "screen-reader-text visually-hidden "
    "visuallyhidden screen-reader element-invisible noprint no-print print-only feedback "
    "was-this-helpful helpful rating ratings star-rating vote votes voting likes like-button "
    # about the article
    "tags taglist tag-list tag-links tagcloud tags-links post-tags entry-tags keywords hashtags "
    "cat-links filed-under posted-in post-categories etiquetas schlagworte mots-cles "
    "author-bio authorbio author-box authorbox author-card author-profile author-info "
    "about-author about-the-author bio-box entry-meta post-meta article-meta postmeta "
    "story-meta post-info article-info entry-footer post-footer article-footer story-footer "
    "byline bylines reading-time read-time "
    # wikis, documentation
    "editsection mw-editsection headerlink hatnote catlinks reflist mw-references-wrap "
    "infobox ambox metadata sistersitebox mw-jump-link mw-indicators printfooter vector-toc "
    "edit-this-page edit-page theme-doc-footer sphinxsidebar"
)
_FAINT = _names(
    "meta widget widgets banner header info date time timestamp datetime pubdate published updated "
    "publish-date post-date entry-date author authors autor auteur autore credit credits copyright "
    "photographer image-source source agency print email actions action buttons button btn btns "
    "controls control options embed player badge avatar user user-info label labels category "
    "categories cat topics topic kicker eyebrow teaser more next prev expand utility "
    "facebook twitter whatsapp pinterest instagram telegram logo brand price sku poll quiz legal "
    "disclaimer counter count stats views"
)
_RESPONSIVE = re.compile(r"(?::|d-\w+-)(?:block|flex|grid|inline)")
_HIDDEN = frozenset(("hidden", "hide", "is-hidden", "d-none", "invisible", "u-hidden"))


@lru_cache(maxsize=16384)
def part_of(names: str) -> Part:
    """What the class names and the id of an element, divided by spaces, say it is.

    Among several names the body wins over furniture (``post-body share-enabled``), since what
    themes add to the body's own element says how the page behaves.
    """
    if "type-post" in names or "hentry" in names:
        return Part.CONTENT
    best = Part.NOTHING
    for name in names.split()[:20]:
        words = "-" + _DIVIDER.sub("-", _CAMEL.sub("-", name[:80]).lower()).strip("-") + "-"
        found = _of_name(words)
        if found is Part.BODY:
            return found
        best = max(best, found)
    hidden = best < Part.FURNITURE and not _HIDDEN.isdisjoint(names.split())
    return Part.FURNITURE if hidden and not _RESPONSIVE.search(names) else best


def _of_name(words: str) -> Part:
    if _STATE.match(words) or _STATE.search(words, max(0, len(words) - 20)):
        return Part.NOTHING
    if _COMMENTS.search(words):
        return Part.COMMENTS
    if _FURNITURE.search(words):
        return Part.FURNITURE
    if _BODY.search(words):
        return Part.BODY
    if _FAINT.search(words):
        return Part.FAINT
    return Part.CONTENT if _CONTENT.search(words) else Part.NOTHING


# --- how lines begin that are not the article -------------------------------------------------

# A teaser for another page inside the text.
TEASER = re.compile(
    r"\W{0,3}(?:read(?: more| also| next| the full \w+)?|also read|see also|see more|"
    r"more(?: on this)?|"
    r"related(?: \w+)?|recommended|watch(?: also)?|listen|don['’]t miss|must read|"
    r"you may also like|"
    r"lesen sie(?: auch| mehr)?|lies auch|mehr(?: dazu| zum thema)?|siehe auch|auch interessant|"
    r"lire(?: aussi)?|à lire(?: aussi)?|voir aussi|lee(?: también| más)?|lea también|leer más|"
    r"te puede interesar|también puede interesarle|además|leia(?: também| mais)?|veja também|"
    r"saiba mais|"
    r"leggi(?: anche)?|guarda anche|lees ook|bekijk ook|läs (?:också|även|mer)|les også|læs også|"
    r"czytaj (?:też|także|więcej)|zobacz (?:też|także)|przeczytaj|читайте(?: также| ещё)?|"
    r"смотрите также|по теме|читати також|ayrıca(?: oku| bak)\w*|ilgili haber\w*|xem thêm|"
    r"đọc thêm|"
    r"اقرأ أيض[اً]+|اقرأ المزيد|شاهد أيض[اً]+|קראו גם|ראו גם|यह भी पढ़ें|"
    r"相关阅读|延伸阅读|相关新闻|更多|"
    r"関連記事|あわせて読みたい|관련 ?기사)\s*(?:[:：»›>|–—-]|\Z|(?=[\"“«„]))",
    re.IGNORECASE,
)
# Who made the picture, where nothing else is said.
CREDIT = re.compile(
    r"\W{0,3}(?:(?:photo(?:graph|graphy)?|image|picture|foto|fotos|bild|crédit(?:s| photo)?|"
    r"credits?|"
    r"illustration|imagen|imagem|immagine|zdjęcie|фото|fot|"
    r"photo credit|image credit|image source|"
    r"bildquelle|quelle|foto di|写真|图片来源|图片|صورة|תמונה|צילום)\s*(?:by|par|por|di|credit|"
    r"courtesy(?: of)?)?"
    r"\s*[:：/©|]|©|\(c\))|"
    r"[^.!?]{0,40}\b(?:Getty Images|Shutterstock|iStock|Unsplash|AFP|EPA|dpa|REUTERS/|AP Photo)\b"
    r"[^.!?]{0,30}\Z",
    re.IGNORECASE,
)
# What asks something of the reader; counts at the end of an article only.
APPEAL = re.compile(
    r"\W{0,3}(?:follow (?:us|me|\w+ on)|like us on|join (?:us|our)|subscribe|sign up|"
    r"download (?:the|our) app|"
    r"click here to|support (?:us|our)|donate|share this|tweet this|got a (?:tip|story)|"
    r"have a story|"
    r"folgen sie|folge uns|abonnieren sie|suivez[- ]nous|abonnez[- ]vous|síguenos|sígue?nos|"
    r"suscríbe|"
    r"siga(?:-nos)?|inscreva-se|assine|seguici|iscriviti|подпис|obserwuj|takip ed)",
    re.IGNORECASE,
)
# The heading over what readers wrote.
COMMENTS_HEADING = re.compile(
    r"(?:\d{1,5} )?(?:(?:user |reader )?comments?|kommentare?|leserkommentare|comentarios|"
    r"commentaires?|commenti|comentários|komentarze|reacties|kommentarer|yorumlar|bình luận|"
    r"комментари[ийяев]{1,2}|"
    r"التعليقات|תגובות|टिप्पणियाँ|评论|コメント|댓글|leave a (?:comment|reply)|join the conversation)"
    r"\s*(?:[(\[]?\d{1,5}[)\]]?)?\s*[:：]?\Z",
    re.IGNORECASE,
)
