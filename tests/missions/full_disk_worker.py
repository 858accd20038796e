"""A process whose files may not grow beyond a limit for a while: what a full disk looks like to the store."""

import asyncio
import json
import resource
import signal
import sys
from pathlib import Path

from orchestrator_tui.core.errors import StoreUnavailable
from tests.missions.helpers import FakeClock, open_queue


async def main(database: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    queue = await open_queue(Path(database), FakeClock())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    acknowledged: list[str] = []
    refused = 0
    error: str | None = None
    while refused < 20:
        answers = await asyncio.gather(*(queue.enqueue(prompt="x" * 2_000) for _ in range(10)), return_exceptions=True)
        acknowledged += [answer for answer in answers if isinstance(answer, str)]
        refused += sum(isinstance(answer, StoreUnavailable) for answer in answers)
        error = queue.store_error
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    acknowledged.append(await queue.enqueue(prompt="there is room again"))
    stored = [mission.id for mission in await queue.get_pending(10_000)]
    print(json.dumps([acknowledged, stored, error, queue.store_error]))  # noqa: T201
    await queue.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
