"""What is left behind: the event log with its rotated files, and the database, read without the program's own code."""

import json
import shutil
import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Fact = tuple[str, str, int]
"""``enqueued``, ``start`` or ``end``; the mission; the attempt (0 for ``enqueued``)."""

ENDS = frozenset({"task_complete", "task_fail", "task_retry", "mission_cancelled"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """A row of the table ``attempt``; times in milliseconds since the epoch."""

    n: int
    agent_id: int
    started_at: int
    ended_at: int | None
    code: str | None

    @property
    def is_success(self) -> bool:
        """Ended, and well."""
        return self.ended_at is not None and self.code is None


@dataclass(frozen=True, slots=True)
class MissionRow:
    """A mission as the database has it."""

    id: str
    state: str
    starts: int
    unmet: int
    agent_id: int | None
    lease: str | None
    prompt: str
    is_broken: bool
    parents: tuple[str, ...]
    attempts: tuple[Attempt, ...]

    @property
    def is_settled(self) -> bool:
        """Nothing more happens to it by itself."""
        return self.state in ("completed", "failed", "cancelled") or (self.state == "blocked" and self.is_broken)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent of the registry."""

    id: int
    state: str
    worktree: str | None


@dataclass(frozen=True, slots=True)
class Store:
    """The database at one moment; ``counts`` is what the program believes it has of each state."""

    missions: dict[str, MissionRow]
    agents: dict[int, AgentRow]
    counts: dict[str, int]

    def facts(self) -> set[Fact]:
        """What an event has to tell of."""
        found: set[Fact] = set()
        for mission in self.missions.values():
            found.add(("enqueued", mission.id, 0))
            for attempt in mission.attempts:
                found.add(("start", mission.id, attempt.n))
                if attempt.ended_at is not None:
                    found.add(("end", mission.id, attempt.n))
        return found


@dataclass(frozen=True, slots=True)
class Log:
    """The events in order; ``damaged`` are lines that are no events."""

    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    damaged: list[str] = field(default_factory=list[str])

    def facts(self) -> set[Fact]:
        """What the events tell of."""
        found: set[Fact] = set()
        for event in self.events:
            kind, mission_id = event["type"], event["mission_id"]
            if kind == "mission_enqueued":
                found.add(("enqueued", mission_id, 0))
            elif kind == "task_start":
                found.add(("start", mission_id, event["attempt"]))
            elif kind in ENDS and event["attempt"] is not None:
                found.add(("end", mission_id, event["attempt"]))
        return found


def read_store(path: Path) -> Store:
    """The database in one consistent look; it may be in use."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        db.execute("BEGIN")
        attempts: dict[int, list[Attempt]] = defaultdict(list)
        for seq, *row in db.execute(
            "SELECT seq, n, agent_id, started_at, ended_at, code FROM attempts ORDER BY seq, n"
        ):
            attempts[seq].append(Attempt(*row))
        names: dict[int, str] = dict(db.execute("SELECT seq, id FROM mission"))
        parents: dict[int, list[str]] = defaultdict(list)
        for child, parent in db.execute("SELECT child, parent FROM dependency ORDER BY child, position"):
            parents[child].append(names.get(parent, f"row {parent}"))
        broken = {row[0] for row in db.execute("SELECT DISTINCT child FROM broken")}
        rows = db.execute(
            "SELECT m.seq, m.id, m.state, m.attempts, m.unmet, m.agent_id, m.lease, p.prompt"
            " FROM mission m JOIN payload p ON p.seq = m.seq ORDER BY m.seq"
        )
        missions: dict[str, MissionRow] = {}
        for seq, name, state, starts, unmet, agent_id, lease, prompt in rows:
            missions[name] = MissionRow(
                name,
                state,
                starts,
                unmet,
                agent_id,
                lease,
                prompt,
                is_broken=seq in broken,
                parents=tuple(parents[seq]),
                attempts=tuple(attempts[seq]),
            )
        agents: dict[int, AgentRow] = {}
        for agent_id, record in db.execute("SELECT id, record FROM agent"):
            data = json.loads(record)
            agents[agent_id] = AgentRow(agent_id, data["state"], data.get("worktree"))
        counts = {state: n for state, n in db.execute("SELECT state, n FROM stat") if n}
        return Store(missions, agents, counts)


def copy_evidence(database: Path, log: Path, folder: Path) -> None:
    """Copies the database at one moment, then the log with its rotated files, into ``folder``."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    with (
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as source,
        closing(sqlite3.connect(folder / database.name)) as target,
    ):
        source.backup(target)
    for file in log.parent.glob(f"{log.name}*"):
        shutil.copy2(file, folder)


def read_log(path: Path) -> Log:
    """Every event that is still there, oldest first; a torn last line is what a kill may leave."""
    older = sorted(
        (file for file in path.parent.glob(f"{path.name}.*") if file.suffix[1:].isdigit()),
        key=lambda file: int(file.suffix[1:]),
        reverse=True,
    )
    log = Log()
    for file in [*older, path]:
        data = file.read_bytes() if file.exists() else b""
        *lines, torn = data.split(b"\n")
        for line in [*lines, torn] if torn and file != path else lines:
            try:
                event = json.loads(line)
                log.events.append({key: event[key] for key in ("seq", "at", "type", "mission_id", "attempt", "data")})
            except (ValueError, KeyError, TypeError):
                log.damaged.append(f"{file.name}: {line[:80]!r}")
    return log


def untold(store: Store, log: Log) -> set[Fact]:
    """What the database knows and the log does not: lines that were not written yet when the supervisor was killed."""
    return store.facts() - log.facts()
