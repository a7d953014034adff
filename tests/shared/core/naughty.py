"""Plugins that break in every way there is, written to files by the tests that load them."""

from __future__ import annotations

from pathlib import Path

HEAD = """
from seealso_sdk import OutputMeta, Problem, RawArticle, Rendition, SourceMeta, hookimpl
import ctypes, os, signal, sys, threading, time
"""

META = (
    'OutputMeta(name="{name}", title="T", extension="{ext}", media_type="text/plain", version="1")'
)

# Does as the article's title says, so that one plugin can be good to one article and bad to the next.
ACTOR = (
    HEAD
    + """
from seealso_sdk import Reject, Retry

def spin():
    while True: pass

def sleep():
    time.sleep(600)

def memory():
    return Rendition(bytearray(2 * 1024 ** 3))

def segfault():
    ctypes.string_at(0)

def leave():
    os._exit(7)

def exit_politely():
    sys.exit("no more")

def flood():
    while True: os.write(1, b"x" * 65536)

def prints():
    print("not an answer " * 1000)
    return Rendition(b"printed")

def family():
    for _ in range(20):
        if os.fork() == 0:
            time.sleep(600)
    time.sleep(600)

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)

def deep():
    return deep()

def raises():
    raise ValueError("a bug in line one\\nand two")

def unprintable():
    class Nasty(Exception):
        def __str__(self): raise RuntimeError("no")
    raise Nasty

def wrong_type():
    return "text"

def wrong_body():
    return Rendition("text")

def wrong_parts():
    return Rendition(b"x", {"a": "text"})

def empty():
    return Rendition(b"")

def nothing():
    return None

def huge():
    return Rendition(b"x" * (3 * 1024 * 1024))

def retry():
    raise Retry(30, "the moon is wrong")

def retry_oddly():
    raise Retry(float("nan"))

def reject():
    raise Reject("too long for this format")

def closes_everything():
    os.closerange(0, 100)
    return Rendition(b"x")

def environment():
    return Rendition(repr((sorted(os.environ), os.getcwd(), sys.stdin.read())).encode())

def forges():
    os.write(sys.stdout.fileno(), b"\\0\\0\\0\\1rX")
    return Rendition(b"honest")

def thread():
    threading.Thread(target=time.sleep, args=(600,)).start()
    return Rendition(b"left a thread")

def file():
    try:
        with open("/tmp/seealso-should-not-be", "wb") as out:
            for _ in range(64): out.write(b"x" * 1024 * 1024)
    finally:
        os.unlink("/tmp/seealso-should-not-be")

class Actor:
    meta = OutputMeta(name="actor", title="T", extension="act", media_type="text/plain", version="1")

    def render(self, article, context):
        play = globals().get(article.title)
        if play is not None:
            return play()
        if article.see_also:
            return Rendition("|".join(one.title for one in article.see_also).encode())
        return Rendition(f"{article.title} for {context.hub_name}".encode(), {"part": b"\\xff\\x00"})

    def assemble(self, channel, entries):
        play = globals().get(channel.title)
        if play is not None:
            return play()
        lines = [channel.title] + [f"{e.title}: {e.rendition.body.decode()} {e.categories} {e.related}" for e in entries]
        return "\\n".join(lines).encode()

class Reader:
    meta = SourceMeta(name="reader", title="T", version="1", media_types=("text/x-test",))

    def read(self, raw, context):
        play = globals().get(raw.data.decode("utf-8", "replace"))
        if play is not None:
            return play()
        return [RawArticle(title=raw.data.decode(), url=raw.url, source=raw.source), Problem(code="c", detail=context.today)]

def not_articles():
    return ["text"]

def bad_article():
    return [RawArticle(title=3)]

@hookimpl
def register_outputs(): return [Actor()]

@hookimpl
def register_sources(): return [Reader()]
"""
)


def output(
    name: str = "good", ext: str = "good", *, meta: str = "", render: str = "return Rendition(b'x')"
) -> str:
    """The source of a small output plugin."""
    return f"""{HEAD}
class Made:
    meta = {meta or META.format(name=name, ext=ext)}
    def render(self, article, context):
        {render}

@hookimpl
def register_outputs():
    return [Made()]
"""


def write(folder: Path, **files: str) -> Path:
    """Write drop-in modules: {stem: source}."""
    folder.mkdir(exist_ok=True)
    for stem, source in files.items():
        (folder / f"{stem}.py").write_text(source)
    return folder
