"""Rows that are marked for an action on many: ids, kept when rows move, hide or change. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

MARKED_AGENT_ACTIONS = frozenset({"agent.kill", "agent.restart", "agent.send", "agent.hold"})
"""What is done to all marked agents instead of the chosen one."""

MARKED_MISSION_ACTIONS = frozenset(
    {"mission.cancel", "mission.retry", "mission.lower", "mission.raise", "mission.assign"}
)
"""What is done to all marked missions instead of the chosen one."""


@dataclass(slots=True)
class Marks:
    """The marked agents and missions, by id."""

    agents: set[int] = field(default_factory=set[int])
    missions: set[str] = field(default_factory=set[str])

    def toggle(self, key: int | str) -> None:
        """Marks an agent (by number) or a mission (by id), or takes its mark away."""
        if isinstance(key, str):
            self.missions ^= {key}
        else:
            self.agents ^= {key}

    def take_away(self, keys: Iterable[int | str]) -> None:
        """Takes these marks away."""
        for key in keys:
            if isinstance(key, str):
                self.missions.discard(key)
            else:
                self.agents.discard(key)

    def keep(self, agents: Collection[int], missions: Collection[str]) -> None:
        """Forgets the marks of what is no longer there."""
        self.agents = {key for key in self.agents if key in agents}
        self.missions = {key for key in self.missions if key in missions}

    def clear(self, *, of_missions: bool) -> bool:
        """Takes all marks of one list away; whether there were any."""
        cleared = self.missions if of_missions else self.agents
        had_some = bool(cleared)
        cleared.clear()
        return had_some


def acts_on_marks(action_id: str, marks: Marks, *, in_missions: bool, on_page: bool) -> bool:
    """Whether the action means all that is marked. A mission's own page, and the other list, know no marks.

    Assigning needs missions and an agent, so marked missions count for it in every panel.
    """
    if on_page:
        return False
    if action_id in MARKED_AGENT_ACTIONS:
        return bool(marks.agents) and not in_missions
    if action_id not in MARKED_MISSION_ACTIONS or not marks.missions:
        return False
    return in_missions or action_id == "mission.assign"
