"""Puts the parts together for one session: the only place that knows them all."""

import asyncio
import gc
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from orchestrator_tui.agents.book import AgentBook
from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.inbox_store import InboxStore
from orchestrator_tui.agents.providers.base import Provider
from orchestrator_tui.agents.providers.claude import ClaudeProvider
from orchestrator_tui.agents.providers.demo import DemoProvider
from orchestrator_tui.agents.providers.generic import GenericProvider
from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.agents.rule_files import RuleFile
from orchestrator_tui.agents.worktree import WorktreeManager
from orchestrator_tui.core.budget import Budgets
from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.errors import CannotRun, NoSupervisor, TmuxUnavailable, UsageError
from orchestrator_tui.core.events import Event
from orchestrator_tui.mcp.client import control
from orchestrator_tui.mcp.server import Endpoint
from orchestrator_tui.missions.event_log import EventLog
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.pty.system_clock import SystemClock
from orchestrator_tui.session import EndpointInfo, OwnerKind, Session, SessionLock
from orchestrator_tui.settings_files import live_budgets, rule_files, user_config_file
from orchestrator_tui.supervisor import Supervisor

log = logging.getLogger(__name__)


class Runtime:
    """A supervised session in this process: assembled first, then started.

    ``queue`` and ``manager`` may be shared with the caller, who then closes them.
    """

    def __init__(
        self,
        session: Session,
        kind: OwnerKind,
        *,
        cwd: Path,
        settings: Settings,
        queue: MissionQueue,
        manager: PTYManager,
        provider: str | None = None,
        limits: Callable[[], Budgets] | None = None,
        watched: Sequence[RuleFile] = (),
    ) -> None:
        self.session = session
        self.settings = settings
        self._kind = kind
        self._cwd = cwd
        providers = make_providers(settings)
        default, notice = choose_provider(settings, provider, providers)
        book = AgentBook(queue.registry, SystemClock(), self._publish, self._changed)
        self._credentials = Credentials(session.secret(), book.is_known)
        self._worktrees = WorktreeManager()
        self._fleet = Fleet(
            session=session.name,
            cwd=str(cwd),
            clock=SystemClock(),
            new_id=lambda: str(uuid.uuid4()),
            manager=manager,
            queue=queue,
            book=book,
            providers=providers,
            agent_folder=session.agent_folder,
            agent_files=session.agent_files,
            credentials=self._credentials,
            settings=settings,
            publish=self._publish,
            changed=self._changed,
            default_provider=default,
        )
        self.supervisor = Supervisor(
            self._fleet,
            EventLog(session.events),
            self._worktrees,
            RuleBook(settings.permissions, user_config_file(), watched),
            InboxStore(session.inbox),
        )
        self.supervisor.may_be_released = kind == "serve"
        self.supervisor.monitor.provider_notice = notice
        if limits is not None:
            self.supervisor.budgeting.limits = limits
        self.endpoint = Endpoint(self.supervisor, self._credentials, port=session.port(), screens=self.supervisor)

    async def start(self) -> None:
        """Listens, adopts what is there and begins to supervise. Raises CannotRun."""
        fleet, supervisor, endpoint = self._fleet, self.supervisor, self.endpoint
        supervisor.in_git_repo, _ = await asyncio.gather(self._worktrees.is_repository(self._cwd), fleet.book.load())
        supervisor.quota.keep_in(self.session.folder / "quota.json")
        has_new_port = await self._listen()
        fleet.addresses.url, fleet.addresses.hooks_url = endpoint.url, endpoint.hooks_url
        supervisor.updates.resource_changed = endpoint.resource_changed
        supervisor.monitor.mcp_status = lambda: (endpoint.url, endpoint.error)
        await supervisor.start()
        if has_new_port:
            supervisor.restart_when_idle()
        self.session.publish_endpoint(
            EndpointInfo(
                url=endpoint.url,
                token=self._credentials.operator_token(),
                pid=os.getpid(),
                tmux_socket=fleet.manager.socket_name,
                state_dir=str(self.session.folder),
                kind=self._kind,
            )
        )
        # The start's objects live as long as we do: without this, full collections stall the screen for 150 ms.
        gc.collect()
        gc.freeze()
        gc.set_threshold(3_000, 300, 10)

    async def aclose(self, *, stop_agents: bool = False) -> None:
        """The endpoint first, then the supervisor."""
        self.session.withdraw_endpoint()
        if stop_agents:
            await self.supervisor.stop_agents()
        await self.endpoint.stop()
        await self.supervisor.aclose()

    async def _listen(self) -> bool:
        """Binds the session's own port; another one only when that is taken, which is then the answer True."""
        wanted = self.session.port()
        try:
            await self.endpoint.start()
        except CannotRun:
            if wanted == 0:
                raise
            self.endpoint.port = 0
            await self.endpoint.start()
        self.session.remember_port(self.endpoint.port)
        return wanted not in (0, self.endpoint.port)

    def _publish(self, event: Event) -> None:
        self._fleet.publish(event)

    def _changed(self, agent_id: int) -> None:
        self._fleet.changed(agent_id)


