"""A running supervisor of real Claude agents, spoken to over its endpoint as the command line does it."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Any

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.mcp import client
from tests.conftest import Program, wait_until
from tests.e2e.person import Person

START_PATIENCE_S = 60


class Desk:
    """``serve`` with agents that are idle when it is made."""

    def __init__(self, program: Program, session: str, *, agents: int = 1, conversation: str = "keep") -> None:
        self.program = program
        self.session = session
        program.sessions.add(session)
        process = self._process = program.start("serve", "--session", session, "--provider", "claude", "--stop-agents")

        def published() -> tuple[str, str] | None:
            info = program.session(session).endpoint()
            return (info.url, info.token) if info is not None and info.pid == process.pid else None

        self._url, self._token = wait_until(published, "serve answers", START_PATIENCE_S)
        self.agent_tool(action="spawn_pool", count=agents, conversation=conversation, model="opus")
        wait_until(
            lambda: all(agent["status"] == "idle" for agent in self.agents()), "the agents are idle", START_PATIENCE_S
        )

    def stop(self) -> None:
        """Ends the supervisor and its agents in good order."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def agent_tool(self, **arguments: Any) -> dict[str, Any]:
        """The MCP tool ``agent``, as the operator."""
        return asyncio.run(client.call_tool(self._url, self._token, "agent", arguments))

    def mission_tool(self, **arguments: Any) -> dict[str, Any]:
        """The MCP tool ``mission``, as the operator."""
        return asyncio.run(client.call_tool(self._url, self._token, "mission", arguments))

    def control(self, action: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One operation of the operator."""
        return asyncio.run(client.control(self._url, self._token, action, body))

    def agents(self) -> list[dict[str, Any]]:
        """All agents."""
        found: list[dict[str, Any]] = self.agent_tool(action="status")["agents"]
        return found

    def agent(self) -> dict[str, Any]:
        """The first agent."""
        return self.agents()[0]

    def person(self) -> Person:
        """Somebody at the first agent's pane."""
        return Person(self.program, self.session, self.agent()["pane_id"])

    def distribute(self, mission_id: str, prompt: str = "Do it. [[OUTPUT done]]") -> None:
        """Queues a mission."""
        self.mission_tool(action="distribute", prompt=prompt, id=mission_id)

    def mission(self, mission_id: str) -> dict[str, Any]:
        """One mission."""
        found: dict[str, Any] = self.mission_tool(action="status", mission_id=mission_id)["missions"][0]
        return found

    def until_waits(self, mission_id: str, status: str, why: str) -> None:
        """Waits until a mission has not started for this reason."""

        def look() -> bool:
            mission = self.mission(mission_id)
            return mission["status"] == status and why in (mission["waits"] or "")

        wait_until(look, f"{mission_id} is {status} and says: {why}", 30)

    def until_done(self, mission_id: str) -> None:
        """Waits until a mission is completed by its first attempt."""
        wait_until(lambda: self.mission(mission_id)["status"] == "completed", f"{mission_id} is done", 60)
        mission = self.mission(mission_id)
        assert (mission["output"], mission["attempts"]) == ("done", 1)

    def send(self, text: str) -> None:
        """Sends a line to the first agent."""
        self.control("send", {"agent_id": 1, "text": text})

    def refusal(self, text: str) -> str:
        """Why a line is not sent to the first agent."""
        try:
            self.send(text)
        except OrchestratorError as error:
            return str(error)
        raise AssertionError(f"{text!r} was sent")
