"""Ends missions: by their agents' reports, by a person, or because the agent is gone."""

import logging
from collections.abc import Callable

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.agents.delivery import Delivery
from orchestrator_tui.agents.fencing import Fencer
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.errors import Forbidden, LeaseLost, NotAllowedNow, OrchestratorError, StoreUnavailable
from orchestrator_tui.core.models import Mission, MissionState, TokenUsage

log = logging.getLogger(__name__)


class Settling:
    """The only place that completes or fails a claimed mission and counts it for its agent."""

    def __init__(self, fleet: Fleet, delivery: Delivery, fencer: Fencer) -> None:
        self._fleet = fleet
        self._delivery = delivery
        self._fencer = fencer
        self.reported: Callable[[str], None] = lambda _: None

    async def complete(
        self, caller: Caller, mission_id: str, output: str, duration_ms: int | None, usage: TokenUsage | None
    ) -> Mission:
        """A report of success. Raises LeaseLost, Forbidden, NotAllowedNow or UnknownMission."""
        mission = await self._reportable(caller, mission_id)
        done = await self._fleet.queue.complete(
            mission_id,
            output=output,
            duration_ms=duration_ms,
            token_usage=usage,
            lease=mission.lease,
            override=caller.is_operator,
        )
        await self._ended(caller, mission)
        return done

    async def fail(self, caller: Caller, mission_id: str, code: str, message: str, recoverable: bool) -> Mission:
        """A report of failure. Raises as ``complete`` does."""
        mission = await self._reportable(caller, mission_id)
        failed = await self._fleet.queue.fail(
            mission_id,
            code=code,
            message=message,
            recoverable=recoverable,
            lease=mission.lease,
            override=caller.is_operator,
            retry_budget=self._fleet.retry_budget(mission.agent_id),
        )
        await self._ended(caller, mission)
        return failed

    async def agent_gone(self, agent_id: int, code: str, message: str, *, comes_back: bool) -> None:
        """The agent's program ended: what it ran failed as ``code``; what it had not acknowledged goes back.

        With ``comes_back`` the next attempt is reserved for the same agent; otherwise anybody may take it. May be
        repeated after StoreUnavailable.
        """
        fleet = self._fleet
        self._delivery.abort(agent_id)
        for mission in await fleet.queue.held_by(agent_id):
            if mission.fence is not None or mission.state not in (MissionState.RUNNING, MissionState.ASSIGNED):
                continue
            try:
                if mission.state is MissionState.ASSIGNED:
                    assert mission.nonce is not None
                    await fleet.queue.undelivered(mission.id, mission.nonce, message)
                else:
                    await fleet.queue.fail(
                        mission.id,
                        code=code,
                        message=message,
                        recoverable=True,
                        lease=mission.lease,
                        reserve_for=agent_id if comes_back else None,
                        delay_ms=0 if code == "agent_restarted" else None,
                        retry_budget=self._fleet.retry_budget(mission.agent_id),
                    )
                    self._count(agent_id, completed=False)
            except StoreUnavailable:
                raise
            except OrchestratorError as error:
                log.warning("mission %s of agent %s: %s", mission.id, agent_id, error)
            fleet.drop(mission.id)
        if not comes_back:
            await fleet.queue.release_reservations(agent_id)
        fleet.wake.set()

    async def turn_failed(self, mission: Mission, code: str, message: str) -> None:
        """The agent lives but its turn brought nothing: the attempt failed, anybody may take the next."""
        await self._fleet.queue.fail(
            mission.id,
            code=code,
            message=message,
            recoverable=True,
            lease=mission.lease,
            retry_budget=self._fleet.retry_budget(mission.agent_id),
        )
        assert mission.agent_id is not None
        self._fleet.drop(mission.id)
        self._count(mission.agent_id, completed=False)
        self._fleet.wake.set()

    async def postpone(self, mission: Mission, code: str, message: str) -> bool:
        """Takes a claimed mission back without using its attempt; one that ran stays its agent's. False when lost."""
        ran = mission.state is MissionState.RUNNING
        try:
            await self._fleet.queue.postpone(
                mission.id,
                code=code,
                message=message,
                lease=mission.lease,
                reserve_for=mission.agent_id if ran else mission.reserved_for,
            )
        except StoreUnavailable:
            raise
        except OrchestratorError as error:
            log.warning("mission %s: %s", mission.id, error)
            return False
        self._fleet.drop(mission.id)
        self._fleet.wake.set()
        return True

    async def _reportable(self, caller: Caller, mission_id: str) -> Mission:
        mission = await self._fleet.queue.get(mission_id)
        if caller.is_operator:
            if mission.state not in (MissionState.RUNNING, MissionState.ASSIGNED):
                raise NotAllowedNow(
                    f"Mission {mission_id} is {mission.state}, not running.",
                    remedy="Only a claimed mission can be settled; use cancel or retry for the others.",
                    field="mission_id",
                )
            return mission
        if mission.agent_id != caller.agent_id and mission.state in (MissionState.RUNNING, MissionState.ASSIGNED):
            raise Forbidden(
                f"Mission {mission_id} is not yours.", remedy="Report only the mission that you were given."
            )
        if mission.agent_id != caller.agent_id or mission.fence is not None:
            raise LeaseLost(f"lease_lost: mission {mission_id} was taken from you.", remedy="Stop working on it.")
        if mission.state is MissionState.ASSIGNED and mission.nonce:
            # The report itself proves that the text arrived.
            await self._delivery.acknowledge(mission_id, mission.nonce)
            mission = await self._fleet.queue.get(mission_id)
        if mission.state is not MissionState.RUNNING:
            raise LeaseLost(f"lease_lost: mission {mission_id} is {mission.state}.", remedy="Stop working on it.")
        return mission

    async def _ended(self, caller: Caller, mission: Mission) -> None:
        fleet = self._fleet
        is_known_to_agent = not fleet.only_waits(mission)
        if not caller.is_operator:
            # Before anything is placed anew: the report proves that the agent's account answers.
            self.reported(mission.id)
        fleet.drop(mission.id)
        if mission.agent_id is not None:
            ended = await fleet.queue.get(mission.id)
            self._count(mission.agent_id, completed=ended.state is MissionState.COMPLETED)
            if caller.is_operator and is_known_to_agent:
                await self._fencer.stop_agent(mission.agent_id, "override", mission.id)
        fleet.wake.set()

    def _count(self, agent_id: int, *, completed: bool) -> None:
        record = self._fleet.book.find(agent_id)
        if record is None:
            return
        if completed:
            self._fleet.book.update(agent_id, tasks_completed=record.tasks_completed + 1)
        else:
            self._fleet.book.update(agent_id, tasks_failed=record.tasks_failed + 1)