class OwnedRuntime:
    """A runtime that has the session to itself and closes everything with it."""

    def __init__(self, runtime: Runtime, lock: SessionLock) -> None:
        self._runtime = runtime
        self._lock = lock
        self.supervisor = runtime.supervisor
        self.endpoint = runtime.endpoint

    async def aclose(self, *, stop_agents: bool = False) -> None:
        """Lets go of the session; agents live on unless ``stop_agents``."""
        await self._runtime.aclose(stop_agents=stop_agents)
        fleet = self.supervisor.fleet
        await fleet.manager.aclose()
        await fleet.queue.aclose()
        self._lock.release()


def make_providers(settings: Settings) -> dict[str, Provider]:
    """Every kind of agent program."""
    return {
        "claude": ClaudeProvider(settings.claude_command),
        "demo": DemoProvider(),
        **{name: GenericProvider(name, config) for name, config in settings.providers.items()},
    }


def choose_provider(
    settings: Settings, requested: str | None, providers: Mapping[str, Provider]
) -> tuple[str, str | None]:
    """The default provider, and a notice when Claude was meant but cannot start here. Raises UsageError."""
    wanted = requested or settings.provider
    if wanted is not None:
        if wanted not in providers:
            raise UsageError(
                f"`provider`: there is no {wanted!r}.", remedy=f"Use one of: {', '.join(providers)}.", field="provider"
            )
        return wanted, providers[wanted].problem()
    problem = providers["claude"].problem()
    if problem is None:
        return "claude", None
    return "demo", f"{problem} Until then the built-in demo agent is used."


async def start_from_files(
    session: Session, kind: OwnerKind, settings: Settings, *, provider: str | None, config: Path | None
) -> OwnedRuntime:
    """Starts in this folder with settings that were read from its files; budgets and rules follow the files.

    Raises as ``start_runtime`` does.
    """
    cwd = Path.cwd()
    return await start_runtime(
        session,
        kind,
        cwd=cwd,
        settings=settings,
        provider=provider,
        limits=live_budgets(cwd, config),
        watched=rule_files(cwd, config),
    )


async def start_runtime(
    session: Session,
    kind: OwnerKind,
    *,
    cwd: Path,
    settings: Settings,
    provider: str | None = None,
    limits: Callable[[], Budgets] | None = None,
    watched: Sequence[RuleFile] = (),
) -> OwnedRuntime:
    """Takes the session, opens its stores, adopts its agents and listens.

    ``limits`` None are the settings' budgets; the rules of ``watched`` files are reloaded.

    Raises SessionOwned, TmuxUnavailable, CannotRun.
    """
    require_tmux()
    session.create()
    async with AsyncExitStack() as opened:
        lock = session.lock(kind)
        opened.callback(lock.release)
        queue = await MissionQueue.open(session.database, clock=SystemClock())
        opened.push_async_callback(queue.aclose)
        manager = make_manager(session)
        opened.push_async_callback(manager.aclose)
        runtime = Runtime(
            session,
            kind,
            cwd=cwd,
            settings=settings,
            queue=queue,
            manager=manager,
            provider=provider,
            limits=limits,
            watched=watched,
        )
        opened.push_async_callback(runtime.aclose)
        await runtime.start()
        opened.pop_all()
    return OwnedRuntime(runtime, lock)


def make_manager(session: Session) -> PTYManager:
    """The panes of a session, on a tmux socket of its own."""
    return PTYManager(session.name, socket_name=socket_name(session.folder, session.name), clock=SystemClock())


def require_tmux() -> None:
    """Raises TmuxUnavailable, with the command to type, when tmux is missing."""
    if shutil.which("tmux") is None:
        raise TmuxUnavailable(
            "tmux is not installed.", remedy="Install it: apt-get install tmux, or brew install tmux."
        )


async def wait_for_release(session: Session, timeout_s: float = 15.0) -> bool:
    """Waits until nobody owns the session."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while session.is_owned():
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def take_over(session: Session) -> None:
    """Asks a ``serve`` that owns the session to let go, and waits until it has.

    Raises SessionOwned when the owner is not a ``serve`` or does not let go.
    """
    info = session.endpoint()
    if info is None:
        # A serve that is just starting or ending publishes nothing yet.
        if session.is_owned() and (session.owner() or ("", 0))[0] == "serve":
            await wait_for_release(session, 2.0)
            info = session.endpoint()
        if info is None:
            return
    if info.kind != "serve":
        return
    try:
        await control(info.url, info.token, "release", {})
    except NoSupervisor:
        # It ended in this moment, or hangs; the session's lock tells which.
        await wait_for_release(session, 2.0)
        return
    await wait_for_release(session)
