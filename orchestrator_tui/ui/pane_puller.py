"""Pulls the chosen agent's screen while somebody can see it, at most ten times a second."""

import asyncio
import logging
from collections.abc import Callable

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.views import PaneFrame, SupervisorClient

INTERVAL_S = 0.1
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

    def want(self, agent_id: int | None) -> None:
        """Pulls this agent's screen from now on; None pauses."""
        self._agent_id = agent_id
        if agent_id is None:
            self._wanted.clear()
        else:
            self._wanted.set()

    async def run(self) -> None:
        """Pulls for ever; a failure is told once, until something else fails or a pull succeeds."""
        told = ""
        while True:
            await self._wanted.wait()
            wanted = self._agent_id
            if wanted is None:
                continue
            pause = INTERVAL_S
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
            await asyncio.sleep(pause)
