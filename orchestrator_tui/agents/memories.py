"""What was last seen and heard of each agent: gathered cheaply, looked at closer on demand."""

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.hook_meaning import HookReading, Meaning
from orchestrator_tui.agents.providers.base import AgentContext, SessionStatus
from orchestrator_tui.agents.words import word_of_ask, word_of_hook, word_of_process, word_of_record, word_of_status
from orchestrator_tui.core.attention import Ask
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, MissionState
from orchestrator_tui.core.verdict import Observation, Source

log = logging.getLogger(__name__)

CONNECTS_WITHIN_MS = 10_000
"""A program that has begun its session asks our MCP server for its prompts much sooner (0.3 s, Claude CLI 2.1.328)."""

SAME_TIME_MS = 100
"""Files that are written twice within a tick of the kernel's clock (1 to 10 ms) bear the same time twice."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What an idle agent was like when its state was beyond doubt: while nothing of it changes, nothing is asked."""

    record: AgentRecord
    hook: Observation | None
    file: tuple[str, int]

    def still_holds(self, record: AgentRecord, hook: Observation | None) -> bool:
        """Whether neither the record nor the newest hook nor the session file is another."""
        if record is not self.record or hook is not self.hook:
            return False
        return _is_unchanged(self.file)


@dataclass(slots=True)
class Memory:
    """The newest words about one process of an agent; ``since`` is when it was first seen.

    ``told`` is what its session file said when that was read, ``is_read`` whether a later change of the file would
    show; ``session_at`` is when the program said that its session began.
    """

    pid: int | None
    since: int
    context: AgentContext
    told: SessionStatus | None = None
    is_read: bool = False
    settled: Settled | None = None
    session_at: int | None = None
    hook: Observation | None = None
    status: Observation | None = None
    process: Observation | None = None
    screen: Observation | None = None
    transcript: Observation | None = None


