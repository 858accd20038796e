"""Pulls the chosen agent's screen while somebody can see it: often while it changes, fastest just after a key."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.views import PaneFrame, SupervisorClient

INTERVAL_S = 0.1
STILL_INTERVAL_S = 0.3
STILL_AFTER = 10
"""A screen that was the same in so many looks is looked at less often, until it is another."""
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
        self._wake = asyncio.Event()
        self._has_typed = False
        self._is_typing = False

    def want(self, agent_id: int | None, *, typing: bool = False) -> None:
        """Pulls this agent's screen from now on, three times as often while it is typed into; None pauses."""
        self._is_typing = typing
        if agent_id != self._agent_id:
            self._agent_id = agent_id
            self._wake.set()
        if agent_id is None:
            self._wanted.clear()
        else:
            self._wanted.set()

    def hurry(self) -> None:
        """Something was typed: looks for its echo at once."""
        self._has_typed = True
        self._wake.set()

    async def run(self) -> None:
        """Pulls for ever; a failure is told once, until something else fails or a pull succeeds."""
        told = ""
        looks: list[float] = []
        still, before = 0, None
        while True:
            await self._wanted.wait()
            wanted = self._agent_id
            if wanted is None:
                continue
            has_failed = True
            try:
                frame = await self._client.pane_frame(wanted)
                told, has_failed = "", False
            except OrchestratorError as error:
                # An agent may go while its screen is asked for; its row says so.
                _log.info("pane of agent %s: %s", wanted, error)
                frame = None
            except Exception as error:
                frame = None
                if repr(error) != told:
                    told = repr(error)
                    self._report(error)
            if wanted == self._agent_id:
                self._show(frame)
            still, before = (still + 1 if frame == before else 0), frame
            pause = RETRY_S if has_failed else looks.pop(0) if looks else self._interval(still)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
            self._wake.clear()
            if self._has_typed:
                self._has_typed = False
                looks = list(ECHO_LOOKS_S)

    def _interval(self, still: int) -> float:
        if self._is_typing:
            return TYPING_INTERVAL_S
        return INTERVAL_S if still < STILL_AFTER else STILL_INTERVAL_S
