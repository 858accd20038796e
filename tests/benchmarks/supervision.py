"""A whole supervisor with two hundred agents: starting them, and taking over living ones."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import Path

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.providers.base import AgentContext, ApiFailure, SessionStatus, Start
from orchestrator_tui.composition import OwnedRuntime, Runtime, make_manager
from orchestrator_tui.core.config import AgentConfig, Settings
from orchestrator_tui.core.models import AgentRecord, LaunchSpec, Mission
from orchestrator_tui.core.quota import Account
from orchestrator_tui.core.verdict import Observation
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.server import TMUX_SESSION
from orchestrator_tui.pty.sight import PaneSight
from orchestrator_tui.pty.socket import socket_path
from orchestrator_tui.pty.system_clock import SystemClock
from orchestrator_tui.session import Session
from tests.benchmarks.lab import SLEEPER, BareControl, bare_control, bare_server, elapsed_ms, short_folder, tmux
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples

AGENTS = 200


class SleeperProvider:
    """Agents that only sleep: what is measured is ours."""

    name = "sleeper"
    supports_fresh = False
    lists_prompts = False
    interrupt_keys: tuple[str, ...] = ()
    command_prefixes = ""
    screen = None
    conversations = None
    dialogs = None

    def mission_text(self, mission: Mission, restarted: str | None = None) -> str:
        return mission.prompt

    def problem(self) -> str | None:
        return None

    def launch(self, record: AgentRecord, context: AgentContext, start: Start) -> LaunchSpec:
        return LaunchSpec(argv=SLEEPER, env=self.environment(context, record.id), cwd=context.cwd)

    def typed_prompt(self, mission_id: str) -> str:
        return mission_id

    def input_sight(self, pane: PaneSight) -> InputSight:
        return InputSight(box="")

    def answer_keys(self, allow: bool) -> tuple[str, ...]:
        return ()

    def was_delivered(self, record: AgentRecord, context: AgentContext, nonce: str) -> bool:
        return False

    def has_transcript(self, record: AgentRecord, context: AgentContext) -> bool:
        return False

    def transcripts(self, record: AgentRecord, context: AgentContext) -> tuple[Path, ...]:
        return ()

    def context_window(self, model: str) -> int | None:
        return None

    def session_status(self, record: AgentRecord, context: AgentContext, pid: int) -> SessionStatus | None:
        return None

    def read_screen(self, screen: str, cursor: tuple[int, int] | None, at: int) -> Observation | None:
        return None

    def transcript_end(self, record: AgentRecord, context: AgentContext) -> Observation | None:
        return None

    def account(self, record: AgentRecord) -> Account:
        return Account("sleeper", "sleeper")

    def api_failure(self, record: AgentRecord, context: AgentContext) -> ApiFailure | None:
        return None

    def environment(self, context: AgentContext, agent_id: int) -> Mapping[str, str]:
        return {"ORCHESTRATOR_AGENT_ID": str(agent_id)}


async def own(session: Session, cwd: Path) -> OwnedRuntime:
    """What ``composition.start_runtime`` does, with sleepers among the providers."""
    session.create()
    lock = session.lock("serve")
    queue = await MissionQueue.open(session.database, clock=SystemClock())
    runtime = Runtime(session, "serve", cwd=cwd, settings=Settings(), queue=queue, manager=make_manager(session))
    fleet = runtime.supervisor.fleet
    fleet.providers = {**fleet.providers, SleeperProvider.name: SleeperProvider()}
    await runtime.start()
    return OwnedRuntime(runtime, lock)


@contextlib.contextmanager
def private_sockets(folder: Path) -> Generator[None]:
    """Whatever tmux starts inside listens in ``folder``."""
    before = os.environ.get("TMUX_TMPDIR")
    os.environ["TMUX_TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMUX_TMPDIR"]
        else:
            os.environ["TMUX_TMPDIR"] = before


def _socket(runtime: OwnedRuntime) -> Path:
    return socket_path(runtime.supervisor.fleet.manager.socket_name, os.environ)


async def _spawn(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    config = AgentConfig(provider=SleeperProvider.name)
    repetition = 0
    with short_folder() as short, private_sockets(short):
        while True:
            repetition += 1
            runtime = await own(Session(folder / "state", f"spawn-{repetition}"), folder)
            try:
                started = time.perf_counter()
                await runtime.supervisor.spawner.spawn_pool(AGENTS, config)
                ours = elapsed_ms(started)
            finally:
                await runtime.supervisor.fleet.manager.stop_server()
                await runtime.aclose()
            with bare_server(short, *SLEEPER) as socket, bare_control(socket, "=bare:") as bare:
                floor = _bare_windows(bare)
            yield {"spawn_200": Sample(ours, floor)}


def _bare_windows(bare: BareControl) -> float:
    command = ("new-window", "-d", "-P", "-F", "#{pane_id}", "-t", "=bare:", *SLEEPER)
    started = time.perf_counter()
    bare.run([command] * AGENTS)
    return elapsed_ms(started)


async def _adopt(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    session = Session(folder / "state", "adopt")
    with short_folder() as short, private_sockets(short):
        runtime = await own(session, folder)
        try:
            await runtime.supervisor.spawner.spawn_pool(AGENTS, AgentConfig(provider=SleeperProvider.name))
            while True:
                await runtime.aclose()
                await asyncio.sleep(0.2)
                started = time.perf_counter()
                runtime = await own(session, folder)
                ours = elapsed_ms(started)
                manager = runtime.supervisor.fleet.manager
                owned = sum(manager.is_alive(agent.id) for agent in runtime.supervisor.spawner.agents())
                assert owned == AGENTS, f"{owned} of {AGENTS} adopted"
                started = time.perf_counter()
                tmux(_socket(runtime), "list-panes", "-s", "-t", f"={TMUX_SESSION}", "-F", "#{pane_pid}")
                yield {"adopt_200": Sample(ours, elapsed_ms(started))}
        finally:
            await runtime.supervisor.fleet.manager.stop_server()
            await runtime.aclose()


BENCHMARKS = {
    "spawn_200": Benchmark(
        _spawn, {"spawn_200": RowSpec("ms", "200 bare control-mode new-window", Bound("ratio", "<=", 2))}
    ),
    "adopt_200": Benchmark(_adopt, {"adopt_200": RowSpec("ms", "one tmux list-panes", Bound("value", "<=", 150))}),
}
