"""The tmux and git commands that were run, the newest at the end; asked for only while they are looked at."""

from collections.abc import Awaitable, Callable, Sequence

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.history import CommandView
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.log_lines import LogLines
from orchestrator_tui.ui.log_text import command_details, command_header, command_line, command_text
from orchestrator_tui.ui.model import Model, matches
from orchestrator_tui.ui.widgets.log_rows import LogEntry, LogRows

MOST = 5_000
NEW_EVERY_S = 0.5


class CommandRows(LogRows):
    """The rows of the commands tab; looks (``polls``) are left out until they are asked for."""

    name_word = "Commands"
    has_header = True

    def __init__(
        self,
        client: SupervisorClient,
        model: Model,
        clock: Clock,
        guard: Callable[[Awaitable[None]], Awaitable[None]],
        *,
        id: str,
    ) -> None:
        super().__init__(id=id)
        self.lines: LogLines[CommandView] = LogLines()
        self.polls = False
        self._client = client
        self._model = model
        self._clock = clock
        self._guard = guard
        self._newest = 0
        self._has_asked = False
        self._names: dict[int, str] = {}

    def on_mount(self) -> None:
        """Starts what the rows need once they are there."""
        self.set_interval(NEW_EVERY_S, self.ask)

    def ask(self) -> None:
        """Asks for what was run since, if somebody looks and the last answer has come."""
        if self.display and not any(one.group == "commands" and one.is_running for one in self.workers):
            self.run_worker(self._guard(self._ask()), group="commands", name="commands", exit_on_error=False)

    def show_polls(self, shown: bool) -> None:
        """Shows looks too, or leaves them out."""
        self.polls = shown
        self._begin_anew()

    def filter_by(self, text: str) -> None:
        """Shows only commands with these words."""
        self.filter_text = text.strip()
        self._begin_anew()

    def refresh_log(self) -> None:
        """Shows what is held."""
        self._names = self._model.agent_names()
        self.show_log(self.lines.keys, empty=self._empty_lines())
        polls = "with polls" if self.polls else "without polls"
        self.frame(self.title(), (Span(f"{len(self.lines):,} commands  "), Span(polls, "muted")), self.where)

    def haystack(self, key: int) -> str:
        """All that is known of the command."""
        return command_text(self.lines[key], self._names).casefold()

    def entry(self, key: int) -> LogEntry:
        """The command with its time and result."""
        command = self.lines[key]
        agent = command.agent_id if command.agent_id in self._model.agents else None
        return LogEntry(f"Command {command.seq}", command_details(command, self._names), agent)

    def header_spans(self, width: int) -> Spans:
        """The column names."""
        return command_header(width)

    def row_spans(self, key: int, width: int) -> Spans:
        """One command's row."""
        return command_line(self.lines[key], width, self._names, self._clock.now_ms(), self.searched)

    async def _ask(self) -> None:
        after, asked = self._newest, (self.polls, self.filter_text)
        found = await self._client.commands(after, polls=self.polls)
        if (after, asked) == (self._newest, (self.polls, self.filter_text)) and (found or not self._has_asked):
            self._has_asked = True
            self._take(found)
            self.refresh_log()

    def _take(self, commands: Sequence[CommandView]) -> None:
        if commands:
            self._newest = commands[-1].seq
        names = self._model.agent_names()
        self.lines.append(one for one in commands if matches(self.filter_text, command_text(one, names)))
        if len(self.lines) > MOST:
            self.lines.forget_oldest(len(self.lines) - MOST // 2)

    def _begin_anew(self) -> None:
        self.lines = LogLines[CommandView]()
        self._newest, self.follows, self._has_asked = 0, True, False
        self.refresh_log()
        self.ask()

    def _empty_lines(self) -> tuple[Spans, ...]:
        if not self._has_asked:
            return ((Span("  Asking what was run…", "muted"),),)
        if self.filter_text:
            return ((Span("  No command matches. "), key_span("esc"), Span(" clears the filter.")),)
        return ((Span("  Nothing but polls was run yet. "), key_span("p"), Span(" shows them.")),)
