"""Bytes to text, for every source that reads text.

The order is that of the HTML Standard's sniffing: a byte order mark, what the transport declared,
what the document declares, then UTF-8. Only then Windows-1252, and only where the result reads as
Western European text: other legacy bytes would turn into nonsense that looks like content.
"""

from __future__ import annotations

import codecs
import re

from seealso_sdk.errors import SeealsoError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the shorter one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Python's codecs also hold utf-7, punycode, unicode_escape and the like. A stranger chooses the
# label, so only the encodings that pages are written in are looked up.
_ALLOWED = re.compile(
    r"(utf-8|utf-16(-le|-be)?|utf-32(-le|-be)?|iso8859-\d+|cp125\d|cp866|cp874|cp932|cp949|"
    r"koi8-[ru]|mac-(roman|cyrillic)|shift_jis|euc_(jp|kr)|iso2022_jp|gbk|gb18030|gb2312|big5)\Z"
)
# The Encoding Standard reads these labels as Windows-1252, as every browser does.
_LATIN = frozenset({"ascii", "iso8859-1", "cp1252"})
_FOREIGN_SHARE = 0.2  # of a text; running French, the densest of them, stays under 0.08


class CharsetUnknown(SeealsoError):
    """The bytes are text in an encoding that nothing declares."""


def decode(data: bytes, declared: str | None = None, hinted: str | None = None) -> str:
    """The text of `data`, without a byte order mark. Never guesses between legacy encodings.

    Args:
        declared: the charset parameter of the media type.
        hinted: what the document says of itself (``<meta charset>``).

    Raises:
        CharsetUnknown: neither a declared charset, nor UTF-8, nor Western European text.
    """
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    utf8 = _strict(data, "utf-8")
    for label in (declared, hinted):
        name = codec_name(label)
        if name is None or name == "utf-8":
            continue
        # Bytes that are valid UTF-8 by chance are next to impossible in Latin-1: the label lies.
        if name in _LATIN:
            return utf8 if utf8 is not None else data.decode("cp1252", "replace")
        text = _strict(data, name)
        if text is not None:
            return text
    if utf8 is not None:
        return utf8
    return _undeclared(data, utf8_meant="utf-8" in (codec_name(declared), codec_name(hinted)))


def codec_name(label: str | None) -> str | None:
    """The codec behind a charset label; None where it is unknown or none that pages are in."""
    if not label:
        return None
    try:
        name = codecs.lookup(label.strip().strip("\"'")).name
    except (LookupError, ValueError):
        return None
    if name in _LATIN:
        return "cp1252"
    return name if _ALLOWED.match(name) else None


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        return None


def _undeclared(data: bytes, utf8_meant: bool) -> str:
    nearly = data.decode("utf-8", "replace")
    broken = nearly.count("\ufffd")
    # A few bad bytes in a text that is otherwise UTF-8: keep the text, mark the bytes.
    if broken * 20 < sum(c > "\x7f" for c in nearly) or (utf8_meant and broken * 50 < len(nearly)):
        return nearly
    western = data.decode("cp1252", "replace")
    letters = sum(c.isalpha() for c in western)
    accented = sum(c > "\x7f" and c.isalpha() for c in western)
    symbols = sum(c > "\x7f" and not c.isalpha() for c in western)
    few = accented <= letters * _FOREIGN_SHARE and symbols <= len(western) * _FOREIGN_SHARE
    if letters and few and "\x00" not in western:
        return western
    raise CharsetUnknown(
        "the bytes are not UTF-8 and do not read as Western European text; "
        "send the media type with its charset, for example text/plain; charset=windows-1251"
    )
