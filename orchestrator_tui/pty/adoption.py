"""Finding the panes that an earlier owner of the session left."""

from orchestrator_tui.pty.commands import AGENT_OPTION, AdoptedPane, PaneRow, list_all, parse_row
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.protocol import Command, Reply


async def list_adoptable(link: TmuxLink) -> list[AdoptedPane]:
    """All panes that carry an agent's id, with the options that were set on them.

    Raises TmuxUnavailable.
    """
    rows = [row for row in map(parse_row, await link.run(*list_all())) if row.agent_id is not None]
    shown = await link.batch([("show-options", "-p", "-t", row.pane_id) for row in rows])
    # Names first, values apart: show-options prints values quoted, a format prints them as they are.
    asked = [(row.pane_id, names) for row, names in zip(rows, map(_others, shown), strict=True) if names]
    replies = await link.batch([_values(pane_id, names) for pane_id, names in asked])
    options = {
        pane_id: dict(zip(names, reply.text.split("\t"), strict=False))
        for (pane_id, names), reply in zip(asked, replies, strict=True)
    }
    return [_pane(row, {AGENT_OPTION: str(row.agent_id), **options.get(row.pane_id, {})}) for row in rows]


def _others(shown: Reply) -> list[str]:
    # The agent's id has been listed.
    return [name for name in option_names(shown.lines) if name != AGENT_OPTION]


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
