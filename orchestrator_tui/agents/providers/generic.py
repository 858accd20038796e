"""Providers from the user's configuration: any program with a prompt, supervised by its screen alone."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.providers.base import AgentContext, ApiFailure, SessionStatus, Start
from orchestrator_tui.agents.providers.screen_side import ScreenSide
from orchestrator_tui.agents.screen_rules import Sight, plain, question_in, read_screen
from orchestrator_tui.core.errors import ProviderUnavailable, UsageError
from orchestrator_tui.core.models import AgentRecord, AgentState, LaunchSpec, Mission, WaitingFor
from orchestrator_tui.core.provider_config import ProviderConfig
from orchestrator_tui.core.quota import Account
from orchestrator_tui.core.verdict import Observation, Source
from orchestrator_tui.pty.sight import PaneSight

LONGEST_ARGUMENT = 8_000
"""Bytes of a mission as an argument: tmux refuses commands of 16 kB. A longer one goes by file."""


class GenericProvider:
    """Agents that are one configured program; each start is a new conversation, since none can be resumed."""

    lists_prompts = False
    dialogs = None
    command_prefixes = ""
    conversations = None

    def __init__(self, name: str, config: ProviderConfig, environ: Mapping[str, str] = os.environ) -> None:
        self.name = name
        self.supports_fresh = config.prompt_by == "argument"
        self.interrupt_keys = tuple(config.interrupt)
        self.screen = ScreenSide(config)
        self._config = config
        self._environ = environ

    def problem(self) -> str | None:
        """Why the program cannot be started here, with the remedy; None when it can."""
        program = self._config.command[0]
        path = self._config.env.get("PATH", self._environ.get("PATH"))
        if shutil.which(program, path=path):
            return None
        return f"{program} was not found. Install it, or correct `providers.{self.name}.command`."

    def launch(self, record: AgentRecord, context: AgentContext, start: Start) -> LaunchSpec:
        """Says how to start it. Raises ProviderUnavailable, UsageError for a prompt that no argument can hold."""
        problem = self.problem()
        if problem is not None:
            message, _, remedy = problem.partition(". ")
            raise ProviderUnavailable(f"{message}.", remedy=remedy, field="provider")
        argv = list(self._config.command)
        if start.prompt is not None:
            if "\0" in start.prompt:
                raise UsageError("The prompt holds a zero byte.", remedy="Remove it.", field="prompt")
            text = start.prompt
            if len(text.encode("utf-8", "surrogateescape")) > LONGEST_ARGUMENT:
                text = self.screen.by_file(text, start.conversation_id, context)
            argv.append(text)
        return LaunchSpec(argv=tuple(argv), env=self.environment(context, record.id), cwd=context.cwd)

    def mission_text(self, mission: Mission, restarted: str | None = None) -> str:
        """What the program is told, by the user's template; it forgot everything when it was restarted."""
        return self.screen.text(mission)

    def typed_prompt(self, mission_id: str) -> str:
        """Nothing: the program knows no command of ours, its missions are typed as they are."""
        return ""

    def input_sight(self, pane: PaneSight) -> InputSight:
        """By the user's patterns: the program is ready, or it is not known to be."""
        return self.screen.input_sight(pane)

    def answer_keys(self, allow: bool) -> tuple[str, ...]:
        """The configured keys. Raises UsageError when there are none."""
        name = "allow" if allow else "deny"
        keys: list[str] = self._config.allow if allow else self._config.deny
        if not keys:
            raise UsageError(
                f"`providers.{self.name}.{name}` is not set, so no key is known for this answer.",
                remedy="Attach and answer in the pane, or set it.",
                field=name,
            )
        return tuple(keys)

    def was_delivered(self, record: AgentRecord, context: AgentContext, nonce: str) -> bool:
        """Unknown without a transcript."""
        return False

    def has_transcript(self, record: AgentRecord, context: AgentContext) -> bool:
        """Never: a new process knows nothing of the old one's conversation."""
        return False

    def transcripts(self, record: AgentRecord, context: AgentContext) -> Sequence[Path]:
        """None: what it spends is not known."""
        return ()

    def context_window(self, model: str) -> int | None:
        """Not known."""
        return None

    def session_status(self, record: AgentRecord, context: AgentContext, pid: int) -> SessionStatus | None:
        """None: its screen is all it says."""
        return None

    def read_screen(self, screen: str, cursor: tuple[int, int] | None, at: int) -> Observation | None:
        """What the screen shows by the user's patterns."""
        text = plain(screen)
        match read_screen(self.screen.rules, text):
            case Sight.ASKS:
                asked = question_in(self.screen.rules, text)
                return Observation(
                    Source.SCREEN, at, AgentState.WAITING, WaitingFor.PERMISSION, word="ask_pattern", detail=asked
                )
            case Sight.BUSY:
                return Observation(Source.SCREEN, at, AgentState.BUSY, word="busy_pattern")
            case Sight.READY:
                return Observation(Source.SCREEN, at, AgentState.IDLE, word="ready_pattern")
            case _:
                return None

    def transcript_end(self, record: AgentRecord, context: AgentContext) -> Observation | None:
        """None: it keeps no transcript that is known."""
        return None

    def account(self, record: AgentRecord) -> Account:
        """One for all of its agents: nothing tells them apart."""
        return Account(self.name, self.name)

    def api_failure(self, record: AgentRecord, context: AgentContext) -> ApiFailure | None:
        """None: its screen is all it says."""
        return None

    def environment(self, context: AgentContext, agent_id: int) -> Mapping[str, str]:
        """The user's variables, and those with which the agent can report by the command line."""
        return {
            **self._config.env,
            "ORCHESTRATOR_AGENT_ID": str(agent_id),
            "ORCHESTRATOR_AGENT_URL": context.url,
            "ORCHESTRATOR_AGENT_TOKEN": context.token,
            "ORCHESTRATOR_AGENT_FILES": str(context.files),
        }
