"""Finding the panes that an earlier owner of the session left."""

from orchestrator_tui.pty.commands import AdoptedPane, PaneRow, list_all, parse_row
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.protocol import Command


async def list_adoptable(link: TmuxLink) -> list[AdoptedPane]:
    """All panes that carry an agent's id, with the options that were set on them.

    Raises TmuxUnavailable.
    """
    rows = [row for row in map(parse_row, await link.run(*list_all())) if row.agent_id is not None]
    shown = await link.batch([("show-options", "-p", "-t", row.pane_id) for row in rows])
    names = [option_names(reply.lines) for reply in shown]
    # Names first, values apart: show-options prints values quoted, a format prints them as they are.
    values = await link.batch([_values(row.pane_id, listed) for row, listed in zip(rows, names, strict=True)])
    return [
        _pane(row, dict(zip(listed, reply.text.split("\t"), strict=False)))
        for row, listed, reply in zip(rows, names, values, strict=True)
    ]


def option_names(lines: tuple[bytes, ...]) -> list[str]:
    """The names of the user options in the output of ``show-options``."""
    words = [line.decode("utf-8", "replace").partition(" ")[0] for line in lines]
    return [word for word in words if word.startswith("@")]


def _values(pane_id: str, names: list[str]) -> Command:
    return ("display-message", "-p", "-t", pane_id, "\t".join(f"#{{{name}}}" for name in names))


def _pane(row: PaneRow, options: dict[str, str]) -> AdoptedPane:
    return AdoptedPane(
        agent_id=row.agent_id or 0,
        pane_id=row.pane_id,
        pid=row.pid,
        dead=row.dead,
        exit_status=row.exit_status,
        signal=row.signal,
        cols=row.cols,
        rows=row.rows,
        options=options,
    )
