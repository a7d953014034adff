"""Reads NITF 3.x (IPTC's News Industry Text Format): a document is an article.

    bytes --guard--> tree --docdata--> identity, dates, status, subjects, rights
                          --body.head--> headline, byline, dateline
                          --body.content--> HTML (`seealso_source_nitf_body`), media
                          ──> RawArticle; one more, withdrawn, where it takes another document back

Element and attribute names are those of the NITF 3.6 DTD; documents with the namespace of 2006 and
without are read alike. A DTD may be named, as all wires do, and is never fetched; one that declares
something by itself is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree
from seealso_sdk import (
    Correction,
    Person,
    Problem,
    Publisher,
    RawArticle,
    RawInput,
    Reject,
    Rights,
    Series,
    SourceContext,
    SourceMeta,
    hookimpl,
)
from seealso_sdk.bylines import read_meta
from seealso_sdk.charset import CharsetUnknown, decode
from seealso_sdk.dates import instant, normalised
from seealso_sdk.furniture import kind_named
from seealso_sdk.languages import guess_language
from seealso_sdk.ownfields import overlaid, require_known
from seealso_sdk.text import one_line
from seealso_sdk.xmlguard import declared_encoding, guard, readable
from seealso_source_nitf_body import html_of, medium_of, plain, take_out

MEDIA_TYPES = ("text/vnd.iptc.nitf", "application/nitf+xml", "application/vnd.iptc.nitf+xml")
MAX_BYTES = 10 * 1024 * 1024
MOST = 500  # entries of any list that are looked at
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")

# --- bytes to tree ---------------------------------------------------------------------------


def _tree(raw: RawInput) -> Any:
    """The document with names without namespaces, or the Problem with it."""
    try:
        text = decode(raw.data, raw.charset, declared_encoding(raw.data))
    except CharsetUnknown as error:
        return Problem(code="charset-unknown", detail=str(error), remedy="Send UTF-8.")
    legal = readable(_DECLARATION.sub("", text), entities=True)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(legal.lstrip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return Problem(
            code="xml-syntax",
            detail=f"the document is not well-formed: {getattr(error, 'msg', None) or error}",
            remedy="Correct it; a check with any XML parser shows the place.",
            line=getattr(error, "lineno", None),
        )
    for element in root.iter(etree.Element):
        if "}" in element.tag:
            element.tag = etree.QName(element).localname
    if root.tag != "nitf":
        return Problem(
            code="nitf-unknown",
            detail=f"the root element is {root.tag[:40]!r}, not 'nitf'",
            remedy="Send the NITF document itself; NewsML-G2 is not read.",
        )
    return root


# --- the document ----------------------------------------------------------------------------

_Found = dict[str, tuple[Any, str]]  # field to its value and where that stood


def _articles(root: Any, base: str | None) -> list[RawArticle | Problem]:
    docdata = _first(root, "head/docdata")
    found = _heads(root) | _content(root, base) | _dates(root, docdata) | _about(root, docdata)
    given = {name: value for name, (value, _) in found.items() if value}
    provenance = {name: f"nitf {found[name][1]}" for name in given}
    pieces: list[RawArticle | Problem] = []
    if any(given.get(name) for name in ("title", "html", "withdrawn")):
        pieces.append(RawArticle(**given, provenance=provenance))
    else:
        pieces.append(
            Problem(
                code="item-empty",
                detail="the document has neither a headline nor a body",
                remedy="Give it body.head/hedline and body.content.",
            )
        )
    other = _attribute(docdata, "management-doc-idref")
    if other and _status(docdata, "management-idref-status") in _TAKEN_BACK:
        pieces.append(
            RawArticle(
                external_id=other,
                withdrawn=True,
                withdrawn_reason="The wire has cancelled it.",
                provenance={"withdrawn": "nitf docdata management-idref-status"},
            )
        )
    return pieces


def _heads(root: Any) -> _Found:
    head = _first(root, "body/body.head")
    title = plain(_first(head, "hedline/hl1")) or plain(_first(head, "hedline"))
    under = [plain(one) for one in _all(head, "hedline/hl2")]
    abstract = plain(_first(head, "abstract"))
    summary = " ".join(_ended(one) for one in (*under, abstract) if one)
    authors = [person for line in _all(head, "byline") for person in _people(line)]
    return {
        "title": (title or plain(_first(root, "head/title")), "hedline hl1" if title else "title"),
        "summary": (summary, "hedline hl2, abstract"),
        "authors": (tuple(dict.fromkeys(authors)), "byline"),
        "kind": (_kind(root, title), "tobject.property"),
    }


def _content(root: Any, base: str | None) -> _Found:
    content, end = _first(root, "body/body.content"), _first(root, "body/body.end")
    media = tuple(
        dict.fromkeys(one for m in _all(root, "body//media") if (one := medium_of(m, base)))
    )
    place = plain(_first(root, "body/body.head/dateline/location"))
    html = "" if content is None else _with_place(html_of(content, base), place)
    tagline = (
        ""
        if end is None
        else "".join(f"<p>{html_of(line, base)}</p>" for line in _all(end, "tagline"))
    )
    language = root.get("baselang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    declared = language if language and _LANGUAGE.match(language) else None
    return {
        "html": (f"{html}{tagline}" if html.strip() else None, "body.content"),
        "media": (media, "media"),
        "language": (
            declared or guess_language(plain(content)),
            "baselang" if declared else "the text",
        ),
    }


def _dates(root: Any, docdata: Any) -> _Found:
    issue, where = _issue(root, docdata)
    release = _norm(_first(docdata, "date.release"))
    revisions = [_norm(one) for one in _all(root, "head/revision-history")]
    revised = max(filter(None, revisions), key=instant, default=None)
    status = _status(docdata, "management-status") or _status(docdata, "status")
    held = release and (status == "embargoed" or _is_later(release, issue))
    withdrawn = status in _TAKEN_BACK
    note = _attribute(_first(docdata, "ed-msg"), "info")
    correction = _attribute(_first(docdata, "correction"), "info")
    at = revised or issue
    return {
        "published": (issue, where),
        "updated": (revised if _is_later(revised, issue) else None, "revision-history"),
        "embargo_until": (release if held else None, "date.release"),
        "expires": (_norm(_first(docdata, "date.expire")), "date.expire"),
        "withdrawn": (withdrawn, "docdata management-status"),
        "withdrawn_reason": (
            (note or "The wire has cancelled it.") if withdrawn else None,
            "ed-msg" if note else "docdata management-status",
        ),
        "corrections": (
            (Correction(at, correction),) if correction and at and not withdrawn else (),
            "correction",
        ),
    }


def _about(root: Any, docdata: Any) -> _Found:
    identity, identity_from = _identity(docdata)
    series, series_from = _series(root, docdata)
    publisher, publisher_from = _publisher(root, docdata)
    rights, rights_from = _rights(root, docdata)
    return {
        "external_id": (identity, identity_from),
        "canonical_url": (_canonical(root), "pubdata ex-ref"),
        "topics": (_topics(root, docdata), "tobject.subject, identified-content classifier"),
        "keywords": (_keywords(docdata), "key-list, identified-content"),
        "series": (series, series_from),
        "publisher": (publisher, publisher_from),
        "rights": (rights, rights_from),
    }


# --- one function a field --------------------------------------------------------------------

_TAKEN_BACK = frozenset({"canceled", "cancelled", "withdrawn", "killed"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}\Z")
_FIRST_PARAGRAPH = re.compile(r"<p>(\s*)")


def _first(parent: Any, path: str) -> Any:
    return None if parent is None else parent.find(path)


def _all(parent: Any, path: str) -> list[Any]:
    return [] if parent is None else parent.findall(path)[:MOST]


def _attribute(element: Any, name: str) -> str:
    return "" if element is None else one_line(element.get(name) or "")


def _status(element: Any, name: str) -> str:
    return _attribute(element, name).lower()


def _norm(element: Any, name: str = "norm") -> str | None:
    """A date as NITF writes it, ISO 8601 in its short form: ``20240409T101500-0500``."""
    try:
        return normalised(_attribute(element, name)[:40])
    except ValueError:
        return None


def _is_later(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is not None
    return instant(one) > instant(other)


def _issue(root: Any, docdata: Any) -> tuple[str | None, str]:
    for element, name, where in (
        (_first(docdata, "date.issue"), "norm", "date.issue"),
        (_first(root, "head/pubdata"), "date.publication", "pubdata date.publication"),
        (_first(root, "body/body.head/dateline/story.date"), "norm", "dateline story.date"),
    ):
        if found := _norm(element, name):
            return found, where
    return None, ""


def _identity(docdata: Any) -> tuple[str, str]:
    """What is corrected keeps its identity: a correction names the document that it stands for."""
    for path, name in (("correction", "id-string"), ("doc-id", "id-string"), ("du-key", "key")):
        if found := _attribute(_first(docdata, path), name):
            return found, f"{path} {name}"
    return "", ""


def _canonical(root: Any) -> str | None:
    for pubdata in _all(root, "head/pubdata"):
        reference = _attribute(pubdata, "ex-ref")
        if reference.startswith(("http://", "https://")):
            return reference
    return None


def _kind(root: Any, title: str) -> str:
    properties = {
        _attribute(one, "tobject.property.type").lower()
        for one in _all(root, "head/tobject/tobject.property")
    }
    if properties & {"question and answer session", "q&a", "interview - q&a"}:
        return "qa"
    return kind_named(title) or "news"


def _people(byline: Any) -> tuple[Person, ...]:
    """The people marked in a byline; of one without marks those that its words name."""
    marked = [plain(person) for person in byline.iter("person")]
    if any(marked):
        return tuple(Person(name) for name in marked if name)
    for extra in list(byline.iter("byttl", "virtloc")):
        take_out(extra)
    line = re.sub(r"^by\s+", "", plain(byline), flags=re.IGNORECASE).strip(" ,;")
    if not line or "@" in line:
        return ()
    read = read_meta(f"By {line}")
    return read.authors if read and read.authors else (Person(line),)


def _ended(text: str) -> str:
    return text if text[-1:] in '.!?…:;"”’' else f"{text}."


def _with_place(html: str, place: str) -> str:
    """Where it was written stands before its first words, unless it does already."""
    first = _FIRST_PARAGRAPH.search(html)
    if not place or first is None:
        return html
    begins = html[first.end() : first.end() + len(place)].casefold()
    if begins == place.casefold():
        return html
    escaped = place.replace("&", "&amp;").replace("<", "&lt;")
    return f"{html[: first.end()]}{escaped} — {html[first.end() :]}"


def _topics(root: Any, docdata: Any) -> tuple[str, ...]:
    labels = []
    for subject in _all(root, "head/tobject/tobject.subject"):
        # From the particular to the general: the first that is there is what it is about.
        names = ("tobject.subject.detail", "tobject.subject.matter", "tobject.subject.type")
        labels.append(next((v for n in names if (v := _attribute(subject, n))), ""))
    classifiers = _all(docdata, "identified-content/classifier")
    labels += [_attribute(one, "value") or plain(one) for one in classifiers]
    return tuple(dict.fromkeys(filter(None, labels)))


def _keywords(docdata: Any) -> tuple[str, ...]:
    words = [_attribute(one, "key") for one in _all(docdata, "key-list/keyword")]
    for name in ("person", "org", "location", "event", "object.title", "function"):
        found = _all(docdata, f"identified-content/{name}")
        words += [plain(one) or _attribute(one, "value") for one in found]
    return tuple(dict.fromkeys(filter(None, words)))


def _series(root: Any, docdata: Any) -> tuple[Series | None, str]:
    for element, name, where in (
        (_first(docdata, "series"), "series.name", "series series.name"),
        (_first(root, "body/body.head/series"), "series.name", "series series.name"),
        (_first(docdata, "fixture"), "fix-id", "fixture fix-id"),
    ):
        if title := _attribute(element, name):
            return Series(title), where
    return None, ""


def _publisher(root: Any, docdata: Any) -> tuple[Publisher | None, str]:
    for name, where in (
        (_attribute(_first(root, "head/pubdata"), "name"), "pubdata name"),
        (plain(_first(root, "body/body.head/distributor")), "distributor"),
        (_attribute(_first(docdata, "doc.copyright"), "holder"), "doc.copyright holder"),
    ):
        if name:
            return Publisher(name), where
    return None, ""


def _rights(root: Any, docdata: Any) -> tuple[Rights | None, str]:
    copyright_, rights = _first(docdata, "doc.copyright"), _first(docdata, "doc.rights")
    holder = _attribute(copyright_, "holder") or _attribute(rights, "owner")
    year = _attribute(copyright_, "year")
    terms = [_attribute(rights, name) for name in ("type", "limitations", "geography")]
    said = plain(_first(root, "body/body.head/rights"))
    licence = "; ".join(filter(None, terms)) or said
    line = " ".join(filter(None, ("©", year, holder))) if holder else ""
    where = "doc.copyright, doc.rights, rights"
    return (Rights(licence or None, line or None), where) if licence or line else (None, "")


# --- an operator's own mapping ---------------------------------------------------------------

_NAME = r"[A-Za-z_][\w.-]{0,80}"
_PLACE = re.compile(rf"{_NAME}(?:/{_NAME}){{0,11}}(?:@[\w.:-]{{1,80}})?\Z")


def _texts(root: Any, where: str) -> list[str]:
    """What stands at ``head/docdata/urgency@ed-urg``: elements, then an attribute."""
    if not _PLACE.match(where):
        raise Reject(
            f"{where[:80]!r} is no place in NITF: give element/element, or with @attribute"
        )
    path, _, attribute = where.partition("@")
    found = _all(root, path)
    return [_attribute(one, attribute) if attribute else plain(one) for one in found]


# --- the source ------------------------------------------------------------------------------


class NitfSource:
    """Documents of news wires in XML."""

    meta = SourceMeta(
        name="nitf",
        title="NITF",
        version="1",
        places=("url",),
        media_types=MEDIA_TYPES,
        extensions=("nitf",),
        description="IPTC's News Industry Text Format 3.x: a document is an article.",
    )

    def read(self, raw: RawInput, context: SourceContext) -> Sequence[RawArticle | Problem]:
        """The article; behind it another one, withdrawn, that the document takes back.

        Raises:
            Reject: `context.fields` maps a field that no article has.
        """
        refusal = guard(raw.data, what="NITF document", most_bytes=MAX_BYTES)
        if refusal is not None:
            return [refusal]
        root = _tree(raw)
        if isinstance(root, Problem):
            return [root]
        require_known(context.fields)
        # Before the body is read, which takes things out of it.
        found = {where: _texts(root, where) for where in context.fields.values()}
        own, *others = _articles(root, raw.url)
        if context.fields and isinstance(own, RawArticle):
            own = overlaid(own, context.fields, lambda where: found[where])
        return [own, *others]


@hookimpl
def register_sources() -> Sequence[NitfSource]:
    """The hook of the `seealso` entry-point group."""
    return [NitfSource()]
