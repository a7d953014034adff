"""What stands on a page beside the article, and the words by which one knows it.

A sign-up box, a share bar, a cookie notice, a "See also" heading say the same few things on every
site. The tables below hold those words for the languages that sources come in; the functions
answer one question each about one line or paragraph. They know no site by name.

    furniture(paragraph)      -> Furniture(kind, sure) | None
    furniture_kinds(page)     -> the kind of each paragraph, seen beside its neighbours
    promo_about(paragraphs)   -> what a sign-up is about
    related_heading(line)     -> "strong" | "weak" | None
    series_named(line)        -> the series that a "See more ..." line names
    kind_named(title)         -> "infographic" where the title says so
    is_question(line)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seealso_sdk.text import fold

NEWSLETTER, SHARE, ADVERT, BOILERPLATE = "newsletter-signup", "share", "advert", "boilerplate"

_LONGEST = 1500  # characters; what is longer is content


@dataclass(frozen=True, slots=True)
class Furniture:
    """What kind of furniture a paragraph is.

    `sure` is false for what only counts beside furniture of the same kind: a privacy sentence
    under a sign-up is part of it, in an article about privacy it is the article.
    """

    kind: str
    sure: bool


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _words(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


def _names(listed: str) -> frozenset[str]:
    return frozenset(fold(name) for name in listed.split(","))


def _marks(listed: str) -> tuple[str, ...]:
    return tuple(listed.split(","))


# --- newsletter sign-ups ---------------------------------------------------------------------

# Asked of the reader, at the head of a sentence. The clear ones need an offer or a channel beside
# them, the unclear ones ("Get ...", "Recevez ...") need the channel: an inbox, a newsletter.
_HEAD = r"(?:^|[.!?:؟]\s+)[¡¿\W]*"
_ASK = _any(
    _HEAD + r"(?:(?:please |just )?sign(?:ing)? up|subscribe|(?:enter|register) your e-?mail)\b",
    _HEAD
    + r"(?:suscr[íi]b(?:a|e)(?:se|te)?|inscr[íi]b(?:a|e)(?:se|te)|ap[úu]nt(?:a|e)(?:te|se))\b",
    _HEAD + r"(?:(?:jetzt )?(?:abonnieren|anmelden)|melden sie sich|melde dich|abonnier)",
    r"newsletter (?:abonnieren|bestellen)",
    _HEAD + r"(?:abonnez[- ]vous|inscrivez[- ]vous|s['’](?:abonner|inscrire))\b",
    _HEAD + r"(?:iscriviti|abbonati|inscreva-se|assine|subscreva|cadastre-se)\b",
    _HEAD + r"(?:schrijf (?:je|u) in|meld (?:je|u) aan|abonneer)",
    _HEAD + r"(?:prenumerera|tilmeld dig|zapisz si[ęe]|подпишитесь)",
    r"(?:^|[.!؟]\s*)(?:اشترك|اشتركوا|سجّ?ل|سجلوا)|(?:^|[.!?]\s*)(?:הירשמו|הרשמו|הצטרפו)",
    r"購読|订阅|訂閱|구독",
)
_SOFT_ASK = _any(
    _HEAD
    + r"(?:get|receive|join|stay|want|would you like|never miss|don['’]t miss|be the first)\b",
    _HEAD + r"(?:reciba|recibe|obtenga|mant[ée]ngase|[¿]?quiere|recevez|restez|souhaitez)\b",
    _HEAD + r"(?:erhalten sie|bekommen sie|bleiben sie|verpassen sie|ricevi|rimani|receba|fique)\b",
    _HEAD + r"(?:ontvang|blijf|wil (?:je|u))\b",
    r"(?:^|[.!؟]\s*)(?:احصل|تلقّ?)",
)
_CHANNEL = _any(
    r"\binbox(?:es)?\b|\bnewsletters?\b|\bmailing list\b|\b(?:by|via|per|via|par|por) e-?mail\b",
    r"\be-?mail (?:list|updates?|alerts?|address|newsletter|digest)\b|\be-?mail-adresse\b",
    r"\bbolet(?:[íi]n|ines|im)\b|bandeja de entrada|correo electr[óo]nico|caixa de entrada",
    r"\b(?:postfach|posteingang|rundbrief|nieuwsbrief|nyhetsbrev|nyhedsbrev)\b",
    r"\binfolettre\b|lettre d['’]information|bo[îi]te (?:de r[ée]ception|mail)|\bcourriel\b",
    r"casella di posta|рассылк|nieuwsbrief|النشرة|نشرتنا|بريدك|البريد الإلكتروني",
    r"ניוזלטר|הניוזלטר|למייל|לתיבת|メールマガジン|メルマガ|电子邮件|電子報",
)
_OFFER = _any(
    r"\bfor free(?=\s*(?:and\b|to\b|today\b|[.,;!]|$))|\bthe latest\b|\bfree updates?\b",
    r"\b(?:weekly|monthly|daily) (?:tips|updates?|digest|news)\b",
    r"\b(?:las [úu]ltimas|gratis|kostenlos|neueste[ns]?|gratuitement|derni[èe]res)\b",
)
_FORM = _any(
    r"^(?:your )?e-?mail(?: address)?(?: ?\*| is required| \(required\))?:?$",
    r"^(?:sign (?:me )?up|subscribe|register|join)(?: now| today| here| for free)?!?$",
    r"^(?:thank you|thanks) for (?:subscribing|signing up)",
    r"^(?:suscribirse|suscribirme|anmelden|abonnieren|s['’]inscrire|s['’]abonner|iscriviti)!?$",
    r"^(?:enviar|absenden|envoyer|invia|submit|inschrijven|اشتراك|الاشتراك|הרשמה|שליחה)$",
    r"please enter a valid e-?mail|enter your e-?mail",
)
_PRIVACY = _any(
    r"\bopt[- ]?out\b|\bunsubscribe\b|\bprivacy (?:policy|practices|notice|statement)\b",
    r"\bwe (?:use|process|share|store|collect|may|will|won['’]t|don['’]t|do not|never|respect)\b"
    r".{0,80}\b(?:data|e-?mail|information|address|spam|privacy)\b",
    r"\bno spam\b|\bpersonal data\b|\bconsent to\b",
    r"darse de baja|cancelar (?:su|la|tu) suscripci[óo]n|pol[íi]tica de privaci(?:dad|dade)",
    r"\bdatos personales\b|\bdados pessoais\b|\bdati personali\b|annullare l['’]iscrizione",
    r"\b(?:abmelden|abbestellen|abmeldung)\b|datenschutz|personenbezogen",
    r"d[ée]sabonn|d[ée]sinscri|politique de confidentialit|donn[ée]es personnelles",
    r"\b(?:uitschrijven|afmelden)\b|privacybeleid|إلغاء الاشتراك|الخصوصية|להסיר|פרטיות",
)
_HEADLINE = 80  # characters: "Our breast cancer newsletter" over the form is part of the form


# What a text must have, in small letters, for the costly patterns to be worth a try: they are run
# on every line of a page.
_CHANNEL_MUST = _marks(
    "inbox,newsletter,mail,bolet,bandeja,correo,caixa de,postfach,posteingang,rundbrief,"
    "nieuwsbrief,nyhe,infolettre,lettre d,courriel,réception,reception,casella,рассылк,نشر,بريد,"
    "ניוזלטר,תיבת,למייל,メール,メルマガ,电子邮件,電子報"
)
_PRIVACY_MUST = _marks(
    "opt-out,opt out,optout,unsubscribe,privacy,spam,personal data,consent to,baja,cancelar,"
    "privaci,datos pers,dados pess,dati pers,"
    "annullare,abmeld,abbestell,datenschutz,personenbezogen,"
    "sabonn,sinscri,confidentialit,personnelles,uitschrijven,afmelden,إلغاء,الخصوصية,להסיר,פרטיות"
)
_PRIVACY_WE = _marks("data,mail,information,address")


def _has(lowered: str, marks: tuple[str, ...]) -> bool:
    for mark in marks:  # noqa: SIM110 - half the time of any()
        if mark in lowered:
            return True
    return False


def _newsletter(text: str, lowered: str) -> Furniture | None:
    channel = _CHANNEL.search(text) if _has(lowered, _CHANNEL_MUST) else None
    if (channel or _OFFER.search(text)) and _ASK.search(text):
        return Furniture(NEWSLETTER, sure=True)
    if channel and _SOFT_ASK.search(text):
        return Furniture(NEWSLETTER, sure=True)
    if _FORM.search(text) or (channel and len(text) <= _HEADLINE):
        return Furniture(NEWSLETTER, sure=False)
    private = _has(lowered, _PRIVACY_MUST) or ("we " in lowered and _has(lowered, _PRIVACY_WE))
    return Furniture(NEWSLETTER, sure=False) if private and _PRIVACY.search(text) else None


# --- share bars, adverts, the rest -----------------------------------------------------------

_SHARE_SURE = _words(
    "share tweet facebook twitter linkedin whatsapp pinterest reddit telegram bluesky mastodon "
    "print compartir imprimir teilen drucken partager imprimer condividi stampa compartilhar "
    "delen afdrukken dela skriv مشاركة شارك طباعة فيسبوك تويتر واتساب שיתוף שתפו הדפסה פייסבוק "
    "поделиться 分享 シェア"
)
_SHARE_WORDS = _SHARE_SURE | _words(
    "this on via to by article page x email e mail copy link save follow us messenger instagram "
    "youtube threads en por correo enlace copiar auf per kopieren sur par courriel envoyer copier "
    "lien le el la questo articolo artikel article articulo esta cet ce diesen על ב في عبر على "
    "المقال plus and or y und et post send"
)
_SHARE_MOST = 16  # words

_AD_WORDS = (
    r"advertisement|advertising|sponsored(?: content| post)?|sponsored by [^.]{1,60}|ads?|anzeige|"
    r"werbung|publicidad|anuncio|publicit[ée]|pubblicit[àa]|publicidade|advertentie|annons|"
    r"reklama|реклама|إعلان|פרסומת|広告|广告|廣告"
)
_ADVERT = _any(
    rf"^\W*(?:{_AD_WORDS})\W*$",
    rf"^\W*(?:{_AD_WORDS})\s*[-–—:|(]\s*(?:continue|scroll|skip|article|story|content|lesen|sigue)",
    r"\badvertising revenue supports\b|\bwe do not endorse\b.{0,40}\bproducts\b",
)
_BOILERPLATE = _any(
    r"\b(?:we|site|website|partners)\b.{0,30}\b(?:use|uses|store|stores)\b.{0,30}\bcookies\b",
    r"\b(?:accept|manage|reject)(?: all)? cookies\b|^cookie (?:settings|preferences|policy)$",
    r"utiliza(?:mos)?\b.{0,30}\bcookies|verwende[nt]\b.{0,40}\bcookies",
    r"\butilis(?:e|ons)\b.{0,20}\bcookies|usiamo i cookie|gebruik(?:t|en)\b.{0,20}\bcookies",
    r"^(?:copyright\s*(?:©|\(c\)|\d{4})|©|\(c\)\s*\d{4})|©\s*\d{4}|\ball rights reserved\b",
    r"todos los derechos reservados|alle rechte vorbehalten|tous droits r[ée]serv[ée]s",
    r"tutti i diritti riservati|todos os direitos reservados|alle rechten voorbehouden",
    r"جميع الحقوق محفوظة|כל הזכויות שמורות|все права защищены",
    r"^skip to (?:the )?(?:main )?content$|^back to top$|^(?:go |return )?to (?:the )?top$",
    r"^(?:loading|menu|search|log ?in|sign in|my account|close|read more|show more)\W*$",
    r"^(?:jump|skip) to (?:navigation|search|footer|section)$",
    r"^was this (?:page|article|answer|information) (?:helpful|useful)\b",
    r"^(?:leave|post|add) a comment$|^\d+ comments?$",
    r"^\d+[- ]min(?:ute)?s?\.? read$|^(?:lesezeit|reading time)\W+(?:ca\.? )?\d+ min",
    r"^(?:lectura|tiempo de lectura|temps de lecture)\W.{0,12}\d+ min",
    r"^(?:ir al contenido(?: principal)?|zum (?:haupt)?inhalt springen)$",
    r"^aller au contenu(?: principal)?$",
    r"^(?:volver arriba|nach oben|haut de page|retour en haut|العودة إلى الأعلى|חזרה למעלה)$",
)
_NOTICE_LINE = 60  # characters: what is longer has one of these
_NOTICE_MUST = _marks(
    "cookie,copyright,©,(c),reserv,réserv,riserv,behalten,behouden,الحقوق,הזכויות,права,was this,"
    "lesezeit,reading time,lectura,temps de"
)
# Two steps down, or one that begins at the front door.
_BREADCRUMB = re.compile(
    r"^[^.!?]{1,40}(?:\s+[>›»/]\s+[^.!?>›»/]{1,60}){2,}$|"
    r"^(?:home(?:page)?|inicio|start(?:seite)?|accueil|início|الرئيسية|דף הבית)"
    r"\s*[>›»/]\s*[^.!?]{1,80}$",
    re.IGNORECASE,
)
_BAR = re.compile(r"(?:(?<!\s)\s+)?[|·•]\s*|\n")  # (?<!\s): linear in spaces
_BAR_LINKS = _names(
    "Home,About,About us,Contact,Contact us,Terms,Terms of use,Terms of service,Privacy,"
    "Privacy policy,Privacy notice,Cookies,Cookie policy,Accessibility,Sitemap,Site map,Help,"
    "Careers,Press,Imprint,Advertise,Legal,Legal notice,Feedback,"
    "Inicio,Contacto,Aviso legal,Privacidad,Política de privacidad,Accesibilidad,"
    "Impressum,Datenschutz,Kontakt,Startseite,Barrierefreiheit,AGB,"
    "Accueil,Mentions légales,Confidentialité,Plan du site,Accessibilité,"
    "Contatti,Chi siamo,Contato,Colofon,اتصل بنا,من نحن,צור קשר,אודות"
)
_BAR_LEAST = 2
_BAR_MARKS = ("|", "·", "•", "\n")


def furniture(text: str) -> Furniture | None:
    """What kind of furniture this paragraph is; None for content."""
    if not text or len(text) > _LONGEST:
        return None
    if _is_share(text):
        return Furniture(SHARE, sure=True)
    if _ADVERT.search(text):
        return Furniture(ADVERT, sure=True)
    lowered = text.lower()
    notice = len(text) <= _NOTICE_LINE or _has(lowered, _NOTICE_MUST)
    if (notice and _BOILERPLATE.search(text)) or _is_bar(text) or _BREADCRUMB.match(text):
        return Furniture(BOILERPLATE, sure=True)
    return _newsletter(text, lowered)


def _is_share(text: str) -> bool:
    words = fold(text[:200]).split()
    return (
        0 < len(words) <= _SHARE_MOST
        and not _SHARE_SURE.isdisjoint(words)
        and _SHARE_WORDS.issuperset(words)
        and not is_question(text)
    )


def _is_bar(text: str) -> bool:
    if not _has(text, _BAR_MARKS):
        return False
    parts = [fold(part) for part in _BAR.split(text) if part.strip()]
    known = sum(part in _BAR_LINKS for part in parts)
    return len(parts) >= _BAR_LEAST and known * 2 > len(parts)


_FORM_LINE = 80  # characters: what may stand above the first clear line of a sign-up
_SMALL_PRINT = 3  # paragraphs that may follow its last clear line


def furniture_kinds(paragraphs: Sequence[str]) -> list[str | None]:
    """The kind of each paragraph of a page, in their order; None for content.

    Around the clear line of a sign-up stand lines that are furniture only there: the heading of the
    form above, the small print below. The first paragraph is never drawn in: it is the title.
    """
    found = [furniture(text) for text in paragraphs]
    kinds = [item.kind if item and item.sure else None for item in found]

    def drawn(place: int) -> bool:
        item = found[place]
        return kinds[place] is None and item is not None and item.kind == NEWSLETTER

    clear = [at for at, kind in enumerate(kinds) if kind == NEWSLETTER]
    for at in clear:
        before = at - 1
        while before > 0 and drawn(before) and len(paragraphs[before]) <= _FORM_LINE:
            kinds[before] = NEWSLETTER
            before -= 1
        after = at + 1
        while after < len(found) and after - at <= _SMALL_PRINT and drawn(after):
            kinds[after] = NEWSLETTER
            after += 1
    return kinds


# --- what a sign-up is about -----------------------------------------------------------------

_SUBJECT = r"(?P<about>[^.,;:!?\n]{2,60}?)"
_END = (
    r"(?=\s+(?:from|delivered|sent|straight|direct(?:ly)?|in|to|by|via|every|each|right|"
    r"and receive|en su|en tu|directamente|por|cada|per|jede|direkt|dans|par|chaque|"
    r"directement|nella|ogni|op|"
    r"كل|في|إلى|على|עם)\b|\s*[.,;:!?\n]|\s*$)"
)
_ABOUT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bthe (?:latest|newest) " + _SUBJECT + r" (?:information|news|updates?|advice|tips|"
        r"research|stories|insights|guidance|headlines)\b",
        r"\b(?:latest|updates?|news|information|tips|advice|newsletters?|alerts|everything|more) "
        r"(?:on|about) (?:the )?" + _SUBJECT + _END,
        r"\b(?:our|the|free|weekly|monthly|daily) (?!free\b|weekly\b|monthly\b|daily\b|latest\b|"
        r"e-?mail\b)" + _SUBJECT + r" (?:newsletter|bulletin|mailing list)\b",
        r"\b(?:noticias|novedades|informaci[óo]n|bolet[íi]n(?: informativo)?|consejos|notícias|"
        r"boletim) (?:sobre|acerca de|de) (?:l[ao]s? |el )?" + _SUBJECT + _END,
        r"\b(?:neues|neuigkeiten|nachrichten|informationen|newsletter|tipps|wissenswertes|alles) "
        r"(?:rund um|zum thema|über|zur|zum|zu)(?: (?:das|die|den|ihre?))? " + _SUBJECT + _END,
        r"\b(?:actualit[ée]s|nouvelles|informations|infolettre|conseils|newsletter|lettre "
        r"d['’]information) (?:sur|concernant) (?:la |les? |l['’])?" + _SUBJECT + _END,
        r"\b(?:novità|notizie|consigli|informazioni) (?:su|sulla|sul|sui|sulle) " + _SUBJECT + _END,
        r"\b(?:nieuws|nieuwsbrief|tips) over (?:de |het )?" + _SUBJECT + _END,
        r"(?:أخبار|معلومات|نصائح|نشرتنا|نشرة)(?: [^\s]+)? (?:عن|حول) " + _SUBJECT + _END,
    )
)
_NO_SUBJECT = frozenset({"", "our", "your", "this", "the", "us", "and", "health care", "email"})


def promo_about(paragraphs: Iterable[str]) -> str | None:
    """What a sign-up promises to write about; the shorter wording where one holds the other."""
    found: list[str] = []
    for text in paragraphs:
        for pattern in _ABOUT:
            match = pattern.search(text[:_LONGEST])
            if match and fold(match["about"]) not in _NO_SUBJECT:
                found.append(match["about"].strip())
    for about in found:
        others = [f" {fold(other)} " for other in found if other is not about]
        if any(f" {fold(about)} " in other for other in others):
            return about
    return found[0] if found else None


# --- related titles --------------------------------------------------------------------------

_STRONG = _names(
    "See also,See,Related,Related articles,Related article,Related topics,Related content,"
    "Related links,Related pages,Related stories,Related posts,Related reading,"
    "Related questions,"
    "Related information,Related conditions,Read also,Also read,Read next,Further reading,"
    "You may also like,You might also like,More like this,Recommended,Recommended for you,"
    "Recommended reading,More on this topic,More on this story,More stories,"
    "Ver también,Véase también,Vea también,Véase,Lea también,Lea además,Artículos relacionados,"
    "Temas relacionados,Contenido relacionado,Enlaces relacionados,Relacionados,"
    "Información relacionada,Noticias relacionadas,Preguntas relacionadas,"
    "Siehe auch,Lesen Sie auch,Lies auch,Verwandte Themen,Verwandte Artikel,Verwandte Beiträge,"
    "Ähnliche Artikel,Ähnliche Beiträge,Ähnliche Themen,Mehr zum Thema,Passend zum Thema,"
    "Das könnte Sie auch interessieren,Das könnte dich auch interessieren,"
    "Voir aussi,Lire aussi,À lire aussi,À voir aussi,Articles liés,Articles connexes,"
    "Articles similaires,Sujets connexes,Sujets liés,Sur le même sujet,Sur le même thème,"
    "Contenu connexe,Liens connexes,Vous aimerez aussi,"
    "Vedi anche,Leggi anche,Articoli correlati,Argomenti correlati,Potrebbe interessarti anche,"
    "Veja também,Ver também,Leia também,Artigos relacionados,Conteúdo relacionado,"
    "Zie ook,Lees ook,Gerelateerde artikelen,Gerelateerd,Verwante artikelen,"
    "Verwante onderwerpen,"
    "Se även,Läs också,Se også,Læs også,Les også,Zobacz też,Zobacz także,Czytaj także,"
    "Смотрите также,См. также,Читайте также,По теме,"
    "انظر أيضا,انظر أيضًا,اقرأ أيضا,اقرأ أيضًا,مواضيع ذات صلة,مقالات ذات صلة,"
    "ראו גם,קראו גם,כתבות קשורות,נושאים קשורים,"
    "関連記事,関連項目,あわせて読みたい,相关文章,参见,另见,相關文章,延伸閱讀,"
    "관련 기사,함께 보기"
)
_WEAK = _names(
    "More information,More,Learn more,Read more,Find out more,Resources,Links,More resources,"
    "Additional resources,Other resources,For more information,Más información,Recursos,"
    "Para saber más,Enlaces,Weitere Informationen,Weiterführende Informationen,Mehr erfahren,"
    "Mehr Informationen,Links zum Thema,Pour en savoir plus,En savoir plus,"
    "Plus d'informations,Plus d'information,Liens utiles,Ressources,Per saperne di più,"
    "Approfondimenti,Saiba mais,Mais informações,Meer informatie,Meer weten,Подробнее,"
    "للمزيد من المعلومات,المزيد,למידע נוסף,קישורים"
)
_MORE_ON = _any(
    r"^(?:more|related) (?:about|on|to) \S.{0,60}$",
    r"^(?:more from|more in) \S.{0,60}$",
    r"^mehr (?:über|zu) \S.{0,60}$|^más sobre \S.{0,60}$|^plus sur \S.{0,60}$",
)
_INLINE = re.compile(r"^(?P<head>[^:：]{3,40}?)\s*[:：]\s*(?P<rest>\S.*)$", re.DOTALL)
_DIVIDED = re.compile(r"(?:(?<!\s)\s+)?[;|·•]\s*")


def related_heading(line: str) -> str | None:
    """``strong`` for a heading that only stands over related titles ("See also"), ``weak`` for one
    that may as well stand over text ("More information"), else None."""
    if len(line) > _HEADLINE:
        return None
    folded = fold(line)
    if folded in _STRONG:
        return "strong"
    if folded in _WEAK or _MORE_ON.match(line.strip(" :：")):
        return "weak"
    return None


def inline_related(line: str) -> tuple[str, ...]:
    """The titles of a line such as ``See also: Bone scan; MRI``, else none."""
    match = _INLINE.match(line)
    if match is None or fold(match["head"]) not in _STRONG:
        return ()
    titles = tuple(part for part in _DIVIDED.split(match["rest"]) if part)
    return titles if all(len(title) <= TITLE_MAX for title in titles) else ()


TITLE_MAX = 200  # characters; longer than this is no title but text

_NAMED_KINDS = {
    "infographic": "infographic|infograf[íi]a|infografik|infographie|infografica|infográfico|"
    "infogram|إنفوجرافيك|إنفوغرافيك|אינפוגרפיקה|инфографика",
    "video": "video|vídeo|vidéo|watch|film|فيديو|וידאו|видео",
    "news": "news release|press release|news|noticias|pressemitteilung|communiqué",
    "qa": "q&a|q and a|faqs?|frequently asked questions",
}
_KIND_PATTERNS = tuple(
    (
        kind,
        re.compile(rf"^(?:{names})\s*[:：|–—-]\s+\S|[\[(](?:{names})[\])]\s*$", re.IGNORECASE),
    )
    for kind, names in _NAMED_KINDS.items()
)


def kind_named(title: str) -> str | None:
    """The kind of an article whose title says it: ``Infographic: Valves``, ``... [video]``."""
    for kind, pattern in _KIND_PATTERNS:
        if pattern.search(title[:TITLE_MAX]):
            return kind
    return None


# --- series and questions --------------------------------------------------------------------

_SERIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^see (?:more|all)(?: of| in| from)? (?P<series>.+)$",
        r"^(?:read )?more (?:from|in) (?:the |our )?(?P<series>.+?)(?: series)?$",
        r"^(?:part of|from) (?:the|our) (?P<series>.+?) series$",
        r"^series\s*[:：]\s*(?P<series>.+)$",
        r"^(?:ver|vea|lea|leer) (?:más|todas?|todos?)(?: (?:de|en))? (?P<series>.+)$",
        r"^más (?:de|en) (?P<series>.+)$|^serie\s*:\s*(?P<series2>.+)$",
        r"^(?:alle|mehr) (?:aus|beiträge aus|folgen von)(?: der reihe| der serie)? (?P<series>.+)$",
        r"^(?:aus der|teil der) (?:reihe|serie)\s*:?\s*(?P<series>.+)$",
        r"^reihe\s*:\s*(?P<series>.+)$",
        r"^(?:voir plus (?:de|dans)|plus (?:de|dans)|dans la série|série\s*:)\s*(?P<series>.+)$",
        r"^(?:altro da|altri articoli (?:di|da)|leggi altro in) (?P<series>.+)$",
        r"^(?:veja mais|mais) (?:de|em) (?P<series>.+)$|^meer (?:uit|van) (?P<series2>.+)$",
        r"^(?:المزيد من|سلسلة:?) (?P<series>.+)$|^עוד (?:מ|ב)(?:סדרת )?(?P<series2>.+)$",
    )
)
_NO_SERIES = re.compile(
    r"^(?:this\b|the author|authors?\b|us\b|your\b|around the web|related|information|articles?$|"
    r"stories$|posts?$|news$|results$|details$|options$|comments?$|ella$|él$|información|dazu$)",
    re.IGNORECASE,
)
_SERIES_MAX = 60


def series_named(line: str) -> str | None:
    """The series of a line such as ``See more Expert Answers`` or ``Mehr aus Sprechstunde``."""
    text = line.strip().rstrip("›»>→ ")
    if len(text) > _SERIES_MAX * 2 or text.endswith((".", "?", "!")):
        return None
    for pattern in _SERIES:
        match = pattern.match(text)
        if match:
            named = next(group for group in match.groups() if group)
            title = named.strip(' “”"«»')
            return (
                title
                if title and len(title) <= _SERIES_MAX and not _NO_SERIES.match(title)
                else None
            )
    return None


_QUESTION = re.compile(r"[?？؟⁇⸮՞፧](?:['\"”’»›」』)\]\s]*)$|か[。]?$")
_GREEK_QUESTION = re.compile(r"[\u0370-\u03ff][;\u037e]$")


def is_question(line: str) -> bool:
    """Whether the line ends as a question, by the question marks of the world's scripts."""
    text = line.strip()[-200:]
    return bool(_QUESTION.search(text) or _GREEK_QUESTION.search(text))
