"""What happens to a mission next: decisions as functions of values, without a store or a clock."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator_tui.core.models import MissionState
from orchestrator_tui.core.restart import LONGEST_RETRY_MS, mission_retry_delay_ms

CLAIMED = frozenset({MissionState.ASSIGNED, MissionState.RUNNING})
"""States in which an agent holds the mission."""

ROOT_STATES = frozenset({MissionState.FAILED, MissionState.CANCELLED})
"""States that block whatever depends on the mission until a person retries it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended an attempt.

    ``delay_ms`` None is the back-off of ``core.restart``. ``budget`` is the number of retries after the first attempt.
    """

    code: str
    message: str
    recoverable: bool
    budget: int
    reserve_for: int | None = None
    delay_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed attempt leads to; ``delay_ms`` is the wait before a retry, 0 for ``failed``."""

    state: MissionState
    delay_ms: int = 0


def state_when_open(unmet: int) -> MissionState:
    """The state of a mission that may run: pending, or blocked while dependencies are unmet."""
    return MissionState.BLOCKED if unmet else MissionState.PENDING


def after_failure(failure: Failure, used: int) -> Verdict:
    """Retry or fail, after ``used`` attempts of the present budget (this one included)."""
    if not failure.recoverable or used > failure.budget:
        return Verdict(MissionState.FAILED)
    delay = mission_retry_delay_ms(used) if failure.delay_ms is None else failure.delay_ms
    return Verdict(MissionState.RETRYING, min(max(delay, 0), LONGEST_RETRY_MS))


def retry_budget(max_retries: int | None, agents: int | None, default: int) -> int:
    """The mission's own budget, else its agent's, else the queue's."""
    if max_retries is not None:
        return max_retries
    return default if agents is None else agents


def may_claim(state: MissionState, reserved_for: int | None, agent_id: int) -> bool:
    """Whether ``agent_id`` may claim a mission: its own reservation also before its back-off is over."""
    if state is MissionState.PENDING:
        return reserved_for in (None, agent_id)
    return state is MissionState.RETRYING and reserved_for == agent_id


def is_retried_fence(code: str) -> bool:
    """Whether a mission fenced for ``code`` is tried again; every other fence cancels it."""
    return code == "timeout"


def stronger_fence(present: str | None, wanted: str) -> str:
    """The code of two fences begun for one mission: a cancel outlasts a timeout, the first cancel a second."""
    return wanted if present is None or is_retried_fence(present) else present


def failed_roots(
    affected: Collection[int],
    parents: Mapping[int, Iterable[int]],
    roots: Collection[int],
    known: Mapping[int, Collection[int]],
) -> dict[int, frozenset[int]]:
    """Which of ``roots`` (failed or cancelled missions) block each blocked mission of ``affected``.

    A mission is blocked by its parents that are roots and by what blocks its blocked parents; ``known`` answers
    that for parents outside ``affected``. Nothing is inherited through a root: retrying the root comes first.
    """
    found: dict[int, frozenset[int]] = {}
    for child in _parents_first(affected, parents):
        blocking: set[int] = set()
        for parent in parents.get(child, ()):
            if parent in roots:
                blocking.add(parent)
            elif parent in found:
                blocking |= found[parent]
            else:
                blocking.update(known.get(parent, ()))
        found[child] = frozenset(blocking)
    return found


def find_cycle(graph: Mapping[str, Sequence[str]]) -> tuple[str, ...] | None:
    """A cycle in ``graph`` (mission to its dependencies) as ``("a", "b", "a")``, or None."""
    finished: set[str] = set()
    for start in graph:
        path: list[str] = []
        on_path: dict[str, int] = {}
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            node, is_left = stack.pop()
            if is_left:
                path.pop()
                del on_path[node]
                finished.add(node)
            elif node in on_path:
                return (*path[on_path[node] :], node)
            elif node not in finished:
                on_path[node] = len(path)
                path.append(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in reversed(graph.get(node, ())) if parent in graph)
    return None


def _parents_first(affected: Collection[int], parents: Mapping[int, Iterable[int]]) -> list[int]:
    members = set(affected)
    waits = {child: members.intersection(parents.get(child, ())) for child in affected}
    children: dict[int, list[int]] = {}
    for child, above in waits.items():
        for parent in above:
            children.setdefault(parent, []).append(child)
    ready = [child for child, above in waits.items() if not above]
    order: list[int] = []
    while ready:
        parent = ready.pop()
        order.append(parent)
        for child in children.get(parent, ()):
            waits[child].discard(parent)
            if not waits[child]:
                ready.append(child)
    return order
