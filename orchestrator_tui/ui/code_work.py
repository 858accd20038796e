"""What the actions on an agent's code do: its changes, and its folder in the person's own programs."""

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from textual.timer import Timer

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.diff_screen import DiffScreen
from orchestrator_tui.ui.editing import edit_text
from orchestrator_tui.ui.review import Review
from orchestrator_tui.ui.tools import Tools, editor_argv, file_argv, shell_argv

LOOK_AFTER_S = 0.3
"""How long an agent has to stay chosen before git is asked about it: nobody reads what the cursor only passes."""


class CodeWork:
    """Keeps the comments on each agent's changes until they are sent."""

    def __init__(self, desk: Desk, tools: Tools) -> None:
        self._desk = desk
        self._tools = tools
        self._reviews: dict[int, Review] = {}
        self._looked_at: int | None = None
        self._looks: Timer | None = None

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {"agent.diff": self._diff, "agent.editor": self._editor, "agent.shell": self._shell}

    def look_at(self, agent_id: int | None) -> None:
        """An agent is chosen: where its worktree stands is asked once it stays so."""
        if agent_id is None or agent_id == self._looked_at:
            return
        self._looked_at = agent_id
        if self._looks is not None:
            self._looks.stop()
        # The app's own timer ends with it: work that is begun behind its end is never done.
        self._looks = self._desk.app.set_timer(LOOK_AFTER_S, partial(self._look, agent_id))

    def _look(self, agent_id: int) -> None:
        if self._desk.model.selected_agent == agent_id:
            self._desk.start(self._desk.client.look_at_work(agent_id), "look at work")

    async def _diff(self) -> None:
        agent, client = self._desk.agent(), self._desk.client
        screen = DiffScreen(
            agent.name,
            self._reviews.setdefault(agent.id, Review()),
            load=partial(client.diff, agent.id),
            send=partial(client.send_review, agent.id),
            open_file=partial(self._open_file, agent),
            tell=self._desk.tell,
        )
        await self._desk.app.push_screen_wait(screen)

    async def _editor(self) -> None:
        folder = _folder(self._desk.agent())
        await self._lend((*self._editor_argv(), "."), folder)

    async def _shell(self) -> None:
        folder = _folder(self._desk.agent())
        # How a shell ends says how its last command ended: no failure of ours.
        await self._desk.lend(shell_argv(os.environ, shutil.which), folder)

    async def _open_file(self, agent: AgentView, path: str, line: int | None) -> None:
        await self._lend(file_argv(self._editor_argv(), path, line), _folder(agent))

    async def edit_text(self, text: str) -> str:
        """The text as it comes back from the person's editor. Raises CannotRun, with nothing lost."""

        async def show(path: str) -> int:
            return await self._desk.lend(file_argv(self._editor_argv(), path, None))

        return await edit_text(text, show)

    async def _lend(self, argv: Sequence[str], folder: str) -> None:
        status = await self._desk.lend(argv, folder)
        if status != 0:
            raise CannotRun(f"`{argv[0]}` ended with {status}.", remedy="Start it by hand to see why: S opens a shell.")

    def _editor_argv(self) -> tuple[str, ...]:
        return editor_argv(self._tools, os.environ, shutil.which)


def _folder(agent: AgentView) -> str:
    if agent.cwd is None or not Path(agent.cwd).is_dir():
        raise CannotRun(f"The folder of {agent.name} is gone.", remedy="R starts the agent in a new one.")
    return agent.cwd
