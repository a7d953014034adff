"""What the conformance kit checks a document with, and how it watches a plugin at work.

Used by `seealso_sdk.testing` alone. Each ``check_…`` raises `NotConforming`, which says what was
found and what to change in the plugin.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from seealso_sdk.model import Rendition
from seealso_sdk.plugin import Output, OutputMeta


class NotConforming(AssertionError):
    """A promise is broken. `remedy` says what to change in the plugin."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(f"{found} {remedy}")
        self.found = found
        self.remedy = remedy


def require(condition: bool, found: str, remedy: str) -> None:
    """Raise `NotConforming` unless the condition holds."""
    if not condition:
        raise NotConforming(found, remedy)


def check_meta(name: str, version: str, options: list[str]) -> None:
    """What outputs and sources have in common."""
    require(
        bool(re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name)),
        f"name is {name!r}.",
        "Use lower-case letters, digits and _; it is a name for life.",
    )
    require(bool(version), "version is empty.", "Start with 1 and raise it when the bytes change.")
    for option in options:
        require(
            bool(re.fullmatch(r"[a-z][a-z0-9_]*", option)),
            f"option {option!r} is malformed.",
            "Use lower-case letters, digits and _.",
        )


def check_document(meta: OutputMeta, document: bytes, name: str, *, whole: bool = False) -> None:
    """Valid, as far as the media type alone tells. A `whole` document is one of `assemble`."""
    kind = meta.media_type.partition(";")[0].lower()
    try:
        if kind.endswith(("+xml", "/xml")):
            ElementTree.fromstring(document)  # noqa: S314  # made by the plugin under test, here
        elif kind.endswith(("+json", "/json")):
            json.loads(document)
        elif kind == "text/html":
            _check_html(document.decode())
        elif kind == "message/rfc822":
            _check_mail(document)
        elif kind.startswith("text/"):
            document.decode()
    except NotConforming:
        raise
    except Exception as error:
        what = "assembled document" if whole else "document"
        raise NotConforming(
            f"the {what} of {name} is no valid {kind}: {error}.",
            "Escape text for the format, and remove what it forbids: seealso_sdk.text.cleaned().",
        ) from error


