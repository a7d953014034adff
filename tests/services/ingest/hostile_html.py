"""Thousands of ways to get script into a page, by combination; and a judge who reads like a browser.

The judge allows what the body profile allows and nothing else, in the tree that html5lib (the WHATWG
parsing algorithm) builds of the output, and in the tree that it builds of that tree's own HTML: what
mutates when it is written and read again is seen, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import product

import html5lib
from seealso_sdk.profile import BODY_ATTRIBUTES, BODY_TAGS, URL_SCHEMES

RUN = "top.__ran=1"  # what every payload tries to run

TAGS = [
    "a",
    "abbr",
    "address",
    "animate",
    "applet",
    "area",
    "article",
    "audio",
    "base",
    "basefont",
    "bgsound",
    "blink",
    "body",
    "button",
    "canvas",
    "center",
    "col",
    "custom-element",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "embed",
    "fieldset",
    "figure",
    "font",
    "foreignObject",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "head",
    "header",
    "html",
    "iframe",
    "image",
    "img",
    "input",
    "isindex",
    "kbd",
    "keygen",
    "label",
    "legend",
    "li",
    "link",
    "listing",
    "main",
    "map",
    "mark",
    "marquee",
    "math",
    "menu",
    "meta",
    "meter",
    "mglyph",
    "mi",
    "mtext",
    "nav",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "ol",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "plaintext",
    "portal",
    "pre",
    "progress",
    "rb",
    "rp",
    "rt",
    "ruby",
    "script",
    "section",
    "select",
    "set",
    "slot",
    "source",
    "span",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "use",
    "var",
    "video",
    "wbr",
    "xml",
    "xmp",
]
EVENTS = (
    "onerror", "onload", "onclick", "onfocus autofocus", "ontoggle open", "onanimationstart",
    "onpointerenter", "onbegin", "onmouseover", "onscroll", "oncut", "onpageshow", "onbeforetoggle",
    "oncontentvisibilityautostatechange", "ONERROR", "onErRoR", "on\x00error", "on\nerror", "\x0conload",
    "x/onerror", "x\x0bonload", "onerror\x00", "a=b onload", "a='>' onload", "a=\"'>\" onerror",
)  # fmt: skip
VALUES = ('"{}"', "'{}'", "{}", "`{}`", '"{}', "&quot;{}&quot;", "&#34;{}")
SCHEMES = (
    "javascript:{}", "JaVaScRiPt:{}", "java\tscript:{}", "java\nscript:{}", "java\rscript:{}",
    " \x01javascript:{}", "\x00javascript:{}", "javascript\x00:{}", "javascript :{}",
    "&#106;avascript:{}", "&#x6A;avascript:{}", "&#0000106avascript:{}", "javascript&colon;{}",
    "java&Tab;script:{}", "java&NewLine;script:{}", "javascript&#58;{}", "jav&#x0A;ascript:{}",
    "javascript://host/%0a{}", "javascript:/*https://*/{}", "vbscript:{}", "livescript:{}",
    "data:text/html,<script>{}</script>", "data:text/html;base64,PHNjcmlwdD50b3AuX19yYW49MTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload={}>", "data:application/xhtml+xml,<x/>", "DATA:text/html,{}",
    "blob:https://host/{}", "filesystem:https://host/{}", "file:///etc/passwd", "view-source:javascript:{}",
    "feed:javascript:{}", "feed:feed:javascript:{}", "jar:javascript:{}", "about:blank#{}",
    "intent://host#Intent;S.x={};end", "ms-its:x.chm::/{}", "mhtml:https://host!{}", "x-javascript:{}",
    "\u2028javascript:{}", "\xa0javascript:{}", "\ufeffjavascript:{}", "j\u0430vascript:{}", "//host/{}",
    "\\\\host\\{}", "https:javascript:{}", "https://javascript:{}", "?javascript:{}",
)  # fmt: skip
PLACES = (
    '<a href="{}">x</a>', '<a href=" {}">x</a>', "<a href={}>x</a>", '<area href="{}">',
    '<img src="{}">', '<img srcset="{} 2x">', '<img src="https://h/x.png" srcset="{}">',
    '<img data-src="{}">', '<img longdesc="{}" src="https://h/x.png">', '<image xlink:href="{}">',
    '<iframe src="{}"></iframe>', '<iframe srcdoc="{}"></iframe>', '<object data="{}"></object>',
    '<embed src="{}">', '<form action="{}"><button>x</button></form>', '<button formaction="{}">x</button>',
    '<input type=submit formaction="{}">', '<input type=image src="{}">', '<isindex action="{}">',
    '<svg><a xlink:href="{}"><text>x</text></a></svg>', '<svg><a href="{}">x</a></svg>',
    '<svg><use href="{}"/></svg>', '<svg><image href="{}"/></svg>', '<svg><script href="{}"/></svg>',
    '<svg><a><animate attributeName=href values="{}"/>x</a></svg>', '<svg><set attributeName=href to="{}"/></svg>',
    '<math href="{}">x</math>', '<math><mi xlink:href="{}">x</mi></math>',
    '<math><maction actiontype="statusline#{}" xlink:href="{}">x</maction></math>',
    '<link rel=stylesheet href="{}">', '<link rel=import href="{}">', '<base href="{}">',
    '<meta http-equiv=refresh content="0;url={}">', '<video poster="{}"></video>', '<video src="{}"></video>',
    '<video><source src="{}"></video>', '<audio src="{}"></audio>', '<track src="{}">',
    '<body background="{}">', '<table background="{}"><td background="{}">x</table>',
    '<blockquote cite="{}">x</blockquote>', '<q cite="{}">x</q>', '<del cite="{}">x</del>',
    '<a ping="{}" href="https://h/">x</a>', '<frameset><frame src="{}"></frameset>',
    '<applet code="{}"></applet>', '<bgsound src="{}">', '<script src="{}"></script>',
    '<p style="background:url({})">x</p>', '<style>@import "{}";</style>', '<p style="width:expression({})">x</p>',
    "<style>*{{background:url({})}}</style>", '<xml src="{}"></xml>', '<portal src="{}"></portal>',
    '<picture><source srcset="{}"><img src="https://h/x.png"></picture>', '<time datetime="{}">x</time>',
    '<abbr title="{}">x</abbr>', '<noscript><img src="{}"></noscript>',
)  # fmt: skip
# Where foreign content, raw text and tables meet, parsers that write and read again disagree.
NAMESPACES = ("math", "svg", "div", "table")
POINTS = (
    "mtext", "mi", "annotation-xml encoding=text/html", "foreignObject", "desc", "title", "p", "select",
)  # fmt: skip
MIDDLES = ("", "<table>", "<form>", "<ul><li>", "<mglyph>", "<malignmark>", "<a><table>", "<b><p>")
RAW = (
    "style",
    "script",
    "noscript",
    "xmp",
    "textarea",
    "title",
    "iframe",
    "noembed",
    "template",
    "plaintext",
)
BROKEN = (
    "<<script>{}</script>", "<scr<script>ipt>{}</scr</script>ipt>", "<script/x>{}</script>", "<script\n>{}",
    "<img src=x onerror={}//", "<img src=x onerror={} ", "<img/src=x/onerror={}>", "<img src=x onerror={}<p>",
    '"><script>{}</script>', "'><img src=x onerror={}>", "--><script>{}</script>", "]]><script>{}</script>",
    "<!--><script>{}</script>-->", "<!---><script>{}</script>-->", "<!--!><script>{}</script>--!>",
    "<![CDATA[<script>{}</script>]]>", "<!DOCTYPE x [<!ENTITY y '<script>{}</script>'>]><p>&y;",
    "<?xml-stylesheet href='javascript:{}'?>", "<?php echo '<script>{}</script>' ?>", "<%<script>{}</script>%>",
    "</script><script>{}</script>", "<p title='</p><script>{}</script>'>", "<a title=\"<img src=x onerror={}>\">x</a>",
    "&lt;script&gt;{}&lt;/script&gt;", "&amp;lt;img src=x onerror={}&amp;gt;", "+ADw-script+AD4-{}+ADw-/script+AD4-",
    "\x00<script>{}</script>", "<\x00script>{}</script>", "<script\x00>{}</script>", "<s\x00cript>{}</script>",
    "\ufeff<script>{}</script>", "<ſcript>{}</ſcript>", "＜script＞{}＜/script＞", "<script>{}", "<SCRIPT>{}</SCRIPT >",
    "<script>{}</script\t\n bar>", "<svg><script>{}</script></svg>", "<svg/onload={}>", "<svg><style><img onerror={} src>",
    "<table><script>{}</script></table>", "<select><script>{}</script></select>", "<frameset onload={}>",
    "<p id=x><style><img title='</style><img src onerror={}>'>", "<form><math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>", "<template><script>{}</script></template>",
    "<a href='https://h/' onclick={}>x</a>", "<p onclick={}><b onfocus={}>x</b></p>", "<math><style><!--</style><img src=x onerror={}>--></math>",
    "<svg></p><style><a id=\"</style><img src=1 onerror={}>\">", "<option><style></option></select><img src onerror={}></style>",
    "<xmp><p title='</xmp><img src=x onerror={}>'>", "<title><p title='</title><img src onerror={}>'></title>",
    "<iframe><p title='</iframe><img src onerror={}>'></iframe>", "<textarea><p title='</textarea><img src onerror={}>'>",
    "<plaintext><script>{}</script>", "<listing>&lt;img src onerror={}&gt;</listing>", "<pre>\n<img src=x onerror={}></pre>",
)  # fmt: skip


def payloads() -> list[str]:
    """The whole table, each once, in a fixed order."""
    return list(dict.fromkeys(_payloads()))


def _payloads() -> Iterator[str]:
    for number, (tag, event) in enumerate(product(TAGS, EVENTS)):
        value = VALUES[number % len(VALUES)].format(RUN)
        yield f"<{tag} src=x {event}={value}>x</{tag}>"
    for place, scheme in product(PLACES, SCHEMES):
        address = scheme.format(RUN)
        yield place.format(address, address)
        if number % 7 == 0:
            yield place.format(*[escape(escape(address))] * 2)
    for space, point, middle, raw in product(NAMESPACES, POINTS, MIDDLES, RAW):
        inner = escape(f"<img src=1 onerror={RUN}>")
        yield f'<{space}><{point}>{middle}<{raw}><!--</{raw}><img title="--&gt;{inner}">'
        yield f'<{space}><{point}>{middle}<{raw}><a title="</{raw}><img src onerror={RUN}>">'
    for broken in BROKEN:
        text = broken.replace("{}", RUN)
        yield text
        yield f"<div>{text}</div>"
        yield f"<p>before{text}after"
        yield f"<svg>{text}</svg>"
        yield f"<table><tr><td>{text}</table>"
        yield f"<math><mtext>{text}</mtext></math>"


# --- the judge -----------------------------------------------------------------------------------

_URLS = frozenset({"href", "src", "cite"})
_SHED = re.compile(r"[\x00-\x20\u2028\u2029\xa0\ufeff]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def faults(html: str) -> list[str]:
    """What of this is not in the body profile, as a browser reads it; nothing where all is well."""
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    once = html5lib.serialize(
        tree, tree="etree", omit_optional_tags=False, quote_attr_values="always"
    )
    again = html5lib.parseFragment(once, treebuilder="etree", namespaceHTMLElements=False)
    return [*_faults_of(tree), *(f"on a second reading: {fault}" for fault in _faults_of(again))]


def _faults_of(tree: object) -> Iterator[str]:
    for element in tree.iter():  # type: ignore[attr-defined]
        tag = element.tag
        if element is tree:
            continue
        if not isinstance(tag, str):
            yield "a comment"
        elif tag not in BODY_TAGS:
            yield f"the element {tag}"
        else:
            allowed = BODY_ATTRIBUTES.get(tag, set()) | BODY_ATTRIBUTES["*"]
            for name, value in element.attrib.items():
                if name not in allowed:
                    yield f"the attribute {name} of {tag}"
                elif name in _URLS and not _is_safe(value):
                    yield f"the address {value!r}"


def _is_safe(address: str) -> bool:
    scheme = _SCHEME.match(_SHED.sub("", address))
    return scheme is not None and scheme[1].lower() in URL_SCHEMES
