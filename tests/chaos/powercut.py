"""Simulated power cuts on the mission store: ``python -m tests.chaos.powercut --cuts 1000 --seed 1``.

The real queue works while everything that it asks of the disk is written down. Then, for each cut, the disk is rebuilt
as the power may have left it, the real queue opens it, and everything that was acknowledged before has to be there.
"""

import argparse
import asyncio
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.models import Mission, MissionState
from orchestrator_tui.missions.event_log import EventLog
from orchestrator_tui.missions.queue import MissionQueue
from tests.chaos.disk import Disk, torn_text
from tests.chaos.recording import DATABASE, EVENTS, Promise, Recording, record
from tests.missions.helpers import FakeClock

STEPS = 900
TERMINAL = (MissionState.COMPLETED, MissionState.FAILED, MissionState.CANCELLED)
_MISCOUNTED = """
SELECT count(*) FROM mission WHERE unmet <> (SELECT count(*) FROM dependency d JOIN mission p ON p.seq = d.parent
WHERE d.child = mission.seq AND p.state <> 'completed')"""


@dataclass
class Verdict:
    """What all cuts together came to."""

    cuts: int = 0
    lost: int = 0
    corrupt: int = 0
    unreadable_logs: int = 0
    findings: list[str] = field(default_factory=list[str])

    @property
    def is_clean(self) -> bool:
        """Whether nothing is missing and nothing is broken."""
        return not self.lost and not self.corrupt and not self.unreadable_logs

    def line(self) -> str:
        """The result for people; a log that cannot be read is corrupt."""
        return f"{self.cuts} cuts: {self.lost} lost, {self.corrupt + self.unreadable_logs} corrupt"


async def try_cuts(made: Recording, cuts: int, chance: random.Random, folder: Path) -> Verdict:
    """Cuts at so many random moments; ``folder`` is used for one image after the other."""
    verdict = Verdict()
    disk = Disk()
    at = told = 0
    promised: dict[str, Promise] = {}
    steps = made.recorder.steps
    # Every moment between the first write and the last; where they are few, some twice with other luck.
    for moment in sorted(chance.choices(range(1, len(steps) + 1), k=cuts)):
        disk.play(steps[at:moment])
        at = moment
        while told < len(made.promises) and made.promises[told].after <= moment:
            promised[made.promises[told].id] = made.promises[told]
            told += 1
        image = folder / "image"
        image.mkdir()
        disk.cut(image, chance)
        (image / EVENTS).write_bytes(torn_text(made.events, chance))
        await _look(image, promised, verdict, f"cut after step {moment} of {len(steps)}")
        shutil.rmtree(image)
    return verdict


async def _look(image: Path, promised: dict[str, Promise], verdict: Verdict, where: str) -> None:
    verdict.cuts += 1
    try:
        queue = await MissionQueue.open(image / DATABASE, clock=FakeClock())
        try:
            there = {mission.id: mission for mission in await queue.list_missions(1_000_000)}
            stats = await queue.get_stats()
        finally:
            await queue.aclose()
        damage = _damage(image / DATABASE)
        counted = Counter(mission.state for mission in there.values())
        if any(getattr(stats, state.value) != counted[state] for state in MissionState):
            damage.append(f"the counters {stats} are not {counted}")
    except (StoreUnavailable, sqlite3.Error) as error:
        damage, there = [str(error)], None
    if damage:
        verdict.corrupt += 1
        verdict.findings.append(f"{where}: {damage[0]}")
    missing = [name for name, then in promised.items() if there is None or not _holds(then, there.get(name))]
    verdict.lost += len(missing)
    verdict.findings += [f"{where}: {name} is lost" for name in missing[:3]]
    if not _log_goes_on(image / EVENTS):
        verdict.unreadable_logs += 1
        verdict.findings.append(f"{where}: the event log does not go on")


def _damage(database: Path) -> list[str]:
    # The library that wrote the file is not the one that judges it.
    with closing(sqlite3.connect(database)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"a reference leads nowhere: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
        wrong = int(connection.execute(_MISCOUNTED).fetchone()[0])
    return [*found, f"{wrong} missions count their dependencies wrongly"] if wrong else found


def _holds(then: Promise, now: Mission | None) -> bool:
    """Whether the mission is where it was promised to be, or further: steps may be there that nobody was told of."""
    if now is None or (now.prompt, now.depends_on) != (then.prompt, then.parents):
        return False
    if then.state in TERMINAL and (now.state, now.output, now.error_code) != (then.state, then.output, then.error_code):
        return False
    if not then.attempts:
        return True
    if len(now.attempt_log) < then.attempts:
        return False
    has_ended = now.attempt_log[then.attempts - 1].ended_at is not None
    if then.state is MissionState.RUNNING and not has_ended:
        return (now.state, now.lease) == (then.state, then.lease)
    return has_ended or not then.ended


def _log_goes_on(path: Path) -> bool:
    """Whether every whole line is still read, in order, and the next event is numbered after them and read back."""
    left = path.read_bytes()
    whole = left.count(b"\n")
    log = EventLog(path)
    events = log.tail(1_000_000)
    numbers = [event.seq for event in events]
    # A last line that lost nothing but its end counts too.
    if len(events) not in (whole, whole + 1) or numbers != list(range(1, len(numbers) + 1)):
        return False
    if not events:
        return log.error is None
    added = log.append(events[-1])
    return added.seq == len(numbers) + 1 and log.tail(1) == [added]


async def play(cuts: int, seed: int, folder: Path, steps: int = STEPS) -> Verdict:
    """The whole of it; the folder has to be empty."""
    chance = random.Random(seed)
    (folder / "work").mkdir()
    made = await record(folder / "work", chance, steps)
    return await try_cuts(made, cuts, chance, folder)


def main() -> int:
    """Exit code 1 when anything was lost or corrupt."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.powercut", description=__doc__)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orchestrator-powercut-") as folder:
        verdict = asyncio.run(play(chosen.cuts, chosen.seed, Path(folder)))
    for finding in verdict.findings[:20]:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{verdict.line()}\n")
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
