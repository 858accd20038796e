"""The provider ``claude``: runs the Claude CLI and leaves the user's own configuration of it alone."""

import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.mission_text import compose, compose_resume, delivery_mark
from orchestrator_tui.agents.private_files import private_folder, write_private_bytes
from orchestrator_tui.agents.providers import (
    claude_input,
    claude_settings,
    claude_telemetry,
    session_file,
    transcript,
    transcript_end,
)
from orchestrator_tui.agents.providers.base import AgentContext, ApiFailure, SessionStatus, Start
from orchestrator_tui.agents.providers.claude_answers import ClaudeDialogs
from orchestrator_tui.agents.providers.claude_screens import read_claude_screen
from orchestrator_tui.agents.providers.claude_sight import word_of_screen
from orchestrator_tui.agents.providers.kept_conversations import KeptConversations, forget_dead_claims
from orchestrator_tui.core.errors import ProviderUnavailable, UsageError
from orchestrator_tui.core.models import AgentRecord, LaunchSpec, Mission
from orchestrator_tui.core.quota import Account
from orchestrator_tui.core.verdict import Observation
from orchestrator_tui.pty.sight import PaneSight

INSTALL = "Type: npm install -g @anthropic-ai/claude-code (or set `claude_command`)."
LONGEST_ARGUMENT = 120_000
"""Bytes of a start prompt; Linux refuses a single argument of 128 KiB."""

