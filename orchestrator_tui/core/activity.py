"""What agents did during the last hour, and what they used meanwhile: bounded histories, and their values. Pure.

Times are milliseconds since the epoch.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState

HOUR_MS = 3_600_000
BUCKET_MS = 10_000
"""The time between two samples."""
RATES_KEPT = 60
LOADS_KEPT = RATES_KEPT
SPANS_KEPT = 400
_MINUTE_BUCKETS = 60_000 // BUCKET_MS
_BEFORE_ALL = 0


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A time in one state; ``until`` is None while it lasts."""

    state: AgentState
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AgentActivity:
    """One agent's last hour.

    ``cpu`` (percent of one core) and ``memory`` (bytes) are of its whole process tree; ``tokens`` those of the minute
    before. All of them have one sample for each ten seconds, oldest first.
    """

    agent_id: int
    spans: tuple[StateSpan, ...] = ()
    cpu: tuple[float, ...] = ()
    memory: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LightHistory:
    """The newest failure of tmux, the endpoint or the store: from ``since`` ``until`` (None while it lasts)."""

    name: str
    error: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """What the fleet did until ``at``; ``cpu``, ``memory`` and ``tokens`` are sums over the agents."""

    at: int
    agents: tuple[AgentActivity, ...] = ()
    cpu: tuple[float, ...] = ()
    memory: tuple[int, ...] = ()
    tokens: tuple[int, ...] = ()
    lights: tuple[LightHistory, ...] = ()


@dataclass(frozen=True, slots=True)
class StateChange:
    """An agent became ``state`` and was ``was`` before; ``seq`` orders changes and is the event log's."""

    seq: int
    agent_id: int
    at: int
    state: AgentState
    was: AgentState


def state_change(event: Event) -> StateChange | None:
    """The change that an event tells of, or None for another event and for one that names no known state."""
    if event.type is not EventType.STATUS or event.agent_id is None:
        return None
    try:
        state, was = AgentState(str(event.data.get("state"))), AgentState(str(event.data.get("was")))
    except ValueError:
        return None
    return None if state is was else StateChange(event.seq, event.agent_id, event.at, state, was)


class StateHistory:
    """Who was in which state when, for ``HOUR_MS``; beyond ``SPANS_KEPT`` changes of one agent its oldest go."""

    def __init__(self) -> None:
        self._changes: dict[int, deque[StateChange]] = {}

    def note(self, change: StateChange) -> None:
        """Takes the newest change."""
        known = self._changes.setdefault(change.agent_id, deque(maxlen=SPANS_KEPT))
        known.append(change)
        # The change before the hour stays: it says in which state the hour began.
        while len(known) > 1 and known[1].at < change.at - HOUR_MS:
            known.popleft()

    def restore(self, earlier: Iterable[StateChange]) -> None:
        """Puts changes of earlier supervisors before those that are known."""
        known = {change.seq: change for changes in self._changes.values() for change in changes}
        for change in earlier:
            known.setdefault(change.seq, change)
        self._changes.clear()
        for seq in sorted(known):
            self.note(known[seq])

    def forget_others(self, agent_ids: Collection[int]) -> None:
        """Forgets every agent but these."""
        for agent_id in self._changes.keys() - set(agent_ids):
            del self._changes[agent_id]

    def spans(self, agent_id: int, now: int, *, state: AgentState, since: int, born: int) -> tuple[StateSpan, ...]:
        """The agent's states from the hour before ``now``, or from when it was ``born``, oldest first.

        It is in ``state`` since ``since``; that is all there is to say where no change is known.
        """
        start = max(now - HOUR_MS, born)
        changes = self._changes.get(agent_id, ())
        spans: list[StateSpan] = []
        begun, before = _BEFORE_ALL, None
        for change in changes:
            spans.append(StateSpan(before or change.was, begun, change.at))
            begun, before = change.at, change.state
        if before is None:
            spans.append(StateSpan(state, since))
        elif before is state:
            spans.append(StateSpan(state, begun))
        else:
            # What is known of it now is newer than the newest change that was told.
            spans += [StateSpan(before, begun, max(begun, since)), StateSpan(state, max(begun, since))]
        return tuple(
            replace(span, since=max(span.since, start)) for span in spans if span.until is None or span.until > start
        )


class LoadMeter:
    """What processes used, the newest look of each ``BUCKET_MS``."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=LOADS_KEPT)
        self._bucket = -1

    def note(self, at: int, cpu: float, memory: int) -> None:
        """Takes a look."""
        bucket = at // BUCKET_MS
        if bucket == self._bucket:
            self._samples.pop()
        self._bucket = bucket
        self._samples.append((cpu, memory))

    def cpu(self) -> tuple[float, ...]:
        """Percents of one core, oldest first."""
        return tuple(cpu for cpu, _ in self._samples)

    def memory(self) -> tuple[int, ...]:
        """Bytes, oldest first."""
        return tuple(memory for _, memory in self._samples)


class TokenMeter:
    """Tokens by agent in buckets of ``BUCKET_MS``, for as long as ``RATES_KEPT`` rates need them."""

    def __init__(self) -> None:
        self._buckets: dict[int, Counter[int]] = {}

    def add(self, agent_id: int, at: int, tokens: int) -> None:
        """Counts tokens for the time at which they were used."""
        newest = max(self._buckets, default=0)
        bucket = at // BUCKET_MS
        if bucket <= newest - RATES_KEPT - _MINUTE_BUCKETS:
            return
        self._buckets.setdefault(bucket, Counter())[agent_id] += tokens
        if bucket > newest:
            self._forget_before(bucket - RATES_KEPT - _MINUTE_BUCKETS)

    def rates(self, now: int, agent_id: int | None = None) -> tuple[int, ...]:
        """Tokens per minute of an agent, or of all, at the end of each bucket until ``now``, oldest first.

        The last one is that of the minute that the unfinished bucket ends.
        """
        last = now // BUCKET_MS
        first = last - RATES_KEPT - _MINUTE_BUCKETS + 2
        counts = [self._count(bucket, agent_id) for bucket in range(first, last + 1)]
        # What was counted twice and taken back again may be told in this order.
        return tuple(
            max(0, sum(counts[end - _MINUTE_BUCKETS : end])) for end in range(_MINUTE_BUCKETS, len(counts) + 1)
        )

    def spenders(self) -> frozenset[int]:
        """The agents that have tokens in any bucket."""
        return frozenset(agent_id for bucket in self._buckets.values() for agent_id in bucket)

    def _count(self, bucket: int, agent_id: int | None) -> int:
        counter = self._buckets.get(bucket)
        if counter is None:
            return 0
        return counter.total() if agent_id is None else counter[agent_id]

    def _forget_before(self, bucket: int) -> None:
        for old in [known for known in self._buckets if known < bucket]:
            del self._buckets[old]


@dataclass(slots=True)
class LightLog:
    """The newest failure of each light."""

    _newest: dict[str, LightHistory] = field(default_factory=dict[str, LightHistory])

    def note(self, name: str, error: str | None, now: int) -> None:
        """Takes what the light shows now."""
        known = self._newest.get(name)
        lasts = known is not None and known.until is None
        if error is None:
            if known is not None and lasts:
                self._newest[name] = replace(known, until=now)
        elif known is None or not lasts or known.error != error:
            self._newest[name] = LightHistory(name, error, now)

    def lights(self) -> tuple[LightHistory, ...]:
        """Those that failed at all."""
        return tuple(self._newest.values())
