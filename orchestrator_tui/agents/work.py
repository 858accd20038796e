"""What a person sees of an agent's work, and says of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from orchestrator_tui.agents.book import config_of
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.git import is_folder
from orchestrator_tui.agents.private_files import private_folder, write_private_bytes
from orchestrator_tui.agents.review_text import document, message, pointer
from orchestrator_tui.agents.work_diff import WorkDiffs
from orchestrator_tui.agents.work_status import WorkWatch
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.errors import CannotRun, NotAllowedNow, UsageError
from orchestrator_tui.core.work import ReviewComment, WorktreeDiff


class AgentsWork:
    """Diffs and reviews of the agents' worktrees; ``watch`` keeps their rows up to date."""

    def __init__(
        self, fleet: Fleet, send: Callable[[int, str], Awaitable[None]], is_watched: Callable[[], bool]
    ) -> None:
        self._fleet = fleet
        self._send = send
        self._diffs = WorkDiffs()
        self.watch = WorkWatch(fleet, is_watched)

    async def diff(self, agent_id: int) -> WorktreeDiff:
        """What the agent's worktree has and its base has not. Raises NotAllowedNow without one, CannotRun."""
        record = self._fleet.book.get(agent_id)
        if record.worktree is None or record.branch is None or not is_folder(Path(record.worktree)):
            raise NotAllowedNow(
                f"{record.name} has no worktree of its own.",
                remedy="Start agents with isolation worktree to see what each of them changed.",
                field="agent_id",
            )
        base = (config_of(record).worktree or WorktreeConfig()).base
        return await self._diffs.read(agent_id, Path(record.worktree), record.branch, base)

    async def send_review(self, agent_id: int, comments: Sequence[ReviewComment]) -> str | None:
        """Sends all comments as one guarded line, and returns the file that it names, if there is one.

        A longer review goes into a file of the agent's own state folder: the prompt takes one line, and a mission
        would begin a conversation that knows nothing of the changes, at whichever agent is free. A refused line
        leaves no file. Raises what ``Sender.send`` raises.
        """
        record = self._fleet.book.get(agent_id)
        if not comments:
            raise UsageError("There is no comment to send.", remedy="c writes one.", field="comments")
        line = message(comments)
        if line is not None:
            await self._send(record.id, line)
            return None
        path = self._fleet.agent_files(record.id) / "reviews" / f"review-{self._fleet.clock.now_ms()}.md"
        try:
            await asyncio.to_thread(_write, path, document(comments))
        except OSError as error:
            raise CannotRun(
                f"{path} cannot be written: {error.strerror}.", remedy="Make the state folder writable."
            ) from None
        try:
            await self._send(record.id, pointer(comments, str(path)))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return str(path)


def _write(path: Path, text: str) -> None:
    private_folder(path.parent)
    write_private_bytes(path, text.encode(errors="replace"))
