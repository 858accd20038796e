"""Kills the supervisor of a running plan again and again, starts it again, and keeps what was true at each kill.

In the long form: ``python -m tests.acceptance.survival --kills 10 --gap 30``.
"""

import argparse
import asyncio
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchestrator_tui.core.models import AgentRecord, Mission, MissionState
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.pty.system_clock import SystemClock
from tests.acceptance.test_run_plan import by_id, check_report, write_plan
from tests.conftest import Program, wait_until

SESSION = "survival"
WITHOUT_KILLS = Counter({"crash": 2, "broken": 2, "hang": 2, "after-broken": 0, "after-after": 0})
"""The starts of each mission of the plan; the rest has one. Killing the supervisor must not change them."""
LONGEST_LIFE_S = 1.2
STEP_S = 0.001


def stored(program: Program, session: str) -> tuple[dict[str, Mission], list[AgentRecord]]:
    """What the store holds; only while nobody owns the session."""

    async def read() -> tuple[dict[str, Mission], list[AgentRecord]]:
        queue = await MissionQueue.open(program.session(session).database, clock=SystemClock())
        try:
            missions = await queue.list_missions(500)
            return {mission.id: mission for mission in missions}, await queue.registry.all()
        finally:
            await queue.aclose()

    return asyncio.run(read())


