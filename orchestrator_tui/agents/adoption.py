"""Takes over what an earlier supervisor left: living panes, dead panes, claims in every state."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.book import config_of
from orchestrator_tui.agents.delivery import Delivery
from orchestrator_tui.agents.fencing import Fencer
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.launching import Launcher
from orchestrator_tui.agents.patience import until_stored
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionState
from orchestrator_tui.pty.manager import AdoptedPane

FETCH_GRACE_S = 4.0
"""How long a living agent gets to fetch a mission whose delivery an earlier supervisor began."""


class Adoption:
    """Runs once, before anything is dispatched; deliveries that cannot be decided at once are decided in the back."""

    def __init__(
        self, fleet: Fleet, launcher: Launcher, delivery: Delivery, settling: Settling, fencer: Fencer
    ) -> None:
        self._fleet = fleet
        self._launcher = launcher
        self._delivery = delivery
        self._settling = settling
        self._fencer = fencer
        self._background = Background()
        self.shows: Callable[[AgentRecord, Mission], Awaitable[bool]] | None = None

    async def run(self) -> None:
        """Adopts panes, restores those that are gone, and settles claims."""
        fleet = self._fleet
        panes = {pane.agent_id: pane for pane in await fleet.manager.open()}
        for mission in await fleet.queue.claimed():
            if mission.agent_id is not None:
                fleet.hold(mission)
        for record in fleet.book.records():
            await self._adopt(record, panes.pop(record.id, None))
        for orphan in panes.values():
            # Ours by its mark, but no record: its supervisor died while it was being removed.
            await self._end(orphan, PTYConfig())
            await fleet.manager.remove(orphan.agent_id)
        await self._settle_claims()

    async def aclose(self) -> None:
        """Stops waiting for late acknowledgements."""
        await self._background.aclose()

    async def _adopt(self, record: AgentRecord, pane: AdoptedPane | None) -> None:
        fleet = self._fleet
        config = config_of(record)
        if record.state in GONE_STATES:
            if pane is not None:
                await self._end(pane, config)
            return
        # One that was starting was ended on purpose by a supervisor that did not live to start it: no exit, no crash.
        half_started = pane is not None and pane.dead and record.state is AgentState.STARTING
        if pane is None or half_started:
            why = "its start was cut short" if half_started else "the tmux server ended"
            fleet.book.transition(record.id, AgentState.CRASHED, reason=why)
            await self._settling.agent_gone(record.id, "agent_crashed", why, comes_back=True)
            await self._made_anew(record)
            return
        fleet.recall_person(record)
        known = record.crashes[:-1] if record.state in (AgentState.CRASHED, AgentState.RESTARTING) else record.crashes
        fleet.manager.adopt(pane, config, crashes=known)
        if not pane.dead:
            self._take_own_word(record.id)
            if record.provider not in fleet.providers:
                why = f"its provider {record.provider} is not configured any more: it lives on but takes no mission"
                fleet.attention(record.id, None, why)

    async def _end(self, pane: AdoptedPane, config: PTYConfig) -> None:
        manager = self._fleet.manager
        manager.adopt(pane, config.model_copy(update={"auto_restart": False}))
        await manager.kill(pane.agent_id)

    async def _made_anew(self, record: AgentRecord) -> None:
        fleet = self._fleet
        try:
            spec = await self._launcher.relaunch(record.id)
            if spec is not None:
                await fleet.manager.spawn(record.id, config_of(record), spec, crashes=record.crashes)
        except OrchestratorError as error:
            fleet.book.transition(record.id, AgentState.FAILED, reason=str(error))
            await self._settling.agent_gone(record.id, "agent_crashed", str(error), comes_back=False)
            fleet.attention(record.id, None, f"could not be started again: {error}")

    def _take_own_word(self, agent_id: int) -> None:
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        if record.state in (AgentState.CRASHED, AgentState.RESTARTING):
            # It came back while nobody looked.
            fleet.book.transition(agent_id, AgentState.STARTING)
        word = fleet.own_word(fleet.book.get(agent_id))
        if word is not None:
            hand = fleet.hand(agent_id)
            hand.has_session = True
            # It listed our prompts to the supervisor that it was started by.
            hand.knows_prompts_at = fleet.clock.monotonic_ms()
            fleet.book.transition(agent_id, word.state, waiting_for=word.waiting_for, reason=record.reason)

    async def _settle_claims(self) -> None:
        fleet = self._fleet
        for mission in await fleet.queue.claimed():
            agent_id = mission.agent_id
            record = fleet.book.find(agent_id) if agent_id is not None else None
            if mission.fence is not None:
                self._background.start(self._fencer.finish(mission.id, agent_id, mission.fence), f"fence {mission.id}")
            elif record is None or record.state in GONE_STATES:
                await self._owner_is_gone(mission)
            elif mission.state is MissionState.ASSIGNED and fleet.manager.is_alive(record.id):
                await self._decide_delivery(mission, record)

    async def _owner_is_gone(self, mission: Mission) -> None:
        fleet = self._fleet
        if mission.state is MissionState.ASSIGNED and mission.nonce:
            await fleet.queue.undelivered(mission.id, mission.nonce, "its agent is gone")
        else:
            await fleet.queue.fail(
                mission.id, code="agent_killed", message="its agent is gone", recoverable=True, lease=mission.lease
            )
        fleet.drop(mission.id)

    async def _decide_delivery(self, mission: Mission, record: AgentRecord) -> None:
        assert mission.nonce is not None
        fleet, hand = self._fleet, self._fleet.hand(record.id)
        if fleet.only_waits(mission):
            return
        if await self._has_it(record, mission):
            await self._delivery.acknowledge(mission.id, mission.nonce)
            self._take_own_word(record.id)
        elif fleet.takes_start_argument(record) and not hand.has_session:
            # Its program has only just been started with it, and may still be starting, or ask something first.
            hand.underway = mission.id
            self._delivery.expect(mission)
        else:
            self._background.start(self._wait_for_fetch(mission, record), f"delivery of {mission.id}")

    async def _wait_for_fetch(self, mission: Mission, record: AgentRecord) -> None:
        fleet = self._fleet
        assert mission.nonce is not None
        hand = fleet.hand(record.id)
        hand.is_delivering = True
        try:
            await asyncio.sleep(FETCH_GRACE_S)
        finally:
            hand.is_delivering = False
        if await self._has_it(record, mission):
            await self._delivery.acknowledge(mission.id, mission.nonce)
            return
        # It may stand in the input box, typed by a supervisor that did not live to see it taken.
        hand.own_line = fleet.provider_of(record).typed_prompt(mission.id) or None
        nonce, why = mission.nonce, "the supervisor ended during the delivery"
        if await until_stored(lambda: fleet.queue.undelivered(mission.id, nonce, why), f"delivery of {mission.id}"):
            fleet.drop(mission.id)
            fleet.wake.set()

    async def _has_it(self, record: AgentRecord, mission: Mission) -> bool:
        provider = self._fleet.providers.get(record.provider)
        if provider is None:
            return False
        if provider.screen is not None and self.shows is not None:
            return await self.shows(record, mission)
        return self._delivery.has_arrived(mission)
