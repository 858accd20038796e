"""The tmux commands that make, name, list and show panes, and the parsing of their rows: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator_tui.pty.endings import Ending, ending, signal_name
from orchestrator_tui.pty.protocol import Command, escape_format
from orchestrator_tui.pty.server import TMUX_SESSION

AGENT_OPTION = "@agent_id"
_CREATED = "#{pane_id}\t#{pane_pid}"
_COLUMNS = (
    "pane_id",
    "pane_pid",
    "pane_dead",
    "pane_dead_status",
    "pane_dead_signal",
    "pane_width",
    "pane_height",
    "window_activity",
    "cursor_x",
    "cursor_y",
    "cursor_flag",
    "pane_in_mode",
    AGENT_OPTION,
)
_ROW = "\t".join(f"#{{{name}}}" for name in _COLUMNS)
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Program:
    """A checked program: absolute argv[0], the whole of what is laid over tmux's environment, absolute folder."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str


@dataclass(frozen=True, slots=True)
class PaneRow:
    """One pane as tmux lists it; ``output_at`` in milliseconds since the epoch, exact to a second."""

    pane_id: str
    pid: int
    dead: bool
    exit_status: int | None
    signal: str | None
    cols: int
    rows: int
    output_at: int | None
    cursor_x: int
    cursor_y: int
    cursor_visible: bool
    in_mode: bool
    agent_id: int | None

    @property
    def ending(self) -> Ending | None:
        """How the program ended, once tmux knows it exactly."""
        if not self.dead or (self.exit_status is None and self.signal is None):
            return None
        return ending(self.exit_status, self.signal)


@dataclass(frozen=True, slots=True)
class AdoptedPane:
    """A pane that was there before this manager; ``options`` are the ``@`` options that were set on it."""

    agent_id: int
    pane_id: str
    pid: int
    dead: bool
    exit_status: int | None
    signal: str | None
    cols: int
    rows: int
    options: dict[str, str] = field(default_factory=dict[str, str])


def window_name(agent_id: int) -> str:
    """The name of an agent's window."""
    return f"a{agent_id}"


def new_window(agent_id: int, program: Program) -> Command:
    """Makes the agent's window; prints pane id and pid (``parse_created``)."""
    head = ("new-window", "-d", "-P", "-F", _CREATED, "-t", f"={TMUX_SESSION}:", "-n", window_name(agent_id))
    return (*head, *_program_arguments(program))


def respawn_pane(pane_id: str, program: Program) -> Command:
    """Starts another program in a pane, ending what still runs there; prints nothing."""
    return ("respawn-pane", "-k", "-t", pane_id, *_program_arguments(program))


def resize(target: str, cols: int, rows: int) -> Command:
    """Holds a window at a size, whatever clients attach."""
    return ("resize-window", "-t", target, "-x", str(cols), "-y", str(rows))


def window_target(agent_id: int) -> str:
    """The agent's window by its exact name, before its id is known."""
    return f"={TMUX_SESSION}:={window_name(agent_id)}"


def set_options(target: str, options: Mapping[str, str]) -> list[Command]:
    """Sets pane options."""
    return [("set-option", "-p", "-t", target, name, value) for name, value in options.items()]


def list_all() -> Command:
    """Lists every pane of ours once, even while grouped sessions show them too."""
    return ("list-panes", "-s", "-t", f"={TMUX_SESSION}", "-F", _ROW)


def show_pane(pane_id: str) -> Command:
    """Lists one pane; refused when it is gone (``display-message`` would print blanks)."""
    return ("list-panes", "-t", pane_id, "-F", _ROW)


def parse_created(line: bytes) -> tuple[str, int]:
    """Pane id and pid that ``new_window`` printed."""
    pane_id, _, pid = line.decode("ascii").partition("\t")
    return pane_id, int(pid)


def parse_row(line: bytes) -> PaneRow:
    """One line of ``list_all`` or ``show_pane``."""
    # An option holds what an agent may have set: a line break in it makes a line of its own.
    parts = [*line.decode("utf-8", "replace").split("\t"), *[""] * len(_COLUMNS)]
    activity = _number(parts[7])
    return PaneRow(
        pane_id=parts[0],
        pid=_number(parts[1]) or 0,
        dead=parts[2] == "1",
        exit_status=_number(parts[3]),
        signal=signal_name(parts[4]),
        cols=_number(parts[5]) or 0,
        rows=_number(parts[6]) or 0,
        output_at=activity * 1000 if activity else None,
        cursor_x=_number(parts[8]) or 0,
        cursor_y=_number(parts[9]) or 0,
        cursor_visible=parts[10] == "1",
        in_mode=parts[11] not in ("", "0"),
        agent_id=_number(parts[12]),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _program_arguments(program: Program) -> Command:
    environment = tuple(part for name, value in program.env.items() for part in ("-e", f"{name}={value}"))
    # tmux gives a single argument to a shell; two and more are executed as they are.
    argv = program.argv if len(program.argv) > 1 else ("/bin/sh", "-c", 'exec "$0"', *program.argv)
    return ("-c", escape_format(program.cwd), *environment, "--", *argv)
