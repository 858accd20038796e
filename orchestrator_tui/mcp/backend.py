"""What the endpoint needs of the supervisor."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import HealthStatus, Mission, MissionSpec, QueueStats, Role, TokenUsage
from orchestrator_tui.core.questions import Choice
from orchestrator_tui.core.verdict import Verdict
from orchestrator_tui.core.views import AgentView, QuotaView, SpawnRequest
from orchestrator_tui.core.waits import Waits


class Backend(Protocol):
    """Commands and questions; failures are OrchestratorError with a remedy."""

    spawning_roles: Collection[Role]
    """Roles whose agents may spawn, kill and restart."""

    def agents(self) -> Sequence[AgentView]:
        """Every agent, stopped ones included."""
        ...

    async def spawn(self, request: SpawnRequest) -> Sequence[AgentView]:
        """Starts agents; returns them in ``starting``."""
        ...

    async def kill(self, agent_id: int, signal: str = "SIGTERM") -> None:
        """Ends an agent on purpose."""
        ...

    async def restart(self, agent_id: int) -> None:
        """Starts an agent anew on its conversation."""
        ...

    async def why(self, agent_id: int) -> Verdict:
        """What an agent does and why that is believed, after a fresh look."""
        ...

    async def health(self, agent_id: int) -> HealthStatus:
        """Checks one agent now."""
        ...

    async def health_all(self) -> Mapping[int, HealthStatus]:
        """Checks every agent now."""
        ...

    async def send(self, agent_id: int, text: str) -> None:
        """Types one line into an agent's prompt."""
        ...

    async def approve(self, agent_id: int, allow: bool) -> None:
        """Answers the permission prompt that an agent waits on."""
        ...

    async def inbox(self) -> Sequence[AttentionItem]:
        """Everything that waits for a person, oldest first."""
        ...

    async def answer(self, item_id: str, allow: bool, message: str = "") -> None:
        """Allows or denies one item of the inbox."""
        ...

    async def choose(self, item_id: str, choices: Sequence[Choice]) -> None:
        """Answers the questions of one item of the inbox."""
        ...

    def quotas(self) -> Sequence[QuotaView]:
        """The accounts that are at their limit."""
        ...

    async def release_quota(self) -> int:
        """Ends every wait for an account's limit by hand; how many there were."""
        ...

    async def attach_argv(self, agent_id: int) -> Sequence[str]:
        """The argv that shows an agent's pane full screen."""
        ...

    async def add_mission(self, spec: MissionSpec) -> str:
        """Queues a mission; returns its id."""
        ...

    async def place_now(self, mission_id: str) -> int | None:
        """Runs the placement once; the agent that holds the mission afterwards, or None."""
        ...

    async def mission(self, mission_id: str) -> Mission:
        """One mission. Raises UnknownMission."""
        ...

    async def missions(self, limit: int) -> Sequence[Mission]:
        """Open missions first, then the newest ended, at most ``limit``."""
        ...

    def waits(self) -> Waits:
        """Why missions that could start, or are on their way, have not started."""
        ...

    async def stats(self) -> QueueStats:
        """Counts by state."""
        ...

    async def complete_mission(
        self, caller: Caller, mission_id: str, output: str, duration_ms: int | None, usage: TokenUsage | None
    ) -> Mission:
        """Settles a mission as done; decides itself whether the caller may."""
        ...

    async def fail_mission(
        self, caller: Caller, mission_id: str, code: str, message: str, recoverable: bool
    ) -> Mission:
        """Settles an attempt as failed; decides itself whether the caller may."""
        ...

    def prompts_listed(self, caller: Caller) -> None:
        """The caller's program asked which prompts there are: it will soon know the typed command."""
        ...

    async def mission_text(self, caller: Caller, mission_id: str) -> str:
        """The exact text of a delivery, once: asking for it is the acknowledgement.

        Raises LeaseLost, UnknownMission or Forbidden.
        """
        ...

    async def hook(self, agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Takes a hook of an agent's program; returns the reply's body."""
        ...

    async def telemetry(self, agent_id: int, payload: Mapping[str, object]) -> None:
        """Takes an OTLP export of an agent's program. Raises UsageError, StoreUnavailable."""
        ...

    async def usage(self, day: str | None) -> Mapping[str, object]:
        """What was spent on one local day, or on all, by agent, mission and day. Raises UsageError."""
        ...

    def recent_events(self, limit: int) -> Sequence[Event]:
        """The newest events, oldest first."""
        ...

    async def release(self) -> None:
        """Somebody takes the session over: lets go of it soon."""
        ...
