"""AgentSpawner: brings agents to life by role, model and number, and lets them go."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from pydantic import ValidationError

from orchestrator_tui.agents.book import as_agent, config_of
from orchestrator_tui.agents.dispatcher import Dispatcher
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.isolation import Isolation
from orchestrator_tui.agents.launching import Launcher
from orchestrator_tui.agents.patience import until_stored
from orchestrator_tui.agents.pools import raise_for
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError, ProviderUnavailable, UsageError
from orchestrator_tui.core.lifecycle import ACTIVE_STATES
from orchestrator_tui.core.models import (
    Agent,
    AgentRecord,
    AgentState,
    ModelTier,
    Role,
    Task,
)
from orchestrator_tui.core.roles import default_model

MOST_AT_ONCE = 200
STORE_TRIES = 10
LONGEST_NOTE = 500


class AgentSpawner:
    """Role-based agents over panes; every agent is registered before its pane exists."""

    def __init__(
        self, fleet: Fleet, launcher: Launcher, settling: Settling, dispatcher: Dispatcher, isolation: Isolation
    ) -> None:
        self._fleet = fleet
        self._launcher = launcher
        self._settling = settling
        self._dispatcher = dispatcher
        self._isolation = isolation
        self._numbering = asyncio.Lock()
        self.on_close: Callable[[], Awaitable[None]] | None = None
        self.before_use: Callable[[], Awaitable[None]] | None = None
        self.farewell: Callable[[AgentRecord], Awaitable[None]] | None = None

    async def spawn_agent(self, config: AgentConfig) -> Agent:
        """Starts one agent; it is returned in ``starting``.

        Raises UsageError for a bad configuration, ProviderUnavailable, TmuxUnavailable.
        """
        return (await self.spawn_pool(1, config))[0]

    async def spawn_pool(self, count: int, config: AgentConfig) -> list[Agent]:
        """Starts ``count`` agents of one configuration, in order of their ids.

        Raises as ``spawn_agent`` does when none starts, and PoolIncomplete when some do: those live on.
        """
        await self._ready()
        if not 1 <= count <= MOST_AT_ONCE:
            raise UsageError(f"`count` is {count}.", remedy=f"Use 1 to {MOST_AT_ONCE}.", field="count")
        if count > 1 and config.name is not None:
            raise UsageError("`name` is for a single agent.", remedy="Leave it out for a pool.", field="name")
        records = await self._register(count, config)
        results = await asyncio.gather(*(self._start(record) for record in records), return_exceptions=True)
        failed = [(record.name, error) for record, error in zip(records, results, strict=True) if error is not None]
        started = [self.agent(record.id) for record, error in zip(records, results, strict=True) if error is None]
        raise_for(started, failed, count)
        return started

    def agent(self, agent_id: int) -> Agent:
        """One agent as it is now. Raises UnknownAgent."""
        current = self._fleet.hand(agent_id).current()
        return as_agent(self._fleet.book.get(agent_id), current.id if current else None)

    def agents(self) -> list[Agent]:
        """Every agent that is not stopped."""
        return [self.agent(record.id) for record in self._fleet.book.records() if record.state != AgentState.STOPPED]

    def get_specialists(self, role: Role | str) -> list[Agent]:
        """The agents of one role."""
        return [agent for agent in self.agents() if agent.role == role]

    def get_agents_by_model(self, model: ModelTier | str) -> list[Agent]:
        """The agents of one model tier."""
        return [agent for agent in self.agents() if agent.model == model]

    def stats(self) -> dict[str, object]:
        """Counts by role and model, active agents, and the fleet's success rate."""
        agents = self.agents()
        completed = sum(agent.tasks_completed for agent in agents)
        failed = sum(agent.tasks_failed for agent in agents)
        return {
            "total_agents": len(agents),
            "active_agents": sum(agent.status in ACTIVE_STATES for agent in agents),
            "by_role": dict(Counter(agent.role.value for agent in agents)),
            "by_model": dict(Counter(agent.model.value for agent in agents)),
            "tasks_completed": completed,
            "tasks_failed": failed,
            "success_rate": f"{100 * completed / (completed + failed):.1f}%" if completed + failed else "n/a",
        }

    async def distribute_task(self, task: Task) -> Agent | None:
        """Queues a task and places it at once; the agent that got it, or None while it waits."""
        await self._ready()
        mission_id = await self._fleet.queue.enqueue(
            prompt=task.prompt,
            context=task.context,
            priority=task.priority,
            type=task.type,
            timeout_ms=task.timeout_ms,
            max_retries=task.max_retries,
            depends_on=task.depends_on,
            role=task.role,
            id=task.id,
        )
        agent_id = await self.place_now(mission_id)
        return self.agent(agent_id) if agent_id is not None else None

    async def place_now(self, mission_id: str) -> int | None:
        """Runs the placement once; the agent that holds the mission afterwards, or None."""
        await self._dispatcher.place_once()
        return (await self._fleet.queue.get(mission_id)).agent_id

    async def kill(self, agent_id: int, signal: str = "SIGTERM", *, keeps_worktree: bool = False) -> None:
        """Ends an agent and its process tree on purpose; its mission goes to others.

        ``keeps_worktree``: the caller lets go of a clean worktree later.
        """
        await self._ready()
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        hand = fleet.hand(agent_id)
        hand.is_fencing = True
        try:
            if record.state is not AgentState.STOPPED:
                if fleet.manager.knows(agent_id):
                    if self.farewell is not None and signal == "SIGTERM":
                        await self.farewell(record)
                    await fleet.manager.kill(agent_id, signal)
                fleet.book.transition(agent_id, AgentState.STOPPED, reason=f"killed with {signal}")
                await until_stored(
                    lambda: self._settling.agent_gone(
                        agent_id, "agent_killed", f"killed with {signal}", comes_back=False
                    ),
                    f"the kill of agent {agent_id}",
                    tries=STORE_TRIES,
                )
        finally:
            hand.is_fencing = False
        if not keeps_worktree:
            await self._isolation.release(agent_id)

    async def restart(self, agent_id: int) -> None:
        """Starts an agent anew on its conversation; what it runs is tried again by the same agent, without delay."""
        await self._ready()
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        fleet.hand(agent_id).is_fencing = True
        try:
            await self._settling.agent_gone(agent_id, "agent_restarted", "restarted by a person", comes_back=True)
            fleet.book.transition(agent_id, AgentState.STARTING, reason="restarted by a person")
            await self._start_again(record)
        except OrchestratorError as error:
            await self._did_not_start(agent_id, str(error))
            raise
        finally:
            fleet.hand(agent_id).is_fencing = False
            fleet.wake.set()

    async def _start_again(self, record: AgentRecord) -> None:
        fleet = self._fleet
        if fleet.manager.handle(record.id) is not None:
            await fleet.manager.restart(record.id)
        elif (spec := await self._launcher.relaunch(record.id)) is not None:
            await fleet.manager.spawn(record.id, config_of(record), spec)

    async def _did_not_start(self, agent_id: int, reason: str) -> None:
        """The agent must not seem to start for ever, nor keep the mission that is reserved for it."""
        fleet = self._fleet
        if fleet.book.get(agent_id).state is not AgentState.STARTING:
            return
        if fleet.manager.is_alive(agent_id):
            await fleet.manager.kill(agent_id)
        fleet.book.transition(agent_id, AgentState.FAILED, reason=reason)
        await self._settling.agent_gone(agent_id, "agent_restarted", reason, comes_back=False)

    async def remove(self, agent_id: int) -> None:
        """Forgets a stopped or failed agent and closes its window."""
        record = self._fleet.book.get(agent_id)
        if record.state not in (AgentState.STOPPED, AgentState.FAILED):
            raise NotAllowedNow(f"{record.name} is {record.state}.", remedy="Kill it first.", field="agent_id")
        if self._fleet.manager.knows(agent_id):
            await self._fleet.manager.remove(agent_id)
        await self._isolation.release(agent_id)
        self._fleet.hands.pop(agent_id, None)
        await self._fleet.book.remove(agent_id)

    async def rename(self, agent_id: int, name: str) -> None:
        """Gives an agent another name. Raises UsageError for a bad or taken one."""
        try:
            AgentConfig.model_validate({"name": name})
        except ValidationError:
            raise UsageError(
                f"`name`: {name!r} is not a name for an agent.",
                remedy="Begin with a letter or digit; use letters, digits, dot, dash and underscore, at most 32.",
                field="name",
            ) from None
        if any(record.name == name and record.id != agent_id for record in self._fleet.book.records()):
            raise UsageError(f"`name`: {name} is taken.", remedy="Choose another.", field="name")
        self._fleet.book.update(agent_id, name=name)

    async def note(self, agent_id: int, text: str) -> None:
        """Keeps a person's note on an agent, as one line; an empty one takes it away. Raises UsageError."""
        self._fleet.book.update(agent_id, note=one_line(text) or None)

    async def hold(self, agent_id: int, held: bool) -> None:
        """Keeps new missions away from an agent, or lets them come again."""
        self._fleet.book.update(agent_id, held=held)
        self._fleet.wake.set()

    async def aclose(self) -> None:
        """Lets go of everything; agents live on."""
        if self.on_close is not None:
            await self.on_close()

    async def _ready(self) -> None:
        if self.before_use is not None:
            await self.before_use()

    async def _register(self, count: int, config: AgentConfig) -> list[AgentRecord]:
        fleet = self._fleet
        provider_name = config.provider or fleet.default_provider
        provider = fleet.providers.get(provider_name)
        if provider is None:
            raise UsageError(
                f"`provider`: there is no {provider_name!r}.",
                remedy=f"Use one of: {', '.join(fleet.providers)}.",
                field="provider",
            )
        if problem := provider.problem():
            raise ProviderUnavailable(problem, field="provider")
        async with self._numbering:
            ids = await fleet.queue.registry.next_ids(count)
            records = self._new_records(ids, provider_name, config)
            await fleet.book.add(records)
        return records

    def _new_records(self, ids: Sequence[int], provider: str, config: AgentConfig) -> list[AgentRecord]:
        now = self._fleet.clock.now_ms()
        names = {agent_id: config.name or f"agent-{agent_id}" for agent_id in ids}
        taken = {record.name for record in self._fleet.book.records()}
        for name in names.values():
            if name in taken:
                raise UsageError(f"`name`: {name} is taken.", remedy="Choose another.", field="name")
        stored = config.model_dump(mode="json")
        return [
            AgentRecord(
                id=agent_id,
                name=name,
                role=config.role,
                model=config.model or default_model(config.role),
                provider=provider,
                config=stored,
                state=AgentState.STARTING,
                created_at=now,
                state_since=now,
                conversation_id=self._fleet.new_id(),
            )
            for agent_id, name in names.items()
        ]

    async def _start(self, record: AgentRecord) -> None:
        fleet = self._fleet
        try:
            record = await self._isolation.ensure(record)
            spec = self._launcher.first(record)
            await fleet.manager.spawn(record.id, config_of(record), spec)
        except BaseException:
            await self._isolation.release(record.id)
            await fleet.book.remove(record.id)
            raise


def one_line(note: str) -> str:
    """A note as it is kept: blanks and line breaks are single spaces. Raises UsageError for a bad one."""
    line = " ".join(note.split())
    if len(line) > LONGEST_NOTE:
        raise UsageError(f"`note` has {len(line)} characters.", remedy=f"Write at most {LONGEST_NOTE}.", field="note")
    if not line.isprintable():
        raise UsageError("`note` holds a control character.", remedy="Remove it.", field="note")
    return line
