"""The few fixed words and the dates of a rendition, in the language of the article.

    words = phrases("es-MX")       # Phrases: "Véase también", "Publicado", ...
    spoken_date("2024-04-09", "es")  # "9 de abril de 2024"
    direction("ar")                # "rtl"

A language that isn't in the table gets the English words and ISO dates: plain, never wrong.
Nothing here asks the process's locale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from seealso_sdk.dates import instant, is_day

_RTL_LANGUAGES: Final = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
_RTL_SCRIPTS: Final = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "adlm", "rohg"})
_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The fixed words of one language. `{}` is where a name, a number or an address goes."""

    language: str
    see_also: str
    published: str
    updated: str
    reviewed: str
    next_review: str
    correction: str
    by: str
    reviewed_by: str
    series: str
    licence: str
    credit: str
    image: str
    video: str
    audio: str
    attachment: str
    links: str
    original: str
    read_article: str
    more_on_web: str
    view_in_browser: str
    unsubscribe: str
    preferences: str
    related_topics: str
    in_this_issue: str
    and_more: str
    list_comma: str = ", "
    list_and: str  # between the last two names of a list, with its spaces
    date: str  # of {day}, {month}, {year}
    months: tuple[str, ...]


def phrases(language: str) -> Phrases:
    """The words of a BCP 47 language tag; of English where the table has no such language."""
    return _TABLE.get(_primary(language), _ENGLISH)