_HERE = Path(__file__).resolve().parent
_LAUNCHER = _HERE / "claude_launcher.py"
_SESSION_HOOK = _HERE / "claude_session_hook.py"
_MISSION_HEADER = re.compile(r"^Mission \S+ \(delivery \S+\)$", re.MULTILINE)
_CREDENTIALS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class ClaudeProvider:
    """Agents that are the Claude CLI; ``environ`` is the environment that their panes inherit."""

    name = "claude"
    supports_fresh = True
    lists_prompts = True
    interrupt_keys: tuple[str, ...] = ("Escape",)
    command_prefixes = "!/#"
    screen = None
    dialogs = ClaudeDialogs()

    @property
    def conversations(self) -> KeptConversations:
        """The CLI's transcripts and session files, and the claims of our launcher."""
        return self._conversations

    def __init__(
        self, command: str = "claude", environ: Mapping[str, str] = os.environ, interpreter: str = sys.executable
    ) -> None:
        self._command = command
        self._environ = environ
        self._interpreter = interpreter
        self._conversations = KeptConversations(
            lambda record, _: config_folder(self._environment_of(record)) / "sessions", _claims
        )

    def problem(self) -> str | None:
        """Why the CLI cannot be started here, with the remedy; None when it can."""
        return None if self._find(self._environ) else f"{self._missing()} {INSTALL}"

    def launch(self, record: AgentRecord, context: AgentContext, start: Start) -> LaunchSpec:
        """Writes the CLI's files (0600) into the agent's folder and says how to start it.

        A conversation that has a transcript is resumed and any other begun, whatever ``start`` hopes for: the CLI
        refuses the wrong one. A prompt too long for an argument becomes a file that the agent is told to read.
        Raises ProviderUnavailable, and UsageError for a prompt that cannot be an argument.
        """
        environ = self._environment_of(record)
        program = self._find(environ)
        if program is None:
            raise ProviderUnavailable(self._missing(), remedy=INSTALL, field="provider")
        prompt = None if start.prompt is None else _encoded(start.prompt)
        files = private_folder(context.files)
        launcher, hook = self._install(private_folder(files.parent))
        readable: list[str] = []
        prompt_file = "-"
        _forget_prompts(files)
        if prompt is not None:
            file = files / f"prompt-{start.conversation_id}.txt"
            write_private_bytes(file, prompt)
            prompt_file = str(file)
            if len(prompt) > LONGEST_ARGUMENT:
                readable.append(str(file))
                pointer = file.with_name(f"prompt-{start.conversation_id}.pointer.txt")
                write_private_bytes(pointer, _pointer(start.prompt or "", file).encode())
                prompt_file = str(pointer)
        write_private_bytes(files / "mcp.json", _json(claude_settings.mcp_config(context.url)))
        write_private_bytes(
            files / "settings.json", _json(claude_settings.settings(context.hooks_url, [*self._python(), str(hook)]))
        )
        write_private_bytes(files / "system-prompt.txt", _encoded(context.system_prompt, "system_prompt"))
        options = claude_settings.arguments(
            conversation_id=start.conversation_id,
            resume=transcript.is_resumable(_transcript(environ, context.cwd, start.conversation_id)),
            fork_of=start.fork_of,
            model=record.model.value,
            mcp_file=str(files / "mcp.json"),
            settings_file=str(files / "settings.json"),
            system_prompt_file=str(files / "system-prompt.txt"),
            permission_mode=context.permission_mode,
            readable=readable,
        )
        claims = private_folder(_claims(context))
        forget_dead_claims(claims)
        claim = str(claims / start.conversation_id)
        argv = (*self._python(), str(launcher), prompt_file, claim, program, *options)
        variables = dict(self.environment(context, record.id))
        if not claude_telemetry.is_the_users(environ, config_folder(environ), context.cwd):
            variables |= claude_telemetry.variables(context.logs_url, context.token)
        return LaunchSpec(argv=argv, env=variables, cwd=context.cwd)

    def mission_text(self, mission: Mission, restarted: str | None = None) -> str:
        """The exact text of a delivery."""
        return compose(mission) if restarted is None else compose_resume(mission, restarted)

    def typed_prompt(self, mission_id: str) -> str:
        """The line that makes a running CLI fetch the mission's exact text from our MCP server."""
        return f"{claude_settings.MISSION_COMMAND} {mission_id}"

    def input_sight(self, pane: PaneSight) -> InputSight:
        """What its screen says to somebody who wants to type."""
        return claude_input.read_input(pane)

    def answer_keys(self, allow: bool) -> tuple[str, ...]:
        """The keys for an open permission dialog, in which "Yes" is preselected."""
        return ("Enter",) if allow else ("Escape",)

    def was_delivered(self, record: AgentRecord, context: AgentContext, nonce: str) -> bool:
        """Whether the transcript of the recorded conversation holds this delivery."""
        if record.conversation_id is None:
            return False
        path = _transcript(self._environment_of(record), context.cwd, record.conversation_id)
        return transcript.holds(path, delivery_mark(nonce))

    def has_transcript(self, record: AgentRecord, context: AgentContext) -> bool:
        """Whether the recorded conversation can be resumed: the CLI writes it from the first prompt on."""
        if record.conversation_id is None:
            return False
        return transcript.is_resumable(_transcript(self._environment_of(record), context.cwd, record.conversation_id))

    def transcripts(self, record: AgentRecord, context: AgentContext) -> Sequence[Path]:
        """The conversation's transcript and its subagents', which stand in a folder of its name."""
        if record.conversation_id is None:
            return ()
        path = _transcript(self._environment_of(record), context.cwd, record.conversation_id)
        return (path, *sorted(path.with_suffix("").glob("subagents/agent-*.jsonl")))

    def context_window(self, model: str) -> int | None:
        """By the model's name."""
        return claude_telemetry.context_window(model)

    def session_status(self, record: AgentRecord, context: AgentContext, pid: int) -> SessionStatus | None:
        """What the CLI's session file says; none exists while a start-up dialog is open."""
        return session_file.read_session_status(config_folder(self._environment_of(record)) / "sessions", pid)

    def read_screen(self, screen: str, cursor: tuple[int, int] | None, at: int) -> Observation | None:
        """What the CLI's screen shows: a dialog, work, or its input box."""
        return word_of_screen(read_claude_screen(screen, cursor), at)

    def transcript_end(self, record: AgentRecord, context: AgentContext) -> Observation | None:
        """What the recorded conversation ends with; the CLI begins to write it with the first prompt."""
        if record.conversation_id is None:
            return None
        return transcript_end.end_of(_transcript(self._environment_of(record), context.cwd, record.conversation_id))

    def account(self, record: AgentRecord) -> Account:
        """Configuration folder, API address and credentials in the environment; of a key only its hash is kept."""
        environ = self._environment_of(record)
        folder = config_folder(environ)
        parts = [str(folder), *(environ.get(name, "") for name in _CREDENTIALS)]
        mark = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
        home = environ.get("HOME")
        shown = f"~{str(folder)[len(home) :]}" if home and str(folder).startswith(f"{home}/") else str(folder)
        return Account(f"claude-{mark}", f"Claude ({shown})")

    def api_failure(self, record: AgentRecord, context: AgentContext) -> ApiFailure | None:
        """The API error that ended the recorded conversation, as the transcript tells it."""
        if record.conversation_id is None:
            return None
        environ = self._environment_of(record)
        return transcript_end.api_failure(_transcript(environ, context.cwd, record.conversation_id))

    def environment(self, context: AgentContext, agent_id: int) -> Mapping[str, str]:
        """The agent's marks and token, the classic renderer, and loopback kept away from a proxy."""
        variables = {
            "ORCHESTRATOR_AGENT_ID": str(agent_id),
            "ORCHESTRATOR_AGENT_URL": context.url,
            "ORCHESTRATOR_AGENT_HOOKS": context.hooks_url,
            claude_settings.TOKEN_VARIABLE: context.token,
            "ORCHESTRATOR_AGENT_FILES": str(context.files),
            # Without it the screen has no history to scroll and to read.
            "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN": "1",
        }
        if any(self._environ.get(name) for name in _PROXIES):
            direct = self._environ.get("NO_PROXY") or self._environ.get("no_proxy") or ""
            value = ",".join(part for part in (direct, "127.0.0.1", "localhost") if part)
            variables |= {"NO_PROXY": value, "no_proxy": value}
        return variables

    def _environment_of(self, record: AgentRecord) -> Mapping[str, str]:
        own = record.config.get("env")
        return {**self._environ, **cast("dict[str, str]", own)} if isinstance(own, dict) else self._environ

    def _find(self, environ: Mapping[str, str]) -> str | None:
        found = shutil.which(str(Path(self._command).expanduser()), path=environ.get("PATH", os.defpath))
        return str(Path(found).absolute()) if found else None

    def _missing(self) -> str:
        where = "is not a program that can be run" if "/" in self._command else "is not on PATH"
        return f"The Claude CLI (`{self._command}`) {where}."

    def _python(self) -> list[str]:
        return [self._interpreter, "-I", "-S"]

    def _install(self, folder: Path) -> tuple[Path, Path]:
        """Copies the scripts once a session: agents outlive this program, and an update must not reach a start."""
        launcher, hook = folder / "claude-launcher.py", folder / "claude-session-hook.py"
        write_private_bytes(launcher, _LAUNCHER.read_bytes())
        write_private_bytes(hook, _SESSION_HOOK.read_bytes())
        return launcher, hook