def tmux(program: Program, session: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command to the session's own tmux server."""
    socket = socket_name(program.session(session).folder, session)
    return subprocess.run(
        ["tmux", "-L", socket, *arguments],
        env=program.environ,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def agent_pids(program: Program, session: str) -> dict[int, int]:
    """The pid of each living agent's program, by the agent's id."""
    listed = tmux(program, session, "list-panes", "-a", "-F", "#{pane_dead} #{@agent_id} #{pane_pid}").stdout
    rows = [line.split() for line in listed.splitlines()]
    return {int(row[1]): int(row[2]) for row in rows if len(row) == 3 and row[0] == "0"}


def logged_events(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The whole lines of an event log from ``offset``, and where they end."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole)


@dataclass
class Survival:
    """One plan, run by as many supervisors as it takes; ``note`` gets a line for each kill."""

    program: Program
    kills: int
    gap_s: float
    seed: int
    note: Callable[[str], None]
    completed: dict[str, Mission] = field(default_factory=dict[str, Mission])
    process: "subprocess.Popen[str] | None" = None

    def run(self) -> dict[str, Any]:
        """Returns the report of the last supervisor after checking everything that must hold."""
        chance = random.Random(self.seed)
        plan, ledger = write_plan(self.program)
        kinds = ["random"] * self.kills
        # First, while there is most to deliver.
        kinds[0] = "before the acknowledgement"
        kinds[-1] = "nobody there"
        for number, kind in enumerate(kinds, 1):
            process = self._start(plan)
            offset = self._log_size()
            wait_until(lambda process=process: self._owns(process), "the supervisor takes the session")
            if kind == "before the acknowledgement":
                said = self._kill_before_acknowledgement(process, offset)
            else:
                life = chance.uniform(0.0, LONGEST_LIFE_S)
                assert_alive(process, life)
                kill(process)
                said = f"{life:.2f} s after it took the session"
            self._look(number, kind, said)
            if kind == "nobody there":
                time.sleep(self.gap_s)
        process = self._start(plan)
        code = process.wait(timeout=120)
        report: dict[str, Any] = json.loads(self._output(process, "out"))
        assert code == 1, self._output(process, "err")
        self._check(report, ledger)
        return report

    def _start(self, plan: Path) -> "subprocess.Popen[str]":
        self.program.sessions.add(SESSION)
        arguments = ("--session", SESSION, "--provider", "demo", "--agents", "4", "--json")
        self.process = self.program.start("run", str(plan), *arguments)
        return self.process

    def _output(self, process: "subprocess.Popen[str]", kind: str) -> str:
        return (self.program.root / f"{kind}-{self.program.started.index(process)}").read_text()

    def _owns(self, process: "subprocess.Popen[str]") -> bool:
        if process.poll() is not None:
            raise AssertionError(f"it ended by itself: {self._output(process, 'err')}")
        session = self.program.session(SESSION)
        return session.is_owned() and session.owner() == ("run", process.pid)

    def _log_size(self) -> int:
        path = self.program.session(SESSION).events
        return path.stat().st_size if path.exists() else 0

    def _kill_before_acknowledgement(self, process: "subprocess.Popen[str]", offset: int) -> str:
        """Goes in small steps from a mission's assignment on, so that the kill comes before it is acknowledged."""
        path = self.program.session(SESSION).events
        panes: dict[int, str] = {}
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            events, offset = logged_events(path, offset)
            panes |= {event["agent_id"]: event["data"]["pane_id"] for event in events if "pane_id" in event["data"]}
            given = [event for event in events if event["type"] == "mission_assigned"]
            if not given:
                assert process.poll() is None, self._output(process, "err")
                time.sleep(STEP_S)
            for event in given:
                mission_id, agent_id = event["mission_id"], event["agent_id"]
                if self._stops_on_the_way(process, mission_id, panes.get(agent_id, "")):
                    kill(process)
                    missions, _ = stored(self.program, SESSION)
                    assert missions[mission_id].state is MissionState.ASSIGNED, missions[mission_id]
                    return f"{mission_id} was delivered to agent {agent_id} and not acknowledged"
        raise AssertionError("no delivery could be caught before its acknowledgement")

    def _stops_on_the_way(self, process: "subprocess.Popen[str]", mission_id: str, pane: str) -> bool:
        """Leaves the supervisor stopped if a first delivery is in the pane and not acknowledged."""
        typed = re.compile(rf"mission {re.escape(mission_id)}(?![\w.-])")
        with closing(sqlite3.connect(f"file:{self.program.session(SESSION).database}?mode=ro", uri=True)) as store:
            while True:
                process.send_signal(signal.SIGSTOP)
                row = store.execute("SELECT state, attempts FROM mission WHERE id = ?", (mission_id,)).fetchone()
                if row == ("assigned", 0) and typed.search(
                    tmux(self.program, SESSION, "capture-pane", "-pt", pane).stdout
                ):
                    return True
                process.send_signal(signal.SIGCONT)
                if row != ("assigned", 0):
                    return False
                time.sleep(STEP_S)

    def _look(self, number: int, kind: str, said: str) -> None:
        missions, _ = stored(self.program, SESSION)
        states = Counter(mission.state.value for mission in missions.values())
        for mission_id, mission in self.completed.items():
            # What it cost may become known later than that it is done.
            assert replace(missions[mission_id], spent=mission.spent) == mission, (
                f"{mission_id} changed after it was completed"
            )
        self.completed = {key: value for key, value in missions.items() if value.state is MissionState.COMPLETED}
        shown = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "nothing stored yet"
        self.note(f"kill {number} ({kind}): {said}; {shown}")

    def _check(self, report: dict[str, Any], ledger: Path) -> None:
        check_report(report, ledger)
        for mission_id, mission in by_id(report).items():
            wanted = WITHOUT_KILLS.get(mission_id, 1)
            assert mission["attempts"] == wanted, f"{mission_id}: {mission['attempt_log']}"
        for mission_id, mission in self.completed.items():
            final = by_id(report)[mission_id]
            assert (final["status"], final["ended_at"]) == ("completed", mission.ended_at), mission_id
        events, _ = logged_events(self.program.session(SESSION).events)
        numbers = [event["seq"] for event in events]
        assert numbers == list(range(1, len(numbers) + 1))
        assert tmux(self.program, SESSION, "list-sessions").returncode != 0


def assert_alive(process: "subprocess.Popen[str]", seconds: float) -> None:
    """Lets a supervisor live that long; the plan must not end in that time."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return
    raise AssertionError("the plan ended before the last kill")


def kill(process: "subprocess.Popen[str]") -> None:
    """SIGKILL, and waits for the end."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def main() -> int:
    """Runs the long form and says what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--gap", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    sys.stdout.write(f"seed {chosen.seed}\n")
    with tempfile.TemporaryDirectory(prefix="orchestrator-survival-") as folder:
        (Path(folder) / "home").mkdir()
        program = Program(Path(folder))

        def note(line: str) -> None:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

        try:
            report = Survival(program, chosen.kills, chosen.gap, chosen.seed, note).run()
        finally:
            program.close()
    attempts = sum(mission["attempts"] for mission in report["missions"])
    counts = ", ".join(f"{report[key]} {key}" for key in ("completed", "failed", "blocked", "cancelled"))
    note(f"survived {chosen.kills} kills: {counts}; {attempts} starts, each executed once, none cost by a kill")
    return 0


if __name__ == "__main__":
    sys.exit(main())
