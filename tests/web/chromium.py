"""A headless Chromium, driven over the DevTools protocol."""

import asyncio
import base64
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PATIENCE_S = 30.0
LOOKS_EVERY_S = 0.05
_FLAGS = (
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
)
WITHOUT_GPU = ("--disable-gpu", "--disable-3d-apis")
"""Draws with less work, and lines of a box with gaps between them."""
_DOMAINS = ("Page", "Network", "Runtime", "Log")
# Sequences that move or colour; what is left is text, in the order in which it was drawn.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)")
_KEYS = {"enter": ("Enter", 13, "\r"), "escape": ("Escape", 27, "")}


def find_chromium() -> str | None:
    """The browser's path, or None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """One tab. ``requested`` are the addresses that it fetched, ``problems`` what the browser complained about."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._count = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._drawn = ""
        self.requested: list[str] = []
        self.problems: list[str] = []

    async def listen(self) -> None:
        """Takes what the browser tells, until the tab is closed."""
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told["method"], told["params"])

    def _note(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
            case "Network.webSocketCreated":
                self.requested.append(params["url"])
            case "Network.webSocketFrameReceived":
                frame = params["response"]
                if frame["opcode"] == 2:
                    self._drawn += base64.b64decode(frame["payloadData"]).decode(errors="replace")
            case "Runtime.exceptionThrown":
                self.problems.append(params["exceptionDetails"]["text"])
            case "Log.entryAdded":
                self.problems.append(params["entry"]["text"])
            case _:
                pass

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command's result."""
        self._count += 1
        answer = self._answers[self._count] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._count, "method": method, "params": params})
        done = await asyncio.wait_for(answer, PATIENCE_S)
        assert "error" not in done, f"{method}: {done}"
        return done["result"]

    async def open(self, url: str) -> None:
        """Goes there."""
        for domain in _DOMAINS:
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def holds(self, expression: str) -> None:
        """Waits until a JavaScript expression is true; while a page loads it may not make sense yet."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(AssertionError):
                    if await self.evaluate(expression):
                        return
                await asyncio.sleep(LOOKS_EVERY_S)

    async def shows(self, *texts: str) -> None:
        """Waits until the dashboard has drawn all of these since the last ``forget``."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while any(text not in self.drawn for text in texts):
                    await asyncio.sleep(LOOKS_EVERY_S)
        except TimeoutError:
            raise AssertionError(f"not drawn: {texts}; drawn: {self.drawn[-3000:]}; {self.problems}") from None

    @property
    def drawn(self) -> str:
        """What the dashboard drew, without what moves and colours."""
        return _ESCAPES.sub("", self._drawn)

    def forget(self) -> None:
        """Looks only at what is drawn from now on."""
        self._drawn = ""

    async def type(self, text: str) -> None:
        """Types into what has the keyboard."""
        await self.call("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Presses a character's key, ``enter`` or ``escape``."""
        name, code, text = _KEYS.get(key, (key, 0, key))
        common: dict[str, Any] = {"key": name, "windowsVirtualKeyCode": code}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    async def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def close(self) -> None:
        """Closes the tab."""
        await self.call("Page.close")


class Browser:
    """A running browser whose tabs share one profile."""

    def __init__(self, client: aiohttp.ClientSession, port: int, tasks: asyncio.TaskGroup) -> None:
        self._client = client
        self._port = port
        self._tasks = tasks

    async def page(self) -> Page:
        """A new tab."""
        async with self._client.put(f"http://127.0.0.1:{self._port}/json/new?about:blank") as answer:
            target = await answer.json()
        page = Page(await self._client.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0))
        self._tasks.create_task(page.listen())
        return page


@asynccontextmanager
async def chromium(path: str, folder: Path, size: tuple[int, int], *extra: str) -> AsyncGenerator[Browser]:
    """Runs a browser of that many CSS pixels with all its files in ``folder`` and ``extra`` flags, and ends it."""
    flags = [*_FLAGS, f"--user-data-dir={folder}", f"--window-size={size[0]},{size[1]}", *extra]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    process = await asyncio.create_subprocess_exec(
        path,
        *flags,
        "about:blank",
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        port = await _port(folder, process)
        async with aiohttp.ClientSession() as client, asyncio.TaskGroup() as tasks:
            yield Browser(client, port, tasks)
            await client.close()
    finally:
        # Its helpers are in the group that was made for it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _port(folder: Path, process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(PATIENCE_S):
        while (port := _written_port(folder)) is None:
            assert process.returncode is None, f"the browser ended with {process.returncode}"
            await asyncio.sleep(LOOKS_EVERY_S)
        return port


def _written_port(folder: Path) -> int | None:
    try:
        return int((folder / "DevToolsActivePort").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
