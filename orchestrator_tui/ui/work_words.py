"""Where an agent's worktree stands, in few cells."""

from orchestrator_tui.core.views import AgentView
from orchestrator_tui.core.work import WorkStatus

WORK_CELLS = 10
BRANCH_CELLS = 18
_TITLE_CELLS = 24


def work_word(work: WorkStatus | None) -> str:
    """``↑3 ↓1 *``: commits ahead of and behind the base, and whether something is not committed; ``=`` for none."""
    if work is None:
        return ""
    parts = [f"↑{count_word(work.ahead)}" * (work.ahead > 0), f"↓{count_word(work.behind)}" * (work.behind > 0)]
    parts.append("*" * (work.dirty > 0))
    return " ".join(part for part in parts if part) or "="


def count_word(count: int) -> str:
    """At most three characters."""
    return str(count) if count < 1_000 else f"{min(99, count // 1_000)}k"


def work_width(room: int, *, costs: bool) -> int:
    """Cells for a column of it where a row has ``room`` beyond its first columns; 0 for none.

    With much room the branch stands there too.
    """
    left = room - 16 - 10 - 2 - ((2 + 7) + (2 + 4) if costs else 0)
    if left >= WORK_CELLS + 2 + BRANCH_CELLS + 2 + _TITLE_CELLS:
        return WORK_CELLS + 1 + BRANCH_CELLS
    return WORK_CELLS if left >= WORK_CELLS + 2 + _TITLE_CELLS else 0


def work_cell(agent: AgentView, width: int) -> str:
    """The column's text: ``↑3 ↓1 *`` and, where there is room, the end of the branch's name."""
    word = work_word(agent.work)
    room = width - WORK_CELLS - 1
    branch = agent.work.branch if agent.work is not None else agent.branch
    if room <= 0 or not branch:
        return word
    end = branch if len(branch) <= room else f"…{branch[1 - room :]}"
    return f"{word:<{WORK_CELLS}} {end}"
