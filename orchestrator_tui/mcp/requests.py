"""What may be asked of the two tools: one model an action; ``schema`` makes wire schema and errors from them."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, field_validator

from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.models import (
    ConversationMode,
    IsolationMode,
    MissionSpec,
    ModelTier,
    Priority,
    Role,
    TaskType,
    TokenUsage,
)

MOST_AGENTS_AT_ONCE = 200
DEFAULT_LIMIT, LARGEST_LIMIT = 500, 5000
LARGEST_NUMBER = 2**53
MISSION_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


def _no_truth_value(value: object) -> object:
    # Python takes true for 1: a confused call must not kill agent 1.
    if isinstance(value, bool):
        raise ValueError("must be a whole number, not true or false")  # noqa: TRY004 (pydantic reads ValueError)
    return value


# The limits stand inside the check, else the schema would not show them.
_checked = BeforeValidator(_no_truth_value)
FromZero = Annotated[int, Field(ge=0, le=LARGEST_NUMBER), _checked]
FromOne = Annotated[int, Field(ge=1, le=LARGEST_NUMBER), _checked]
PoolSize = Annotated[int, Field(ge=1, le=MOST_AGENTS_AT_ONCE), _checked]
Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT), _checked]
AgentId = Annotated[FromOne, Field(description="The agent's number.")]
MissionId = Annotated[str, Field(pattern=MISSION_ID, description="The mission's id.")]


class Request(BaseModel):
    """One action's arguments; unknown ones are errors, since a dropped argument is a wrong result."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AgentFields(Request):
    """What spawn and spawn_pool share; the limits are those of ``AgentConfig``."""

    role: Annotated[Role | None, Field(description="Specialisation; default generalist.")] = None
    model: Annotated[ModelTier | None, Field(description="Model size; default the role's.")] = None
    system_prompt: Annotated[
        str | None, Field(max_length=100_000, description="Replaces the role's own instructions.")
    ] = None
    auto_restart: Annotated[bool | None, Field(description="Start again after a crash; default true.")] = None
    provider: Annotated[str | None, Field(description="The agent's program: claude, demo, or a configured one.")] = None
    isolation_mode: Annotated[
        IsolationMode | None, Field(description="Own git worktree, or the shared directory (default).")
    ] = None
    conversation: Annotated[
        ConversationMode | None, Field(description="A fresh conversation for each mission (default), or keep one.")
    ] = None
    cwd: Annotated[str | None, Field(description="Working directory; default the session's.")] = None
    timeout_ms: Annotated[FromOne | None, Field(description="Time limit in milliseconds.")] = None

    def config(self) -> AgentConfig:
        """The agent's configuration; what was left out keeps its default."""
        return AgentConfig.model_validate(self.model_dump(exclude={"action", "count"}, exclude_none=True))


class Spawn(AgentFields):
    """Start one agent."""

    action: Literal["spawn"]
    name: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$", description="The agent's name; default agent-ID."),
    ] = None


class SpawnPool(AgentFields):
    """Start several equal agents."""

    action: Literal["spawn_pool"]
    count: Annotated[PoolSize, Field(description="How many agents.")]


class Kill(Request):
    """End an agent on purpose."""

    action: Literal["kill"]
    agent_id: AgentId
    signal: Annotated[str | None, Field(min_length=1, max_length=16, description="Signal name; default SIGTERM.")] = (
        None
    )


class Restart(Request):
    """Start an agent anew on its conversation."""

    action: Literal["restart"]
    agent_id: AgentId


class Health(Request):
    """Check one agent."""

    action: Literal["health"]
    agent_id: AgentId


class HealthAll(Request):
    """Check every agent."""

    action: Literal["health_all"]


class AgentStatus(Request):
    """List the agents, or show one and why its state is believed."""

    action: Literal["status"]
    agent_id: AgentId | None = None
    why: Annotated[bool | None, Field(description="Say of each who says so, since when, and why: looks anew.")] = None


class Usage(Request):
    """Tokens that a mission used."""

    input: Annotated[FromZero, Field(description="Tokens read.")] = 0
    output: Annotated[FromZero, Field(description="Tokens written.")] = 0


class Distribute(Request):
    """Queue a mission and give it to the best free agent."""

    action: Literal["distribute"]
    prompt: Annotated[str, Field(min_length=1, description="What is to be done.")]
    context: Annotated[str | None, Field(description="Background for the prompt.")] = None
    priority: Annotated[Priority | None, Field(description="Queue order; default normal.")] = None
    type: Annotated[TaskType | None, Field(description="Kind of work; default general.")] = None
    timeout_ms: Annotated[FromOne | None, Field(description="Time limit in milliseconds; default the agent's.")] = None
    max_retries: Annotated[FromZero | None, Field(description="Retries after the first attempt.")] = None
    depends_on: Annotated[list[MissionId] | None, Field(description="Ids of missions that come first.")] = None
    id: Annotated[str | None, Field(pattern=MISSION_ID, description="Own id; default mission-N.")] = None
    role: Annotated[Role | None, Field(description="Only agents of this role.")] = None

    @field_validator("prompt")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must say what is to be done")
        return value

    def spec(self) -> MissionSpec:
        """The mission to queue."""
        return MissionSpec(
            prompt=self.prompt,
            id=self.id,
            context=self.context,
            type=self.type or TaskType.GENERAL,
            priority=self.priority or Priority.NORMAL,
            role=self.role,
            timeout_ms=self.timeout_ms,
            max_retries=self.max_retries,
            depends_on=tuple(self.depends_on or ()),
        )


class Complete(Request):
    """Report a mission as done."""

    action: Literal["complete"]
    mission_id: MissionId
    output: Annotated[str, Field(description="What was done and what came of it.")]
    duration_ms: Annotated[FromZero | None, Field(description="Own measure of the time, in milliseconds.")] = None
    token_usage: Annotated[Usage | None, Field(description="Tokens used.")] = None

    def usage(self) -> TokenUsage | None:
        """The tokens as the queue knows them."""
        return None if self.token_usage is None else TokenUsage(self.token_usage.input, self.token_usage.output)


class Fail(Request):
    """Report that a mission could not be done."""

    action: Literal["fail"]
    mission_id: MissionId
    error_code: Annotated[str, Field(min_length=1, max_length=100, description="A short code.")]
    message: Annotated[str, Field(description="What went wrong.")]
    recoverable: Annotated[bool | None, Field(description="Whether another try may succeed; default true.")] = None


class MissionStatus(Request):
    """Show the queue, or one mission."""

    action: Literal["status"]
    mission_id: MissionId | None = None
    limit: Annotated[
        Limit | None,
        Field(description=f"At most so many missions; default {DEFAULT_LIMIT}."),
    ] = None


AgentRequest = Spawn | SpawnPool | Kill | Restart | Health | HealthAll | AgentStatus
MissionRequest = Distribute | Complete | Fail | MissionStatus
AGENT_ADAPTER: TypeAdapter[AgentRequest] = TypeAdapter(Annotated[AgentRequest, Field(discriminator="action")])
MISSION_ADAPTER: TypeAdapter[MissionRequest] = TypeAdapter(Annotated[MissionRequest, Field(discriminator="action")])
