"""A pane as somebody sees it who is about to type into it."""

import re
from dataclasses import dataclass

from orchestrator_tui.pty.commands import parse_row, show_pane
from orchestrator_tui.pty.link import TmuxLink

_CLIENTS = ("list-clients", "-F", "#{client_control_mode} #{client_activity} #{pane_id}")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;:?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])|[\x0e\x0f]")


@dataclass(frozen=True, slots=True)
class PaneSight:
    """The screen with its styles and the cursor's column and row, and what people do in the pane.

    ``typed_at``: when somebody attached to it last pressed a key (or attached), in milliseconds since the epoch, exact
    to a second as tmux counts it; None while nobody is attached.
    """

    screen: str
    cursor: tuple[int, int]
    cols: int = 80
    dead: bool = False
    in_mode: bool = False
    typed_at: int | None = None


async def see(link: TmuxLink, pane_id: str) -> PaneSight | None:
    """Everything from one request, or None when the pane is gone."""
    shown, captured, listed = await link.batch(
        [show_pane(pane_id), ("capture-pane", "-e", "-p", "-t", pane_id), _CLIENTS]
    )
    if shown.error is not None or captured.error is not None or not shown.lines:
        return None
    row = parse_row(shown.lines[0])
    return PaneSight(
        screen=captured.text,
        cursor=(row.cursor_x, row.cursor_y),
        cols=row.cols,
        dead=row.dead,
        in_mode=row.in_mode,
        typed_at=people_in(listed.lines).get(pane_id),
    )


async def people(link: TmuxLink) -> dict[str, int]:
    """When people attached to each pane last pressed a key, by pane id; see ``PaneSight.typed_at``."""
    return people_in(await link.run(*_CLIENTS))


def people_in(lines: tuple[bytes, ...]) -> dict[str, int]:
    """The newest activity by pane id out of the listed clients; our own control client is no person."""
    found: dict[str, int] = {}
    for line in lines:
        is_control, at, pane_id = line.decode("ascii", "replace").split(" ", 2)
        if is_control != "1" and at.isdigit():
            found[pane_id] = max(found.get(pane_id, 0), int(at) * 1000)
    return found


def plain_text(screen: str) -> str:
    """A captured screen without its styles, trailing blanks and blank lines at the bottom."""
    return "\n".join(line.rstrip() for line in _ESCAPES.sub("", screen).split("\n")).rstrip("\n")
