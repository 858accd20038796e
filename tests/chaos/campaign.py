"""One run: a supervisor, agents and missions, faults at random moments, then the drain and the verdict."""

import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator_tui.pty.socket import socket_name, socket_path
from tests.chaos.checker import Evidence, Violation, Wanted, violations
from tests.chaos.decoy import Decoy
from tests.chaos.evidence import Fact, copy_evidence, read_log, read_store, untold
from tests.chaos.faults import Faults, Supervision, deck
from tests.chaos.machine import Machine
from tests.chaos.person import Person
from tests.chaos.workload import Order, orders, standing
from tests.chaos.world import observe
from tests.conftest import Program, wait_until

SESSION = "chaos"
START_WITHIN_S = 30.0
STOP_WITHIN_S = 40.0
AGREE_WITHIN_S = 8.0
LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; ``drain_s`` is how long the missions may take after the last fault."""

    seed: int
    faults: int
    agents: int
    isolated: int
    missions: int
    drain_s: float
    longest_gap_s: float = 0.8


@dataclass
class Outcome:
    """What came of it; ``evidence`` was taken while the supervisor still ran.

    ``skipped`` are kinds that this machine cannot make and why; ``missed`` are faults that found no target in time, in
    whose place another was made.
    """

    evidence: Evidence
    violations: list[Violation]
    injected: Counter[str] = field(default_factory=Counter[str])
    missed: Counter[str] = field(default_factory=Counter[str])
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    took_s: float = 0.0

    def line(self) -> str:
        """The result for people, one line whatever the reasons look like."""
        store = self.evidence.store
        states = Counter(mission.state for mission in store.missions.values())
        made = _listed(self.injected)
        left_out = (
            ", ".join(f"{kind} ({' '.join(why.split())})" for kind, why in sorted(self.skipped.items())) or "none"
        )
        without = f" ({_listed(self.missed)})" if self.missed else ""
        shown = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        attempts = sum(mission.starts for mission in store.missions.values())
        return (
            f"{self.injected.total()} faults in {self.took_s:.0f} s ({made}); {len(self.skipped)} kinds skipped:"
            f" {left_out}; {self.missed.total()} found no target in time and were replaced{without};"
            f" {len(self.evidence.wanted)} missions acknowledged: {shown}; {attempts} attempts,"
            f" {len(self.evidence.log.events)} events, {len(self.evidence.excused)} not yet written at a kill;"
            f" {len(self.violations)} violations"
        )


class Campaign:
    """Runs once. ``note`` gets a line for each fault."""

    def __init__(self, program: Program, size: Size, note: Callable[[str], None]) -> None:
        self._program = program
        self._size = size
        self._note = note
        self._chance = random.Random(size.seed)
        self._session = program.session(SESSION)
        self._socket = socket_path(socket_name(self._session.folder, SESSION), program.environ)
        self._person = Person(self._session)
        self._ledger = program.root / "ledger"
        self._repository = program.root / "repository"
        self._machine = Machine(program.root)
        self.kept = program.root / "kept"
        self.running = program.root / "running"
        self._process: subprocess.Popen[str] | None = None
        self._todo: list[Order] = []
        self._due = 0.0
        self._wanted: dict[str, Wanted] = {}
        self._excused: set[Fact] = set()
        self._troubles: list[Violation] = []
        self._port_used = 0
        self._next_look = self._next_revival = 0.0
        self._faults = Faults(
            self._machine,
            self._socket,
            Supervision(self._pid, self._kill_supervisor, self._port, self.tend),
            self._chance,
        )

    def run(self) -> Outcome:
        """Everything; what was started is ended by the program's ``close`` and here."""
        self._program.extra.update(self._machine.prepare(self._program.state))
        decoy = Decoy(self._program.root, SESSION, self._socket)
        try:
            wait_until(lambda: decoy.is_ready, "the decoys run")
            before = decoy.look()
            outcome = self._play()
            resting = self._at_rest()
            outcome.violations += violations(replace(resting, decoy=(before, decoy.look())))
            return outcome
        finally:
            decoy.close()
            self._program.close()
            # The small disk goes with everything that is on it.
            self._keep()
            self._machine.close()

    # -- the play ----------------------------------------------------------------------------------------------------

    def _play(self) -> Outcome:
        began = time.monotonic()
        size = self._size
        _make_repository(self._repository)
        self._start()
        self._await_supervisor()
        self._person.spawn(size.agents - size.isolated)
        if size.isolated:
            self._person.spawn(size.isolated, isolation_mode="worktree", cwd=str(self._repository))
        self._todo = orders(size.missions, self._chance, self._ledger)[::-1]
        injected, missed = self._strike()
        self._due = len(self._todo)
        missions = self._drain()
        self._note(f"drained in {missions:.1f} s after the last fault")
        evidence, found = self._agreed()
        took_s = time.monotonic() - began
        return Outcome(evidence, [*self._troubles, *found], injected, missed, dict(self._machine.missing), took_s)

    def _strike(self) -> tuple[Counter[str], Counter[str]]:
        """What was injected, and what found nothing to be injected into."""
        began = time.monotonic()
        injected: Counter[str] = Counter()
        missed: Counter[str] = Counter()
        share = self._size.missions / self._size.faults
        for number, kind in enumerate(deck(self._size.faults, self._faults.possible(), self._chance), 1):
            self._due = max(self._due, 0) + share
            self.tend(self._chance.uniform(0.0, self._size.longest_gap_s))
            while not self._faults.inject(kind):
                self._note(f"fault {number} at {time.monotonic() - began:.1f} s: nothing there to {kind}")
                missed[kind] += 1
                kind = "kill an agent" if kind != "kill an agent" else "kill the supervisor"
            injected[kind] += 1
            self._note(f"fault {number} at {time.monotonic() - began:.1f} s: {kind}")
        return injected, missed

    def tend(self, seconds: float) -> None:
        """Lets time pass as a person would: queues what is due, answers, brings failed agents back."""
        deadline = time.monotonic() + seconds
        while True:
            self._notice_end()
            now = time.monotonic()
            if self._todo and self._due >= 1:
                self._queue_next()
            elif now >= self._next_look:
                self._person.answer_all()
                self._next_look = time.monotonic() + LOOK_EVERY_S
            elif now >= self._next_revival:
                self._person.revive()
                self._next_revival = time.monotonic() + 4 * LOOK_EVERY_S
            if time.monotonic() >= deadline:
                return
            time.sleep(min(0.02, max(0.0, deadline - time.monotonic())))

    def _queue_next(self) -> None:
        order = self._todo[-1]
        if self._person.queue(order):
            self._wanted[order.id] = order.wanted
            self._todo.pop()
            self._due -= 1

    def _drain(self) -> float:
        """Until nothing moves any more, and two missions that never end are at work."""
        began = time.monotonic()
        stays = standing(self._ledger)
        ids = {order.id for order in stays}
        while True:
            self.tend(LOOK_EVERY_S)
            self._due = len(self._todo)
            store = read_store(self._session.database)
            others = [mission for mission in store.missions.values() if mission.id not in ids]
            if not self._todo and all(mission.is_settled for mission in others):
                if stays:
                    self._todo, stays = stays, []
                elif all(store.missions[name].state == "running" for name in ids):
                    return time.monotonic() - began
            if time.monotonic() - began > self._size.drain_s:
                stuck = [f"{mission.id} {mission.state}" for mission in others if not mission.is_settled]
                self._troubles.append(Violation("drain", f"not within {self._size.drain_s} s: {stuck[:20]}"))
                return time.monotonic() - began

    # -- the supervisor ----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._process = self._program.start("serve", "--session", SESSION, "--provider", "demo", "--stop-agents")

    def _await_supervisor(self) -> None:
        def answers() -> bool:
            self._notice_end()
            address = self._person.address()
            return address is not None and address[2] == self._pid()

        wait_until(answers, "the supervisor publishes its endpoint", START_WITHIN_S)

    def _kill_supervisor(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if self._session.database.exists():
            self._excused |= untold(read_store(self._session.database), read_log(self._session.events))
        time.sleep(self._chance.choice((0.0, 0.0, 0.3, 1.5)))
        self._start()
        if self._chance.random() < 0.5:
            self._await_supervisor()

    def _notice_end(self) -> None:
        process = self._process
        if process is not None and process.poll() is not None:
            said = (self._program.root / f"err-{self._program.started.index(process)}").read_text()[-500:]
            self._troubles.append(Violation("supervisor", f"it ended by itself with {process.returncode}: {said}"))
            self._note(str(self._troubles[-1]))
            self._start()

    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _port(self) -> int:
        address = self._person.address()
        return urlsplit(address[0]).port or 0 if address is not None else 0

    def _keep(self) -> None:
        self.kept.mkdir()
        for file in self._session.folder.glob("*"):
            if file.is_file():
                shutil.copy2(file, self.kept)

    # -- the evidence ------------------------------------------------------------------------------------------------

    def _look(self, supervisor: int | None) -> Evidence:
        """Reads a copy of log and database, so that others can look at just what the verdict was made of."""
        world = observe(self._program, self._socket, self._port_used, self._repository, supervisor)
        place = self.running if supervisor is not None else self._program.root / "rest"
        copy_evidence(self._session.database, self._session.events, place)
        return Evidence(
            wanted=self._wanted,
            log=read_log(place / self._session.events.name),
            store=read_store(place / self._session.database.name),
            world=world,
            ledger=tuple(self._ledger.read_text().split()) if self._ledger.exists() else (),
            excused=frozenset(self._excused),
            clock_jumped=self._faults.jumps > 0,
        )

    def _agreed(self) -> tuple[Evidence, list[Violation]]:
        """The evidence once log, database and processes agree: they are read one after the other, beside a life."""
        self._port_used = self._port()
        deadline = time.monotonic() + AGREE_WITHIN_S
        while True:
            evidence = self._look(self._pid())
            found = violations(evidence)
            if not found or time.monotonic() > deadline:
                return evidence, found
            self.tend(LOOK_EVERY_S)

    def _at_rest(self) -> Evidence:
        """The evidence after everything was stopped."""
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=STOP_WITHIN_S)
        return replace(self._look(None), at_rest=True)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} x {kind}" for kind, count in sorted(counts.items()))


def _make_repository(path: Path) -> None:
    git = ["git", "-C", str(path), "-c", "user.name=chaos", "-c", "user.email=chaos@localhost"]
    path.mkdir()
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "begin"], check=True)
