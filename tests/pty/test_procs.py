import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.pty.procs import (
    LinuxProcesses,
    Processes,
    ProcessId,
    ProcessInfo,
    ProcessTable,
    PsutilProcesses,
    send_signal,
)

READERS: list[Processes] = [PsutilProcesses()]
if sys.platform == "linux":
    READERS.append(LinuxProcesses())
every_reader = pytest.mark.parametrize("processes", READERS, ids=lambda reader: type(reader).__name__)


def info(pid: int, ppid: int) -> ProcessInfo:
    return ProcessInfo(pid, ppid, started=pid, rss_bytes=1, cpu_ms=0, state="S")


class TestTable:
    TABLE = ProcessTable([info(1, 0), info(2, 1), info(3, 2), info(4, 2), info(5, 4), info(9, 1)])

    def test_a_tree_has_all_descendants_parents_first(self) -> None:
        assert [process.pid for process in self.TABLE.tree(2)] == [2, 3, 4, 5]

    def test_nobody_has_no_tree(self) -> None:
        assert self.TABLE.tree(77) == ()

    def test_ancestors_reach_the_top(self) -> None:
        assert self.TABLE.ancestors(5) == {5, 4, 2, 1}

    def test_a_loop_in_a_torn_reading_ends(self) -> None:
        torn = ProcessTable([info(2, 3), info(3, 2)])
        assert len(torn.tree(2)) == 2
        assert torn.ancestors(2) == {2, 3}


class TestReading:
    @every_reader
    def test_it_sees_this_process_and_its_child(self, processes: Processes) -> None:
        with subprocess.Popen(["sleep", "60"]) as child:
            try:
                tree = processes.table().tree(os.getpid())
                assert child.pid in [process.pid for process in tree]
                assert tree[0].rss_bytes > 1_000_000
                assert tree[0].id == processes.identify(os.getpid())
            finally:
                child.kill()

    @every_reader
    def test_an_ended_child_is_not_running_even_before_it_is_reaped(self, processes: Processes) -> None:
        with subprocess.Popen(["sleep", "60"]) as child:
            process = processes.identify(child.pid)
            assert process is not None
            assert processes.is_running(process)
            child.kill()
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            assert not processes.is_running(process)
            assert processes.identify(child.pid) is None

    @every_reader
    def test_it_reads_the_environment_of_a_start(self, processes: Processes) -> None:
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"MARK": "a=b"}) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(b"x\n")
            child.stdin.flush()
            assert child.stdout.readline() == b"x\n"  # it has been executed
            assert processes.environment(child.pid).get("MARK") == "a=b"
            child.kill()

    @every_reader
    def test_nobody_is_nobody(self, processes: Processes) -> None:
        assert processes.identify(2**22 + 1) is None
        assert processes.environment(2**22 + 1) == {}

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_a_name_with_spaces_and_parentheses_does_not_confuse(self, tmp_path: Path) -> None:
        fields = "S 7 42 42 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 12345 0 3 0"
        (tmp_path / "42").mkdir()
        (tmp_path / "42" / "stat").write_text(f"42 (a) b (c) {fields}\n")
        (tmp_path / "not-a-process").mkdir()
        found = LinuxProcesses(tmp_path).table().get(42)
        assert found is not None
        assert (found.ppid, found.started, found.state) == (7, 12345, "S")
        assert found.rss_bytes == 3 * os.sysconf("SC_PAGE_SIZE")
        assert found.cpu_ms == 200 * 1000 / os.sysconf("SC_CLK_TCK")


class TestSignals:
    @every_reader
    def test_the_process_itself_gets_it(self, processes: Processes) -> None:
        with subprocess.Popen(["sleep", "60"]) as child:
            process = processes.identify(child.pid)
            assert process is not None
            assert send_signal(processes, process, signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL

    @every_reader
    def test_a_later_process_with_the_same_pid_does_not(self, processes: Processes) -> None:
        with subprocess.Popen(["sleep", "60"]) as child:
            process = processes.identify(child.pid)
            assert process is not None
            assert not send_signal(processes, ProcessId(child.pid, process.started - 1), signal.SIGKILL)
            assert child.poll() is None
            child.kill()
