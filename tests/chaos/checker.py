"""Decides from what is left behind whether anything was lost, done twice, done early or left lying about."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.evidence import ENDS, Fact, Log, MissionRow, Store
from tests.chaos.world import World

CLAIMED = ("assigned", "running")
GONE = ("stopped", "failed")
ALIVE = ("starting", "idle", "busy", "waiting")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for and acknowledged."""

    prompt: str
    parents: tuple[str, ...]
    executes: bool
    """Whether it writes its id into the ledger when it runs."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the verdict is made of.

    ``ledger`` has the mission's id for each execution, in order. ``excused`` are facts whose event was not yet written
    when a supervisor was killed. ``decoy`` is what strangers looked like before and after. Times are compared only
    where the clock was left alone.
    """

    wanted: dict[str, Wanted]
    log: Log
    store: Store
    world: World
    ledger: Sequence[str] = ()
    excused: frozenset[Fact] = frozenset()
    decoy: tuple[object, object] = ((), ())
    clock_jumped: bool = False
    at_rest: bool = False
    """Whether everything was stopped: then nothing at all may be left."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that does not hold, and where."""

    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


@dataclass(slots=True)
class _Told:
    """The places of a mission's events in the log."""

    starts: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[int, list[tuple[int, str | None]]] = field(default_factory=lambda: defaultdict(list))
    completions: list[int] = field(default_factory=list[int])
    assignments: list[int] = field(default_factory=list[int])


def violations(evidence: Evidence) -> list[Violation]:
    """Every rule that does not hold; none when all is well."""
    told = _by_mission(evidence.log)
    rules = {
        "acknowledged": _acknowledged(evidence),
        "completed twice": _completed_once(evidence, told),
        "started early": _after_dependencies(evidence, told),
        "claim without owner": _owned_claims(evidence),
        "attempts": _attempts(evidence, told),
        "left over": _leftovers(evidence),
        "stranger touched": _strangers(evidence),
    }
    return [Violation(rule, text) for rule, texts in rules.items() for text in texts]


def _by_mission(log: Log) -> dict[str, _Told]:
    told: dict[str, _Told] = defaultdict(_Told)
    for place, event in enumerate(log.events):
        kind, mission_id = event["type"], event["mission_id"]
        if kind == "mission_assigned":
            told[mission_id].assignments.append(place)
        elif kind == "task_start":
            told[mission_id].starts[event["attempt"]].append(place)
        elif kind in ENDS and event["attempt"] is not None:
            code = None if kind == "task_complete" else str(event["data"].get("code"))
            told[mission_id].ends[event["attempt"]].append((place, code))
        if kind == "task_complete":
            told[mission_id].completions.append(place)
    return told


def _acknowledged(evidence: Evidence) -> Iterator[str]:
    store = evidence.store
    for mission_id, wanted in evidence.wanted.items():
        mission = store.missions.get(mission_id)
        if mission is None:
            yield f"{mission_id} was acknowledged and is not in the database"
        elif mission.prompt != wanted.prompt or mission.parents != wanted.parents:
            yield f"{mission_id} is not what was acknowledged"
    counts = Counter(mission.state for mission in store.missions.values())
    if counts != Counter(store.counts):
        yield f"the program counts {store.counts}, there are {dict(counts)}"


def _completed_once(evidence: Evidence, told: dict[str, _Told]) -> Iterator[str]:
    for mission in evidence.store.missions.values():
        successes = [attempt.n for attempt in mission.attempts if attempt.is_success]
        wanted = [mission.starts] if mission.state == "completed" else []
        if successes != wanted:
            yield f"{mission.id} is {mission.state} with the successful attempts {successes} of {mission.starts}"
        completions = told[mission.id].completions
        if len(completions) > len(wanted):
            yield f"{mission.id} is {mission.state} and the log tells of {len(completions)} completions"


def _after_dependencies(evidence: Evidence, told: dict[str, _Told]) -> Iterator[str]:
    missions = evidence.store.missions
    firsts, lasts = _first_and_last(evidence.ledger)
    for mission in missions.values():
        parents = [missions[parent] for parent in mission.parents if parent in missions]
        open_parents = [parent.id for parent in parents if parent.state != "completed"]
        if mission.unmet != len(open_parents):
            yield f"{mission.id} waits for {mission.unmet} missions, in truth for {open_parents}"
        if open_parents and (mission.attempts or mission.state in (*CLAIMED, "pending", "completed", "retrying")):
            yield f"{mission.id} is {mission.state} after {mission.starts} starts, but {open_parents} did not complete"
        mine = told[mission.id]
        begun = min([*mine.assignments, *(place for places in mine.starts.values() for place in places)], default=None)
        for parent in parents:
            completed = told[parent.id].completions
            excused = ("end", parent.id, parent.starts) in evidence.excused
            if begun is not None and not excused and (not completed or completed[0] > begun):
                yield f"{mission.id} was begun before the log tells that {parent.id} completed"
            if mission.id in firsts and parent.id in lasts and firsts[mission.id] < lasts[parent.id]:
                yield f"{mission.id} was executed before {parent.id} for the last time"
            if not evidence.clock_jumped and _is_before(mission, parent):
                yield f"{mission.id} started before {parent.id} ended"


def _is_before(mission: MissionRow, parent: MissionRow) -> bool:
    ended = [attempt.ended_at for attempt in parent.attempts if attempt.is_success and attempt.ended_at is not None]
    return bool(mission.attempts and ended) and mission.attempts[0].started_at < ended[-1]


