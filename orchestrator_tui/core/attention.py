"""What waits for a person, derived from what is known of agents and missions anyway: pure."""

import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionState, WaitingFor
from orchestrator_tui.core.permission_rules import subject_of
from orchestrator_tui.core.questions import PLAN_TOOL, QUESTION_TOOL, Question, plan_of, questions_of

UNDELIVERED_TIMES = 3


class AttentionKind(StrEnum):
    """What a person is needed for."""

    PERMISSION = "permission"
    QUESTION = "question"
    PLAN = "plan"
    TRUST = "trust"
    LOGIN = "login"
    RESUME = "resume"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    PROBLEM = "problem"
    WORKTREE = "worktree"
    QUOTA = "quota"
    BUDGET = "budget"
    MERGE_CONFLICT = "merge_conflict"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that an agent's program announced; ``is_held`` while it waits for our reply."""

    id: str
    agent_id: int
    since: int
    tool: str
    tool_input: Mapping[str, object]
    is_held: bool = True


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing that waits. ``since`` in milliseconds since the epoch; ``text`` is one line.

    ``id`` names this very request: an answer to one that is over is refused. ``can_answer`` says that allow and deny
    are possible here, ``can_choose`` that its ``questions`` can be answered, ``can_explain`` that a denial may carry a
    message. ``details`` are more lines, as the files of a conflict.
    """

    id: str
    kind: AttentionKind
    since: int
    text: str
    agent_id: int | None = None
    agent_name: str | None = None
    mission_id: str | None = None
    tool: str | None = None
    tool_input: Mapping[str, object] = field(default_factory=dict[str, object])
    questions: tuple[Question, ...] = ()
    details: tuple[str, ...] = ()
    can_answer: bool = False
    can_choose: bool = False
    can_explain: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The labels of all questions, in order."""
        return tuple(option.label for question in self.questions for option in question.options)

    def as_dict(self) -> dict[str, object]:
        """The item as JSON data."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "since": self.since,
            "text": self.text,
            "agent_id": self.agent_id,
            "agent_name": self.agent_name,
            "mission_id": self.mission_id,
            "tool": self.tool,
            "tool_input": dict(self.tool_input),
            "options": list(self.options),
            "questions": [question.as_dict() for question in self.questions],
            "details": list(self.details),
            "can_answer": self.can_answer,
            "can_choose": self.can_choose,
            "can_explain": self.can_explain,
        }


def attention(
    agents: Iterable[AgentRecord],
    missions: Iterable[Mission],
    asks: Iterable[Ask],
    current: Mapping[int, str],
    others: Iterable[AttentionItem] = (),
) -> tuple[AttentionItem, ...]:
    """Everything that waits, oldest first; ``current`` are mission ids by agent, ``others`` items made elsewhere."""
    records = {record.id: record for record in agents}
    by_agent: dict[int, list[Ask]] = {}
    for ask in asks:
        by_agent.setdefault(ask.agent_id, []).append(ask)
    items: list[AttentionItem] = list(others)
    for record in records.values():
        items.extend(_of_agent(record, by_agent.get(record.id, []), current.get(record.id)))
    items.extend(_undelivered(mission, records) for mission in missions if _is_undelivered(mission))
    return tuple(sorted(items, key=lambda item: (item.since, item.id)))


def may_wait_for_person(mission: Mission) -> bool:
    """Whether the mission itself, or what was spent on it, can be something that a person is told of."""
    return not mission.state.is_ended and (_is_undelivered(mission) or mission.spent.cost_usd > 0)


def overdue(
    items: Iterable[AttentionItem], now_ms: int, after_s: float, told: Collection[str]
) -> tuple[AttentionItem, ...]:
    """The items that have waited longer than ``after_s`` and are not yet ``told``; 0 seconds tells of none."""
    if after_s <= 0:
        return ()
    return tuple(item for item in items if item.id not in told and now_ms - item.since >= after_s * 1000)


def _of_agent(record: AgentRecord, asks: list[Ask], mission_id: str | None) -> list[AttentionItem]:
    if record.state is AgentState.FAILED:
        reason = record.reason or "its restarts are used up"
        return [_item(record, f"failed-{record.id}", AttentionKind.FAILED, reason, mission_id)]
    if record.state is AgentState.STOPPED and record.worktree is not None:
        text = f"kept worktree {record.worktree}"
        return [_item(record, f"worktree-{record.id}", AttentionKind.WORKTREE, text, mission_id)]
    if record.state is not AgentState.WAITING:
        return []
    if asks:
        return [_of_ask(record, ask, mission_id) for ask in asks]
    waiting = record.waiting_for or WaitingFor.QUESTION
    text = record.reason or f"waits for {waiting}"
    kind = AttentionKind(waiting.value)
    mark = zlib.crc32(f"{record.state_since} {waiting} {record.reason}".encode()) & 0xFFFFFF
    item = _item(record, f"wait-{record.id}-{mark:06x}", kind, text, mission_id)
    return [item]


def _of_ask(record: AgentRecord, ask: Ask, mission_id: str | None) -> AttentionItem:
    kind = _KINDS.get(ask.tool, AttentionKind.PERMISSION)
    questions = questions_of(ask.tool_input) if kind is AttentionKind.QUESTION else ()
    return AttentionItem(
        id=ask.id,
        kind=kind,
        since=ask.since,
        text=_one_line(kind, ask, questions),
        agent_id=record.id,
        agent_name=record.name,
        mission_id=mission_id,
        tool=ask.tool,
        tool_input=ask.tool_input,
        questions=questions,
        can_answer=kind is not AttentionKind.QUESTION,
        can_choose=bool(questions),
        can_explain=ask.is_held or kind is AttentionKind.PLAN,
    )


_KINDS = {QUESTION_TOOL: AttentionKind.QUESTION, PLAN_TOOL: AttentionKind.PLAN}


def _one_line(kind: AttentionKind, ask: Ask, questions: tuple[Question, ...]) -> str:
    if questions:
        text = " / ".join(question.text for question in questions)
    elif kind is AttentionKind.PLAN:
        lines = (line.strip("#*_- ") for line in plan_of(ask.tool_input).splitlines())
        text = f"plan: {next((line for line in lines if line), 'to leave plan mode')}"
    else:
        subject = subject_of(ask.tool_input)
        text = f"{ask.tool}: {subject}" if subject else ask.tool
    return " ".join(text.split())


def _item(record: AgentRecord, name: str, kind: AttentionKind, text: str, mission_id: str | None) -> AttentionItem:
    return AttentionItem(
        id=name,
        kind=kind,
        since=record.state_since,
        text=" ".join(text.split()),
        agent_id=record.id,
        agent_name=record.name,
        mission_id=mission_id,
        can_answer=kind is AttentionKind.PERMISSION,
    )


def _is_undelivered(mission: Mission) -> bool:
    return mission.state in (MissionState.PENDING, MissionState.ASSIGNED) and mission.undelivered >= UNDELIVERED_TIMES


def _undelivered(mission: Mission, records: Mapping[int, AgentRecord]) -> AttentionItem:
    record = records.get(mission.agent_id) if mission.agent_id is not None else None
    return AttentionItem(
        id=f"undelivered-{mission.id}",
        kind=AttentionKind.UNDELIVERED,
        since=mission.created_at,
        text=f"not delivered {mission.undelivered} times: {mission.title}",
        agent_id=record.id if record else None,
        agent_name=record.name if record else None,
        mission_id=mission.id,
    )
