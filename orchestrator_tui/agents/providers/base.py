"""The protocol between the supervisor and the program that an agent is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orchestrator_tui.agents.screen_rules import Echo, ScreenRules
from orchestrator_tui.core.models import AgentRecord, AgentState, LaunchSpec, Mission, WaitingFor
from orchestrator_tui.core.quota import Account


@dataclass(frozen=True, slots=True)
class AgentContext:
    """What every start of an agent needs: where to call back, with which token, where to keep its files.

    ``url`` is the MCP endpoint (``http://127.0.0.1:PORT/mcp``), ``hooks_url`` its sibling ``/hooks``;
    ``files`` is the agent's own folder (0700) under the session's state dir; ``cwd`` where it works;
    ``system_prompt`` the role's text or its replacement.
    """

    url: str
    hooks_url: str
    token: str
    files: Path
    cwd: str
    system_prompt: str
    permission_mode: str = "default"


@dataclass(frozen=True, slots=True)
class Start:
    """How a start relates to a conversation: a new one, or the recorded one again; ``prompt`` is its first message."""

    conversation_id: str
    resume: bool = False
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """What the program itself says about its state right now (its session file)."""

    state: AgentState
    waiting_for: WaitingFor | None
    conversation_id: str | None
    updated_at: int | None


@dataclass(frozen=True, slots=True)
class ApiFailure:
    """An API error with which a conversation stopped: its kind and text as the program gives them to its hooks.

    ``resets_at`` in milliseconds since the epoch, where the program wrote it down exactly.
    """

    error: str
    text: str
    resets_at: int | None = None


class Screen(Protocol):
    """How a program without hooks is read and typed to."""

    rules: ScreenRules
    submit: tuple[str, ...]
    """Tmux key names that submit what was typed."""

    clear: tuple[str, ...]
    """Tmux key names that empty the input line."""

    exit_line: str | None
    """A line that makes the idle program end by itself."""

    completes: bool
    """Whether being ready again completes the mission."""

    def typed(self, mission: Mission, context: AgentContext) -> str:
        """What is typed for a mission."""
        ...

    def echo(self, mission: Mission) -> Echo:
        """What the screen shows of that."""
        ...

    def reminder(self, mission: Mission) -> str:
        """What is typed when a turn ended without a report."""
        ...


class Provider(Protocol):
    """A kind of agent program."""

    @property
    def name(self) -> str:
        """What users call it."""
        ...

    supports_fresh: bool
    """Whether a mission can be given as the start argument of a new process."""

    lists_prompts: bool
    """Whether the program has to list our prompts before it knows the typed command."""

    interrupt_keys: tuple[str, ...]
    """Tmux key names that stop a running turn."""

    command_prefixes: str
    """Characters that make a typed line a command of the program instead of a message."""

    @property
    def screen(self) -> Screen | None:
        """How to supervise by the screen alone; None for a program that sends hooks."""
        ...

    def problem(self) -> str | None:
        """Why agents of this kind cannot start here, with the remedy; None when they can."""
        ...

    def launch(self, record: AgentRecord, context: AgentContext, start: Start) -> LaunchSpec:
        """Writes what the program needs (0600) and says how to start it.

        Raises ProviderUnavailable when the program is missing.
        """
        ...

    def mission_text(self, mission: Mission, restarted: str | None = None) -> str:
        """What the program is told of a mission; ``restarted``: why, of one that knows its conversation."""
        ...

    def typed_prompt(self, mission_id: str) -> str:
        """The line that makes a running program fetch and do a mission."""
        ...

    def answer_keys(self, allow: bool) -> tuple[str, ...]:
        """Tmux key names that answer an open permission prompt."""
        ...

    def was_delivered(self, record: AgentRecord, context: AgentContext, nonce: str) -> bool:
        """Whether the conversation's transcript holds the text with this nonce."""
        ...

    def has_transcript(self, record: AgentRecord, context: AgentContext) -> bool:
        """Whether the recorded conversation can be resumed."""
        ...

    def session_status(self, record: AgentRecord, context: AgentContext, pid: int) -> SessionStatus | None:
        """The program's own word on its state, or None when it leaves none."""
        ...

    def account(self, record: AgentRecord) -> Account:
        """Whose limits the agent runs into."""
        ...

    def api_failure(self, record: AgentRecord, context: AgentContext) -> ApiFailure | None:
        """The API error that is the last word of the recorded conversation, or None."""
        ...

    def environment(self, context: AgentContext, agent_id: int) -> Mapping[str, str]:
        """The variables that mark and equip the agent's processes."""
        ...
