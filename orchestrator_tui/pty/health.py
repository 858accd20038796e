"""What a check of an agent means, from what was seen: pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator_tui.core.models import HealthStatus
from orchestrator_tui.pty.procs import STOPPED_STATE, ProcessId, ProcessInfo

ANSWER_WITHIN_MS = 1_000


@dataclass(frozen=True, slots=True)
class CpuSample:
    """Processor milliseconds of each process of a tree at a monotonic time in milliseconds."""

    at_ms: int
    used_ms: Mapping[ProcessId, int]


def cpu_sample(tree: tuple[ProcessInfo, ...], at_ms: int) -> CpuSample:
    """The tree's processor times."""
    return CpuSample(at_ms, {ProcessId(process.pid, process.started): process.cpu_ms for process in tree})


def cpu_percent(before: CpuSample | None, after: CpuSample) -> float | None:
    """Percent of one core between two samples; None when there is nothing to compare with.

    A process that is new counts from zero, one that ended drops out.
    """
    if before is None or after.at_ms <= before.at_ms:
        return None
    used = sum(max(0, ms - before.used_ms.get(process, 0)) for process, ms in after.used_ms.items())
    return round(100 * used / (after.at_ms - before.at_ms), 1)


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at an agent; times in milliseconds since the epoch.

    ``answered_in_ms`` is how long tmux took, None when it did not answer; ``is_alive`` is tmux's word or ours.
    """

    now_ms: int
    is_alive: bool
    answered_in_ms: int | None
    tree: tuple[ProcessInfo, ...]
    cpu_percent: float | None
    started_at: int
    heartbeat_at: int | None = None
    output_at: int | None = None


def health_status(seen: Observation) -> HealthStatus:
    """Fuses one look into a status.

    Responsive means: alive, tmux answered within a second, and the program is not stopped by job control.
    """
    signs = [at for at in (seen.heartbeat_at, seen.output_at) if at is not None]
    heartbeat = max(signs) if signs else None
    if not seen.is_alive:
        return HealthStatus(alive=False, responsive=False, last_heartbeat=heartbeat)
    answered = seen.answered_in_ms is not None and seen.answered_in_ms <= ANSWER_WITHIN_MS
    is_stopped = bool(seen.tree) and seen.tree[0].state == STOPPED_STATE
    return HealthStatus(
        alive=True,
        responsive=answered and not is_stopped,
        last_heartbeat=heartbeat,
        memory_usage=sum(process.rss_bytes for process in seen.tree) if seen.tree else None,
        cpu_usage=seen.cpu_percent,
        idle_time_ms=max(0, seen.now_ms - max(heartbeat or 0, seen.started_at)),
    )
