"""A store that an earlier version wrote is taken over: what its missions went through reads the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

from orchestrator_tui.core.models import Attempt
from orchestrator_tui.core.usage import ApiRequest
from orchestrator_tui.missions.schema import UPGRADES
from tests.missions.helpers import FakeClock, open_queue

FORMER = 3
"""Here every start had its row in the log, also one that ran or succeeded."""

MISSIONS = [
    # seq, id, state, priority, attempts, agent_id, started_at, ended_at
    (1, "done", "completed", 2, 2, 7, 300, 400),
    (2, "runs", "running", 2, 1, 8, 500, None),
    (3, "broke", "failed", 2, 1, 7, 600, 700),
    (4, "waits", "pending", 2, 0, None, None, None),
    (5, "first", "pending", 0, 0, None, None, None),
    (6, "again", "retrying", 1, 1, None, 800, None),
]
STARTS = [
    (1, 1, 8, 100, 200, "agent_crashed", "SIGKILL"),
    (1, 2, 7, 300, 400, None, None),
    (2, 1, 8, 500, None, None, None),
    (3, 1, 7, 600, 700, "broke", "it broke"),
    (6, 1, 7, 800, 900, "flaky", "it broke"),
]


def former_store(path: Path, *, now: int) -> None:
    with closing(sqlite3.connect(path)) as old:
        for step in range(FORMER):
            old.executescript(UPGRADES[step])
        old.execute(f"PRAGMA user_version = {FORMER}")
        for seq, name, state, priority, attempts, agent_id, started_at, ended_at in MISSIONS:
            old.execute(
                "INSERT INTO mission(seq, id, priority, type, state, dependencies, unmet, attempts, agent_id,"
                " created_at, not_before, started_at, ended_at) VALUES(?, ?, ?, 'general', ?, 0, 0, ?, ?, 1, ?, ?, ?)",
                (seq, name, priority, state, attempts, agent_id, now + 60_000, started_at, ended_at),
            )
            old.execute("INSERT INTO payload VALUES(?, 'mark', ?, NULL)", (seq, f"text of {name}"))
        old.executemany("INSERT INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?)", STARTS)
        old.commit()


async def test_every_start_is_still_in_its_missions_log(tmp_path: Path, clock: FakeClock) -> None:
    former_store(tmp_path / "m.db", now=clock.wall)
    queue = await open_queue(tmp_path / "m.db", clock)
    logs = {name: (await queue.get(name)).attempt_log for _, name, *_ in MISSIONS}
    await queue.aclose()
    assert logs == {
        name: tuple(Attempt(*start[1:]) for start in STARTS if start[0] == seq) for seq, name, *_ in MISSIONS
    }


async def test_the_queue_goes_on_in_its_order(tmp_path: Path, clock: FakeClock) -> None:
    former_store(tmp_path / "m.db", now=clock.wall)
    queue = await open_queue(tmp_path / "m.db", clock)
    assert [mission.id for mission in await queue.get_pending()] == ["first", "waits"]
    listed = [mission.id for mission in await queue.list_missions()]
    assert listed == ["runs", "first", "again", "waits", "broke", "done"]
    taken = await queue.dequeue(1)
    assert taken is not None
    assert (taken.id, [start.n for start in taken.attempt_log]) == ("first", [1])
    await queue.aclose()


async def test_what_was_spent_finds_the_start_during_which_it_was(tmp_path: Path, clock: FakeClock) -> None:
    former_store(tmp_path / "m.db", now=clock.wall)
    queue = await open_queue(tmp_path / "m.db", clock)
    during = {"crashed": (8, 150), "done": (7, 350), "runs": (8, 550), "broke": (7, 650), "between": (7, 450)}
    requests = [ApiRequest(id=name, agent_id=agent_id, at=at, input=1) for name, (agent_id, at) in during.items()]
    counted = await queue.ledger.record(requests)
    await queue.aclose()
    assert {one.at: one.mission_id for one in counted} == {
        150: "done",
        350: "done",
        550: "runs",
        650: "broke",
        450: None,
    }
