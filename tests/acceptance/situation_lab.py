"""One agent of a real supervisor in a situation: what its pane shows, and what the supervisor shows and when."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from orchestrator_tui.agents.providers.session_file import is_alive
from orchestrator_tui.agents.providers.styled_screen import rows_of
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.views import AgentView
from tests.e2e.claude_cli import ClaudeHome
from tests.supervisor.conftest import Live

LOOK_S = 0.02
STAYS_S = 1.5
"""So long a state has to stay what it is expected to be."""


class NotSeen(Exception):
    """The pane never showed the situation; the message holds what it showed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the supervisor shows of an agent."""

    state: AgentState
    waiting_for: WaitingFor | None = None
    reason: str = ""
    """A pattern to be found in the reason."""

    def fits(self, view: AgentView) -> bool:
        """Whether a row of the dashboard is this."""
        waits = view.waiting_for if view.state is AgentState.WAITING else None
        return (
            view.state is self.state
            and waits is self.waiting_for
            and re.search(self.reason, view.reason or "") is not None
        )

    def __str__(self) -> str:
        return f"{self.state} for {self.waiting_for}" if self.waiting_for else str(self.state)


@dataclass(frozen=True, slots=True)
class Case:
    """A situation: ``drive`` brings the agent into it and ends once the pane shows it.

    ``late`` is why it may be shown later than two seconds after that.
    """

    name: str
    expected: Shown
    drive: Callable[["AgentLab"], Coroutine[Any, Any, None]]
    late: str = ""
    mode: str = "manual"
    provider: str = "claude"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case; ``seconds`` is None when the expected state was never shown."""

    case: Case
    shown: str
    source: str
    seconds: float | None
    problem: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the state was shown, stayed, and was not late without a reason."""
        return self.seconds is not None and not self.problem and (self.seconds <= 2 or bool(self.case.late))


@dataclass
class AgentLab:
    """Starts the agent with a home of its own and plays the person."""

    live: Live
    folder: Path
    cli: Path
    api_url: str
    provider: str
    agent_id: int = 0
    seen_at: float = 0.0

    @property
    def cwd(self) -> Path:
        """Where the agent works."""
        return self.folder / "work"

    async def spawn(self, *, env: Mapping[str, str] | None = None, ready: bool = True, **seed: Any) -> None:
        """Starts the agent; ``seed`` changes what its CLI remembers, ``ready`` waits until it is idle."""
        self.cwd.mkdir(parents=True, exist_ok=True)
        home = ClaudeHome(self.folder / "home", self.cli, self.api_url)
        home.trust(self.cwd)
        remembered = home.home / ".claude.json"
        remembered.write_text(json.dumps({**json.loads(remembered.read_text()), **seed}))
        variables = {"HOME": str(home.home), **(env or {})}
        config = AgentConfig(provider=self.provider, env=variables, cwd=str(self.cwd))
        [agent] = await self.live.supervisor.spawner.spawn_pool(1, config)
        self.agent_id = agent.id
        if ready:
            await self.live.until_agent(self.agent_id, AgentState.IDLE, 20)
            await self.until_pane(r"^(?:❯|>)")

    async def say(self, text: str) -> None:
        """Types a line and submits it."""
        await self.live.supervisor.fleet.manager.type_line(self.agent_id, text)

    async def type(self, text: str) -> None:
        """Types without submitting."""
        await self.live.supervisor.fleet.manager.paste(self.agent_id, text)

    async def press(self, *keys: str) -> None:
        """Presses keys."""
        await self.live.supervisor.fleet.manager.send_keys(self.agent_id, *keys)

    async def until_pane(self, pattern: str, timeout_s: float = 20) -> None:
        """Waits until the pane shows it. Raises NotSeen."""
        deadline = monotonic() + timeout_s
        while not re.search(pattern, await self.pane(), re.MULTILINE):
            if monotonic() > deadline:
                raise NotSeen(f"{pattern!r} did not come; instead:\n{await self.pane()}")
            await asyncio.sleep(LOOK_S)
        self.seen_at = monotonic()

    async def press_until(self, key: str, pattern: str) -> None:
        """Presses as a person does, again when nothing came of it: the CLI ignores a key just after a dialog opened."""
        for _ in range(3):
            await self.press(key)
            with contextlib.suppress(NotSeen):
                return await self.until_pane(pattern, 4)
        return await self.until_pane(pattern)

    async def until_gone(self) -> None:
        """Waits until the agent's process has ended."""
        pid = self.live.agent(self.agent_id).pid
        assert pid is not None, "the agent has no process"
        deadline = monotonic() + 20
        while is_alive(pid):
            if monotonic() > deadline:
                raise NotSeen(f"process {pid} did not end; its pane:\n{await self.pane()}")
            await asyncio.sleep(LOOK_S)
        self.seen_at = monotonic()

    async def until_shown(self, state: AgentState) -> None:
        """Waits for a state on the way to the situation."""
        await self.live.until_agent(self.agent_id, state, 20)

    async def pane(self) -> str:
        """The pane's text."""
        frame = await self.live.supervisor.pane_frame(self.agent_id)
        if frame is None:
            return ""
        screen = b"\n".join(frame.lines).decode("utf-8", "replace")
        return "\n".join(row.text for row in rows_of(screen))


async def run_case(case: Case, live: Live, folder: Path, cli: Path, api_url: str) -> Result:
    """Plays one case and ends its agent."""
    lab = AgentLab(live, folder, cli, api_url, case.provider)
    shown_at: list[float] = []

    async def watch() -> None:
        while True:
            if lab.agent_id:
                fits = case.expected.fits(live.agent(lab.agent_id))
                if fits and not shown_at:
                    shown_at.append(monotonic())
                elif not fits:
                    shown_at.clear()
            await asyncio.sleep(LOOK_S)

    watcher = asyncio.create_task(watch())
    try:
        await case.drive(lab)
        seen_at = lab.seen_at
        deadline = seen_at + 25
        while not shown_at or monotonic() < max(shown_at[0], seen_at) + STAYS_S:
            if monotonic() > deadline:
                break
            await asyncio.sleep(LOOK_S)
        view = live.agent(lab.agent_id)
        verdict = await live.supervisor.why(lab.agent_id)
        words = f"{view.state} for {view.waiting_for}" if view.state is AgentState.WAITING else str(view.state)
        told = f"{words}: {view.reason}" if view.reason else words
        if not shown_at:
            wanted = f" ({case.expected.reason})" if case.expected.reason else ""
            return Result(case, told, verdict.source, None, f"expected {case.expected}{wanted}")
        return Result(case, told, verdict.source, max(0.0, shown_at[0] - seen_at))
    except NotSeen as problem:
        return Result(case, "", "", None, str(problem))
    finally:
        watcher.cancel()
        if lab.agent_id:
            await live.supervisor.spawner.kill(lab.agent_id)