class _Tags(HTMLParser):
    """Whether end tags answer start tags, and what of it a browser would run."""

    _void: Final = frozenset(
        {
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "source",
            "wbr",
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong = ""
        self.dangers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and dict(attrs).get("type") != "application/ld+json":
            self.dangers.append("a script element")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.dangers.append(f'{name}="{value}"')
        if tag not in self._void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        else:
            self.wrong = self.wrong or tag


def _check_html(text: str) -> None:
    require(
        text.lstrip()[:15].lower() == "<!doctype html>",
        "the page doesn't begin with <!doctype html>.",
        "Make the body a complete page; a piece to embed belongs in a part.",
    )
    for needed in ("<html lang=", "<title>"):
        require(needed in text, f"the page has no {needed}…", "Accessible pages say both.")
    tags = _Tags()
    tags.feed(text)
    require(not tags.wrong, f"</{tags.wrong}> ends nothing.", "Escape text: html.escape().")
    require(not tags.open, f"<{''.join(tags.open[:1])}> is never ended.", "End every element.")


def _check_mail(document: bytes) -> None:
    lines = document.split(b"\r\n")
    require(
        not any(b"\n" in line or b"\r" in line for line in lines),
        "a line of the message doesn't end with CRLF.",
        "Serialise with email.policy.SMTP.",
    )
    require(
        max(map(len, lines)) <= 998,
        "a line of the message has over 998 bytes.",
        "Encode the parts as quoted-printable or base64 (RFC 5322 section 2.1.1).",
    )
    require(
        document.isascii(), "the message isn't seven bits.", "Clone the policy: cte_type='7bit'."
    )
    message = message_from_bytes(document, policy=policy.default)
    for part in message.walk():
        require(
            not part.defects,
            f"the message is malformed: {part.defects}.",
            "Build it by email.message.",
        )
    for header in ("Date", "From", "Subject", "Message-ID"):
        count = len(message.get_all(header, []))
        require(count == 1, f"the message has {count} {header} headers.", "Give exactly one.")


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def check_characters(meta: OutputMeta, document: bytes) -> None:
    """No character that XML 1.0 forbids, and no lone surrogate."""
    found = _CONTROL.search(readable(meta, document))
    require(
        found is None,
        f"the character U+{ord(found[0]) if found else 0:04X} is in the output.",
        "Clean the article first: seealso_sdk.text.cleaned(article).",
    )


def check_scripts(meta: OutputMeta, document: bytes) -> None:
    """Where the output is HTML, no hostile text became markup."""
    kind = meta.media_type.partition(";")[0]
    if kind not in {"text/html", "message/rfc822"}:
        return
    tags = _Tags()
    tags.feed(document.decode() if kind == "text/html" else _mail_parts(document).get("html", ""))
    require(
        not tags.dangers,
        f"hostile text became markup: {tags.dangers[:1]}.",
        "Escape text, and link to web addresses only.",
    )


def check_mentions(meta: OutputMeta, document: bytes, wanted: list[str]) -> None:
    """Each of the texts can be read in the document."""
    text = squeezed(readable(meta, document))
    missing = [line for line in wanted if squeezed(line) not in text]
    require(
        not missing,
        f"{len(missing)} of {len(wanted)} are missing, the first is {missing[:1]}.",
        "Show the title, every see-also title and every correction.",
    )


def readable(meta: OutputMeta, document: bytes) -> str:
    """A document's text with the escapes of its format undone, as far as a search needs it."""
    kind = meta.media_type.partition(";")[0].lower()
    if kind == "message/rfc822":
        headers = message_from_bytes(document, policy=policy.default)
        parts = _mail_parts(document) if document.startswith(b"From:") else {"": document.decode()}
        return "\n".join([str(headers["Subject"]), *parts.values()])
    text = document.decode("utf-8", "replace")
    if kind.endswith("json"):
        text = "\n".join(_strings(json.loads(text)))
    if kind == "text/html" or "xml" in kind or kind.endswith("json"):
        text = html.unescape(html.unescape(text))
    return text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _mail_parts(document: bytes) -> dict[str, str]:
    """The text and HTML of a message, decoded."""
    message = message_from_bytes(document, policy=policy.default)
    parts = {}
    for part in message.walk():
        if part.get_content_maintype() == "text":
            assert isinstance(part, EmailMessage)
            parts[part.get_content_subtype()] = str(part.get_content())
    return parts


def squeezed(text: str) -> str:
    """Without white space and without the backslashes of Markdown, for comparing wrapped text."""
    return re.sub(r"[\s\\]+", "", text)


def forms_of_today() -> list[str]:
    """Today's date as formats write it."""
    now = datetime.now(UTC)
    months = (
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    )  # fmt: skip
    month = months[now.month - 1]
    return [f"{now:%Y-%m-%d}", f"{now:%Y%m%d}", f"{now.day} {month}", f"{now:%d} {month}"]


def digest(made: Rendition) -> str:
    """The SHA-256 of a rendition, its parts included."""
    digest = hashlib.sha256(made.body)
    for name in sorted(made.parts):
        digest.update(b"\0" + name.encode() + b"\0" + made.parts[name])
    return digest.hexdigest()


# --- another process, and the watch ----------------------------------------------------------

_CHILD: Final = """
import importlib.util, json, sys
from seealso_sdk import checking, samples
path, qualname, name = sys.argv[1:]
spec = importlib.util.spec_from_file_location("plugin_under_test", path)
module = importlib.util.module_from_spec(spec)
sys.modules["plugin_under_test"] = module
spec.loader.exec_module(module)
register = getattr(module, "register_outputs", None)
found = [o for o in register() if o.meta.name == name] if register else []
output = found[0] if found else getattr(module, qualname)()
made = {
    key: checking.digest(output.render(sample, samples.CONTEXT))
    for key, sample in samples.sample_articles().items()
}
json.dump(made, sys.stdout)
"""


def digests_elsewhere(output: Output) -> dict[str, str]:
    """The digests of all samples, rendered by a fresh interpreter."""
    module = sys.modules[type(output).__module__]
    path = getattr(module, "__file__", None)
    require(path is not None, "the plugin has no file.", "Write it in a module of its own.")
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    folder = str(Path(str(path)).parent)
    environment["PYTHONPATH"] = os.pathsep.join([folder, *filter(None, sys.path)])
    ran = subprocess.run(  # noqa: S603  # this interpreter, on the plugin under test
        [sys.executable, "-c", _CHILD, str(path), type(output).__qualname__, output.meta.name],
        capture_output=True, env=environment, timeout=120, check=False,
    )  # fmt: skip
    require(
        ran.returncode == 0,
        f"a fresh process can't run the plugin: {ran.stderr.decode()[-300:]}",
        "Make the module importable by itself, with a register_outputs hook.",
    )
    made: dict[str, str] = json.loads(ran.stdout)
    return made


_watching: list[list[str]] = []  # the lists that note what is touched now; an audit hook stays
_hooked: list[Callable[[str, tuple[Any, ...]], None]] = []


@contextmanager
def watched() -> Iterator[list[str]]:
    """Notes sockets, processes and files opened for writing, by the interpreter's audit events."""
    if not _hooked:
        _hooked.append(_note)
        sys.addaudithook(_note)
    touched: list[str] = []
    _watching.append(touched)
    try:
        yield touched
    finally:
        _watching.remove(touched)


_TOUCHING: Final = (
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.remove", "os.rename", "os.mkdir",
)  # fmt: skip


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event in _TOUCHING:
        _watching[-1].append(event)
    elif event == "open" and _is_written(*arguments[:2]):
        _watching[-1].append(f"open {arguments[0]} for writing")


def _is_written(path: object, mode: object) -> bool:
    """Whether a file is opened for writing; Python's own cache of a late import doesn't count."""
    return bool(set(str(mode or "")) & set("wax+")) and "__pycache__" not in str(path)
