"""Looking at a pane and typing into it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.views import PaneFrame, Stroke
from orchestrator_tui.pty.commands import PaneRow, parse_row, resize, show_pane, window_name
from orchestrator_tui.pty.keys import key_command, line_commands, paste_commands, stroke_commands, text_commands
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.protocol import Command
from orchestrator_tui.pty.server import TMUX_SESSION, TmuxServer
from orchestrator_tui.pty.sight import PaneSight, people, see
from orchestrator_tui.pty.transport import TmuxError


@dataclass(frozen=True, slots=True)
class ScreenText:
    """A screen as text: lines without trailing blanks, blank lines at the bottom cut off; the cursor's place."""

    text: str
    cursor_x: int
    cursor_y: int


class Screens:
    """What people and the dashboard do with a pane's screen."""

    def __init__(self, link: TmuxLink, server: TmuxServer) -> None:
        self._link = link
        self._server = server

    async def capture(self, agent_id: int, pane_id: str) -> PaneFrame | None:
        """The screen now with its colours, or None when the pane is gone."""
        shown, captured = await self._link.batch(
            [show_pane(pane_id), ("capture-pane", "-e", "-p", "-N", "-t", pane_id)]
        )
        if shown.error is not None or captured.error is not None or not shown.lines:
            return None
        row = parse_row(shown.lines[0])
        lines = captured.lines[: row.rows] + (b"",) * (row.rows - len(captured.lines))
        return PaneFrame(
            agent_id=agent_id,
            pane_id=pane_id,
            cols=row.cols,
            rows=row.rows,
            lines=lines,
            cursor_x=row.cursor_x,
            cursor_y=row.cursor_y,
            cursor_visible=row.cursor_visible,
            dead=row.dead,
        )

    async def history(self, pane_id: str, limit: int) -> tuple[bytes, ...]:
        """The screen with its colours, after up to ``limit`` lines that scrolled out of it."""
        return tuple(await self._link.run("capture-pane", "-e", "-p", "-N", "-S", str(-limit), "-t", pane_id))

    async def text(self, pane_id: str) -> str:
        """The screen as plain text, without trailing blank lines; wrapped lines are joined."""
        return "\n".join(
            line.decode("utf-8", "replace") for line in await self._link.run("capture-pane", "-p", "-J", "-t", pane_id)
        ).rstrip()

    async def look(self, pane_id: str, history: int = 0) -> ScreenText | None:
        """The screen, after up to ``history`` lines that scrolled out of it, or None when the pane is gone."""
        capture = ("capture-pane", "-p", "-J", "-S", str(-history), "-t", pane_id)
        shown, captured = await self._link.batch([show_pane(pane_id), capture])
        if shown.error is not None or captured.error is not None or not shown.lines:
            return None
        row = parse_row(shown.lines[0])
        text = "\n".join(line.rstrip() for line in captured.text.split("\n")).rstrip("\n")
        return ScreenText(text, row.cursor_x, row.cursor_y)

    async def paste(self, pane_id: str, text: str) -> None:
        """Pastes text, bracketed where the program wants it, and submits nothing.

        Raises NotAllowedNow when nobody would read it.
        """
        await self._require_reader(pane_id)
        for reply in await self._link.batch(paste_commands(pane_id, text), repeatable=False):
            if reply.error is not None:
                raise TmuxError(f"tmux did not paste: {reply.error}.")

    async def type_line(self, pane_id: str, text: str) -> None:
        """Types one line and submits it.

        Raises NotAllowedNow when nobody would read it.
        """
        await self._type(pane_id, line_commands(pane_id, text))

    async def type_text(self, pane_id: str, text: str) -> None:
        """Types one line and submits nothing.

        Raises NotAllowedNow when nobody would read it.
        """
        await self._type(pane_id, text_commands(pane_id, text))

    async def _type(self, pane_id: str, commands: list[Command]) -> None:
        await self._require_reader(pane_id)
        for reply in await self._link.batch(commands, repeatable=False):
            if reply.error is not None:
                raise TmuxError(f"tmux did not type: {reply.error}.")

    async def send_keys(self, pane_id: str, keys: tuple[str, ...]) -> None:
        """Presses keys.

        Raises NotAllowedNow when nobody would read them.
        """
        command = key_command(pane_id, keys)
        await self._require_reader(pane_id)
        await self._link.run(*command, repeatable=False)

    async def strokes(self, pane_id: str, strokes: Sequence[Stroke]) -> None:
        """Types what a person pressed, in order, also in a mode of tmux's own.

        Raises NotAllowedNow when the pane is gone.
        """
        for reply in await self._link.batch(stroke_commands(pane_id, strokes), repeatable=False):
            if reply.error is not None:
                raise NotAllowedNow(f"tmux did not type: {reply.error}.", remedy="Restart the agent first.")

    async def resize(self, pane_id: str, cols: int, rows: int) -> None:
        """Gives the pane's window another size."""
        await self._link.batch([resize(pane_id, cols, rows)])

    async def sight(self, pane_id: str) -> PaneSight | None:
        """The pane for somebody who wants to type into it, or None when it is gone."""
        return await see(self._link, pane_id)

    async def people(self) -> dict[str, int]:
        """When people attached to each pane last pressed a key, by pane id, in milliseconds since the epoch."""
        return await people(self._link)

    async def clients(self) -> dict[str, int]:
        """How many people's clients show each pane, by pane id."""
        counts: dict[str, int] = {}
        for line in await self._link.run("list-clients", "-F", "#{client_control_mode} #{pane_id}"):
            is_control, _, pane_id = line.decode("ascii", "replace").partition(" ")
            if is_control != "1":
                counts[pane_id] = counts.get(pane_id, 0) + 1
        return counts

    def attach_argv(self, agent_id: int) -> tuple[str, ...]:
        """The argv that shows the agent's window full screen; Ctrl+Q leaves it.

        It makes a session of its own in our session's group, because clients of one session share its window.
        """
        view = f"view-{secrets.token_hex(6)}"
        return (
            *(self._server.binary, "-u", "-S", str(self._server.socket)),
            *("new-session", "-t", f"={TMUX_SESSION}", "-s", view, ";"),
            *("set-option", "-t", f"={view}:", "destroy-unattached", "on", ";"),
            *("select-window", "-t", f"={view}:={window_name(agent_id)}"),
        )

    async def _require_reader(self, pane_id: str) -> PaneRow:
        reply = (await self._link.batch([show_pane(pane_id)]))[0]
        row = parse_row(reply.lines[0]) if reply.error is None and reply.lines else None
        if row is None or row.dead:
            raise NotAllowedNow("The agent's program does not run.", remedy="Restart it first.", field="agent_id")
        if row.in_mode:
            raise NotAllowedNow(
                "Someone reads back in the agent's pane.", remedy="Leave that mode (q) first.", field="agent_id"
            )
        return row
