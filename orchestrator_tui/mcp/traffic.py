"""Who has called what: shows whether an agent's program has found the endpoint at all."""

from collections import Counter, defaultdict

from orchestrator_tui.agents.credentials import Caller


class Traffic:
    """Counts calls by caller; ``None`` stands for the operator."""

    def __init__(self) -> None:
        self._calls: defaultdict[int | None, Counter[str]] = defaultdict(Counter)

    def count(self, caller: Caller, what: str) -> None:
        """Adds one call of ``what``: an MCP method, or a path."""
        self._calls[caller.agent_id][what] += 1

    def calls(self, agent_id: int | None, what: str) -> int:
        """How often the caller called ``what`` since the endpoint started."""
        return self._calls.get(agent_id, Counter())[what]

    @property
    def clients(self) -> int:
        """How many different callers were seen."""
        return len(self._calls)
