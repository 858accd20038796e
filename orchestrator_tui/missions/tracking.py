"""Which missions changed since somebody last asked; inside the caller's transaction.

Noted by triggers in a table of the connection's own, which a transaction that is taken back takes back too: the cost
is that of what changes, whatever changed it, and nothing at all while nobody asks.
"""

import json
from collections.abc import Collection

from orchestrator_tui.core.models import Mission
from orchestrator_tui.missions.database import Database
from orchestrator_tui.missions.rows import OUTLINE, mission

_SHOWN = (
    "priority, type, role, state, unmet, attempts, undelivered, agent_id, reserved_for, fence, started_at, ended_at"
)
_NOTED = {
    "touched_new": ("INSERT ON mission", "new.seq"),
    "touched_changed": (f"UPDATE OF {_SHOWN} ON mission", "new.seq"),
    "touched_text": ("UPDATE OF prompt ON payload", "new.seq"),
    "touched_outcome": ("INSERT ON outcome", "new.seq"),
    "touched_error": ("UPDATE OF error_code, error_message ON outcome", "new.seq"),
    "touched_edge": ("INSERT ON dependency", "new.child"),
    "touched_broken": ("INSERT ON broken", "new.child"),
    "touched_mended": ("DELETE ON broken", "old.child"),
    "touched_first_cost": ("INSERT ON spent", "new.mission"),
    "touched_cost": ("UPDATE ON spent", "new.mission"),
}


class Tracking:
    """Notes changes between ``begin`` and ``end``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self) -> None:
        """Notes every later change; repeats are harmless."""
        self._db.run("CREATE TEMP TABLE IF NOT EXISTS touched(seq INTEGER PRIMARY KEY)")
        for name, (what, seq) in _NOTED.items():
            # Not `INSERT OR IGNORE`: inside a trigger the conflict clause of the outer statement counts.
            self._db.run(
                f"CREATE TEMP TRIGGER IF NOT EXISTS {name} AFTER {what} BEGIN INSERT INTO touched"
                f" SELECT {seq} WHERE NOT EXISTS (SELECT 1 FROM touched WHERE seq = {seq}); END"
            )

    def end(self) -> None:
        """Notes nothing any more and forgets what was noted."""
        for name in _NOTED:
            self._db.run(f"DROP TRIGGER IF EXISTS temp.{name}")
        self._db.run("DROP TABLE IF EXISTS temp.touched")

    def take(self, limit: int, also: Collection[str]) -> list[Mission]:
        """Up to ``limit`` changed missions, ``also`` counted among them, as ``Reading.outline`` gives them."""
        if also:
            self._db.run(
                "INSERT OR IGNORE INTO touched SELECT seq FROM mission WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(also)),),
            )
        seqs = json.dumps([row[0] for row in self._db.rows("SELECT seq FROM touched ORDER BY seq LIMIT ?", (limit,))])
        found = self._db.rows(f"{OUTLINE} WHERE m.seq IN (SELECT value FROM json_each(?))", (seqs,))
        self._db.run("DELETE FROM touched WHERE seq IN (SELECT value FROM json_each(?))", (seqs,))
        return [mission(row) for row in found]
