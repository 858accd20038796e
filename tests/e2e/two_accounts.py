"""A supervisor with two agents, the second on an account of its own; started by ``test_quota`` in a clean environment.

Queues four missions, waits until three are done and one waits, and prints who did what. Arguments: the state folder,
the second account's configuration folder and its token.
"""

import asyncio
import json
import sys
from pathlib import Path

from orchestrator_tui.composition import OwnedRuntime, start_runtime
from orchestrator_tui.core.config import AgentConfig, Settings
from orchestrator_tui.core.models import AgentState, Mission, MissionSpec, MissionState
from orchestrator_tui.session import Session

WAIT_S = 90.0
POLL_S = 0.05


async def main(state: Path, folder: str, token: str) -> None:
    session = Session(state, "accounts")
    runtime = await start_runtime(session, "serve", cwd=Path.cwd(), settings=Settings(), provider="claude")
    try:
        async with asyncio.timeout(WAIT_S):
            missions = await _played(runtime, {"CLAUDE_CONFIG_DIR": folder, "CLAUDE_CODE_OAUTH_TOKEN": token})
        supervisor = runtime.supervisor
        done = {mission.id: mission.agent_id for mission in missions if mission.state is MissionState.COMPLETED}
        waits = {
            mission.id: supervisor.waits().of(mission) for mission in missions if mission.state is MissionState.PENDING
        }
        limited = [list(view.agents) for view in supervisor.quotas()]
        states = {agent.id: agent.state.value for agent in supervisor.agents()}
        panes = {
            agent.id: await runtime.supervisor.fleet.manager.capture_text(agent.id) for agent in supervisor.agents()
        }
        sys.stdout.write(
            json.dumps({"done": done, "waits": waits, "limited": limited, "states": states, "panes": panes})
        )
    finally:
        await runtime.aclose(stop_agents=True)


async def _played(runtime: OwnedRuntime, other: dict[str, str]) -> list[Mission]:
    supervisor = runtime.supervisor
    await supervisor.spawner.spawn_agent(AgentConfig())
    while supervisor.agents()[0].state is not AgentState.IDLE:
        await asyncio.sleep(POLL_S)
    # The first account meets its limit before there is a second one.
    await supervisor.add_mission(MissionSpec("Do it.", id="m0"))
    while not any(view.is_known for view in supervisor.quotas()):
        await asyncio.sleep(POLL_S)
    await supervisor.spawner.spawn_agent(AgentConfig(env=other))
    await supervisor.add_missions([MissionSpec("Do it.", id=f"m{number}") for number in range(1, 4)])
    while (await supervisor.stats()).completed < 3:
        await asyncio.sleep(POLL_S)
    while not _is_settled(runtime):
        await asyncio.sleep(POLL_S)
    return list(await supervisor.missions(10))


def _is_settled(runtime: OwnedRuntime) -> bool:
    """The dialog that the CLI opens at a limit is gone: it was started again."""
    record = runtime.supervisor.fleet.book.get(1)
    word = runtime.supervisor.fleet.own_word(record)
    return record.restarts > 0 and word is not None and word.state is AgentState.IDLE


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
