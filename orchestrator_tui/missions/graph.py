"""Who waits for whom, and what a failed or cancelled mission blocks; inside the caller's transaction."""

import json
from collections.abc import Iterable, Sequence

from orchestrator_tui.core.errors import DependencyCycle
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import BlockedReason, MissionState
from orchestrator_tui.missions.database import Database
from orchestrator_tui.missions.rules import ROOT_STATES, failed_roots

_BELOW = """
WITH RECURSIVE below(seq) AS (
  SELECT value FROM json_each(?)
  UNION
  SELECT d.child FROM below JOIN dependency d ON d.parent = below.seq JOIN mission c ON c.seq = d.child
  WHERE c.state = 'blocked')
SELECT m.seq, m.id FROM below JOIN mission m ON m.seq = below.seq WHERE m.state = 'blocked'
"""
_PARENTS = """
SELECT d.child, d.parent, p.state, p.id FROM dependency d JOIN mission p ON p.seq = d.parent
WHERE d.child IN (SELECT value FROM json_each(?))
"""
_BROKEN = "SELECT child, root FROM broken WHERE child IN (SELECT value FROM json_each(?))"


class DependencyGraph:
    """Keeps the ``unmet`` counts and the ``broken`` table true."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def link(self, child: int, parents: Sequence[int], first_position: int = 0) -> None:
        """Adds edges; the caller keeps the child's counts."""
        self._db.many(
            "INSERT INTO dependency(child, parent, position) VALUES(?, ?, ?)",
            [(child, parent, first_position + index) for index, parent in enumerate(parents)],
        )

    def completed(self, seq: int) -> None:
        """Lets go of the missions that waited for this one only."""
        if not self._has_dependants(seq):
            return
        self._db.run(
            "UPDATE mission SET unmet = unmet - 1,"
            " state = CASE WHEN state = 'blocked' AND unmet = 1 THEN 'pending' ELSE state END"
            " WHERE seq IN (SELECT child FROM dependency WHERE parent = ?)",
            (seq,),
        )

    def ended_badly(self, seq: int) -> None:
        """A mission failed or was cancelled: what depends on it is blocked by it."""
        self._db.run("DELETE FROM broken WHERE child = ?", (seq,))
        if self._has_dependants(seq):
            self.refresh([seq])

    def refresh(self, start: Iterable[int]) -> None:
        """Works out anew what blocks ``start`` and every blocked mission below; says which became hopeless."""
        db = self._db
        ids = {row[0]: row[1] for row in db.rows(_BELOW, (json.dumps(list(start)),))}
        if not ids:
            return
        affected = json.dumps(list(ids))
        parents: dict[int, list[int]] = {}
        names: dict[int, str] = {}
        roots: set[int] = set()
        for child, parent, state, name in db.rows(_PARENTS, (affected,)):
            parents.setdefault(child, []).append(parent)
            if state in ROOT_STATES:
                roots.add(parent)
            names[parent] = name
        outside = [parent for parent in names if parent not in ids]
        known = self._broken(outside)
        before = self._broken(ids)
        after = failed_roots(ids, parents, roots, known)
        changed = [child for child in ids if after[child] != before.get(child, frozenset())]
        db.many("DELETE FROM broken WHERE child = ?", [(child,) for child in changed])
        db.many(
            "INSERT INTO broken(child, root) VALUES(?, ?)",
            [(child, root) for child in changed for root in sorted(after[child])],
        )
        self._tell_blocked([child for child in sorted(changed) if child not in before], ids, after)

    def check_acyclic(self, child: int, parent: int) -> None:
        """Raises DependencyCycle when ``parent`` already waits for ``child``."""
        waiter_of: dict[int, int] = {parent: child}
        frontier: list[int] = [parent]
        while frontier and child not in waiter_of:
            found = self._db.rows(_PARENTS, (json.dumps(frontier),))
            frontier = []
            for below, above, state, _ in found:
                if state != MissionState.COMPLETED and above not in waiter_of:
                    waiter_of[above] = below
                    frontier.append(above)
        if child not in waiter_of:
            return
        path: list[int] = [child, waiter_of[child]]
        while path[-1] != child:
            path.append(waiter_of[path[-1]])
        names = self._names(path)
        raise cycle_error([names[seq] for seq in reversed(path)])

    def _has_dependants(self, seq: int) -> bool:
        return self._db.one("SELECT 1 FROM dependency WHERE parent = ? LIMIT 1", (seq,)) is not None

    def _tell_blocked(self, children: Sequence[int], ids: dict[int, str], after: dict[int, frozenset[int]]) -> None:
        names = self._names({root for child in children for root in after[child]})
        now = self._db.now()
        for child in children:
            data: dict[str, object] = {
                "reason": BlockedReason.DEPENDENCY_FAILED.value,
                "blocked_by": [names[root] for root in sorted(after[child])],
            }
            self._db.tell(Event(EventType.MISSION_BLOCKED, now, mission_id=ids[child], data=data))

    def _broken(self, children: Iterable[int]) -> dict[int, frozenset[int]]:
        found: dict[int, set[int]] = {}
        for child, root in self._db.rows(_BROKEN, (json.dumps(list(children)),)):
            found.setdefault(child, set()).add(root)
        return {child: frozenset(roots) for child, roots in found.items()}

    def _names(self, seqs: Iterable[int]) -> dict[int, str]:
        rows = self._db.rows(
            "SELECT seq, id FROM mission WHERE seq IN (SELECT value FROM json_each(?))", (json.dumps(list(seqs)),)
        )
        return {row[0]: row[1] for row in rows}


def cycle_error(path: Sequence[str]) -> DependencyCycle:
    """The error that names a cycle, e.g. ``a → b → a``."""
    return DependencyCycle(
        f"These missions wait for each other: {' → '.join(path)}.",
        remedy="Take one of these dependencies out.",
        field="depends_on",
    )