def language_tag(language: str) -> str:
    """A tag fit for ``lang="…"``: the article's own, or ``und`` where it is no tag at all."""
    return language if _TAG.match(language) else "und"


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Which way the language is written, by its script subtag or else by its primary subtag."""
    parts = language.lower().split("-")
    script = next((p for p in parts[1:] if len(p) == 4 and p.isalpha()), None)
    if script is not None:
        return "rtl" if script in _RTL_SCRIPTS else "ltr"
    return "rtl" if parts[0] in _RTL_LANGUAGES else "ltr"


def spoken_date(value: str, language: str) -> str:
    """A date of the model as a person writes it, no more precise than it was given.

    A time of day is shown unless it is exactly midnight, which is how many sources write a day.
    What is no date comes back empty.
    """
    try:
        when = instant(value)
    except ValueError:
        return ""
    day = _spoken_day(when, language)
    if is_day(value) or (when.hour, when.minute, when.second) == (0, 0, 0):
        return day
    return f"{day}, {when.hour:02d}:{when.minute:02d} {_offset(when)}"


def join_names(names: list[str], language: str) -> str:
    """``A``, ``A and B``, ``A, B and C``, in the words of the language."""
    if len(names) < 2:
        return "".join(names)
    words = phrases(language)
    return f"{words.list_comma.join(names[:-1])}{words.list_and}{names[-1]}"


def _primary(language: str) -> str:
    return language.lower().split("-")[0].split("_")[0]


def _spoken_day(when: datetime, language: str) -> str:
    if _primary(language) not in _TABLE:
        return f"{when.year:04d}-{when.month:02d}-{when.day:02d}"
    words = phrases(language)
    return words.date.format(day=when.day, month=words.months[when.month - 1], year=when.year)


def _offset(when: datetime) -> str:
    offset = when.utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = int(offset.total_seconds()) // 60
    sign = "+" if minutes >= 0 else "-"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


_ENGLISH: Final = Phrases(
    language="en",
    see_also="See also",
    published="Published",
    updated="Updated",
    reviewed="Reviewed",
    next_review="Next review due",
    correction="Correction",
    by="By {}",
    reviewed_by="Reviewed by {}",
    series="Series: {}",
    licence="Licence",
    credit="Credit: {}",
    image="Image",
    video="Video",
    audio="Audio",
    attachment="Attachment",
    links="Links",
    original="Original article",
    read_article="Read the full article",
    more_on_web="The rest of this article is on the web",
    view_in_browser="View in browser",
    unsubscribe="Unsubscribe",
    preferences="Change what you receive",
    related_topics="Related topics",
    in_this_issue="In this issue",
    and_more="{} more on the web",
    list_and=" and ",
    date="{day} {month} {year}",
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
)  # fmt: skip

_SPANISH: Final = Phrases(
    language="es",
    see_also="Véase también",
    published="Publicado",
    updated="Actualizado",
    reviewed="Revisado",
    next_review="Próxima revisión",
    correction="Corrección",
    by="Por {}",
    reviewed_by="Revisado por {}",
    series="Serie: {}",
    licence="Licencia",
    credit="Crédito: {}",
    image="Imagen",
    video="Vídeo",
    audio="Audio",
    attachment="Archivo adjunto",
    links="Enlaces",
    original="Artículo original",
    read_article="Leer el artículo completo",
    more_on_web="El resto de este artículo está en la web",
    view_in_browser="Ver en el navegador",
    unsubscribe="Darse de baja",
    preferences="Cambiar lo que recibe",
    related_topics="Temas relacionados",
    in_this_issue="En este número",
    and_more="{} más en la web",
    list_and=" y ",
    date="{day} de {month} de {year}",
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
)  # fmt: skip

_GERMAN: Final = Phrases(
    language="de",
    see_also="Siehe auch",
    published="Veröffentlicht",
    updated="Aktualisiert",
    reviewed="Geprüft",
    next_review="Nächste Prüfung",
    correction="Berichtigung",
    by="Von {}",
    reviewed_by="Geprüft von {}",
    series="Reihe: {}",
    licence="Lizenz",
    credit="Bildnachweis: {}",
    image="Bild",
    video="Video",
    audio="Audio",
    attachment="Anhang",
    links="Verweise",
    original="Originalartikel",
    read_article="Den ganzen Artikel lesen",
    more_on_web="Der Rest dieses Artikels steht im Web",
    view_in_browser="Im Browser ansehen",
    unsubscribe="Abbestellen",
    preferences="Einstellungen ändern",
    related_topics="Verwandte Themen",
    in_this_issue="In dieser Ausgabe",
    and_more="{} weitere im Web",
    list_and=" und ",
    date="{day}. {month} {year}",
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ),
)  # fmt: skip

_FRENCH: Final = Phrases(
    language="fr",
    see_also="Voir aussi",
    published="Publié",
    updated="Mis à jour",
    reviewed="Relu",
    next_review="Prochaine relecture",
    correction="Rectificatif",
    by="Par {}",
    reviewed_by="Relu par {}",
    series="Série : {}",
    licence="Licence",
    credit="Crédit : {}",
    image="Image",
    video="Vidéo",
    audio="Audio",
    attachment="Pièce jointe",
    links="Liens",
    original="Article d’origine",
    read_article="Lire l’article en entier",
    more_on_web="La suite de cet article est sur le web",
    view_in_browser="Voir dans le navigateur",
    unsubscribe="Se désabonner",
    preferences="Modifier vos préférences",
    related_topics="Thèmes voisins",
    in_this_issue="Dans ce numéro",
    and_more="{} de plus sur le web",
    list_and=" et ",
    date="{day} {month} {year}",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
)  # fmt: skip

_ARABIC: Final = Phrases(
    language="ar",
    see_also="انظر أيضًا",
    published="نُشر",
    updated="حُدِّث",
    reviewed="رُوجع",
    next_review="المراجعة القادمة",
    correction="تصحيح",
    by="بقلم {}",
    reviewed_by="راجعه {}",
    series="سلسلة: {}",
    licence="الترخيص",
    credit="المصدر: {}",
    image="صورة",
    video="فيديو",
    audio="صوت",
    attachment="مرفق",
    links="روابط",
    original="المقال الأصلي",
    read_article="اقرأ المقال كاملًا",
    more_on_web="بقية هذا المقال على الويب",
    view_in_browser="العرض في المتصفح",
    unsubscribe="إلغاء الاشتراك",
    preferences="تغيير ما يصلك",
    related_topics="مواضيع ذات صلة",
    in_this_issue="في هذا العدد",
    and_more="{} أخرى على الويب",
    list_comma="، ",
    list_and=" و",
    date="{day} {month} {year}",
    months=(
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
        "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
)  # fmt: skip

_PORTUGUESE: Final = Phrases(
    language="pt",
    see_also="Veja também",
    published="Publicado",
    updated="Atualizado",
    reviewed="Revisto",
    next_review="Próxima revisão",
    correction="Correção",
    by="Por {}",
    reviewed_by="Revisto por {}",
    series="Série: {}",
    licence="Licença",
    credit="Crédito: {}",
    image="Imagem",
    video="Vídeo",
    audio="Áudio",
    attachment="Anexo",
    links="Ligações",
    original="Artigo original",
    read_article="Ler o artigo completo",
    more_on_web="O resto deste artigo está na web",
    view_in_browser="Ver no navegador",
    unsubscribe="Cancelar a subscrição",
    preferences="Alterar o que recebe",
    related_topics="Temas relacionados",
    in_this_issue="Nesta edição",
    and_more="Mais {} na web",
    list_and=" e ",
    date="{day} de {month} de {year}",
    months=(
        "janeiro", "fevereiro", "março", "abril", "maio", "junho",
        "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
    ),
)  # fmt: skip

_TABLE: Final = {
    words.language: words for words in (_ENGLISH, _SPANISH, _GERMAN, _FRENCH, _ARABIC, _PORTUGUESE)
}
