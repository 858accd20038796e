"""``SupervisorClient`` over the endpoint of a supervisor in another process."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Self

from orchestrator_tui.core.errors import NoSupervisor
from orchestrator_tui.core.views import PaneFrame, SupervisorClient
from orchestrator_tui.mcp.codec import FACTS, METHODS, Method, decode, encode
from orchestrator_tui.mcp.frames import FrameChanges, FrameMemory
from orchestrator_tui.remote.feed import RemoteFeed, Stream, attempt
from orchestrator_tui.remote.http import Connections, Target

COMMAND_S = 120.0
FRAME_S = 10.0
FIRST_S = 10.0
"""How long the first feed may take: a supervisor that just starts is not there yet."""

_LOOK_S = 0.1


class RemoteClient(SupervisorClient):
    """All of the protocol: methods without a form of their own are made from it below.

    ``locate`` says where the session's supervisor listens now, or None; it is asked in a thread, whenever the
    connection has to be made anew.
    """

    def __init__(self, locate: Callable[[], Target | None]) -> None:
        self._locate = locate
        self._connections: Connections | None = None
        self._facts: dict[str, Any] = {}
        self._frames = FrameMemory()
        self._versions: dict[int, str] = {}

    @classmethod
    def to(cls, locate: Callable[[], Target | None]) -> Self:
        """A client; a type checker cannot see that no method is missing, and lets only the class make itself."""
        return cls(locate)

    async def open_feed(self) -> RemoteFeed:
        """A complete snapshot and then every later update. Raises NoSupervisor when none is there in ten seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FIRST_S
        while True:
            try:
                return RemoteFeed(await self._connect(), self._connect)
            except NoSupervisor:
                if loop.time() > deadline:
                    raise
            await asyncio.sleep(_LOOK_S)

    async def pane_frame(self, agent_id: int) -> PaneFrame | None:
        """The agent's screen now, or None without a pane; only changed lines come over the wire."""
        since = self._versions.get(agent_id)
        body = encode(tuple[int, str | None], (agent_id, since if self._frames.knows(since) else None))
        answer = await (await self._connected()).post("/screen/pane_frame", body, FRAME_S)
        changes: FrameChanges | None = decode(tuple[FrameChanges | None], answer)[0]
        if changes is None:
            return None
        frame = self._frames.frame(changes)
        self._versions[agent_id] = changes.version
        return frame

    def aclose(self) -> None:
        """Ends what rests."""
        if self._connections is not None:
            self._connections.close()

    async def call(self, method: Method, *args: Any, **kwargs: Any) -> Any:
        """Carries out a method there. Raises what it raises there, or NoSupervisor."""
        body = method.encode_call(*args, **kwargs)
        answer = await (await self._connected()).post(f"/screen/{method.name}", body, COMMAND_S)
        return decode(method.result, answer)[0]

    def fact(self, name: str) -> Any:
        """What the supervisor said of itself when the feed was opened; None before."""
        return self._facts.get(name)

    async def _connected(self) -> Connections:
        if self._connections is None:
            target = await self._target()
            # Another command may have been quicker meanwhile.
            self._connections = self._connections or Connections(target)
        return self._connections

    async def _connect(self) -> Stream:
        target = await self._target()
        stream = await attempt(target)
        stream.snapshot = replace(stream.snapshot, viewer_of=stream.hello.pid)
        self.aclose()
        self._connections = Connections(target)
        self._facts = dict(stream.hello.facts)
        return stream

    async def _target(self) -> Target:
        target = await asyncio.to_thread(self._locate)
        if target is None:
            raise NoSupervisor("No supervisor runs for the session.", remedy="Start one with `orchestrator-tui`.")
        return target


def _command(method: Method) -> Callable[..., Awaitable[Any]]:
    async def command(self: RemoteClient, *args: Any, **kwargs: Any) -> Any:
        return await self.call(method, *args, **kwargs)

    return command


def _fact(name: str) -> Callable[[RemoteClient], Any]:
    return lambda self: self.fact(name)


for _method in METHODS.values():
    setattr(RemoteClient, _method.name, _command(_method))
for _name in FACTS:
    setattr(RemoteClient, _name, _fact(_name))
