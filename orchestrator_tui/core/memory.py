"""What a dashboard remembers from one start to the next: JSON values by key."""

from dataclasses import dataclass, field
from typing import Protocol


class Memory(Protocol):
    """Values that outlive the dashboard; whoever reads one checks its shape, since it may be older or damaged."""

    def get(self, key: str) -> object:
        """The value that was put last, or None."""
        ...

    def put(self, key: str, value: object) -> None:
        """Keeps a JSON value; it is written soon, and a failure is only logged."""
        ...


class BriefMemory:
    """Forgets everything at the end."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

    def get(self, key: str) -> object:
        """The value, or None."""
        return self._values.get(key)

    def put(self, key: str, value: object) -> None:
        """Keeps a value."""
        self._values[key] = value


@dataclass(frozen=True, slots=True)
class Memories:
    """What belongs to one session, and what to the user in all of them."""

    session: Memory = field(default_factory=BriefMemory)
    user: Memory = field(default_factory=BriefMemory)
