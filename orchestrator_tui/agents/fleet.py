"""What the parts of the supervisor share: the stores, the panes, and who holds which mission right now."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator_tui.agents.book import AgentBook, config_of
from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.agents.providers.base import AgentContext, Provider, SessionStatus
from orchestrator_tui.agents.spending import SpendingBook
from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.errors import ProviderUnavailable
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, ConversationMode, Mission, MissionState
from orchestrator_tui.core.roles import system_prompt
from orchestrator_tui.core.work import WorkStatus
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.manager import PTYManager


@dataclass(slots=True)
class Addresses:
    """Where agents call back; known once the endpoint is bound."""

    url: str = ""
    hooks_url: str = ""


@dataclass(slots=True)
class Hand:
    """The claims that an agent has in hand, oldest first, and what is being done with it.

    ``has_session``: the program reported its session since the last start. ``underway``: the mission that was last
    given to the program, typed or as the argument of its start. ``knows_prompts_at`` (monotonic): when it knows the
    typed command, since the last start. ``unavailable_until`` is monotonic. ``approaching`` is the mission
    of which nothing has reached the pane yet; ``obstacle`` why nothing may be typed there, when that was last looked
    at; ``own_line`` what we typed last and nobody acknowledged, ``is_submitted`` while that is awaited; ``typing``
    is held while keys are pressed.
    """

    claims: list[Mission] = field(default_factory=list[Mission])
    is_delivering: bool = False
    is_fencing: bool = False
    is_reminded: bool = False
    has_session: bool = False
    underway: str | None = None
    knows_prompts_at: int | None = None
    unavailable_until: int = 0
    person_used_at: int | None = None
    approaching: str | None = None
    obstacle: str | None = None
    own_line: str | None = None
    is_submitted: bool = False
    typing: asyncio.Lock = field(default_factory=asyncio.Lock)
    launching: asyncio.Lock = field(default_factory=asyncio.Lock)

    def current(self) -> Mission | None:
        """The mission that runs, or the one that is being delivered."""
        running = [mission for mission in self.claims if mission.state is MissionState.RUNNING]
        return running[0] if running else (self.claims[0] if self.claims else None)


@dataclass(slots=True)
class Fleet:
    """Handed to every part of the supervisor; holds no behaviour beyond look-ups.

    ``agent_folder`` is where an agent's files are, ``agent_files`` the same once it is made and checked.
    ``mission_waits`` and ``agent_waits`` say in words why a mission may not begin, or an agent begin one, now.
    """

    session: str
    cwd: str
    clock: Clock
    new_id: Callable[[], str]
    manager: PTYManager
    queue: MissionQueue
    book: AgentBook
    providers: Mapping[str, Provider]
    agent_folder: Callable[[int], Path]
    agent_files: Callable[[int], Path]
    credentials: Credentials
    settings: Settings
    publish: Callable[[Event], None]
    changed: Callable[[int], None]
    default_provider: str
    dropped: Callable[[str], None] = lambda _: None
    addresses: Addresses = field(default_factory=Addresses)
    hands: dict[int, Hand] = field(default_factory=dict[int, Hand])
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    mission_waits: Callable[[Mission], str | None] = lambda _: None
    agent_waits: Callable[[AgentRecord], str | None] = lambda _: None
    usage: SpendingBook = field(default_factory=SpendingBook)
    work: dict[int, WorkStatus] = field(default_factory=dict[int, WorkStatus])

    def hand(self, agent_id: int) -> Hand:
        """The agent's claims; empty for a new one."""
        hand = self.hands.get(agent_id)
        if hand is None:
            hand = self.hands[agent_id] = Hand()
        return hand

    def hold(self, mission: Mission) -> None:
        """Notes a claim, replacing what was known of the same mission."""
        assert mission.agent_id is not None
        claims = self.hand(mission.agent_id).claims
        for index, held in enumerate(claims):
            if held.id == mission.id:
                claims[index] = mission
                break
        else:
            claims.append(mission)
        self.changed(mission.agent_id)

    def drop(self, mission_id: str) -> None:
        """Forgets a claim that ended."""
        for agent_id, hand in self.hands.items():
            kept = [mission for mission in hand.claims if mission.id != mission_id]
            if len(kept) != len(hand.claims):
                hand.claims[:] = kept
                hand.is_reminded = False
                self.dropped(mission_id)
                self.changed(agent_id)

    def is_in_hand(self, mission: Mission) -> bool:
        """Whether this very claim is still held and was not acknowledged."""
        assert mission.agent_id is not None
        return any(
            held.id == mission.id and held.nonce == mission.nonce and held.state is MissionState.ASSIGNED
            for held in self.hand(mission.agent_id).claims
        )

    def only_waits(self, mission: Mission) -> bool:
        """Whether a claim waits at its agent behind another one, so that the program knows nothing of it."""
        if mission.agent_id is None or mission.state is not MissionState.ASSIGNED:
            return False
        hand = self.hand(mission.agent_id)
        others = [held for held in hand.claims if held.id != mission.id]
        return any(held.state is MissionState.RUNNING or held.id == hand.underway for held in others)

    def provider_of(self, record: AgentRecord) -> Provider:
        """The program behind an agent. Raises ProviderUnavailable for a name that is not known."""
        provider = self.providers.get(record.provider)
        if provider is None:
            raise ProviderUnavailable(
                f"There is no provider {record.provider!r}.",
                remedy=f"Known: {', '.join(self.providers)}.",
                field="provider",
            )
        return provider

    def context_of(self, record: AgentRecord) -> AgentContext:
        """What the agent's program needs to start."""
        config = config_of(record)
        return AgentContext(
            url=self.addresses.url,
            hooks_url=self.addresses.hooks_url,
            token=self.credentials.agent_token(record.id),
            files=self.agent_folder(record.id),
            cwd=record.worktree or config.cwd or self.cwd,
            system_prompt=config.system_prompt or system_prompt(record.role),
            permission_mode=self.settings.permission_mode,
        )

    def person_used(self, agent_id: int) -> None:
        """A person chats in the agent's pane; the next supervisor knows it too."""
        self.hand(agent_id).person_used_at = self.clock.monotonic_ms()
        self.book.update(agent_id, person_used_at=self.clock.now_ms(), has_transcript=True)

    def was_spoken(self, agent_id: int) -> None:
        """The agent took a mission in its recorded conversation; an earlier chat in its pane no longer counts."""
        self.hand(agent_id).person_used_at = None
        record = self.book.find(agent_id)
        if record is not None and (record.person_used_at is not None or not record.has_transcript):
            self.book.update(agent_id, person_used_at=None, has_transcript=True)

    def recall_person(self, record: AgentRecord) -> None:
        """What an earlier supervisor knew of a chat in the agent's pane."""
        if record.person_used_at is not None:
            ago_ms = max(self.clock.now_ms() - record.person_used_at, 0)
            self.hand(record.id).person_used_at = self.clock.monotonic_ms() - ago_ms

    def retry_budget(self, agent_id: int | None) -> int | None:
        """How many retries a mission without its own budget has with this agent."""
        return self._number(agent_id, "retry_budget")

    def timeout_ms(self, agent_id: int | None) -> int | None:
        """How long a mission without its own limit may run with this agent."""
        return self._number(agent_id, "timeout_ms")

    def takes_start_argument(self, record: AgentRecord) -> bool:
        """Whether a mission starts a new conversation of the agent rather than being typed into the running one."""
        provider = self.providers.get(record.provider)
        fresh = config_of(record).conversation is ConversationMode.FRESH
        return provider is not None and provider.supports_fresh and fresh

    def _number(self, agent_id: int | None, key: str) -> int | None:
        record = self.book.find(agent_id) if agent_id is not None else None
        value = record.config.get(key) if record else None
        return value if isinstance(value, int) else None

    def own_word(self, record: AgentRecord) -> SessionStatus | None:
        """What the agent's living program says of its state."""
        handle, provider = self.manager.handle(record.id), self.providers.get(record.provider)
        if handle is None or provider is None or not self.manager.is_alive(record.id):
            return None
        return provider.session_status(record, self.context_of(record), handle.pid)

    def wake_in(self, delay_ms: int) -> None:
        """Has the placement look again after a while."""
        asyncio.get_running_loop().call_later(delay_ms / 1000 + 0.01, self.wake.set)

    def attention(self, agent_id: int | None, mission_id: str | None, reason: str) -> None:
        """Says that a person is needed."""
        self.publish(
            Event(
                EventType.ATTENTION,
                self.clock.now_ms(),
                agent_id=agent_id,
                mission_id=mission_id,
                data={"reason": reason},
            )
        )
