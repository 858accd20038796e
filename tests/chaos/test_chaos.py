"""The short form, and the proof that its checker sees each rule broken; the long form is ``python -m tests.chaos``."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, Size
from tests.chaos.checker import Evidence, violations
from tests.chaos.evidence import read_log, read_store
from tests.chaos.world import Pane, Process
from tests.conftest import Program

SHORT = Size(seed=4, faults=9, agents=4, isolated=1, missions=16, drain_s=120, longest_gap_s=0.2)
pytestmark = pytest.mark.tmux


@dataclass
class Copy:
    """A copy of a real log and database that may be spoilt, and the rest of its evidence."""

    folder: Path
    rest: Evidence

    def sql(self, statement: str, *values: object) -> None:
        """Changes the database behind the program's back; its triggers still count."""
        with closing(sqlite3.connect(self.folder / "missions.db")) as db, db:
            done = db.execute(statement, values)
            assert done.rowcount != 0, statement

    def events(self, change: Callable[[list[dict[str, object]]], list[dict[str, object]]]) -> None:
        """Changes the log; the numbers stay in order, so that only the meaning is wrong."""
        path = self.folder / "events.jsonl"
        lines = change([json.loads(line) for line in path.read_text().splitlines()])
        path.write_text("".join(json.dumps({**line, "seq": place}) + "\n" for place, line in enumerate(lines, 1)))

    def evidence(self) -> Evidence:
        """What the checker gets."""
        store, log = read_store(self.folder / "missions.db"), read_log(self.folder / "events.jsonl")
        return replace(self.rest, store=store, log=log)

    def completed(self) -> str:
        """A mission that completed, without any luck in the log, and that another one depended on."""
        done = {mission.id for mission in self.rest.store.missions.values() if mission.state == "completed"}
        told = {event["mission_id"] for event in self.rest.log.events if event["type"] == "task_complete"}
        children = [mission for mission in self.rest.store.missions.values() if mission.id in done and mission.parents]
        return next(parent for child in children for parent in child.parents if parent in done & told)

    def running(self) -> str:
        """A mission that an agent holds."""
        return next(mission.id for mission in self.rest.store.missions.values() if mission.state == "running")


def _lose(copy: Copy) -> None:
    copy.sql("DELETE FROM mission WHERE id = ?", copy.completed())


def _change(copy: Copy) -> None:
    copy.sql("UPDATE payload SET prompt = 'other' WHERE seq = (SELECT seq FROM mission WHERE id = ?)", copy.completed())


def _complete_twice_in_log(copy: Copy) -> None:
    name = copy.completed()
    copy.events(lambda lines: [*lines, *(x for x in lines if (x["type"], x["mission_id"]) == ("task_complete", name))])


def _complete_twice_in_database(copy: Copy) -> None:
    copy.sql(
        "INSERT INTO attempt SELECT seq, max(n) + 1, agent_id, started_at, ended_at, NULL, NULL FROM attempts"
        " WHERE seq = (SELECT seq FROM mission WHERE id = ?) GROUP BY seq",
        copy.completed(),
    )


def _start_early_in_log(copy: Copy) -> None:
    name = copy.completed()

    def later(lines: list[dict[str, object]]) -> list[dict[str, object]]:
        mine = [line for line in lines if line["mission_id"] == name]
        return [*(line for line in lines if line["mission_id"] != name), *mine]

    copy.events(later)


def _start_early_in_database(copy: Copy) -> None:
    copy.sql("UPDATE mission SET state = 'failed' WHERE id = ?", copy.completed())


def _lose_owner(copy: Copy) -> None:
    world = copy.rest.world
    dead = tuple(replace(pane, is_dead=True) for pane in world.panes)
    copy.rest = replace(copy.rest, world=replace(world, panes=dead))


def _claim_of_stopped(copy: Copy) -> None:
    copy.sql("UPDATE agent SET record = json_set(record, '$.state', 'stopped')")


def _forget_attempt(copy: Copy) -> None:
    copy.sql("UPDATE mission SET attempts = attempts + 1 WHERE id = ?", copy.completed())


def _forget_start(copy: Copy) -> None:
    name = copy.completed()
    copy.events(lambda lines: [x for x in lines if (x["type"], x["mission_id"]) != ("task_start", name)])


def _lose_line(copy: Copy) -> None:
    path = copy.folder / "events.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for place, line in enumerate(lines) if place != len(lines) // 2))


def _execute_twice(copy: Copy) -> None:
    name = copy.completed()
    starts = copy.rest.store.missions[name].starts
    copy.rest = replace(copy.rest, ledger=(*([name] * (starts + 1)), *copy.rest.ledger))


def _leave_process(copy: Copy) -> None:
    world = copy.rest.world
    stray = Process(pid=2**22 + 1, parent=1, command="sleep 3600")
    copy.rest = replace(copy.rest, world=replace(world, processes=(*world.processes, stray)))


def _leave_window(copy: Copy) -> None:
    world = copy.rest.world
    copy.rest = replace(copy.rest, world=replace(world, panes=(*world.panes, Pane(99, 1, True, "agent-99"))))


def _leave_worktree(copy: Copy) -> None:
    copy.rest = replace(copy.rest, world=replace(copy.rest.world, worktrees=("/nowhere/agent-99",)))


def _leave_socket(copy: Copy) -> None:
    copy.rest = replace(copy.rest, world=replace(copy.rest.world, sockets=("/nowhere",)), at_rest=True)


def _touch_stranger(copy: Copy) -> None:
    copy.rest = replace(copy.rest, decoy=(("alive",), ("got TERM",)))


MUTATIONS: list[tuple[str, Callable[[Copy], None]]] = [
    ("acknowledged", _lose),
    ("acknowledged", _change),
    ("completed twice", _complete_twice_in_log),
    ("completed twice", _complete_twice_in_database),
    ("started early", _start_early_in_log),
    ("started early", _start_early_in_database),
    ("claim without owner", _lose_owner),
    ("claim without owner", _claim_of_stopped),
    ("attempts", _forget_attempt),
    ("attempts", _forget_start),
    ("attempts", _lose_line),
    ("attempts", _execute_twice),
    ("left over", _leave_process),
    ("left over", _leave_window),
    ("left over", _leave_worktree),
    ("left over", _leave_socket),
    ("stranger touched", _touch_stranger),
]


@pytest.mark.timeout(300)
def test_nothing_is_lost_and_every_broken_rule_is_seen(program: Program, tmp_path: Path) -> None:
    campaign = Campaign(program, SHORT, print)
    outcome = campaign.run()
    assert not outcome.violations, "\n".join(map(str, outcome.violations))
    assert outcome.injected.total() == SHORT.faults
    assert len(outcome.evidence.wanted) == SHORT.missions + 2
    for number, (rule, spoil) in enumerate(MUTATIONS):
        copy = Copy(tmp_path / f"copy-{number}", outcome.evidence)
        shutil.copytree(campaign.running, copy.folder)
        assert not violations(copy.evidence()), "the copy itself is clean"
        spoil(copy)
        seen = {violation.rule for violation in violations(copy.evidence())}
        assert rule in seen, f"{spoil.__name__} was not seen as {rule!r}, only as {seen}"
