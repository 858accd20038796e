"""What was spent: tokens and money as values, and the requests that they come from. Pure."""

import datetime
from dataclasses import dataclass

KEEP_REQUESTS_MS = 14 * 86_400_000
"""How long a request is remembered, so that it never counts twice; an older one is not counted any more."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and US dollars.

    ``input`` are the tokens that no cache gave or took; ``unpriced`` counts the requests whose cost nobody has told.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.cost_usd + other.cost_usd,
            self.unpriced + other.unpriced,
        )

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(
            self.input - other.input,
            self.output - other.output,
            self.cache_read - other.cache_read,
            self.cache_write - other.cache_write,
            self.cost_usd - other.cost_usd,
            self.unpriced - other.unpriced,
        )

    @property
    def tokens(self) -> int:
        """Every token, cached ones included."""
        return self.input + self.output + self.cache_read + self.cache_write

    @property
    def known_cost(self) -> float | None:
        """The cost, or None when there is one but nobody has told any of it."""
        return None if self.unpriced and not self.cost_usd else self.cost_usd

    def as_dict(self) -> dict[str, object]:
        """The value as JSON data; ``cost_usd`` null when it is not known."""
        return {
            "input": self.input,
            "output": self.output,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "cost_usd": self.known_cost,
            "unpriced": self.unpriced,
        }


NOTHING_SPENT = Spent()


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request of an agent's program to its model, as one source tells it.

    ``id`` is the same in every source. ``at`` is when the answer was complete, in milliseconds since the epoch.
    ``turn`` names the prompt that it belongs to, for all requests that follow from it, subagents' too; ``conversation``
    the program's session.
    ``cost_usd`` is the program's own figure, None from a source that has none; an estimate is the request's share of a
    sum that the program told.
    """

    id: str
    agent_id: int
    at: int
    turn: str | None = None
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost_usd: float | None = None
    conversation: str | None = None
    is_estimate: bool = False

    @property
    def spent(self) -> Spent:
        """What it adds to the sums."""
        return Spent(
            self.input,
            self.output,
            self.cache_read,
            self.cache_write,
            self.cost_usd or 0.0,
            int(self.cost_usd is None),
        )

    @property
    def weight(self) -> float:
        """How dear it is beside others of one model, whose list prices stand in this relation."""
        return self.input + 5 * self.output + 0.1 * self.cache_read + 1.25 * self.cache_write

    def corrects(self, known: "ApiRequest") -> bool:
        """Whether this tells more of the same request: its cost, or the count at its end rather than in its middle."""
        if known.cost_usd is not None and not known.is_estimate:
            return False
        return self.cost_usd is not None or self.output > known.output


@dataclass(frozen=True, slots=True)
class TranscriptMark:
    """How far a transcript is read: ``offset`` in bytes, the prompt that its lines belong to, its context's size."""

    path: str
    agent_id: int
    offset: int = 0
    turn: str | None = None
    context_tokens: int | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationCost:
    """What a program says at its end that a conversation cost until then, all its requests together."""

    conversation: str
    cost_usd: float


@dataclass(frozen=True, slots=True)
class MissionTurn:
    """A prompt that gave a mission: what follows from it was spent on that, whenever it was."""

    turn: str
    mission_id: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What the sums of a day, an agent and a mission (None: nobody's) grew by; ``at`` is when it was spent."""

    day: str
    agent_id: int
    mission_id: str | None
    grown: Spent
    at: int = 0


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Sums by agent, mission and day; ``day`` is the only one that counts, None for all."""

    day: str | None
    agents: tuple[tuple[int, Spent], ...]
    missions: tuple[tuple[str, Spent], ...]
    days: tuple[tuple[str, Spent], ...]

    @property
    def total(self) -> Spent:
        """Everything that the report covers."""
        return sum((spent for _, spent in self.days), NOTHING_SPENT)


def day_of(at_ms: int) -> str:
    """The local day of a time in milliseconds since the epoch, ``2026-11-27``."""
    return datetime.datetime.fromtimestamp(at_ms / 1000).astimezone().date().isoformat()


def context_percent(tokens: int | None, window: int | None) -> float | None:
    """How full a model's context is, 0 to 100, or None where either is unknown."""
    if tokens is None or not window:
        return None
    return min(100.0, round(100 * tokens / window, 1))
