"""One browser tab's own viewer process, which never outlives the tab."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

_log = logging.getLogger(__name__)

ENDS_WITHIN_S = 5.0
_PRELUDE = b"__GANGLION__\n"
_PRELUDE_LINES = 10


class Tab(AppService):
    """Runs ``argv`` as a Textual app at the other end of ``socket``; the socket closes when the app has ended.

    What the app says on stderr goes to the log.
    """

    def __init__(self, argv: Sequence[str], socket: web.WebSocketResponse, downloads: DownloadManager) -> None:
        super().__init__(
            "",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=lambda: _close(socket),
            download_manager=downloads,
        )
        self._argv = tuple(argv)
        self._viewer: asyncio.subprocess.Process | None = None
        self._relaying: asyncio.Task[None] | None = None

    async def start(self, width: int, height: int) -> None:
        """Starts the app in that many cells. Raises OSError."""
        self._viewer = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(width, height),
            # Ctrl+C in the terminal is for the server, which ends its tabs itself.
            start_new_session=True,
        )
        self._stdin = self._viewer.stdin
        self._relaying = asyncio.create_task(self.run())

    async def stop(self) -> None:
        """Asks the app to end, kills it where it does not, and returns when it is gone."""
        if self._viewer is None or self._relaying is None:
            return
        await self.send_meta({"type": "quit"})
        try:
            await asyncio.wait_for(self._viewer.wait(), ENDS_WITHIN_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(self._viewer.pid, signal.SIGKILL)
        await self._viewer.wait()
        await self._relaying

    async def run(self) -> None:
        """Relays what the app draws until it ends."""
        assert self._viewer is not None, "started before"
        assert self._viewer.stdout is not None, "made as a pipe"
        assert self._viewer.stderr is not None, "made as a pipe"
        said = asyncio.create_task(self._viewer.stderr.read())
        try:
            if await _begins(self._viewer.stdout):
                await self._relay(self._viewer.stdout)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            # The app has ended, or its tab has gone; whoever started it ends it.
            pass
        finally:
            await self.remote_close()
        if text := (await said).decode(errors="replace").strip():
            _log.warning("a tab's viewer said: %s", text)

    async def _relay(self, output: asyncio.StreamReader) -> None:
        while True:
            kind = await output.readexactly(1)
            payload = await output.readexactly(int.from_bytes(await output.readexactly(4), "big"))
            if kind == b"D":
                await self.on_data(payload)
            elif kind == b"M" and cast("dict[str, Any]", json.loads(payload))["type"] == "exit":
                return


async def _begins(output: asyncio.StreamReader) -> bool:
    """Whether a Textual app speaks; a few lines of others may come before it."""
    for _ in range(_PRELUDE_LINES):
        line = await output.readline()
        if line == _PRELUDE or not line:
            return bool(line)
    return False


async def _close(socket: web.WebSocketResponse) -> None:
    await socket.close()
