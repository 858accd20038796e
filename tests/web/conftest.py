"""The real server before viewers that are a few lines of Python, and a person's HTTP client."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import pytest

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.patience import Patience
from orchestrator_tui.web.server import HOST, WebServer

TOKEN = "the-operators-token"
PATIENCE_S = 10.0

VIEWER = """
import os, sys
def send(kind, data):
    sys.stdout.buffer.write(kind + len(data).to_bytes(4, "big") + data)
    sys.stdout.buffer.flush()
print("__GANGLION__", flush=True)
send(b"D", b"pid %d in %s x %s" % (os.getpid(), os.environ["COLUMNS"].encode(), os.environ["ROWS"].encode()))
while head := sys.stdin.buffer.read(5):
    data = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    if b"quit" in data and "stubborn" not in sys.argv:
        send(b"M", b'{"type": "exit"}')
        break
    send(b"D", b"got " + data)
"""
"""Speaks as a Textual app does: says its pid and size, then repeats what it is told."""


@dataclass
class Site:
    """A running server; ``prepared`` counts how often a supervisor was asked for, ``trouble`` is why there is none."""

    viewer: tuple[str, ...] = (sys.executable, "-c", VIEWER)
    prepared: int = 0
    trouble: CannotRun | None = None
    patience: Patience = field(default_factory=Patience)
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)
    port: int = 0
    http: aiohttp.ClientSession = field(init=False)

    async def start(self) -> None:
        """On a free port of the loopback."""
        listener = socket.create_server((HOST, 0))
        self.port = listener.getsockname()[1]
        server = WebServer(self.viewer, self.port, TOKEN, "a session", self.prepare, patience=self.patience)
        await self.serving.enter_async_context(server.serving(listener))
        # The jar of this client keeps cookies of addresses too, as browsers do.
        self.http = aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True))

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def prepare(self) -> None:
        self.prepared += 1
        if self.trouble is not None:
            raise self.trouble

    async def log_in(self, token: str = TOKEN) -> aiohttp.ClientResponse:
        return await self.http.post("/login", data={"token": token}, headers={"Origin": self.url})

    async def tab(self, **headers: str) -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect("/ws?width=100&height=30", headers={"Origin": self.url, **headers})

    async def stop(self) -> None:
        await self.http.close()
        await self.end()

    async def end(self) -> None:
        """The server alone."""
        await self.serving.aclose()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.start()
    yield made
    await made.stop()


async def viewer_of(tab: aiohttp.ClientWebSocketResponse) -> psutil.Process:
    """The process behind a tab, which says its pid first."""
    said = await tab.receive_bytes(timeout=PATIENCE_S)
    assert said.endswith(b" in 100 x 30")
    return psutil.Process(int(said.split()[1]))


async def until_gone(process: psutil.Process) -> None:
    """Waits until a process has ended and was reaped."""
    async with asyncio.timeout(PATIENCE_S):
        while process.is_running():
            await asyncio.sleep(0.02)


def log_of(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records)


PAGES = Path(__file__).parents[2] / "orchestrator_tui" / "web" / "templates"
