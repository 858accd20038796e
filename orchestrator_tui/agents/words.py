"""What hooks, requests and session files say, as observations: pure translations."""

from orchestrator_tui.agents.hook_meaning import HookReading, Meaning, read_hook
from orchestrator_tui.agents.providers.base import SessionStatus
from orchestrator_tui.core.attention import Ask
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, WaitingFor
from orchestrator_tui.core.verdict import Observation, Source
from orchestrator_tui.pty.procs import STOPPED_STATE, ProcessInfo

_LONGEST = 300


def failure_of(reading: HookReading) -> str:
    """A failed turn in one line for people: the program's own words and the kind of error."""
    said = " ".join(reading.last_message.split())
    if said.startswith("API Error"):
        return f"{said} ({reading.detail})"[:_LONGEST]
    return f"API error {reading.detail}: {said}"[:_LONGEST] if said else f"API error {reading.detail}"


def word_of_hook(reading: HookReading, name: str, at: int, *, begins_mission: bool = False) -> Observation | None:
    """A hook's word; None for one that says nothing of a turn.

    ``begins_mission``: the session that began goes on with a mission that was its start argument. Without a ``name``
    it is no hook but what a program without hooks shows.
    """
    source = Source.HOOK if name else Source.SCREEN
    waiting_for: WaitingFor | None = None
    detail = ""
    match reading.meaning:
        case Meaning.SESSION:
            state = AgentState.STARTING if begins_mission else AgentState.IDLE
        case Meaning.PROMPT | Meaning.WORKS:
            state = AgentState.BUSY
        case Meaning.ASKS:
            state, waiting_for, detail = AgentState.WAITING, reading.waiting_for, reading.detail
        case Meaning.TURN_ENDED:
            state = AgentState.BUSY if reading.works_on else AgentState.IDLE
            detail = "a background task goes on" if reading.works_on else ""
        case Meaning.TURN_FAILED:
            waiting_for, detail = reading.waiting_for, failure_of(reading)
            state = AgentState.IDLE if waiting_for is None else AgentState.WAITING
        case _:
            return None
    leaves_open = reading.meaning in (Meaning.SESSION, Meaning.TURN_FAILED)
    word = name or reading.meaning.value
    return Observation(source, at, state, waiting_for, word, detail, leaves_open=leaves_open)


def word_of_ask(ask: Ask) -> Observation:
    """The word of a request that is open, whatever other hooks came since: its dialog is."""
    name = "PermissionRequest"
    reading = read_hook({"hook_event_name": name, "tool_name": ask.tool, "tool_input": ask.tool_input})
    detail = " ".join(reading.detail.split())
    return Observation(
        Source.HOOK, ask.since, AgentState.WAITING, reading.waiting_for, name, detail, is_held=ask.is_held
    )


def word_of_status(status: SessionStatus, since: int) -> Observation:
    """The session file's word; ``since`` stands for a time that it does not tell."""
    at = status.updated_at if status.updated_at is not None else since
    return Observation(Source.STATUS, at, status.state, status.waiting_for, word=status.word)


def word_of_process(process: ProcessInfo | None, pid: int, since: int, descendants: int | None = None) -> Observation:
    """What is seen of the agent's own process, None when it is gone; ``descendants`` where they were counted."""
    if process is None:
        return Observation(Source.PROCESS, since, AgentState.CRASHED, word=f"pid {pid} is gone")
    tree = "" if descendants is None else f", {descendants} below it"
    if process.state != STOPPED_STATE:
        return Observation(Source.PROCESS, since, word=f"pid {pid} runs{tree}")
    problem = f"its process is stopped: `kill -CONT {pid}` lets it go on"
    return Observation(Source.PROCESS, since, word=f"pid {pid}{tree}", problem=problem)


def word_of_record(record: AgentRecord, problem: str = "") -> Observation:
    """What we hold ourselves; ``problem`` is what we know of the agent besides its state."""
    reason = "" if record.state in ALIVE_STATES else record.reason or ""
    return Observation(
        Source.SUPERVISOR, record.state_since, record.state, record.waiting_for, detail=reason, problem=problem
    )
