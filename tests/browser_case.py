"""A real Chromium, headless, driven over its own DevTools protocol: open, click, look, measure."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60.0


def chromium() -> str:
    """Path of the browser; without one the test is skipped, and fails in CI, which installs it."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        say = "no Chromium here: install Debian's package chromium to run the browser tests"
        if os.environ.get("CI"):
            pytest.fail(say)
        pytest.skip(say)
    return found


class Tab:
    """One tab; `complaints` are console errors, uncaught exceptions and what the CSP refused."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = itertools.count(1)
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._number)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            message = json.loads(self._socket.recv(timeout=_SECONDS))
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._note(message)
        raise TimeoutError(f"{method} was not answered")

    def _note(self, message: dict[str, Any]) -> None:
        given = message.get("params", {})
        if message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(given["exceptionDetails"]))
        elif message["method"] == "Log.entryAdded" and given["entry"]["level"] == "error":
            self.complaints.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")
        elif message["method"] == "Runtime.consoleAPICalled" and given["type"] == "error":
            self.complaints.append(str(given["args"]))

    def size(self, width: int, height: int = 900) -> None:
        """Make the window so wide; narrow ones behave like a phone."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def dark(self, is_dark: bool) -> None:
        """Say which colours the system prefers."""
        value = "dark" if is_dark else "light"
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": value}],
        )

    def open(self, url: str) -> None:
        """Go to a page and wait until all of it is there."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def ask(self, script: str) -> Any:
        """Value of a JavaScript expression in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, script: str, seconds: float = 30.0) -> None:
        """Wait until an expression is true; an error in it counts as not yet."""
        self._until(
            lambda: bool(
                self.ask(f"(() => {{ try {{ return !!({script}) }} catch {{ return false }} }})()")
            ),
            script,
            seconds,
        )

    def click(self, x: float, y: float) -> None:
        """Press and release the left button there, as a person does."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: Path) -> None:
        """Write what is seen to a PNG file."""
        found = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(found["data"]))

    @staticmethod
    def _until(is_true: Callable[[], bool], what: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not is_true():
            if time.monotonic() > end:
                raise TimeoutError(f"not within {seconds} s: {what}")
            time.sleep(0.1)


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """Start Chromium with an empty profile in `folder`, with one tab; stop it at the end."""
    program = [
        *(chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync"),
        *("--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}", "about:blank"),
    ]
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_tab_address(folder / "profile", process), max_size=None) as socket:
            yield Tab(socket)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _tab_address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    """Address of the first tab, once the browser has written its port down."""
    import httpx

    end = time.monotonic() + _SECONDS
    told = profile / "DevToolsActivePort"
    while time.monotonic() < end and process.poll() is None:
        lines = told.read_text().split() if told.exists() else []
        if lines:
            pages = httpx.get(f"http://127.0.0.1:{lines[0]}/json/list").json()
            tabs = [page for page in pages if page["type"] == "page"]
            if tabs:
                return tabs[0]["webSocketDebuggerUrl"]
        time.sleep(0.1)
    raise TimeoutError(f"Chromium did not start (exit status {process.poll()})")
