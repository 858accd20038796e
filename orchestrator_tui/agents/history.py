"""What was: older events out of the log's files, and the commands that were run, for people to read."""

import itertools
import re
from collections.abc import Sequence
from pathlib import PurePath

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.command_log import COMMANDS, Argv, CommandLog, Ran
from orchestrator_tui.core.command_words import command_line, hide_secrets
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.event_filter import EventFilter
from orchestrator_tui.core.history import CommandView, EventPage
from orchestrator_tui.missions.event_log import EventLog

_WINDOW = re.compile(r"=[^:]*:=?a(\d+)")
_SHOWN_TOGETHER = 40
"""A paste is thousands of commands at once: more of them are never read."""


class History:
    """Answers what screens ask about the past; nothing is formatted or read before it is asked for."""

    def __init__(self, fleet: Fleet, event_log: EventLog, ran: CommandLog = COMMANDS) -> None:
        self._fleet = fleet
        self._event_log = event_log
        self._ran = ran

    async def older_events(self, before: int | None, limit: int, wanted: EventFilter) -> EventPage:
        """A page of the event log. Raises CannotRun."""
        now_ms = self._fleet.clock.now_ms()
        names = {record.id: record.name for record in self._fleet.book.records()}
        oldest = None if wanted.since_ms is None else now_ms - wanted.since_ms
        try:
            return await self._event_log.older(
                before, limit, lambda event: wanted.accepts(event, names, now_ms), oldest
            )
        except OSError as error:
            raise CannotRun(
                f"The event log cannot be read: {error.strerror or error}.", remedy="Look at the session's folder."
            ) from error

    def commands(self, after: int, *, polls: bool) -> Sequence[CommandView]:
        """The commands numbered above ``after`` that are still held, in order."""
        agents = AgentPlaces(self._fleet)
        return [command_view(ran, agents.agent_of(ran)) for ran in self._ran.after(after, polls=polls)]


class AgentPlaces:
    """Which agent a pane, a window or a folder belongs to now."""

    def __init__(self, fleet: Fleet) -> None:
        records = fleet.book.records()
        handles = ((record.id, fleet.manager.handle(record.id)) for record in records)
        self._panes = {handle.pane_id: agent_id for agent_id, handle in handles if handle is not None}
        self._folders = {PurePath(record.worktree): record.id for record in records if record.worktree}

    def agent_of(self, ran: Ran) -> int | None:
        """The agent that the first command with a place is about."""
        if ran.tool != "tmux":
            folder = PurePath(ran.folder)
            return next((self._folders[path] for path in (folder, *folder.parents) if path in self._folders), None)
        targets = (agent for command in ran.commands if (agent := self._target(command)) is not None)
        return next(targets, None)

    def _target(self, command: Argv) -> int | None:
        for name, value in itertools.pairwise(command):
            if name == "-t":
                window = _WINDOW.fullmatch(value)
                return int(window[1]) if window else self._panes.get(value)
            if name == "-n" and command[0] == "new-window" and value[1:].isdecimal():
                return int(value[1:])
        return None


def command_view(ran: Ran, agent_id: int | None) -> CommandView:
    """What was recorded, as a person may see it."""
    shown = [command_line(ran.tool, command, ran.folder) for command in ran.commands[:_SHOWN_TOGETHER]]
    if len(ran.commands) > _SHOWN_TOGETHER:
        shown.append(f"and {len(ran.commands) - _SHOWN_TOGETHER:,} more")
    return CommandView(
        seq=ran.seq,
        at=ran.at_ns // 1_000_000,
        tool=ran.tool,
        lines=tuple(shown),
        took_ms=ran.took_ns / 1_000_000,
        agent_id=agent_id,
        error=None if ran.error is None else hide_secrets(ran.error),
        is_poll=ran.is_poll,
    )
