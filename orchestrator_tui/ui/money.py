"""How tokens and money are written on the screen."""

from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.views import AgentView


def dollars(amount: float) -> str:
    """``$0.004`` ``$1.23`` ``$123``: at most six characters below a hundred thousand."""
    if amount >= 100:
        return f"${amount:.0f}"
    return f"${amount:.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.3f}"


def cost_word(spent: Spent) -> str:
    """The cost; ``+`` behind it while some requests have no price, ``?`` while none has, ``-`` for nothing spent."""
    if not spent.tokens and not spent.cost_usd:
        return "-"
    cost = spent.known_cost
    return "?" if cost is None else dollars(cost) + "+" * (spent.unpriced > 0)


def count_word(count: int) -> str:
    """``999`` ``1.2k`` ``34k`` ``5.6M``."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if count >= size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 10 else f"{value:.0f}{unit}"
    return str(count)


def agent_facts(agent: AgentView) -> list[str]:
    """What an agent has spent, and how full its context is; empty for what is not known."""
    facts: list[str] = []
    if agent.spent.tokens:
        facts.append(cost_word(agent.spent))
    if agent.context_percent is not None:
        facts.append(f"ctx {agent.context_percent:.0f}%")
    return facts
