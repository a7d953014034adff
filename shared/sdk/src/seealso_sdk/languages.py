"""The language of a text that doesn't declare one: a copy of a page, a feed without a tag.

    guess_language("El faro del cabo ...") -> "es"
    guess_language("OK")                   -> None

The script decides where it belongs to one language; among those in Latin letters, the small words
do that every sentence needs. A text that is too short to tell gets None, never a guess.
"""

from __future__ import annotations

import re

_READ = 20_000  # characters: more says nothing new
_WORD = re.compile(r"[^\W\d_]+")

# Words that are frequent in one of these languages and rare in the others.
_SMALL_WORDS = {
    "en": "the and of to is that for it with as are this was be by have which from or you your not",
    "es": "el los las y que del es por una con para su se lo como más pero sus al está son cuando",
    "de": "der die und das ist den von zu mit sich auf für nicht dem ein eine auch wird sind im",
    "fr": "le les et des est du que une dans qui pour pas sur au avec ce sont plus par aux ou",
    "it": "il che di è per non della con gli dei alla più nel sono anche delle come una ma dal sul",
    "pt": "o os e que do da em um uma não com por mais as dos ao na no se são pelo sua é",
    "nl": "de het een en van is dat op te voor met zijn niet aan er om ook als bij wordt naar deze",
    "sv": "och att det som en på är av för med till den inte om ett har de från kan eller vi",
    "da": "og at det som en på er af for med til den ikke om et har de fra kan eller vi der",
    "pl": "i w na z do się nie to jest że o jak po co przez dla od są być może oraz",
    "no": "og at det som en på er av for med til den ikke om et har de fra kan eller vi jeg etter",
    "fi": "ja on ei se että oli ovat joka myös kun mutta hän niin kuin sen tai olla voi jos mukaan",
    "cs": "a se v na je že s z do to o by ale jako pro jsou jeho která který za po při od nebo",
    "sk": "a sa v na je že s z do to o by ale ako pre sú jeho ktorá ktorý za po pri od alebo",
    "hu": "a az és hogy nem is egy van ezt azt mint csak meg volt már még vagy amely lehet szerint",
    "ro": "și în că nu pe cu să din este mai au sunt după sau lui prin către fost pentru care",
    "tr": "ve bir bu için ile da de olan olarak daha çok gibi kadar olduğu ne var değil sonra veya",
    "hr": "i je u da na se za su od s o kao ali koji koja koje što bi će nije ili samo iz",
    "ca": "amb els dels als aquest aquesta també però més són perquè seva fins han hi quan ser",
    "id": "yang dan di dari untuk dengan pada ini itu dalam tidak adalah akan ke oleh juga atau",
    "vi": "và của là có không được cho trong một người với các những này đã để từ khi ở đó",
}
_SPEAKING: dict[str, tuple[str, ...]] = {}  # a word to the languages that it speaks for
for _tag, _listed in _SMALL_WORDS.items():
    for _word in frozenset(_listed.split()):
        _SPEAKING[_word] = (*_SPEAKING.get(_word, ()), _tag)
# Languages whose small words are nearly the same: who says one of them may mean the other.
_NEAR = (
    frozenset(("da", "no", "nb", "nn", "sv")),
    frozenset(("cs", "sk")),
    frozenset(("hr", "bs", "sr", "sh", "sl", "cnr")),
    frozenset(("es", "ca", "gl", "pt", "ast", "an", "oc")),
    frozenset(("id", "ms", "jv", "su")),
    frozenset(("nl", "af", "fy", "li")),
    frozenset(("ar", "fa", "ur", "ckb", "ps", "sd", "ug", "ku", "arc")),
    frozenset(("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg", "tt", "ba", "os", "ce")),
    frozenset(("zh", "ja", "yue", "wuu", "lzh", "cmn")),
    frozenset(("he", "iw", "yi")),
    frozenset(("de", "gsw", "lb", "nds", "als", "bar")),
    frozenset(("it", "co", "scn", "nap", "vec", "lmo", "fur")),
    frozenset(("fr", "oc", "wa", "ht")),
    frozenset(("en", "sco")),
)
_LEAST_WORDS = 5  # small words of the language
_LEAST_SHARE = 0.12  # of all words; running text has a third to a half
_LEAD = 1.25  # over the second language

_SCRIPTS = (
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("han", re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")),
)
_NOT_LATIN = re.compile(r"[\u0370-\u9fff\uac00-\ud7af]")  # what all of the scripts are within
_KANA = re.compile(r"[\u3040-\u30ff]")
_LETTERS = {  # letters that only this language of the script has
    "arabic": (("ur", re.compile("[ٹڈڑےں]")), ("fa", re.compile("[پچژگ]"))),
    "cyrillic": (
        ("uk", re.compile("[іїєґІЇЄҐ]")),
        ("ru", re.compile("[ыэёЫЭЁ]")),
        ("bg", re.compile("[ъЪ]")),
    ),
}
_SCRIPT_SHARE = 0.5  # of the letters
_KANA_SHARE = 0.05
_RARE = 0.002  # of the letters: below it a letter came in with a foreign name


def guess_language(text: str) -> str | None:
    """The BCP 47 tag of the language, or None where the text doesn't tell."""
    head = text[:_READ]
    letters = sum(map(str.isalpha, head))
    if not letters:
        return None
    if not head.isascii() and len(_NOT_LATIN.findall(head)) > letters * _SCRIPT_SHARE:
        for script, pattern in _SCRIPTS:
            if len(pattern.findall(head)) > letters * _SCRIPT_SHARE:
                return _of_script(script, head, letters)
    return _of_words(_WORD.findall(head.casefold()))


def differs(given: str, guess: str) -> bool:
    """Whether a text that was guessed to be of one language can't be of the one that was given:
    ``de`` and ``en`` differ; ``nb`` and ``da``, which this module can't tell apart, do not."""
    one, other = given.partition("-")[0].lower(), guess.partition("-")[0].lower()
    return one != other and not any(one in near and other in near for near in _NEAR)


def _of_script(script: str, text: str, letters: int) -> str | None:
    if script == "han":
        return "ja" if len(_KANA.findall(text)) > letters * _KANA_SHARE else "zh"
    if script not in _LETTERS:
        return script
    for tag, pattern in _LETTERS[script]:
        if len(pattern.findall(text)) > letters * _RARE:
            return tag
    return "ar" if script == "arabic" else None


def _of_words(words: list[str]) -> str | None:
    found = dict.fromkeys(_SMALL_WORDS, 0)
    for word in words:
        for tag in _SPEAKING.get(word, ()):
            found[tag] += 1
    scores = sorted(((count, tag) for tag, count in found.items()), reverse=True)
    (best, tag), (second, _) = scores[:2]
    sure = best >= _LEAST_WORDS and best >= len(words) * _LEAST_SHARE and best >= second * _LEAD
    return tag if sure else None
