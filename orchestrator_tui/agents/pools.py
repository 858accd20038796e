"""Several agents started at once, of which some may fail."""

from collections.abc import Sequence

from orchestrator_tui.core.errors import OrchestratorError, PoolIncomplete
from orchestrator_tui.core.models import Agent


def raise_for(started: Sequence[Agent], failed: Sequence[tuple[str, BaseException]], count: int) -> None:
    """Raises what stands for all failures, given as (agent's name, error); nothing without one.

    A failure that nobody foresaw goes first, then the only or common one, then PoolIncomplete.
    """
    if not failed:
        return
    for _, error in failed:
        if not isinstance(error, OrchestratorError):
            raise error
    first = failed[0][1]
    assert isinstance(first, OrchestratorError)
    if not started:
        # Nothing was started: what is wrong is wrong for all of them, and is better said in its own words.
        raise first
    which = "; ".join(f"{name}: {getattr(error, 'message', error)}" for name, error in failed)
    living = ", ".join(agent.name for agent in started)
    raise PoolIncomplete(
        f"{len(started)} of {count} agents started ({living}). {which}",
        remedy=first.remedy,
        field=first.field,
        started=started,
    )
