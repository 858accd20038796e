"""The protocol between the supervisor and the program that an agent is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.screen_rules import Echo, ScreenRules
from orchestrator_tui.core.models import AgentRecord, AgentState, LaunchSpec, Mission, WaitingFor
from orchestrator_tui.core.questions import Choice, Question
from orchestrator_tui.core.quota import Account
from orchestrator_tui.core.verdict import Observation
from orchestrator_tui.pty.sight import PaneSight


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

    @property
    def logs_url(self) -> str:
        """Where its program sends OTLP logs."""
        return f"{self.hooks_url.removesuffix('/hooks')}/v1/logs"


@dataclass(frozen=True, slots=True)
class Start:
    """How a start relates to a conversation: a new one, or the recorded one again; ``prompt`` is its first message.

    ``fork_of`` names a conversation whose copy this new one is.
    """

    conversation_id: str
    resume: bool = False
    prompt: str | None = None
    fork_of: str | None = None


class RefusalKind(StrEnum):
    """Why a program ended at once instead of starting."""

    UNKNOWN_CONVERSATION = "unknown_conversation"
    """It does not find the conversation that it should resume."""

    ID_IN_USE = "id_in_use"
    """It finds a conversation where it should begin one."""

    HELD = "held"
    """Another living process has the conversation."""

    ARGUMENTS = "arguments"
    """It does not accept how it is started, and never will."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A start that the program refused; ``words`` are its own, one line."""

    kind: RefusalKind
    words: str


class Conversations(Protocol):
    """What a program that keeps conversations says of them."""

    def refusal(self, screen: str) -> Refusal | None:
        """Why it refused to start, by the last screen of the dead program; None when it did not refuse."""
        ...

    def holder(self, record: AgentRecord, context: AgentContext, *, but: int | None) -> int | None:
        """The id of a living process other than ``but`` that has the recorded conversation open."""
        ...


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """What the program itself says about its state right now (its session file); ``word`` in its own terms.

    ``file`` is where and in which version it was read: the path and its time of change in nanoseconds.
    """

    state: AgentState
    waiting_for: WaitingFor | None
    conversation_id: str | None
    updated_at: int | None
    word: str = field(default="", compare=False)
    file: tuple[str, int] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next in a dialog: type ``text``, or press ``keys`` (tmux key names); nothing while it is unclear.

    ``about`` tells apart steps of the same keys in different parts of a dialog. After the ``is_last`` step nothing more
    is pressed: the same question may already be asked again.
    """

    keys: tuple[str, ...] = ()
    text: str = ""
    about: str = ""
    is_last: bool = False


class Dialogs(Protocol):
    """How a program's own dialogs are answered by keys, one look at the screen (the text with styles) at a time."""

    def question_step(self, screen: str, questions: Sequence[Question], choices: Sequence[Choice]) -> Step | None:
        """What to do now to give these answers; None when the screen shows none of the questions."""
        ...

    def plan_step(self, screen: str, tool_input: Mapping[str, object], allow: bool, message: str) -> Step | None:
        """What to do now to approve or reject a plan; None when the screen does not ask about it."""
        ...


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
    def dialogs(self) -> Dialogs | None:
        """How questions and plans are answered by keys; None where there are none, or nobody knows."""
        ...

    @property
    def screen(self) -> Screen | None:
        """How to supervise by the screen alone; None for a program that sends hooks."""
        ...

    @property
    def conversations(self) -> Conversations | None:
        """How its conversations are kept; None for a program that forgets them."""
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

    def input_sight(self, pane: PaneSight) -> InputSight:
        """What the program's screen says to somebody who wants to type into it."""
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

    def transcripts(self, record: AgentRecord, context: AgentContext) -> Sequence[Path]:
        """The recorded conversation's transcript and those of its subagents; they may not be there yet."""
        ...

    def context_window(self, model: str) -> int | None:
        """How many tokens a model reads at most, by the name that the transcript gives it; None when not known."""
        ...

    def session_status(self, record: AgentRecord, context: AgentContext, pid: int) -> SessionStatus | None:
        """The program's own word on its state, or None when it leaves none."""
        ...

    def read_screen(self, screen: str, cursor: tuple[int, int] | None, at: int) -> Observation | None:
        """What the screen (tmux's text with its styles, looked at ``at``) says; None when nothing is recognised."""
        ...

    def transcript_end(self, record: AgentRecord, context: AgentContext) -> Observation | None:
        """What the conversation's transcript ends with; None without one, or for a program that keeps none."""
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
