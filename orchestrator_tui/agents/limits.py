"""What follows when an agent's turn ends at its account's limit: the mission waits, and its dialog goes away."""

import asyncio
from dataclasses import replace
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.launching import RESTARTED_BY_LIMIT, Launcher
from orchestrator_tui.agents.quota import INTERRUPTED_CODE, Quota
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.limit_text import read_limit
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission

DIALOG_COMES_WITHIN_S = 15.0
"""Since the hook; up to 3 s measured on a busy machine."""

TRANSCRIPT_PAUSES_S = (0.1, 0.4, 1.0, 2.0)
_LOOK_S = 0.2
_WITH_SESSION = ALIVE_STATES - {AgentState.STARTING}


class Limits:
    """Applies what ``Quota`` says of failed turns; ``background`` runs what may come a moment later."""

    def __init__(
        self, fleet: Fleet, quota: Quota, settling: Settling, launcher: Launcher, background: Background
    ) -> None:
        self._fleet = fleet
        self._quota = quota
        self._settling = settling
        self._launcher = launcher
        self._background = background

    def answered(self, record: AgentRecord) -> None:
        """The agent's program got an answer."""
        self._quota.answered(record)

    async def held_back(self, record: AgentRecord, mission: Mission) -> bool:
        """Takes a mission back whose delivery would only meet the limit; whether that was so."""
        if not self._quota.is_shut(record):
            return False
        return await self._settling.postpone(mission, INTERRUPTED_CODE, RESTARTED_BY_LIMIT)

    async def took(self, record: AgentRecord, error: str, message: str, running: Mission | None) -> bool:
        """Deals with a failed turn if a limit is behind it; False for any other failure."""
        limit = read_limit(error, message, self._fleet.clock.now_ms(), _local_zone(), _zone)
        if limit is None:
            return False
        exact = self._exact_reset(record, message)
        if exact is not None:
            limit = replace(limit, resets_at=exact)
        # First the breaker: what follows wakes the placement.
        self._quota.met(record, limit, running)
        if running is not None:
            await self._settling.postpone(running, INTERRUPTED_CODE, message or error)
        if exact is None:
            self._background.start(self._learn_reset(record, message), f"reset of agent {record.id}'s limit")
        self._background.start(self._leave_dialog(record.id), f"limit dialog of agent {record.id}")
        return True

    async def interrupted(self, agent_id: int, running: Mission) -> bool:
        """Whether a turn that ended unheard, as while no supervisor lived, had met a limit; deals with it then."""
        record = self._fleet.book.get(agent_id)
        failure = self._fleet.provider_of(record).api_failure(record, self._fleet.context_of(record))
        return failure is not None and await self.took(record, failure.error, failure.text, running)

    def _exact_reset(self, record: AgentRecord, message: str) -> int | None:
        failure = self._fleet.provider_of(record).api_failure(record, self._fleet.context_of(record))
        # By its text, since the newest one may not be written yet.
        return failure.resets_at if failure is not None and failure.text.strip() == message.strip() else None

    async def _learn_reset(self, record: AgentRecord, message: str) -> None:
        """Takes the exact reset from the transcript, which the program writes a moment after it told us."""
        for pause_s in TRANSCRIPT_PAUSES_S:
            await asyncio.sleep(pause_s)
            exact = self._exact_reset(record, message)
            if exact is not None:
                self._quota.reset_known(record, exact)
                return

    async def _leave_dialog(self, agent_id: int) -> None:
        """Starts a program again whose limit opened a dialog, so that nothing typed later can answer that.

        Claude Code 2.1.328 opens its rate limit options by itself. The conversation is resumed without a prompt, which
        asks nothing of the account. While a person is attached, it is theirs to answer, as it is once they prompt it.
        Until the dialog is there, the fused state may be any: the session file says for seconds that a turn runs.
        """
        fleet = self._fleet
        ended_at = fleet.clock.monotonic_ms()
        looks = round(DIALOG_COMES_WITHIN_S / _LOOK_S)
        while looks > 0:
            looks -= 1
            await asyncio.sleep(_LOOK_S)
            record = self._left_alone(agent_id, ended_at)
            if record is None:
                return
            word = fleet.own_word(record)
            if word is None or word.state is not AgentState.WAITING:
                continue
            async with fleet.hand(agent_id).launching:
                attached = await fleet.manager.attached_clients()
                if self._left_alone(agent_id, ended_at) is None:
                    return
                if attached.get(agent_id):
                    looks += 1
                    continue
                fleet.book.transition(agent_id, AgentState.STARTING, reason=RESTARTED_BY_LIMIT)
                await fleet.manager.respawn(agent_id, self._launcher.again(agent_id, None, RESTARTED_BY_LIMIT))
            return

    def _left_alone(self, agent_id: int, since: int) -> AgentRecord | None:
        """The agent, if neither a mission nor a person has used it ``since`` (monotonic)."""
        record, hand = self._fleet.book.find(agent_id), self._fleet.hand(agent_id)
        if record is None or record.state not in _WITH_SESSION or hand.claims or hand.is_fencing:
            return None
        was_used = hand.person_used_at is not None and hand.person_used_at >= since
        return None if was_used else record


def _local_zone() -> tzinfo:
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
