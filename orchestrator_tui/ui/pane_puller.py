"""Pulls the chosen agent's screen while somebody can see it: ten times a second, faster just after a key."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.views import PaneFrame, SupervisorClient

INTERVAL_S = 0.1
TYPING_INTERVAL_S = 1 / 30
ECHO_LOOKS_S = (0.002, 0.008, 0.016)
"""Pauses of the looks after a key: an echo is there within a few milliseconds, a redrawn prompt within twenty."""
RETRY_S = 1.0

_log = logging.getLogger(__name__)


class PanePuller:
    """One loop; costs nothing while nothing is wanted."""

    def __init__(
        self,
        client: SupervisorClient,
        show: Callable[[PaneFrame | None], None],
        report: Callable[[BaseException], None],
    ) -> None:
        self._client = client
        self._show = show
        self._report = report
        self._agent_id: int | None = None
        self._wanted = asyncio.Event()
        self._typed = asyncio.Event()
        self._is_typing = False

    def want(self, agent_id: int | None, *, typing: bool = False) -> None:
        """Pulls this agent's screen from now on, three times as often while it is typed into; None pauses."""
        self._is_typing = typing
        self._agent_id = agent_id
        if agent_id is None:
            self._wanted.clear()
        else:
            self._wanted.set()

    def hurry(self) -> None:
        """Something was typed: looks for its echo at once."""
        self._typed.set()

    async def run(self) -> None:
        """Pulls for ever; a failure is told once, until something else fails or a pull succeeds."""
        told = ""
        looks: list[float] = []
        while True:
            await self._wanted.wait()
            wanted = self._agent_id
            if wanted is None:
                continue
            pause = TYPING_INTERVAL_S if self._is_typing else INTERVAL_S
            try:
                frame = await self._client.pane_frame(wanted)
                told = ""
            except OrchestratorError as error:
                # An agent may go while its screen is asked for; its row says so.
                _log.info("pane of agent %s: %s", wanted, error)
                frame, pause = None, RETRY_S
            except Exception as error:
                frame, pause = None, RETRY_S
                if repr(error) != told:
                    told = repr(error)
                    self._report(error)
            if wanted == self._agent_id:
                self._show(frame)
            if looks:
                pause = looks.pop(0)
            if await self._typed_within(pause):
                looks = list(ECHO_LOOKS_S)

    async def _typed_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._typed.wait(), seconds)
        was_typed = self._typed.is_set()
        self._typed.clear()
        return was_typed
