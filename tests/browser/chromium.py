"""Drives Debian's Chromium by its DevTools protocol, over a pair of pipes: no port, no driver, no package.

What it says is in https://chromedevtools.github.io/devtools-protocol/ (2026-11).
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.kit.not_tried import unavailable

PROGRAM = "chromium"
WITHIN = 60.0
"""Seconds for an answer: a machine under test is busy."""
_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # the tests run as root in CI
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--lang=en-US",
)
_KEYS = {
    "ArrowDown": 40,
    "ArrowUp": 38,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "Enter": 13,
    "Escape": 27,
    "Tab": 9,
    "/": 191,
    " ": 32,
}
_TEXTS = {"Enter": "\r", "/": "/", " ": " "}


class BrowserError(Exception):
    """The browser refused a call, or an expression threw."""


@contextmanager
def browser() -> Iterator["Chromium"]:
    """A browser of its own, with a profile that is gone afterwards."""
    program = shutil.which(PROGRAM)
    if program is None:
        unavailable(PROGRAM, "it is not installed", "install Debian's package chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, Chromium(program, Path(profile)) as found:
        yield found


class Chromium:
    """A process of Chromium.

    Args:
        program: Its program.
        profile: Folder of its profile.
    """

    def __init__(self, program: str, profile: Path) -> None:
        # It reads commands from its descriptor 3, and writes answers to its 4.
        self._read, answers = os.pipe()
        commands, self._write = os.pipe()
        moved = f'exec 3<&{commands} 4>&{answers}; exec "$@"'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", moved, "chromium", program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile), "TZ": "UTC"},
            start_new_session=True,
        )
        os.close(commands)
        os.close(answers)
        self._last = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._write)
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._read)

    def page(self, *, width: int = 1280, height: int = 900) -> "Page":
        """A new page, of a size in CSS pixels."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, width, height)

    def call(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """Calls a method, and gives its result."""
        self._last += 1
        number = self._last
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = self._until(lambda message: message.get("id") == number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error'].get('message')}")
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, method: str, session: str, since: int) -> None:
        """Waits for an event, which may have come already.

        Args:
            method: Its name.
            session: Whose it is.
            since: How many events there had been when it could come at the earliest.
        """

        def fits(message: Mapping[str, Any]) -> bool:
            return message.get("method") == method and message.get("sessionId") == session

        if not any(map(fits, self.events[since:])):
            self._until(fits)

    def _until(self, fits: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
        end = time.monotonic() + WITHIN
        while True:
            message = self._message(end)
            if "method" in message:
                self.events.append(message)
            if fits(message):
                return message

    def _message(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            readable, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                raise BrowserError("no answer")
            data = os.read(self._read, 1 << 20)
            if not data:
                raise BrowserError("the browser is gone")
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


class Page:
    """A page of the browser.

    Args:
        owner: The browser.
        session: The session that it is attached to.
        width: Width in CSS pixels.
        height: Height in CSS pixels.
    """

    def __init__(self, owner: Chromium, session: str, width: int, height: int) -> None:
        self._owner = owner
        self._session = session
        self._since = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)

    def close(self) -> None:
        """Closes it."""
        self._owner.call("Page.close", self._session)

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Calls a method for this page."""
        return self._owner.call(method, self._session, **parameters)

    def resize(self, width: int, height: int, *, phone: bool = False, scale: float = 1) -> None:
        """Makes the page as large as that, in CSS pixels, ``scale`` dots for each."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )

    def media(self, *, kind: str = "screen", scheme: str = "light") -> None:
        """Shows it as on a screen or in print, in a color scheme."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def open(self, place: Path | str) -> None:
        """Opens a file or an address, and waits until it is loaded."""
        address = place.as_uri() if isinstance(place, Path) else place
        self._acted()
        failed = self.call("Page.navigate", url=address).get("errorText")
        if failed:
            raise BrowserError(f"{address}: {failed}")
        self.loaded()

    def run(self, expression: str) -> Any:  # noqa: ANN401 - whatever JSON it is
        """The value of a JavaScript expression; a promise is waited for."""
        self._acted()
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise BrowserError(str(done["exceptionDetails"].get("exception", done["exceptionDetails"])))
        return done["result"].get("value")

    def texts(self, selector: str) -> list[str]:
        """The texts of the elements that can be seen."""
        code = f"""[...document.querySelectorAll({json.dumps(selector)})]
            .filter(one => one.checkVisibility()).map(one => (one.innerText ?? one.textContent).trim())"""
        shown: list[str] = self.run(code)
        return shown

    def press(self, *keys: str) -> None:
        """Presses keys, one after the other."""
        self._acted()
        for key in keys:
            event = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS.get(key, 0)}
            text = {"text": _TEXTS[key]} if key in _TEXTS else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **event, **text)
            self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        """Types a text, as an input method does."""
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Clicks in the middle of an element, with the mouse."""
        code = f"""(() => {{
            const one = document.querySelector({json.dumps(selector)});
            one.scrollIntoView({{block: "center"}});
            const at = one.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2] }})()"""
        x, y = self.run(code)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def loaded(self) -> None:
        """Waits until what the last click, key or script has opened is loaded."""
        self._owner.wait_for("Page.loadEventFired", self._session, self._since)

    def _acted(self) -> None:
        """Remembers that what loads from now on may be the next action's doing."""
        self._since = len(self._owner.events)

    def requests(self) -> list[str]:
        """The addresses that it asked for."""
        sent = (event for event in self._owner.events if event["method"] == "Network.requestWillBeSent")
        return [str(event["params"]["request"]["url"]) for event in sent if event.get("sessionId") == self._session]

    def complaints(self) -> list[str]:
        """What the browser complained about, such as what the page's policy refused; and errors of scripts."""
        self.run("1")  # what came before its answer has been read then
        texts = []
        for event in self._owner.events:
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Log.entryAdded":
                texts.append(str(event["params"]["entry"]["text"]))
            if event["method"] == "Runtime.exceptionThrown":
                texts.append(str(event["params"]["exceptionDetails"]))
        return texts

    def picture(self, *, whole: bool = False) -> bytes:
        """What it shows as a PNG; the whole page, or what fits."""
        done = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, optimizeForSpeed=False)
        return base64.b64decode(done["data"])