def _first_and_last(ledger: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
    firsts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    for place, mission_id in enumerate(ledger):
        firsts.setdefault(mission_id, place)
        lasts[mission_id] = place
    return firsts, lasts


def _owned_claims(evidence: Evidence) -> Iterator[str]:
    living = evidence.world.living()
    pids = {process.pid for process in evidence.world.processes}
    running: Counter[int] = Counter()
    for mission in evidence.store.missions.values():
        if mission.state not in CLAIMED:
            if mission.lease is not None:
                yield f"{mission.id} is {mission.state} and still has a lease"
            continue
        if mission.agent_id is None or mission.lease is None:
            yield f"{mission.id} is {mission.state} without agent or lease"
            continue
        agent = evidence.store.agents.get(mission.agent_id)
        if agent is None or agent.state not in ALIVE:
            yield f"{mission.id} is {mission.state} at agent {mission.agent_id}, which is {agent and agent.state}"
        elif living.get(agent.id) not in pids:
            yield f"{mission.id} is {mission.state} at agent {agent.id}, of which no process lives"
        running[mission.agent_id] += mission.state == "running"
    yield from (f"agent {agent_id} has {count} running missions" for agent_id, count in running.items() if count > 1)


def _attempts(evidence: Evidence, told: dict[str, _Told]) -> Iterator[str]:
    log = evidence.log
    yield from (f"a line of the log is no event: {line}" for line in log.damaged)
    for earlier, later in zip(log.events, log.events[1:], strict=False):
        if later["seq"] != earlier["seq"] + 1:
            yield f"after event {earlier['seq']} comes {later['seq']}"
    executed = Counter(evidence.ledger)
    for mission in evidence.store.missions.values():
        yield from _rows(mission)
        yield from _events(mission, told[mission.id], evidence.excused)
        wanted = evidence.wanted.get(mission.id)
        if executed[mission.id] > mission.starts:
            yield f"{mission.id} was executed {executed[mission.id]} times in {mission.starts} attempts"
        if wanted is not None and wanted.executes and mission.state == "completed" and not executed[mission.id]:
            yield f"{mission.id} is completed and was never executed"
    for kind, mission_id, n in evidence.log.facts() - evidence.store.facts():
        yield f"the log tells of {kind} {n} of {mission_id}, the database does not"


def _rows(mission: MissionRow) -> Iterator[str]:
    if [attempt.n for attempt in mission.attempts] != list(range(1, mission.starts + 1)):
        yield f"{mission.id} has {mission.starts} starts and the attempts {[item.n for item in mission.attempts]}"
    still_open = [attempt.n for attempt in mission.attempts if attempt.ended_at is None]
    if still_open != ([mission.starts] if mission.state == "running" else []):
        yield f"{mission.id} is {mission.state} with the open attempts {still_open}"


def _events(mission: MissionRow, told: _Told, excused: frozenset[Fact]) -> Iterator[str]:
    for attempt in mission.attempts:
        starts, ends = told.starts.get(attempt.n, []), told.ends.get(attempt.n, [])
        if len(starts) != 1 and not (not starts and ("start", mission.id, attempt.n) in excused):
            yield f"attempt {attempt.n} of {mission.id} has {len(starts)} starts in the log"
        if attempt.ended_at is None:
            continue
        if not ends:
            if ("end", mission.id, attempt.n) not in excused:
                yield f"attempt {attempt.n} of {mission.id} has no end in the log"
            continue
        if ends[0][1] != attempt.code:
            yield f"attempt {attempt.n} of {mission.id} ended as {attempt.code}, in the log as {ends[0][1]}"
        if starts and ends[0][0] < starts[0]:
            yield f"attempt {attempt.n} of {mission.id} ended before it started"
        following = told.starts.get(attempt.n + 1)
        if following and following[0] < ends[0][0]:
            yield f"attempt {attempt.n + 1} of {mission.id} started before attempt {attempt.n} ended"


def _leftovers(evidence: Evidence) -> Iterator[str]:
    world, agents = evidence.world, evidence.store.agents
    if evidence.at_rest:
        yield from (f"process {process.pid} ({process.command})" for process in world.processes)
        yield from (f"pane {pane.window}" for pane in world.panes)
        yield from (f"socket {socket}" for socket in world.sockets)
        for agent in agents.values():
            if agent.state not in GONE:
                yield f"agent {agent.id} is {agent.state} after all were stopped"
    else:
        yield from _unowned(world)
    for pane in world.panes:
        agent = agents.get(pane.agent_id) if pane.agent_id is not None else None
        if pane.agent_id is not None and (agent is None or agent.state == "stopped"):
            yield f"the window {pane.window} of agent {pane.agent_id}, which is {agent and agent.state}"
    owners = Counter(agent.worktree for agent in agents.values() if agent.worktree and agent.state != "stopped")
    for worktree in world.worktrees:
        if owners[worktree] != 1:
            yield f"the worktree {worktree} has {owners[worktree]} owners"


def _unowned(world: World) -> Iterator[str]:
    parents = {process.pid: process.parent for process in world.processes}
    roots = {world.supervisor, world.server, *world.living().values()}
    for process in world.processes:
        pid = process.pid
        while pid in parents and pid not in roots:
            pid = parents[pid]
        if pid not in roots:
            yield f"process {process.pid} ({process.command}) belongs to nobody"


def _strangers(evidence: Evidence) -> Iterator[str]:
    before, after = evidence.decoy
    if before != after:
        yield f"{before} became {after}"
