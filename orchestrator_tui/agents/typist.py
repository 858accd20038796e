"""Types lines into agents' panes so that nothing of a person's is ever touched: Enter meets our own line only."""

import asyncio
from collections.abc import Callable

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.guard import (
    NO_PROGRAM,
    WORKS,
    Clear,
    Go,
    InputSight,
    Wait,
    begins,
    decide,
    ends,
    holds,
)
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState

ECHO_S = 2.0
"""How long a typed line may take to be seen in the box; 0.03 s measured on an idle machine."""

CHUNK = 400
"""Characters typed at once; each further chunk waits until the box shows the one before. Bursts of more than 800 reach
the model of Claude Code 2.1.328 as pasted content, whose orders it may refuse (measured)."""

_LOOK_S = 0.03
_MOST_CLEARS = 40
_MIXED = Wait("what was typed was mixed with something else in its input box; look at its pane", by_person=False)
_NOT_SHOWN = Wait("what was typed did not appear in its input box", by_person=False)


class Typist:
    """The only one that types into agents with an input box; one line at a time to each.

    A line is typed without Enter, read back, and submitted only while the box holds exactly that line: a dialog that
    opened meanwhile, or a person who began to write, gets no Enter.
    """

    def __init__(self, fleet: Fleet, echo_s: float = ECHO_S) -> None:
        self._fleet = fleet
        self._echo_s = echo_s

    async def look(self, record: AgentRecord, *, may_work: bool = False) -> Wait | None:
        """Why nothing may be typed now, or None; empties the box of an own line that was not taken."""
        async with self._fleet.hand(record.id).typing:
            return await self._look(record, may_work=may_work)

    async def _look(self, record: AgentRecord, *, may_work: bool) -> Wait | None:
        wait = _by_state(record, may_work=may_work)
        if wait is not None:
            return wait
        for _ in range(2):
            pane = await self._fleet.manager.sight(record.id)
            if pane is None:
                return NO_PROGRAM
            sight = self._fleet.provider_of(record).input_sight(pane)
            hand = self._fleet.hand(record.id)
            own = hand.own_line
            now = self._fleet.clock.now_ms()
            match decide(pane, sight, now, own, may_work=may_work, is_submitted=hand.is_submitted):
                case Wait() as wait:
                    return wait
                case Clear():
                    assert own is not None
                    await self._clear(record, own)
                case Go():
                    return None
        return Wait("an own line is left in its input box", by_person=False)

    async def type(
        self, record: AgentRecord, line: str, still: Callable[[], bool], *, may_work: bool = False
    ) -> Wait | None:
        """Types and submits one line; what kept it from being submitted, or None when Enter was pressed.

        ``still`` is asked just before the first key and before Enter whether the line is still wanted; when it is not,
        nothing of it stays and the result is None.
        """
        hand = self._fleet.hand(record.id)
        async with hand.typing:
            wait = await self._look(record, may_work=may_work)
            if wait is not None or not still():
                return wait
            hand.own_line, hand.is_submitted = line, False
            wait = await self._write(record, line)
            if wait is None and still():
                await self._fleet.manager.send_keys(record.id, "Enter")
                hand.is_submitted = True
                return None
            await self._take_back(record, line)
            return wait

    async def press_again(self, record: AgentRecord, line: str) -> bool:
        """Presses Enter once more if the box still holds exactly this line; whether it did."""
        async with self._fleet.hand(record.id).typing:
            sight = await self._see(record)
            if sight is None or not holds(sight, line):
                return False
            await self._fleet.manager.send_keys(record.id, "Enter")
            return True

    def gives_up(self, agent_id: int, line: str) -> None:
        """Nobody waits any more for this line to be taken: if the box still holds it, it is a left-over."""
        hand = self._fleet.hand(agent_id)
        if hand.own_line in (None, line):
            hand.is_submitted = False

    async def has_left(self, record: AgentRecord, line: str) -> bool:
        """Whether the box was seen without this line."""
        sight = await self._see(record)
        return sight is not None and not (holds(sight, line) or ends(sight, line))

    async def clear(self, record: AgentRecord, line: str) -> None:
        """Empties the box if it holds exactly this line; a longer one goes row by row, each time looked at."""
        async with self._fleet.hand(record.id).typing:
            await self._clear(record, line)

    async def _clear(self, record: AgentRecord, line: str) -> None:
        sight = await self._see(record)
        if sight is None or not holds(sight, line):
            return
        for _ in range(_MOST_CLEARS):
            before = sight.box
            await self._fleet.manager.send_keys(record.id, "C-u")
            sight = await self._until(record, lambda seen, before=before: seen.box != before)
            if sight is None or not (begins(sight, line) or holds(sight, line)):
                return

    async def _write(self, record: AgentRecord, line: str) -> Wait | None:
        """Types the line; why the box does not hold exactly it, or None when it does."""
        wait = None
        for start in range(0, len(line), CHUNK):
            await self._fleet.manager.type_text(record.id, line[start : start + CHUNK])
            wait = await self._until_shown(record, line[: start + CHUNK])
            if wait is not None:
                break
        return wait

    async def _until_shown(self, record: AgentRecord, line: str) -> Wait | None:
        sight = await self._until(record, lambda seen: holds(seen, line) or ends(seen, line))
        if sight is not None and holds(sight, line):
            return None
        if sight is not None and sight.obstacle is not None:
            return Wait(sight.obstacle, by_person=sight.by_person)
        return _MIXED if sight is not None and sight.box else _NOT_SHOWN

    async def _take_back(self, record: AgentRecord, line: str) -> None:
        """Removes what we typed: the whole box if it is ours, or our characters behind a person's."""
        sight = await self._see(record)
        if sight is None:
            return
        if ends(sight, line):
            for start in range(0, len(line), CHUNK):
                keys = ("BSpace",) * len(line[start : start + CHUNK])
                await self._fleet.manager.send_keys(record.id, *keys)
        else:
            await self._clear(record, line)

    async def _until(self, record: AgentRecord, condition: Callable[[InputSight], bool]) -> InputSight | None:
        """The first look that fulfils the condition, or the last one; None when nobody can be typed to any more."""
        deadline = self._fleet.clock.monotonic_ms() + self._echo_s * 1000
        while True:
            sight = await self._see(record)
            if sight is None or sight.obstacle is not None or condition(sight):
                return sight
            if self._fleet.clock.monotonic_ms() >= deadline:
                return sight
            await asyncio.sleep(_LOOK_S)

    async def _see(self, record: AgentRecord) -> InputSight | None:
        """The input box for what we may do to our own line; None when that must not be touched now."""
        try:
            pane = await self._fleet.manager.sight(record.id)
        except OrchestratorError:
            return None
        if pane is None or pane.dead or pane.in_mode:
            return None
        return self._fleet.provider_of(record).input_sight(pane)


def _by_state(record: AgentRecord, *, may_work: bool) -> Wait | None:
    """What the state alone says, before any look."""
    match record.state:
        case AgentState.WAITING:
            return Wait(f"a dialog is open ({record.waiting_for})" if record.waiting_for else "a dialog is open")
        case AgentState.BUSY if not may_work:
            return WORKS
        case AgentState.STARTING:
            return Wait("it is starting", by_person=False)
        case state if state not in ALIVE_STATES:
            return NO_PROGRAM
        case _:
            return None
