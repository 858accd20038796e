"""One line from a person to an agent: checked, typed where that harms nothing, and confirmed by the program itself."""

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.guard import TAKING, Wait
from orchestrator_tui.agents.typist import Typist
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.models import AgentRecord, AgentState

LONGEST_LINE = 2_000
"""Characters: a longer line does not fit into the box of an agent's screen, where it is read back."""

CONFIRM_S = 1.0
CONFIRM_AGAIN_S = 3.0
_LOOK_S = 0.05


def sendable_line(text: str, command_prefixes: str) -> str:
    """``text`` as the one line that is typed: every run of blanks and line breaks is one space.

    Characters that nobody sees are dropped from its beginning: Claude Code 2.1.328 ignores them when it looks for a
    command. Raises UsageError naming ``text`` for an empty one, a control character, a command or too long a line.
    """
    for position, character in enumerate(text):
        if unicodedata.category(character) == "Cc" and not character.isspace():
            raise UsageError(
                f"`text` holds the control character U+{ord(character):04X} at position {position}.",
                remedy="Remove it.",
                field="text",
            )
    line = " ".join(text.split())
    while line and (unicodedata.category(line[0]) == "Cf" or line[0].isspace()):
        line = line[1:]
    if not line:
        raise UsageError("`text` is empty.", remedy="Type what to send.", field="text")
    if line[0] in command_prefixes:
        raise UsageError(
            f"`text` begins with {line[0]!r}, which is a command there.",
            remedy="Begin with a word, or attach with enter to use commands.",
            field="text",
        )
    if len(line) > LONGEST_LINE:
        raise UsageError(
            f"`text` has {len(line)} characters; a line may have {LONGEST_LINE}.",
            remedy="Queue it as a mission, which arrives whole at any length.",
            field="text",
        )
    # A backslash before Enter makes a line break of it in many programs.
    return f"{line} " if line.endswith("\\") else line


class Sender:
    """Refuses with a reason whatever cannot be typed at this moment; nothing waits in secret.

    ``by_screen`` types to programs that send no hooks.
    """

    def __init__(self, fleet: Fleet, typist: Typist) -> None:
        self._fleet = fleet
        self._typist = typist
        self._waiting: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self.by_screen: Callable[[AgentRecord, str], Awaitable[None]] | None = None

    async def send(self, agent_id: int, text: str) -> None:
        """Types one line and returns when the program has taken it. Raises NotAllowedNow, UsageError."""
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        provider = fleet.provider_of(record)
        line = sendable_line(text, provider.command_prefixes)
        if record.state is AgentState.WAITING:
            raise NotAllowedNow(
                f"{record.name} waits for {record.waiting_for}: a line typed now would answer that.",
                remedy="Answer it first (a, or attach with enter).",
                field="agent_id",
            )
        if record.state not in (AgentState.IDLE, AgentState.BUSY):
            raise NotAllowedNow(f"{record.name} is {record.state}.", remedy="Wait until it is ready.")
        if fleet.hand(agent_id).is_delivering and record.state is AgentState.IDLE:
            raise NotAllowedNow(f"{record.name} takes over a mission.", remedy="Send it in a moment.")
        if provider.screen is not None and self.by_screen is not None:
            fleet.person_used(agent_id)
            await self.by_screen(record, line)
        else:
            await self._type(record, line)

    def prompted(self, agent_id: int, prompt: str) -> None:
        """The agent's program took a prompt."""
        line, waiter = self._waiting.get(agent_id, ("", None))
        if waiter is not None and not waiter.done() and _bare(line) in _bare(prompt):
            waiter.set_result(None)

    async def _type(self, record: AgentRecord, line: str) -> None:
        hand = self._fleet.hand(record.id)
        if record.id in self._waiting:
            raise NotAllowedNow(f"Another line is just being sent to {record.name}.", remedy="Try again.")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[record.id] = (line, waiter)
        try:
            wait = await self._type_when_taken(record, line)
            if wait is not None:
                raise NotAllowedNow(
                    f"Nothing was sent to {record.name}: {wait.reason}.",
                    remedy="Look at its pane (enter), or send it later.",
                    field="agent_id",
                )
            self._fleet.person_used(record.id)
            if not await self._is_taken(record, line, waiter):
                await self._typist.clear(record, line)
                raise NotAllowedNow(
                    f"{record.name} did not take the line; it was not sent.",
                    remedy="Look at its pane (enter).",
                    field="agent_id",
                )
            hand.own_line = None
        finally:
            self._typist.gives_up(record.id, line)
            del self._waiting[record.id]

    async def _type_when_taken(self, record: AgentRecord, line: str) -> Wait | None:
        """Types the line; one that the program is just taking is given a moment to leave the box first."""
        deadline = self._fleet.clock.monotonic_ms() + CONFIRM_AGAIN_S * 1000
        while True:
            wait = await self._typist.type(record, line, lambda: True, may_work=True)
            if wait != TAKING or self._fleet.clock.monotonic_ms() >= deadline:
                return wait
            await asyncio.sleep(_LOOK_S)

    async def _is_taken(self, record: AgentRecord, line: str, waiter: "asyncio.Future[None]") -> bool:
        done, _ = await asyncio.wait({waiter}, timeout=CONFIRM_S)
        if done:
            return True
        if not await self._typist.press_again(record, line):
            # The box let go of it: the program has it, only its hook did not come through.
            return await self._typist.has_left(record, line)
        done, _ = await asyncio.wait({waiter}, timeout=CONFIRM_AGAIN_S)
        return bool(done) or await self._typist.has_left(record, line)


def _bare(text: str) -> str:
    return "".join(text.split())
