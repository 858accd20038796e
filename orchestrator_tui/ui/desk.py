"""What every action works with: the app, the supervisor, the model, the screen, and what is chosen."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from textual.app import App

from orchestrator_tui.core.errors import CannotRun, OrchestratorError
from orchestrator_tui.core.views import UNDO_WINDOW_MS, AgentView, MissionView, ShutdownMode, SupervisorClient
from orchestrator_tui.ui.attach import Attacher, Lender, attach_full_screen, can_attach, lend_terminal
from orchestrator_tui.ui.availability import Target
from orchestrator_tui.ui.dashboard import Dashboard
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.progress import Progress, person_is_asked
from orchestrator_tui.ui.undo import UndoOffer, offer, open_offer

_log = logging.getLogger(__name__)

Handlers = Mapping[str, Callable[[], Awaitable[None] | None]]
"""What runs by action id: at once, or beside the screen when it has to be awaited."""


class Desk:
    """Shared by all that carries out actions. ``page`` is the mission whose page is open.

    ``lender`` runs programs full screen; ``is_lent`` while one has the terminal.
    """

    def __init__(
        self,
        app: App[ShutdownMode],
        client: SupervisorClient,
        model: Model,
        dashboard: Dashboard,
        attacher: Attacher,
    ) -> None:
        self.app = app
        self.client = client
        self.model = model
        self.dashboard = dashboard
        self.attacher = _lending(attacher)
        self._can_lend = attacher is not attach_full_screen
        self.page: str | None = None
        self.progress = Progress()
        self.lender: Lender = lend_terminal
        self.is_lent = False
        self._kills: list[asyncio.Event] = []

    def target(self) -> Target:
        """What an action would act on: in the missions panel the mission and its agent, else the chosen agent."""
        agent, mission = self.model.agent(), None
        if self.page is not None:
            # What is done on a mission's page is done to that mission, wherever the cursor went meanwhile.
            mission = self.model.missions.get(self.page)
        elif self.dashboard.active is Panel.MISSIONS:
            mission = self.model.mission()
        if self.page is not None or self.dashboard.active is Panel.MISSIONS:
            holder = mission.agent_id if mission else None
            agent = None if holder is None else self.model.agents.get(holder)
        return Target(
            agent=agent,
            mission=mission,
            can_attach=self._can_lend or can_attach(self.app),
            reads_back=self.dashboard.is_mounted and not self.dashboard.pane.follows,
            can_undo=bool(self._kills) or self.undo_offer() is not None,
            in_list=self.page is None and self.dashboard.active in (Panel.AGENTS, Panel.MISSIONS),
        )

    def agent(self) -> AgentView:
        """The agent that the action is for; only where its condition asks for one."""
        agent = self.target().agent
        assert agent is not None, "checked before it runs"
        return agent

    def mission(self) -> MissionView:
        """The mission that the action is for; only where its condition asks for one."""
        mission = self.target().mission
        assert mission is not None, "checked before it runs"
        return mission

    @contextmanager
    def killing(self) -> Generator[None]:
        """While a kill is under way, ``u`` waits for its end: a person regrets before a process has ended."""
        ended = asyncio.Event()
        self._kills.append(ended)
        try:
            yield
        finally:
            self._kills.remove(ended)
            ended.set()

    async def kills_ended(self) -> None:
        """Waits until no kill is under way."""
        while self._kills:
            await self._kills[-1].wait()

    def undo_offer(self) -> UndoOffer | None:
        """The newest kill that can still be undone."""
        return open_offer(self.model.undos, self.dashboard.clock.now_ms())

    def offer_undo(self, agents: tuple[tuple[int, str], ...]) -> str:
        """Lets ``u`` take a kill of these agents (ids and names) back for a while; what to tell of that."""
        self.model.undos.append(offer(agents, self.dashboard.clock.now_ms()))
        self.dashboard.refresh_model()
        return f"u brings {'it' if len(agents) == 1 else 'them'} back ({UNDO_WINDOW_MS // 1000} s)."

    async def lend(self, argv: Sequence[str], cwd: str | None = None) -> int:
        """Runs a program full screen and comes back; its exit status. Raises CannotRun, with the reason."""
        if not self.target().can_attach:
            raise CannotRun(
                "This terminal cannot be lent to another program.", remedy="Use the dashboard in a terminal."
            )
        self.is_lent = True
        self.dashboard.refresh_model()
        try:
            with person_is_asked():
                return await self.lender(self.app, argv, cwd)
        finally:
            self.is_lent = False
            self.dashboard.refresh_model()

    def done(self, text: str) -> None:
        """A short toast: it is done."""
        self.app.notify(text, timeout=3, markup=False)

    def warn(self, text: str) -> None:
        """A toast: why nothing was done."""
        self.app.notify(text, severity="warning", markup=False)

    def start(self, work: Awaitable[None], name: str, label: str | None = None) -> None:
        """Does the work beside the screen; a failure is told.

        What takes long gets a bar with ``label`` (by default the name); ``progress.name_job`` and ``progress.report``
        tell more while it works.
        """
        do = partial(self._do, Owed(work), label or name)
        self.app.run_worker(do, name=name, group="action", exit_on_error=False)

    async def _do(self, owed: "Owed", label: str) -> None:
        await self.guard(self.progress.follow(owed.work, label))

    async def guard(self, work: Awaitable[None]) -> None:
        """Awaits the work; a failure is told instead of raised."""
        try:
            await work
        except Exception as error:
            self.tell(error)

    def tell(self, error: BaseException) -> None:
        """A toast for the person: what is wrong and what to do; the unexpected is logged whole."""
        if isinstance(error, OrchestratorError):
            text = f"{error.message}\n{error.remedy}".strip()
            self.app.notify(text, severity="error", markup=False)
            return
        _log.error("unexpected failure in the dashboard", exc_info=error)
        self.app.notify(
            f"{type(error).__name__}: {error}\nThe details are in the log; the agents are not affected.",
            title="Something unexpected failed",
            severity="error",
            markup=False,
        )


class Owed:
    """Work that may never begin: the app can end first, and Python warns of what was made and never awaited."""

    def __init__(self, work: Awaitable[None]) -> None:
        self.work = work

    def __del__(self) -> None:
        """Ends what never began; no matter to what has ended."""
        if inspect.iscoroutine(self.work):
            self.work.close()


def _lending(attacher: Attacher) -> Attacher:
    """While the terminal is lent, it is the person who is waited for."""

    async def lend(app: App[Any], argv: Sequence[str]) -> None:
        with person_is_asked():
            await attacher(app, argv)

    return lend
