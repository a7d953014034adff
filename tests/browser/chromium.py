"""Chromium without a library: its DevTools protocol over two pipes.

    Browser ──commands──> fd 3 ┐ chromium --remote-debugging-pipe ┌ fd 4 ──answers, events──> Page

Messages are JSON, each ended by a NUL byte. One thread drives it: an answer is awaited where the
question was asked, events on the way are kept by the page that they belong to.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 30.0
_REQUEST = "Network.requestWillBeSent"
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # tests run as root in containers; they open pages of their own hub only
    "--no-first-run",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    # Nothing but this machine: the articles' pictures are on hosts that don't exist.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)


def find() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A running Chromium with a profile of its own. Use as a context manager."""

    def __init__(self, program: str, profile: Path) -> None:
        self._program = program
        self._profile = profile
        self._last = 0
        self._rest = b""
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Self:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # Out of the way of 3 and 4, which the shell gives to Chromium.
        lent = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out)]
        self._process = subprocess.Popen(
            [
                *("bash", "-c", 'r=$1 w=$2; shift 2; exec "$@" 3<&"$r" 4>&"$w"', "bash"),
                *(str(fd) for fd in lent),
                *(self._program, *FLAGS, f"--user-data-dir={self._profile}"),
            ],
            pass_fds=lent,
            env=os.environ | {"HOME": str(self._profile)},  # it writes there whatever it is told
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in (theirs_in, theirs_out, *lent):
            os.close(fd)
        self._in, self._out = ours_in, ours_out
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.call("Browser.close")
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._in)
            os.close(self._out)

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A new tab, without cookies of the others."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)[
            "targetId"
        ]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        try:
            yield page
        finally:
            self.call("Target.disposeBrowserContext", browserContextId=context)
            del self._pages[session]

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """One command and its result."""
        self._last += 1
        number = self._last
        asked: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            asked["sessionId"] = session
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            message = self.receive(deadline)
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                result: dict[str, Any] = message["result"]
                return result

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next message; an event is given to its page too."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            read = os.read(self._in, 1 << 20)
            assert read, "the browser has ended"
            self._rest += read
        one, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(one)
        if "method" in message and (page := self._pages.get(message.get("sessionId", ""))):
            page.events.append((message["method"], message["params"]))
        return message


class Page:
    """A tab. `events` are all that it reported since the last `open`."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.events: list[tuple[str, dict[str, Any]]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this tab."""
        return self._browser.call(method, self._session, **params)

    def screen(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Give the window a size in CSS pixels, and the reader a wish for light or dark."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def open(self, url: str) -> int:
        """Go to a page, wait until it is loaded. The HTTP status."""
        self.events.clear()
        failed = self.call("Page.navigate", url=url).get("errorText")
        # An error page of the site's own counts as a failure for Chromium, and is loaded all the same.
        assert failed in (None, "net::ERR_HTTP_RESPONSE_CODE_FAILURE"), failed
        return self.loaded()

    def loaded(self) -> int:
        """Wait for the page that is under way. The HTTP status."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(name == "Page.loadEventFired" for name, _ in self.events):
            self._browser.receive(deadline)
        statuses = [
            params["response"]["status"]
            for name, params in self.events
            if name == "Network.responseReceived" and params["type"] == "Document"
        ]
        return int(statuses[-1])

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        told = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def complaints(self, origin: str) -> list[str]:
        """Errors and warnings of the console, broken policies, what failed to load from `origin`."""
        urls = {p["requestId"]: p["request"]["url"] for n, p in self.events if n == _REQUEST}
        said = []
        for name, params in self.events:
            if name == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                entry = params["entry"]
                if entry["source"] != "network":
                    said.append(f"{entry['source']}: {entry['text']}")
            elif name == "Runtime.exceptionThrown":
                said.append(str(params["exceptionDetails"]["text"]))
            elif name == "Network.loadingFailed":
                url = urls[params["requestId"]]
                if url.startswith(origin) or "blockedReason" in params:
                    said.append(f"{url}: {params.get('blockedReason', params['errorText'])}")
            elif name == "Network.responseReceived" and params["type"] != "Document":
                answer = params["response"]
                said += [f"{answer['url']}: {answer['status']}"] if answer["status"] >= 400 else []
        return said

    def press(self, key: str, *, shift: bool = False) -> None:
        """One key, by its name in the standard: Tab, Enter."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=code, modifiers=8 if shift else 0, **text,
            )  # fmt: skip

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of the first element that fits."""
        where = self.run(
            f"(() => {{ const it = document.querySelector({json.dumps(selector)});"
            " it.scrollIntoView({block: 'center'}); const b = it.getBoundingClientRect();"
            " return {x: b.x + b.width / 2, y: b.y + b.height / 2} })()"
        )
        self.events.clear()
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    def picture(self, *, whole: bool = False) -> bytes:
        """What is seen, as PNG; or the page down to its end."""
        clip: dict[str, Any] = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {
                "captureBeyondViewport": True,
                "clip": {
                    "x": 0,
                    "y": 0,
                    "width": size["width"],
                    "height": size["height"],
                    "scale": 1,
                },
            }
        told = self.call("Page.captureScreenshot", format="png", **clip)
        return base64.b64decode(told["data"])
