"""The program of the live attach test: the dashboard in a real terminal, its agents in a second private server."""

import asyncio
import sys
from pathlib import Path

from orchestrator_tui.ui.app import OrchestratorApp
from tests.ui.fake_client import FakeClient, FrozenClock


class LiveClient(FakeClient):
    """Attaches to the given command, and fails on demand."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        super().__init__()
        self._argv = argv

    async def attach_argv(self, agent_id: int) -> tuple[str, ...]:
        if agent_id == 2:
            return ("sh", "-c", 'printf "TMUX=[%s]" "$TMUX"; read line; exit 3')
        return self._argv if agent_id == 1 else ("no-such-program-here",)


async def count(path: Path, app: OrchestratorApp) -> None:
    ticks = 0
    while True:
        ticks += 1
        path.write_text(str(ticks))  # noqa: ASYNC240 - a few bytes, in a test
        # Repaints would fill the queue of a terminal that is lent.
        app.dashboard.refresh()
        await asyncio.sleep(0.02)


async def main() -> None:
    ticks, *argv = sys.argv[1:]
    app = OrchestratorApp(LiveClient(tuple(argv)), clock=FrozenClock())
    counting = asyncio.create_task(count(Path(ticks), app))
    await app.run_async()
    counting.cancel()
    Path(ticks).with_suffix(".end").write_text(str(app.return_value))


if __name__ == "__main__":
    asyncio.run(main())
