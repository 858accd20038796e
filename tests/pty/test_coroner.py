"""tmux loses the signal about a child's end at times: it is nudged until it knows."""

import signal
from collections.abc import Sequence
from typing import cast

import pytest

from orchestrator_tui.pty import coroner
from orchestrator_tui.pty.coroner import LADDER_MS, Coroner
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.procs import Processes, ProcessId
from orchestrator_tui.pty.protocol import Command, Reply
from orchestrator_tui.pty.server import TmuxServer

SERVER = ProcessId(99, 1)


class Tmux:
    """A server that learns of the end of process 42 at the given nudge."""

    def __init__(self, knows_at: int, row: bytes = b"%1\t42\t1\t\t9\t120\t30\t0\t0\t0\t1\t0\t1") -> None:
        self.knows_at = knows_at
        self.row = row
        self.nudges = 0
        self.process = SERVER

    async def batch(self, commands: Sequence[Command]) -> list[Reply]:
        if not self.row:
            return [Reply((), "can't find pane: %1")]
        unknown = b"%1\t42\t1\t\t\t120\t30\t0\t0\t0\t1\t0\t1"
        return [Reply((self.row if self.nudges >= self.knows_at else unknown,))]

    def nudge(self, _: Processes, process: ProcessId, number: int) -> bool:
        assert (process, number) == (SERVER, signal.SIGCHLD)
        self.nudges += 1
        return True


def examine(tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> Coroner:
    monkeypatch.setattr(coroner, "send_signal", tmux.nudge)
    return Coroner(cast("TmuxLink", tmux), cast("TmuxServer", tmux), cast("Processes", None))


@pytest.mark.parametrize("knows_at", [1, 2, 4])
async def test_nudges_end_when_the_exact_signal_is_known(knows_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tmux = Tmux(knows_at)
    how = await examine(tmux, monkeypatch).ending("%1", 42)
    assert (how.signal, tmux.nudges) == ("SIGKILL", knows_at)


async def test_a_server_that_never_learns_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tmux = Tmux(1_000)
    how = await examine(tmux, monkeypatch).ending("%1", 42)
    assert (how.reason, tmux.nudges) == ("ended without a known status", len(LADDER_MS))


async def test_the_status_of_a_later_program_in_the_pane_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    how = await examine(Tmux(1), monkeypatch).ending("%1", 41)
    assert (how.exit_status, how.signal) == (None, None)


async def test_a_pane_that_is_gone_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    how = await examine(Tmux(1, b""), monkeypatch).ending("%1", 42)
    assert how.reason == "its window was closed"
