"""Missions come in and are edited while they are open; inside the caller's transaction."""

from collections.abc import Mapping, Sequence

from orchestrator_tui.core.errors import DuplicateMission, NotAllowedNow, UnknownDependency
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import MissionSpec, MissionState
from orchestrator_tui.missions.database import Database, Value
from orchestrator_tui.missions.graph import DependencyGraph, cycle_error
from orchestrator_tui.missions.moves import Moves
from orchestrator_tui.missions.rows import PRIORITIES, Hot
from orchestrator_tui.missions.rules import CLAIMED, find_cycle, state_when_open
from orchestrator_tui.missions.validation import fingerprint

_INSERT = (
    "INSERT INTO mission(id, priority, type, role, state, dependencies, unmet, max_retries, timeout_ms, created_at)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq"
)


class Intake:
    """Enqueues, edits and revives missions."""

    def __init__(self, database: Database, graph: DependencyGraph, moves: Moves) -> None:
        self._db = database
        self._graph = graph
        self._moves = moves

    def enqueue(self, specs: Sequence[MissionSpec]) -> list[str]:
        """Queues checked specs; see ``MissionStore.enqueue``."""
        named = self._with_ids(specs)
        new = self._unknown_of(named)
        cycle = find_cycle({spec_id: spec.depends_on for spec_id, (spec, _) in new.items()})
        if cycle is not None:
            raise cycle_error(cycle)
        known = self._dependencies_of(new)
        now = self._db.now()
        seqs: dict[str, int] = {}
        for spec_id, (spec, mark) in new.items():
            seqs[spec_id] = self._insert(spec_id, spec, mark, known, now)
        for spec_id, (spec, _) in new.items():
            if spec.depends_on:
                parents = [seqs[name] if name in seqs else known[name][0] for name in spec.depends_on]
                self._graph.link(seqs[spec_id], parents)
        # Only a dependency that is not on its way to completion can make a new mission hopeless.
        if any(state not in (MissionState.COMPLETED, MissionState.PENDING) for _, state in known.values()):
            self._graph.refresh(seqs.values())
        return [spec_id for spec_id, _ in named]

    def retry(self, mission_id: str) -> None:
        """Queues a failed or cancelled mission again with a fresh budget."""
        hot = self._moves.get(mission_id)
        if hot.state not in (MissionState.FAILED, MissionState.CANCELLED):
            raise NotAllowedNow(
                f"Mission {mission_id} is {hot.state}.",
                remedy="Only a failed or cancelled mission can be tried again.",
                field="mission_id",
            )
        self._moves.to(
            hot,
            state_when_open(hot.unmet),
            forgiven=hot.attempts,
            undelivered=0,
            agent_id=None,
            spent_ms=0,
            started_at=None,
            ended_at=None,
            reserved_for=self._moves.given_to(hot),
        )
        self._db.run("DELETE FROM outcome WHERE seq = ?", (hot.seq,))
        self._moves.tell(hot, EventType.MISSION_ENQUEUED, {"retry": True})
        self._graph.refresh([hot.seq])

    def update(
        self, mission_id: str, hot_changes: Mapping[str, Value], prompt: str | None, context: str | None
    ) -> None:
        """Edits an open mission; text and role only while no agent has it."""
        hot = self._open(mission_id)
        if hot.state in CLAIMED and (prompt is not None or context is not None or "role" in hot_changes):
            raise NotAllowedNow(
                f"Mission {mission_id} is {hot.state}: its agent already has the text.",
                remedy="Cancel it first, or change only priority, timeout_ms and max_retries.",
                field="mission_id",
            )
        for column, value in hot_changes.items():
            self._db.run(f"UPDATE mission SET {column} = ? WHERE seq = ?", (value, hot.seq))
        if prompt is not None:
            self._db.run("UPDATE payload SET prompt = ? WHERE seq = ?", (prompt, hot.seq))
        if context is not None:
            self._db.run("UPDATE payload SET context = ? WHERE seq = ?", (context, hot.seq))

    def give(self, mission_id: str, agent_id: int | None) -> None:
        """Keeps an open mission that nobody holds for one agent; None lets every agent have it again."""
        hot = self._open(mission_id)
        if hot.state in CLAIMED:
            raise NotAllowedNow(
                f"Mission {mission_id} is {hot.state}: an agent has it already.",
                remedy="Cancel it and retry it, or wait for its end.",
                field="mission_id",
            )
        self._db.run("UPDATE mission SET reserved_for = ? WHERE seq = ?", (agent_id, hot.seq))
        if agent_id is None:
            self._db.run("DELETE FROM given WHERE seq = ?", (hot.seq,))
        else:
            self._db.run("INSERT OR REPLACE INTO given VALUES(?, ?)", (hot.seq, agent_id))

    def add_dependency(self, mission_id: str, on: str) -> None:
        """Makes a mission that has not been claimed wait for another one."""
        hot = self._open(mission_id)
        if hot.state in CLAIMED:
            raise NotAllowedNow(
                f"Mission {mission_id} is {hot.state} and waits for nothing any more.",
                remedy="Add dependencies before a mission is claimed.",
                field="mission_id",
            )
        row = self._db.one("SELECT seq, state FROM mission WHERE id = ?", (on,))
        if row is None:
            raise unknown_dependency(mission_id, on)
        parent, is_met = row[0], row[1] == MissionState.COMPLETED
        if self._db.one("SELECT 1 FROM dependency WHERE child = ? AND parent = ?", (hot.seq, parent)):
            return
        self._graph.check_acyclic(hot.seq, parent)
        position = self._db.rows("SELECT dependencies FROM mission WHERE seq = ?", (hot.seq,))[0][0]
        self._graph.link(hot.seq, [parent], position)
        self._db.run(
            "UPDATE mission SET dependencies = dependencies + 1, unmet = unmet + ? WHERE seq = ?",
            (int(not is_met), hot.seq),
        )
        if is_met:
            return
        if hot.state is not MissionState.BLOCKED:
            given = self._moves.given_to(hot)
            self._moves.to(hot, MissionState.BLOCKED, not_before=None, reserved_for=given)
            self._moves.tell(hot, EventType.MISSION_BLOCKED, {"reason": "waiting", "blocked_by": [on]})
        self._graph.refresh([hot.seq])

    def _open(self, mission_id: str) -> Hot:
        hot = self._moves.get(mission_id)
        if hot.state.is_ended:
            raise NotAllowedNow(
                f"Mission {mission_id} is {hot.state}.",
                remedy="Only an open mission can be changed; retry it first.",
                field="mission_id",
            )
        return hot

    def _with_ids(self, specs: Sequence[MissionSpec]) -> list[tuple[str, MissionSpec]]:
        taken = {spec.id for spec in specs}
        named: list[tuple[str, MissionSpec]] = []
        for spec in specs:
            spec_id = spec.id
            while spec_id is None or (spec.id is None and (spec_id in taken or self._state_of(spec_id))):
                spec_id = f"mission-{self._db.count('mission')}"
            named.append((spec_id, spec))
        return named

    def _unknown_of(self, named: Sequence[tuple[str, MissionSpec]]) -> dict[str, tuple[MissionSpec, str]]:
        """The specs that are not queued yet, with their fingerprints. Raises DuplicateMission."""
        new: dict[str, tuple[MissionSpec, str]] = {}
        for spec_id, spec in named:
            mark = fingerprint(spec)
            known: str | None = None
            if spec_id in new:
                known = new[spec_id][1]
            elif spec.id is not None:
                row = self._db.one("SELECT fingerprint FROM payload JOIN mission USING(seq) WHERE id = ?", (spec_id,))
                known = row[0] if row else None
            if known is None:
                new[spec_id] = (spec, mark)
            elif known != mark:
                raise DuplicateMission(
                    f"A mission {spec_id} exists already, with other content.",
                    remedy="Choose another id, or edit the existing mission.",
                    field="id",
                )
        return new

    def _dependencies_of(self, new: Mapping[str, tuple[MissionSpec, str]]) -> dict[str, tuple[int, str]]:
        """Sequence number and state of the missions outside ``new`` that it depends on."""
        known: dict[str, tuple[int, str]] = {}
        for spec_id, (spec, _) in new.items():
            for name in spec.depends_on:
                if name in new or name in known:
                    continue
                found = self._state_of(name)
                if found is None:
                    raise unknown_dependency(spec_id, name)
                known[name] = found
        return known

    def _state_of(self, mission_id: str) -> tuple[int, str] | None:
        row = self._db.one("SELECT seq, state FROM mission WHERE id = ?", (mission_id,))
        return None if row is None else (row[0], row[1])

    def _insert(
        self, spec_id: str, spec: MissionSpec, mark: str, known: Mapping[str, tuple[int, str]], now: int
    ) -> int:
        unmet = sum(name not in known or known[name][1] != MissionState.COMPLETED for name in spec.depends_on)
        state = state_when_open(unmet)
        row = self._db.one(
            _INSERT,
            (
                spec_id,
                PRIORITIES.index(spec.priority),
                spec.type.value,
                spec.role.value if spec.role else None,
                state.value,
                len(spec.depends_on),
                unmet,
                spec.max_retries,
                spec.timeout_ms,
                now,
            ),
        )
        assert row is not None
        self._db.run("INSERT INTO payload VALUES(?, ?, ?, ?)", (row[0], mark, spec.prompt, spec.context))
        data: dict[str, object] = {"state": state.value, "priority": spec.priority.value, "type": spec.type.value}
        self._db.tell(Event(EventType.MISSION_ENQUEUED, now, mission_id=spec_id, data=data))
        return row[0]


def unknown_dependency(mission_id: str, on: str) -> UnknownDependency:
    """The error for a dependency that does not exist."""
    return UnknownDependency(
        f"Mission {mission_id} depends on {on!r}, which does not exist.",
        remedy="Queue that mission first or in the same batch, or correct the id.",
        field="depends_on",
    )
