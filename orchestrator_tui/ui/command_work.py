"""What a person's own commands do: they are run where the chosen agent works, and their end is told."""

import asyncio
import os
import shlex
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import assert_never

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.user_commands import UserCommand
from orchestrator_tui.ui.availability import Target
from orchestrator_tui.ui.command_run import CommandRun, record, status_words
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.dialogs.output import OutputDialog
from orchestrator_tui.ui.palette import Entry
from orchestrator_tui.ui.progress import name_job
from orchestrator_tui.ui.user_commands import reason_against, values_for

RUNS_KEPT = 10


class CommandWork:
    """Runs commands, and keeps the newest runs so that their output can be looked at again."""

    def __init__(self, desk: Desk, commands: Sequence[UserCommand]) -> None:
        self._desk = desk
        self._commands = {command.id: command for command in commands}
        self._runs: list[CommandRun] = []

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {command.id: partial(self._run, command) for command in self._commands.values()}

    def reason(self, action_id: str, target: Target) -> str | None:
        """Why the command cannot be run on the target; None when it can, or is none of these."""
        command = self._commands.get(action_id)
        return None if command is None else reason_against(command, target, self._values(target))

    def words(self, action_id: str) -> str | None:
        """What the command runs, as it stands in the configuration; None when it is none of these."""
        command = self._commands.get(action_id)
        return None if command is None else shlex.join(command.run)

    def palette_entries(self) -> list[Entry]:
        """The output of each run that is kept, the newest first."""

        def show(run: CommandRun) -> None:
            self._desk.start(self._show(run), "output")

        return [
            Entry(
                f"Output of {run.name}",
                f"{'running' if run.status is None else run.ending} · {shlex.join(run.argv)}",
                partial(show, run),
            )
            for run in reversed(self._runs)
        ]

    async def aclose(self) -> None:
        """Ends what still runs: nothing of it outlives the dashboard."""
        await asyncio.gather(*(run.aclose() for run in self._runs))

    async def _run(self, command: UserCommand) -> None:
        target = self._desk.target()
        argv, folder = command.argv(self._values(target)), self._folder(target)
        running = next(
            (run for run in self._runs if (run.argv, run.folder, run.status) == (argv, folder, None)),
            None,
        )
        if running is not None:
            await self._show(running)
            return
        if command.confirm and not await self._confirmed(command, argv, folder):
            return
        name_job(command.name)
        match command.show:
            case "terminal":
                await self._lend(command, argv, folder)
            case "output":
                run = await self._begin(command, argv, folder)
                self._desk.start(self._follow(run), command.id, command.name)
                await self._show(run)
            case "quiet":
                await self._follow(await self._begin(command, argv, folder))
            case _:
                assert_never(command.show)

    async def _confirmed(self, command: UserCommand, argv: Sequence[str], folder: str) -> bool:
        dialog = ConfirmDialog(command.name, shlex.join(argv), (f"It runs in {folder}.",), yes="run it")
        return bool(await self._desk.app.push_screen_wait(dialog))

    async def _lend(self, command: UserCommand, argv: Sequence[str], folder: str) -> None:
        begun_ns = time.perf_counter_ns()
        status = await self._desk.lend(argv, folder)
        record(argv, folder, begun_ns, None if status == 0 else status_words(status))
        if status != 0:
            self._desk.warn(f"{command.name}: {status_words(status)}.")

    async def _begin(self, command: UserCommand, argv: Sequence[str], folder: str) -> CommandRun:
        run = CommandRun(command.name, argv, folder)
        await run.start()
        ended = [one for one in self._runs if one.status is not None]
        for old in ended[: max(0, len(self._runs) + 1 - RUNS_KEPT)]:
            self._runs.remove(old)
            await old.aclose()
        self._runs.append(run)
        return run

    async def _follow(self, run: CommandRun) -> None:
        status = await run.follow()
        if run.is_watched:
            return
        if status == 0:
            self._desk.done(f"{run.name}: {run.ending}.")
        else:
            self._desk.tell(CannotRun(f"{run.name}: {run.ending}", remedy="^p shows all that it printed."))

    async def _show(self, run: CommandRun) -> None:
        # From here on: a quick one ends before its dialog is there.
        run.is_watched = True
        await self._desk.app.push_screen_wait(OutputDialog(run))

    def _values(self, target: Target) -> dict[str, str]:
        return values_for(target, self._desk.model.session, self._desk.model.cwd)

    def _folder(self, target: Target) -> str:
        """Where it runs: where the agent works, else in the project. Raises CannotRun."""
        agent = target.agent
        folder = self._desk.model.cwd if agent is None or agent.cwd is None else agent.cwd
        if not Path(folder).is_dir() or not os.access(folder, os.X_OK):
            raise CannotRun(
                f"The folder {folder} is not there on this machine.",
                remedy="A command runs where the dashboard does; R starts an agent in a new folder.",
            )
        return folder