def _claims(context: AgentContext) -> Path:
    """The session's folder of claims, one file a conversation."""
    return context.files.parent / "conversations"


def config_folder(environ: Mapping[str, str]) -> Path:
    """Where a CLI with this environment keeps sessions and transcripts."""
    configured = environ.get("CLAUDE_CONFIG_DIR")
    if configured:
        return Path(configured)
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".claude"


def project_folder_name(cwd: str) -> str:
    """The CLI's name for the folder that holds the transcripts of one working directory."""
    return re.sub(r"[^A-Za-z0-9]", "-", cwd)


def _transcript(environ: Mapping[str, str], cwd: str, conversation_id: str) -> Path:
    projects = config_folder(environ) / "projects"
    expected = projects / project_folder_name(cwd) / f"{conversation_id}.jsonl"
    if expected.exists():
        return expected
    # The CLI resolves links and shortens long names; a conversation id is unique anyway.
    return next(projects.glob(f"*/{conversation_id}.jsonl"), expected)


def _encoded(text: str, field: str = "prompt") -> bytes:
    if "\0" in text:
        raise UsageError(f"`{field}` holds a NUL character.", remedy="Remove it.", field=field)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        message = f"`{field}` holds half of a character at position {error.start}."
        raise UsageError(message, remedy="Remove it.", field=field) from None


def _pointer(prompt: str, file: Path) -> str:
    """What stands for a prompt that is too long; it keeps the header by which the delivery is recognised."""
    header = _MISSION_HEADER.search(prompt)
    order = f"Your instructions are too long for one message. Read all of the file {file}, then do what it says."
    return f"{header[0]}\n\n{order}" if header else order


def _forget_prompts(files: Path) -> None:
    for old in files.glob("prompt-*.txt"):
        old.unlink(missing_ok=True)


def _json(value: Mapping[str, object]) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
