"""Chromium without a window, driven over its DevTools protocol: what a reader would see."""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

from tests.tools import need_tool

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)
_PATIENCE = 60.0
_CODES = {"Tab": 9, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowRight": 39}


class Page:
    """One open page. `problems` holds what the console complained about, and `requests` the
    addresses that were asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._loaded = False
        self.problems: list[str] = []
        self.requests: list[str] = []

    def open(self, path: Path, fragment: str = "") -> None:
        """Load a file, at a place of it such as `#part`, and wait until it has loaded."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self._loaded = False
        self.call("Page.navigate", url=path.resolve().as_uri() + fragment)
        while not self._loaded:
            self._receive()

    def js(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, what it comes to."""
        reply = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in reply:
            raise AssertionError(reply["exceptionDetails"])
        return reply["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + _PATIENCE
        while not self.js(expression):
            if time.monotonic() > end:
                raise AssertionError(f"never true: {expression}; problems: {self.problems}")
            time.sleep(0.01)

    def press(self, key: str) -> None:
        """Press and release a key: a letter, a sign, or a name such as `Tab`."""
        code = _CODES.get(key, 0)
        text = key if len(key) == 1 else ""
        kind = "keyDown" if text else "rawKeyDown"
        facts = {"key": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type=kind, text=text, **facts)
        self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a DevTools command and wait for its reply."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            reply = self._receive()
            if reply.get("id") == number:
                if "error" in reply:
                    raise AssertionError(f"{method}: {reply['error']}")
                result: dict[str, Any] = reply["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=_PATIENCE))
        facts = message.get("params", {})
        match message.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.exceptionThrown":
                self.problems.append(str(facts["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.problems.append(str(facts["args"]))
            case "Log.entryAdded":
                self.problems.append(facts["entry"]["text"])
            case "Page.javascriptDialogOpening":
                self.problems.append(f"dialog: {facts['message']}")
            case "Network.requestWillBeSent":
                self.requests.append(facts["request"]["url"])
        return message


@contextmanager
def chromium() -> Iterator[Page]:
    """A fresh browser with one empty page; the test is skipped where there is no Chromium."""
    program = need_tool("chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with connect(_address(process, Path(profile)), max_size=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Where the empty page listens: the browser writes its port into its profile."""
    file = profile / "DevToolsActivePort"
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if file.exists() and (lines := file.read_text().split()):
            with urlopen(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                pages = [each for each in json.load(answer) if each["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise RuntimeError("Chromium did not start")
