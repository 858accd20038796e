"""Supervises programs that send no hooks: looks at their screens and makes the same turns of what it sees."""

import asyncio
import logging
from collections.abc import Callable

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.agents.delivery import Delivery
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.hook_meaning import HookReading, Meaning
from orchestrator_tui.agents.providers.base import Screen
from orchestrator_tui.agents.screen_rules import (
    NO_ECHO,
    Sight,
    failure_in,
    has_begun,
    output_of,
    question_in,
    read_screen,
)
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.agents.turns import Turns
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionState, WaitingFor
from orchestrator_tui.pty.screens import ScreenText

log = logging.getLogger(__name__)

LOOK_S = 0.25
BEGIN_TIMEOUT_S = 10.0
SUBMIT_AGAIN_S = 1.0
EXIT_TIMEOUT_S = 2.0
START_PATIENCE_MS = 30_000
HISTORY_LINES = 5_000

_WATCHED = (AgentState.STARTING, AgentState.BUSY, AgentState.WAITING)


class ScreenTurns:
    """Looks at such agents while they start or work, four times a second, and never at idle ones.

    Ready counts when two looks in a row are the same, so that a prompt flickering between two steps is no end.
    """

    def __init__(self, fleet: Fleet, turns: Turns, delivery: Delivery, settling: Settling) -> None:
        self._fleet = fleet
        self._turns = turns
        self._delivery = delivery
        self._settling = settling
        self._ready: dict[int, str] = {}
        self._told_since: dict[int, int] = {}

    async def run(self) -> None:
        """Looks until cancelled; without such a provider there is nothing to look at."""
        if all(provider.screen is None for provider in self._fleet.providers.values()):
            return
        while True:
            for record in self._fleet.book.records():
                screen = self._screen_of(record)
                if screen is None or not self._is_watched(record):
                    self._ready.pop(record.id, None)
                    continue
                try:
                    await self._take(record, screen)
                except OrchestratorError as error:
                    log.warning("the screen of agent %s: %s", record.id, error)
            await asyncio.sleep(LOOK_S)

    async def deliver(self, record: AgentRecord, mission: Mission) -> None:
        """Types a mission, submits it and returns once the screen shows that it began.

        Raises NotAllowedNow when the program is not ready for it or does not take it; the line is then cleared.
        """
        screen = self._screen_of(record)
        assert screen is not None
        assert mission.nonce is not None
        before = await self._look(record.id)
        if read_screen(screen.rules, before.text) is not Sight.READY:
            raise NotAllowedNow("its screen does not show that it is ready, or holds a draft")
        text = screen.typed(mission, self._fleet.context_of(record))
        typed = await self._type(record.id, text, before)
        echo = screen.echo(mission)

        def begun(now: ScreenText) -> bool:
            return has_begun(screen.rules, now.text, echo, has_changed=now != typed)

        if not await self._submit(record.id, screen, typed, begun):
            await self._fleet.manager.send_keys(record.id, *screen.clear)
            raise NotAllowedNow(f"its screen did not show within {BEGIN_TIMEOUT_S:.0f} s that it began")
        await self._begins(record, mission)

    async def send(self, record: AgentRecord, line: str) -> None:
        """Types a person's line and submits it. Raises NotAllowedNow when the program is not ready for it."""
        screen = self._screen_of(record)
        assert screen is not None
        before = await self._look(record.id)
        if record.state is AgentState.IDLE and read_screen(screen.rules, before.text) is not Sight.READY:
            raise NotAllowedNow("Its screen does not show that it is ready.", remedy="Look at its pane.")
        await self._type(record.id, line, before)
        await self._fleet.manager.send_keys(record.id, *screen.submit)
        await self._turns.take(record, HookReading(Meaning.WORKS))

    async def leave(self, record: AgentRecord) -> None:
        """Lets an idle program end by its own exit line, if it has one; what still lives after that is for signals."""
        screen = self._screen_of(record)
        if screen is None or screen.exit_line is None or record.state is not AgentState.IDLE:
            return
        manager = self._fleet.manager
        try:
            before = await self._look(record.id)
            if read_screen(screen.rules, before.text) is not Sight.READY:
                return
            await self._type(record.id, screen.exit_line, before)
            await manager.send_keys(record.id, *screen.submit)
        except OrchestratorError:
            return
        deadline = self._fleet.clock.monotonic_ms() + EXIT_TIMEOUT_S * 1000
        while manager.is_alive(record.id) and self._fleet.clock.monotonic_ms() < deadline:
            await asyncio.sleep(0.05)

    async def shows(self, record: AgentRecord, mission: Mission) -> bool:
        """Whether the screen, or what scrolled out of it, holds this delivery."""
        screen = self._screen_of(record)
        if screen is None:
            return False
        seen = await self._look(record.id, HISTORY_LINES)
        echo = screen.echo(mission)
        return echo.is_unique and echo.end(seen.text) is not None

    # -- looking -------------------------------------------------------------------------------------------------

    async def _take(self, record: AgentRecord, screen: Screen) -> None:
        seen = await self._look(record.id)
        mission = self._mission(record.id)
        echo = screen.echo(mission) if mission is not None else NO_ECHO
        # Once it runs, only an unmistakable echo may hold readiness back: any other may stand in the prompt's own line.
        is_begun = mission is not None and mission.state is MissionState.RUNNING and not echo.is_unique
        sight = read_screen(screen.rules, seen.text, NO_ECHO if is_begun else echo)
        was_ready = self._ready.pop(record.id, None)
        if sight is Sight.READY:
            self._ready[record.id] = seen.text
            if was_ready == seen.text:
                is_behind = mission is not None and echo.end(seen.text) is not None
                await self._became_ready(record, screen, mission, is_behind=is_behind)
            return
        if record.state is AgentState.STARTING and mission is None and sight is not Sight.ASKS:
            self._tell_of_a_long_start(record)
        elif sight is Sight.ASKS:
            if record.state is not AgentState.WAITING:
                detail = question_in(screen.rules, seen.text)
                reading = HookReading(Meaning.ASKS, waiting_for=WaitingFor.PERMISSION, detail=detail)
                await self._turns.take(record, reading)
        elif sight is Sight.BUSY and mission is not None and mission.state is MissionState.ASSIGNED:
            await self._begins(record, mission)
        elif record.state is AgentState.WAITING:
            await self._turns.take(record, HookReading(Meaning.WORKS))

    async def _became_ready(
        self, record: AgentRecord, screen: Screen, mission: Mission | None, *, is_behind: bool
    ) -> None:
        if self._fleet.hand(record.id).is_fencing:
            self._fleet.book.transition(record.id, AgentState.IDLE, reason="interrupted")
        elif mission is None and record.state is AgentState.STARTING:
            await self._turns.take(record, HookReading(Meaning.SESSION, detail="screen"))
        elif mission is None:
            await self._turns.take(record, HookReading(Meaning.TURN_ENDED))
        elif mission.state is MissionState.RUNNING:
            await self._turn_ended(record, screen, mission)
        elif is_behind:
            await self._begins(record, mission)

    async def _turn_ended(self, record: AgentRecord, screen: Screen, mission: Mission) -> None:
        seen = await self._look(record.id, HISTORY_LINES)
        output = output_of(screen.rules, seen.text, screen.echo(mission))
        if failure_in(screen.rules, output):
            await self._settling.turn_failed(mission, "failed_on_screen", output)
        elif screen.completes:
            await self._settling.complete(Caller(record.id), mission.id, output, None, None)
        reply = await self._turns.take(record, HookReading(Meaning.TURN_ENDED, last_message=output))
        if reply.get("decision") == "block":
            await self._type(record.id, screen.reminder(mission), seen)
            await self._fleet.manager.send_keys(record.id, *screen.submit)
            self._ready.pop(record.id, None)

    async def _begins(self, record: AgentRecord, mission: Mission) -> None:
        assert mission.nonce is not None
        reading = HookReading(Meaning.PROMPT, delivery=(mission.id, mission.nonce))
        reply = await self._turns.take(record, reading)
        if reply.get("decision") == "block":
            # Withdrawn while it was being typed: the program must not go on with it, and is watched until it is ready.
            await self._fleet.manager.send_keys(record.id, *self._fleet.provider_of(record).interrupt_keys)
            await self._turns.take(record, HookReading(Meaning.WORKS))

    def _tell_of_a_long_start(self, record: AgentRecord) -> None:
        has_waited = self._fleet.clock.now_ms() - record.state_since > START_PATIENCE_MS
        if has_waited and self._told_since.get(record.id) != record.state_since:
            self._told_since[record.id] = record.state_since
            self._fleet.attention(
                record.id, None, f"its screen never matched `providers.{record.provider}.ready_pattern`"
            )

    # -- typing --------------------------------------------------------------------------------------------------

    async def _type(self, agent_id: int, text: str, before: ScreenText) -> ScreenText:
        """Types without submitting; the screen with the text, or after a second whatever it then is."""
        await self._fleet.manager.paste(agent_id, text)
        shown, _ = await self._until(agent_id, lambda now: now != before, 1.0)
        return shown

    async def _submit(
        self, agent_id: int, screen: Screen, typed: ScreenText, begun: Callable[[ScreenText], bool]
    ) -> bool:
        """Presses the submit key, and once more when the screen stood still after the first."""
        await self._fleet.manager.send_keys(agent_id, *screen.submit)
        shown, is_begun = await self._until(agent_id, begun, SUBMIT_AGAIN_S)
        if is_begun:
            return True
        if shown == typed:
            await self._fleet.manager.send_keys(agent_id, *screen.submit)
        _, is_begun = await self._until(agent_id, begun, BEGIN_TIMEOUT_S - SUBMIT_AGAIN_S)
        return is_begun

    async def _until(
        self, agent_id: int, condition: Callable[[ScreenText], bool], timeout_s: float
    ) -> tuple[ScreenText, bool]:
        deadline = self._fleet.clock.monotonic_ms() + timeout_s * 1000
        while True:
            await asyncio.sleep(LOOK_S)
            shown = await self._look(agent_id)
            if condition(shown):
                return shown, True
            if self._fleet.clock.monotonic_ms() >= deadline:
                return shown, False

    async def _look(self, agent_id: int, history: int = 0) -> ScreenText:
        seen = await self._fleet.manager.look(agent_id, history)
        if seen is None:
            raise NotAllowedNow("its pane is gone")
        return seen

    # -- asking --------------------------------------------------------------------------------------------------

    def _screen_of(self, record: AgentRecord) -> Screen | None:
        provider = self._fleet.providers.get(record.provider)
        return provider.screen if provider is not None else None

    def _is_watched(self, record: AgentRecord) -> bool:
        fleet = self._fleet
        if record.state not in _WATCHED or not fleet.manager.is_alive(record.id):
            return False
        return not fleet.hand(record.id).is_delivering or fleet.takes_start_argument(record)

    def _mission(self, agent_id: int) -> Mission | None:
        """The mission that runs, or the one that travels as a start argument."""
        current = self._fleet.hand(agent_id).current()
        record = self._fleet.book.find(agent_id)
        if current is None or record is None:
            return None
        is_on_its_way = current.state is MissionState.ASSIGNED and self._fleet.takes_start_argument(record)
        return current if current.state is MissionState.RUNNING or is_on_its_way else None