class Memories:
    """One memory an agent, begun anew with each process."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._memories: dict[int, Memory] = {}

    def of(self, record: AgentRecord) -> Memory:
        """The agent's memory."""
        fleet = self._fleet
        handle = fleet.manager.handle(record.id)
        pid = handle.pid if handle is not None else None
        memory = self._memories.get(record.id)
        if memory is None or (memory.pid != pid and pid is not None):
            memory = self._memories[record.id] = Memory(pid, fleet.clock.now_ms(), fleet.context_of(record))
        return memory

    def keep(self, agent_ids: Collection[int]) -> None:
        """Forgets all other agents."""
        for agent_id in self._memories.keys() - set(agent_ids):
            del self._memories[agent_id]

    def heard(self, record: AgentRecord, reading: HookReading, name: str) -> None:
        """Notes a hook of the recorded conversation; ``name`` is empty for what a screen showed instead."""
        fleet, memory = self._fleet, self.of(record)
        now = fleet.clock.now_ms()
        hand = fleet.hand(record.id)
        is_given = any(
            mission.state is MissionState.ASSIGNED and mission.id == hand.underway for mission in hand.claims
        )
        begins_mission = is_given and fleet.takes_start_argument(record)
        word = word_of_hook(reading, name, now, begins_mission=begins_mission)
        if word is None:
            return
        if word.source is Source.SCREEN:
            memory.screen = word
            return
        is_reminder = name == "Notification" and memory.hook is not None and memory.hook.state is word.state
        if not is_reminder:
            memory.hook = word
        if reading.meaning is Meaning.SESSION and memory.session_at is None:
            memory.session_at = now

    def look_around(self, record: AgentRecord) -> None:
        """What costs next to nothing: the session file and the process."""
        memory = self.of(record)
        if memory.pid is None:
            return
        status = memory.told
        if status is None or not memory.is_read or not _is_unchanged(status.file):
            read_at = self._fleet.clock.now_ms()
            status = self._fleet.provider_of(record).session_status(record, memory.context, memory.pid)
            memory.told = status
            memory.is_read = status is not None and _is_final(status.file, read_at)
        if status is not None and status.conversation_id not in (None, record.conversation_id):
            status = None
        memory.status = word_of_status(status, memory.since) if status is not None else None
        memory.process = word_of_process(self._fleet.manager.process(record.id), memory.pid, memory.since)

    async def look_closer(self, record: AgentRecord) -> None:
        """The screen and the end of the transcript."""
        fleet, memory = self._fleet, self.of(record)
        provider = fleet.provider_of(record)
        try:
            frame = await fleet.manager.capture(record.id)
        except OrchestratorError as error:
            log.debug("agent %s could not be looked at: %s", record.id, error)
            return
        if frame is None or self._memories.get(record.id) is not memory:
            return
        memory.transcript = provider.transcript_end(record, memory.context)
        text = "\n".join(line.decode("utf-8", "replace") for line in frame.lines)
        at = fleet.clock.now_ms()
        seen = provider.read_screen(text, (frame.cursor_x, frame.cursor_y), at)
        memory.screen = seen or Observation(Source.SCREEN, at, word="nothing that is recognised")

    async def count_processes(self, record: AgentRecord) -> None:
        """How many processes the agent's own one has below it."""
        manager, memory = self._fleet.manager, self.of(record)
        if memory.pid is not None:
            below = await manager.descendants(record.id)
            memory.process = word_of_process(manager.process(record.id), memory.pid, memory.since, below)

    def words(self, record: AgentRecord, ask: Ask | None) -> list[Observation]:
        """Everything that is known, ``ask`` being the agent's newest open request."""
        memory = self.of(record)
        hook = word_of_ask(ask) if ask is not None and record.state in ALIVE_STATES else memory.hook
        process = memory.process
        if memory.pid is not None and not self._fleet.manager.is_alive(record.id):
            process = word_of_process(None, memory.pid, memory.since)
        words = (hook, memory.status, memory.transcript, memory.screen, process)
        return [*(word for word in words if word is not None), word_of_record(record, self._missing(record, memory))]

    def is_settled(self, record: AgentRecord) -> bool:
        """Whether nothing changed since the agent was found settled."""
        memory = self.of(record)
        return memory.settled is not None and memory.settled.still_holds(record, memory.hook)

    def settle(self, record: AgentRecord, *, is_calm: bool) -> None:
        """Notes that the agent is idle and nothing is to be looked at, or that it is not."""
        memory = self.of(record)
        waits = self._lacks_prompts(record)
        memory.settled = None
        file = memory.told.file if memory.status is not None and memory.told is not None else None
        if is_calm and not waits and file is not None:
            memory.settled = Settled(record, memory.hook, file)

    def _missing(self, record: AgentRecord, memory: Memory) -> str:
        """What is known to be wrong with a living agent that it does not know itself."""
        if record.state not in ALIVE_STATES or memory.session_at is None or not self._lacks_prompts(record):
            return ""
        is_late = self._fleet.clock.now_ms() - memory.session_at > CONNECTS_WITHIN_MS
        return "its MCP server `orchestrator` is not connected, so it cannot report: restart it" if is_late else ""

    def _lacks_prompts(self, record: AgentRecord) -> bool:
        """Whether the program has begun its session without having asked our server for its prompts."""
        hand, provider = self._fleet.hand(record.id), self._fleet.providers.get(record.provider)
        lists = provider is not None and provider.lists_prompts
        return lists and hand.has_session and hand.knows_prompts_at is None


def _is_final(file: tuple[str, int] | None, read_at: int) -> bool:
    return file is not None and read_at - file[1] / 1e6 > SAME_TIME_MS


def _is_unchanged(file: tuple[str, int] | None) -> bool:
    if file is None:
        return False
    path, version = file
    try:
        return os.stat(path).st_mtime_ns == version  # noqa: PTH116 - for every agent, every second
    except OSError:
        return False
