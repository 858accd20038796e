"""What live tests share: a bench of managers, events to wait for, small programs."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator_tui.core.bus import Subscription
from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.restart import RestartPolicy
from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.pty.procs import system_processes
from orchestrator_tui.pty.socket import socket_path

FAST = RestartPolicy(base_ms=50, jitter=0)
DEADLINE_S = 20.0
PROCESSES = system_processes()


class Bench:
    """Makes managers and ends their servers."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        self.work = work
        self.tmux_env = {"TMUX_TMPDIR": str(folder)}
        self.managers: list[PTYManager] = []

    def manager(self, name: str = "one", policy: RestartPolicy = FAST) -> PTYManager:
        manager = PTYManager("test", socket_name=name, policy=policy, tmux_env=self.tmux_env)
        self.managers.append(manager)
        return manager

    def config(self, *command: str, **fields: Any) -> PTYConfig:
        return PTYConfig.model_validate({"cwd": str(self.work), "command": list(command), **fields})

    def shell(self, script: str, **fields: Any) -> PTYConfig:
        return self.config("/bin/sh", "-c", script, **fields)

    def socket(self, name: str = "one") -> Path:
        return socket_path(name, self.tmux_env)

    async def tmux(self, *arguments: str, name: str = "one") -> str:
        """What a person's own tmux command on the same socket prints."""
        process = await asyncio.create_subprocess_exec(
            "tmux",
            "-S",
            str(self.socket(name)),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode().strip()

    async def server_pid(self, name: str = "one") -> int:
        return int(await self.tmux("display-message", "-p", "#{pid}", name=name))

    async def close(self) -> None:
        # All let go first: a manager whose server another one ends would start it again.
        for manager in self.managers:
            await manager.aclose()
        for manager in self.managers:
            await manager.stop_server()


async def next_event(events: Subscription[Event], kind: EventType, agent_id: int | None = None) -> Event:
    """The next event of this kind; others before it are skipped."""

    async def search() -> Event:
        async for event in events:
            if event.type is kind and agent_id in (None, event.agent_id):
                return event
        raise AssertionError("the bus was closed")

    return await asyncio.wait_for(search(), DEADLINE_S)


async def collect(events: Subscription[Event], kind: EventType, count: int) -> list[Event]:
    """The next ``count`` events of this kind."""
    return [await next_event(events, kind) for _ in range(count)]


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that has no event of its own."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def screen(manager: PTYManager, agent_id: int, text: str) -> str:
    """The agent's screen once it shows ``text``."""
    deadline = time.monotonic() + DEADLINE_S
    while text not in (shown := await manager.capture_text(agent_id)):
        assert time.monotonic() < deadline, f"{text!r} is not on the screen: {shown!r}"
        await asyncio.sleep(0.01)
    return shown


def is_running(pid: int) -> bool:
    return PROCESSES.identify(pid) is not None


async def written(path: Path, ending: str = "\n") -> str:
    """What a program wrote into a file, once it ends with ``ending``."""

    def text() -> str:
        return path.read_text() if path.exists() else ""

    await until(lambda: text().endswith(ending))
    return text()


async def read_pid(path: Path) -> int:
    """A pid that a program writes into a file."""
    return int(await written(path))


def kill(pid: int, number: int) -> None:
    """Signals a process that the test started."""
    os.kill(pid, number)
