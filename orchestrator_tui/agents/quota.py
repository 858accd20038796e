"""Accounts at their limit: nothing new starts on their agents, what the limit interrupted waits, and nobody forgets."""

import logging
import random
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.agents import quota_file
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.quota_file import Interrupted, QuotaState
from orchestrator_tui.agents.quota_words import items, light, sentence, wait
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.models import AgentRecord, Mission
from orchestrator_tui.core.quota import (
    Account,
    Breaker,
    Limit,
    Phase,
    admit,
    admits,
    after_answer,
    after_limit,
    is_over,
    with_reset,
    without_trier,
)
from orchestrator_tui.core.views import QuotaView

log = logging.getLogger(__name__)

INTERRUPTED_CODE = "quota"


class Quota:
    """The breakers of all accounts. Asked before every start, told of every failed turn and every sign of an answer.

    ``chance`` gives random numbers from 0 to 1. What it decides survives in the file of ``keep_in``.
    """

    def __init__(self, fleet: Fleet, chance: Callable[[], float] = random.random) -> None:
        self._fleet = fleet
        self._chance = chance
        self._state = QuotaState()
        self._file: Path | None = None

    def keep_in(self, path: Path) -> None:
        """Reads what an earlier supervisor knew, and writes every change there."""
        self._file = path
        self._state = quota_file.load(path)
        for breaker in self._state.breakers.values():
            self._look_again(breaker)

    # -- may it start ----------------------------------------------------------------------------------------------

    def why_not(self, record: AgentRecord) -> str | None:
        """Why no mission starts on this agent now, in the words of the NEXT column; None when its account allows it."""
        breaker = self._breaker_of(record)
        if breaker is None or admits(breaker, self._fleet.clock.now_ms()):
            return None
        return wait(breaker, self._fleet.clock.now_ms())

    def is_shut(self, record: AgentRecord) -> bool:
        """Whether its account is at its limit right now, so that a start under way would only meet it."""
        breaker = self._breaker_of(record)
        return breaker is not None and breaker.phase is Phase.OPEN and not admits(breaker, self._fleet.clock.now_ms())

    def admits(self, record: AgentRecord, mission_id: str) -> bool:
        """Whether this mission may start on this agent now; the answer yes counts as its start."""
        breaker = self._breaker_of(record)
        if breaker is None:
            return True
        after = admit(breaker, mission_id, self._fleet.clock.now_ms(), self._chance())
        if after is None:
            return False
        if after != breaker:
            self._keep(after)
            if after.phase is Phase.WAKING:
                self._look_again(after)
        return True

    def admits_again(self, record: AgentRecord, mission_id: str) -> bool:
        """As ``admits``, for a mission that a restarted agent would go on with; refused, it keeps its conversation."""
        if self.admits(record, mission_id):
            return True
        self._interrupt(mission_id, record)
        return False

    def conversation_of(self, record: AgentRecord, mission_id: str) -> str | None:
        """The conversation in which this agent goes on with an interrupted mission; None for a fresh one."""
        found = self._state.interrupted.get(mission_id)
        return found.conversation_id if found is not None and found.agent_id == record.id else None

    def forget(self, mission_id: str) -> None:
        """The mission runs again, or ended."""
        if self._state.interrupted.pop(mission_id, None) is not None:
            self._save()

    def review(self) -> None:
        """Lets another mission try where the trying one is gone, and forgets breakers whose waking is over."""
        now = self._fleet.clock.now_ms()
        for breaker in list(self._state.breakers.values()):
            if breaker.phase is Phase.TRYING and breaker.last is not None and not self._is_held(breaker.last):
                self._keep(without_trier(breaker))
            elif is_over(breaker, now):
                del self._state.breakers[breaker.account.id]
                self._save()

    # -- what agents met -------------------------------------------------------------------------------------------

    def met(self, record: AgentRecord, limit: Limit, mission: Mission | None) -> None:
        """An agent met a limit: its account's breaker opens; ``mission`` goes on later in the same conversation."""
        account = self._account_of(record)
        before = self._state.breakers.get(account.id)
        breaker = after_limit(before, account, limit, self._fleet.clock.now_ms())
        if mission is not None:
            self._interrupt(mission.id, record)
        if breaker != before:
            self._keep(breaker)
            self._look_again(breaker)
        if before is None or before.phase is not Phase.OPEN or before.failures != breaker.failures:
            self._tell_open(breaker)

    def reset_known(self, record: AgentRecord, resets_at: int) -> None:
        """The exact reset of the limit that an agent met became known."""
        breaker = self._breaker_of(record)
        if breaker is None:
            return
        after = with_reset(breaker, resets_at, self._fleet.clock.now_ms())
        if after != breaker:
            self._keep(after)
            self._look_again(after)

    def answered(self, record: AgentRecord) -> None:
        """An agent's program got an answer from its account: when it was the trying one, the others are woken."""
        if not self._state.breakers:
            return
        breaker = self._breaker_of(record)
        if breaker is None or breaker.phase is not Phase.TRYING or breaker.last is None:
            return
        if any(mission.id == breaker.last for mission in self._fleet.hand(record.id).claims):
            self._close(breaker, "its limit is over")

    def reported(self, mission_id: str) -> None:
        """The agent of a mission reported on it, which takes an answer of its account."""
        for breaker in list(self._state.breakers.values()):
            if breaker.phase is Phase.TRYING and breaker.last == mission_id:
                self._close(breaker, "its limit is over")

    # -- what people see and do ------------------------------------------------------------------------------------

    def views(self) -> tuple[QuotaView, ...]:
        """Every account that waits, with its agents."""
        return tuple(self._view(breaker) for breaker in self._state.breakers.values())

    def light(self) -> str | None:
        """What the header shows: until when, or None."""
        return light(self._state.breakers.values(), self._fleet.clock.now_ms())

    def items(self) -> tuple[AttentionItem, ...]:
        """One item for each account at its usage limit; an overload passes by itself."""
        return items(self._state.breakers.values(), self._fleet.clock.now_ms())

    def release(self) -> int:
        """A person says that the limits are over; how many accounts that freed."""
        breakers = [breaker for breaker in self._state.breakers.values() if breaker.phase is not Phase.WAKING]
        for breaker in breakers:
            self._close(breaker, "released by a person")
        return len(breakers)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _account_of(self, record: AgentRecord) -> Account:
        return self._fleet.provider_of(record).account(record)

    def _breaker_of(self, record: AgentRecord) -> Breaker | None:
        if not self._state.breakers:
            return None
        try:
            return self._state.breakers.get(self._account_of(record).id)
        except OrchestratorError:
            return None

    def _interrupt(self, mission_id: str, record: AgentRecord) -> None:
        if record.conversation_id is not None:
            self._state.interrupted[mission_id] = Interrupted(record.id, record.conversation_id)
            self._save()

    def _is_held(self, mission_id: str) -> bool:
        return any(mission.id == mission_id for hand in self._fleet.hands.values() for mission in hand.claims)

    def _agents_of(self, account: Account) -> list[AgentRecord]:
        living = (record for record in self._fleet.book.records() if record.state not in GONE_STATES)
        return [record for record in living if self._account_of(record).id == account.id]

    def _close(self, breaker: Breaker, why: str) -> None:
        fleet = self._fleet
        after = after_answer(breaker, len(self._agents_of(breaker.account)), fleet.clock.now_ms(), self._chance())
        if after is None:
            del self._state.breakers[breaker.account.id]
            self._save()
        else:
            self._keep(after)
            self._look_again(after)
        data: dict[str, object] = {"reason": f"{breaker.account.label}: {why}", "account": breaker.account.id}
        fleet.publish(Event(EventType.QUOTA_CLOSED, fleet.clock.now_ms(), data=data))
        fleet.wake.set()

    def _tell_open(self, breaker: Breaker) -> None:
        data: dict[str, object] = {
            "reason": sentence(breaker, self._fleet.clock.now_ms()),
            "account": breaker.account.id,
            "kind": breaker.kind.value,
            "until": breaker.until,
            "is_known": breaker.is_known,
        }
        self._fleet.publish(Event(EventType.QUOTA_OPEN, self._fleet.clock.now_ms(), data=data))

    def _view(self, breaker: Breaker) -> QuotaView:
        return QuotaView(
            account=breaker.account.id,
            label=breaker.account.label,
            kind=breaker.kind.value,
            phase=breaker.phase.value,
            since=breaker.since,
            until=breaker.until,
            is_known=breaker.is_known,
            text=breaker.text,
            agents=tuple(record.id for record in self._agents_of(breaker.account)),
        )

    def _keep(self, breaker: Breaker) -> None:
        self._state.breakers[breaker.account.id] = breaker
        self._save()

    def _save(self) -> None:
        if self._file is not None:
            quota_file.save(self._file, self._state)

    def _look_again(self, breaker: Breaker) -> None:
        self._fleet.wake_in(max(0, breaker.until - self._fleet.clock.now_ms()))
