"""Everything that is done to a running session, one at a time; each says whether it found something to do it to."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.chaos.machine import Machine
from tests.chaos.world import panes, server_pid

TARGET_WITHIN_S = 2.0
LOOK_EVERY_S = 0.02
JUMPS_S = (-3600, -90, -5, 5, 90, 3600)

WEIGHTS = {
    "kill the supervisor": 4,
    "stop the supervisor": 2,
    "kill an agent": 4,
    "kill an agent's child": 3,
    "stop an agent's child": 3,
    "kill the control client": 3,
    "kill the tmux server": 1,
    "stop the tmux server": 2,
    "drop connections": 3,
    "fill the disk": 1,
    "freeze fsync": 2,
    "jump the clock": 2,
}


@dataclass(frozen=True, slots=True)
class Supervision:
    """What a fault may do to the campaign's own supervisor, and how it lets time pass meanwhile."""

    pid: Callable[[], int]
    kill: Callable[[], None]
    port: Callable[[], int]
    tend: Callable[[float], None]


def deck(count: int, kinds: Sequence[str], chance: random.Random) -> list[str]:
    """Each kind at least once where ``count`` allows, the rest by weight, in random order."""
    cards = list(kinds)
    chance.shuffle(cards)
    cards = cards[:count] + chance.choices(kinds, [WEIGHTS[kind] for kind in kinds], k=max(0, count - len(kinds)))
    chance.shuffle(cards)
    return cards


class Faults:
    """Injects by name. Only processes of the session are touched: they are found from its socket and supervisor."""

    def __init__(self, machine: Machine, socket: Path, supervision: Supervision, chance: random.Random) -> None:
        self._machine = machine
        self._socket = socket
        self._supervision = supervision
        self._chance = chance
        self.jumps = 0
        self._kinds: dict[str, Callable[[], bool]] = {
            "kill the supervisor": self._kill_supervisor,
            "stop the supervisor": self._stop_supervisor,
            "kill an agent": lambda: self._kill(self._agents),
            "kill an agent's child": lambda: self._kill(self._children),
            "stop an agent's child": lambda: self._stop(self._children),
            "kill the control client": lambda: self._kill(self._control_clients),
            "kill the tmux server": lambda: self._kill(self._servers),
            "stop the tmux server": lambda: self._stop(self._servers),
            "drop connections": self._drop_connections,
            "fill the disk": self._fill_disk,
            "freeze fsync": self._freeze,
            "jump the clock": self._jump,
        }

    def possible(self) -> list[str]:
        """The kinds that this machine can make."""
        return [kind for kind in self._kinds if kind not in self._machine.missing]

    def inject(self, kind: str) -> bool:
        """Makes one fault, and mends what would not mend itself; False when there was no target in time."""
        return self._kinds[kind]()

    # -- processes ---------------------------------------------------------------------------------------------------

    def _kill_supervisor(self) -> bool:
        self._supervision.kill()
        return True

    def _stop_supervisor(self) -> bool:
        pid = self._supervision.pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self._chance.uniform(0.3, 3.0))
        finally:
            os.kill(pid, signal.SIGCONT)
        return True

    def _stop(self, find: Callable[[], list[psutil.Process]]) -> bool:
        process = self._find(find)
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):
            process.suspend()
            try:
                self._supervision.tend(self._chance.uniform(0.2, 3.0))
            finally:
                process.resume()
        return True

    def _kill(self, find: Callable[[], list[psutil.Process]]) -> bool:
        process = self._find(find)
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):
            process.kill()
        return True

    def _find(self, find: Callable[[], list[psutil.Process]]) -> psutil.Process | None:
        deadline = time.monotonic() + TARGET_WITHIN_S
        while time.monotonic() < deadline:
            with suppress(psutil.NoSuchProcess):
                found = find()
                if found:
                    return self._chance.choice(sorted(found, key=lambda process: process.pid))
            self._supervision.tend(LOOK_EVERY_S)
        return None

    def _agents(self) -> list[psutil.Process]:
        return [psutil.Process(pane.pid) for pane in panes(self._socket) if pane.agent_id and not pane.is_dead]

    def _children(self) -> list[psutil.Process]:
        return [child for agent in self._agents() for child in agent.children(recursive=True)]

    def _control_clients(self) -> list[psutil.Process]:
        children = psutil.Process(self._supervision.pid()).children()
        return [child for child in children if "-C" in child.cmdline()]

    def _servers(self) -> list[psutil.Process]:
        pid = server_pid(self._socket)
        return [psutil.Process(pid)] if pid is not None else []

    # -- everything else ---------------------------------------------------------------------------------------------

    def _drop_connections(self) -> bool:
        cut = 0
        deadline = time.monotonic() + TARGET_WITHIN_S
        while not cut and time.monotonic() < deadline:
            # Most last a few milliseconds: several looks make one fault.
            for _ in range(10):
                cut += self._machine.cut(self._supervision.port())
            self._supervision.tend(LOOK_EVERY_S)
        return cut > 0

    def _fill_disk(self) -> bool:
        self._machine.fill_disk()
        try:
            self._supervision.tend(self._chance.uniform(0.3, 2.5))
        finally:
            self._machine.empty_disk()
        return True

    def _freeze(self) -> bool:
        before = self._machine.thaw()
        self._machine.freeze()
        try:
            self._supervision.tend(self._chance.uniform(0.5, 4.0))
        finally:
            after = self._machine.thaw()
        return after > before

    def _jump(self) -> bool:
        self._machine.jump(self._chance.choice(JUMPS_S))
        self.jumps += 1
        return True
