"""The provider ``demo``: runs the built-in demo agent."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.mission_text import compose, compose_resume, delivery_mark
from orchestrator_tui.agents.providers import demo_input, demo_sight, session_file, transcript, transcript_end
from orchestrator_tui.agents.providers.base import AgentContext, ApiFailure, SessionStatus, Start
from orchestrator_tui.agents.providers.kept_conversations import KeptConversations
from orchestrator_tui.core.errors import ProviderUnavailable
from orchestrator_tui.core.models import AgentRecord, LaunchSpec, Mission
from orchestrator_tui.core.quota import Account
from orchestrator_tui.core.verdict import Observation
from orchestrator_tui.pty.sight import PaneSight

PROGRAM = Path(__file__).resolve().parent / "demo_agent"
_CONTEXT_WINDOW = 200_000


class DemoProvider:
    """Agents that act out the directives of their missions: no account, no model, no network."""

    name = "demo"
    supports_fresh = False
    lists_prompts = False
    interrupt_keys: tuple[str, ...] = ("Escape",)
    command_prefixes = "!/#"
    screen = None
    conversations = KeptConversations(lambda _, context: context.files / "sessions")
    dialogs = None

    def __init__(self, interpreter: str = sys.executable, program: Path = PROGRAM) -> None:
        self._interpreter = interpreter
        self._program = program

    def problem(self) -> str | None:
        """Why the demo agent cannot run here; None when it can."""
        if not self._interpreter or not Path(self._interpreter).exists():
            return "The Python interpreter that runs the dashboard is gone. Install orchestrator-tui again."
        if not (self._program / "__main__.py").is_file():
            return "The demo agent's files are missing. Install orchestrator-tui again."
        return None

    def launch(self, record: AgentRecord, context: AgentContext, start: Start) -> LaunchSpec:
        """Makes the agent's folder (0700) and says how to start it.

        A conversation that has a transcript is resumed and any other is begun, whatever ``start`` hopes for: the
        program refuses the wrong one. Raises ProviderUnavailable.
        """
        problem = self.problem()
        if problem is not None:
            message, _, remedy = problem.partition(". ")
            raise ProviderUnavailable(f"{message}.", remedy=remedy, field="provider")
        for folder in (context.files, context.files / "sessions", context.files / "transcripts"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _transcript_path(context, start.conversation_id)
        if start.fork_of is not None and not file.exists():
            shutil.copyfile(_transcript_path(context, start.fork_of), file)
        exists = transcript.is_resumable(file)
        argv = [self._interpreter, "-I", "-S", "-E", str(self._program)]
        argv += ["--resume" if exists else "--session-id", start.conversation_id]
        argv += ["--model", record.model.value, "--name", record.name]
        if start.prompt is not None:
            prompt = context.files / "start-prompt.txt"
            prompt.touch(mode=0o600)
            prompt.write_text(start.prompt, encoding="utf-8", newline="")
            argv += ["--prompt-file", str(prompt)]
        return LaunchSpec(argv=tuple(argv), env=self.environment(context, record.id), cwd=context.cwd)

    def mission_text(self, mission: Mission, restarted: str | None = None) -> str:
        """The exact text of a delivery."""
        return compose(mission) if restarted is None else compose_resume(mission, restarted)

    def typed_prompt(self, mission_id: str) -> str:
        """The line that makes the running agent fetch and do a mission."""
        return f"/mcp__orchestrator__mission {mission_id}"

    def input_sight(self, pane: PaneSight) -> InputSight:
        """What its screen says to somebody who wants to type."""
        return demo_input.read_input(pane)

    def answer_keys(self, allow: bool) -> tuple[str, ...]:
        """The keys that answer its permission prompt."""
        return ("y",) if allow else ("n",)

    def was_delivered(self, record: AgentRecord, context: AgentContext, nonce: str) -> bool:
        """Whether the transcript of the recorded conversation holds this delivery."""
        if record.conversation_id is None:
            return False
        return transcript.holds(_transcript_path(context, record.conversation_id), delivery_mark(nonce))

    def has_transcript(self, record: AgentRecord, context: AgentContext) -> bool:
        """Whether the recorded conversation was ever spoken in."""
        if record.conversation_id is None:
            return False
        return transcript.is_resumable(_transcript_path(context, record.conversation_id))

    def transcripts(self, record: AgentRecord, context: AgentContext) -> Sequence[Path]:
        """The conversation's transcript; it has no subagents."""
        if record.conversation_id is None:
            return ()
        return (_transcript_path(context, record.conversation_id),)

    def context_window(self, model: str) -> int | None:
        """As of a small model."""
        return _CONTEXT_WINDOW

    def session_status(self, record: AgentRecord, context: AgentContext, pid: int) -> SessionStatus | None:
        """What the program's session file says."""
        return session_file.read_session_status(context.files / "sessions", pid)

    def read_screen(self, screen: str, cursor: tuple[int, int] | None, at: int) -> Observation | None:
        """What its screen shows: a permission prompt, work, or its input line."""
        return demo_sight.read(screen, at)

    def transcript_end(self, record: AgentRecord, context: AgentContext) -> Observation | None:
        """What the recorded conversation ends with."""
        if record.conversation_id is None:
            return None
        return transcript_end.end_of(_transcript_path(context, record.conversation_id))

    def account(self, record: AgentRecord) -> Account:
        """The one that ``[[limit]]`` plays."""
        return Account("demo", "the demo account")

    def api_failure(self, record: AgentRecord, context: AgentContext) -> ApiFailure | None:
        """The scripted limit that the recorded conversation ended with."""
        if record.conversation_id is None:
            return None
        return transcript_end.api_failure(_transcript_path(context, record.conversation_id))

    def environment(self, context: AgentContext, agent_id: int) -> Mapping[str, str]:
        """The variables that mark and equip the agent; keys of ``crash-once`` are the whole session's."""
        return {
            "ORCHESTRATOR_AGENT_ID": str(agent_id),
            "ORCHESTRATOR_AGENT_URL": context.url,
            "ORCHESTRATOR_AGENT_HOOKS": context.hooks_url,
            "ORCHESTRATOR_AGENT_LOGS": context.logs_url,
            "ORCHESTRATOR_AGENT_TOKEN": context.token,
            "ORCHESTRATOR_AGENT_FILES": str(context.files),
            "ORCHESTRATOR_DEMO_STATE": str(context.files.parent / "demo-state"),
        }


def _transcript_path(context: AgentContext, conversation_id: str) -> Path:
    return context.files / "transcripts" / f"{conversation_id}.jsonl"
