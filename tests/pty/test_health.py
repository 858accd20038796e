from dataclasses import replace

import pytest

from orchestrator_tui.pty.health import CpuSample, Observation, cpu_percent, cpu_sample, health_status
from orchestrator_tui.pty.procs import ProcessId, ProcessInfo

ROOT = ProcessInfo(pid=10, ppid=1, started=5, rss_bytes=1_000, cpu_ms=100, state="S")
CHILD = ProcessInfo(pid=11, ppid=10, started=6, rss_bytes=500, cpu_ms=40, state="R")
SEEN = Observation(
    now_ms=100_000, is_alive=True, answered_in_ms=3, tree=(ROOT, CHILD), cpu_percent=12.5, started_at=90_000
)


class TestStatus:
    def test_memory_is_that_of_the_whole_tree(self) -> None:
        assert health_status(SEEN).memory_usage == 1_500

    def test_a_dead_agent_is_not_responsive_and_uses_nothing(self) -> None:
        status = health_status(replace(SEEN, is_alive=False))
        assert (status.alive, status.responsive, status.memory_usage, status.cpu_usage) == (False, False, None, None)

    @pytest.mark.parametrize(("answered", "responsive"), [(0, True), (1_000, True), (1_001, False), (None, False)])
    def test_responsive_needs_an_answer_of_tmux_within_a_second(self, answered: int | None, responsive: bool) -> None:
        assert health_status(replace(SEEN, answered_in_ms=answered)).responsive is responsive

    def test_a_stopped_program_is_alive_but_not_responsive(self) -> None:
        status = health_status(replace(SEEN, tree=(ROOT._replace(state="T"), CHILD)))
        assert (status.alive, status.responsive) == (True, False)

    def test_a_stopped_child_is_the_agents_own_business(self) -> None:
        assert health_status(replace(SEEN, tree=(ROOT, CHILD._replace(state="T")))).responsive

    def test_idle_time_counts_from_the_newest_sign_of_life(self) -> None:
        status = health_status(replace(SEEN, heartbeat_at=99_000, output_at=98_000))
        assert (status.last_heartbeat, status.idle_time_ms) == (99_000, 1_000)

    def test_without_signs_idle_time_counts_from_the_start(self) -> None:
        status = health_status(SEEN)
        assert (status.last_heartbeat, status.idle_time_ms) == (None, 10_000)


class TestCpu:
    def test_the_first_look_has_nothing_to_compare_with(self) -> None:
        assert cpu_percent(None, cpu_sample((ROOT,), 1_000)) is None

    def test_percent_is_of_one_core(self) -> None:
        before = CpuSample(1_000, {ROOT.id: 100, CHILD.id: 40})
        assert cpu_percent(before, CpuSample(2_000, {ROOT.id: 600, CHILD.id: 1_040})) == 150.0

    def test_a_new_child_counts_from_zero_and_an_ended_one_drops_out(self) -> None:
        before = CpuSample(1_000, {ROOT.id: 100, CHILD.id: 9_999})
        assert cpu_percent(before, CpuSample(2_000, {ROOT.id: 100, ProcessId(12, 7): 250})) == 25.0

    def test_a_reused_pid_is_another_process(self) -> None:
        before = CpuSample(1_000, {ProcessId(10, 1): 5_000})
        assert cpu_percent(before, CpuSample(2_000, {ProcessId(10, 2): 100})) == 10.0
