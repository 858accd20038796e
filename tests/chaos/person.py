"""The person at the other end: queues missions, answers what is asked, brings back agents that gave up."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from orchestrator_tui.core.errors import NoSupervisor, OrchestratorError, UsageError
from orchestrator_tui.mcp.client import call_tool, control
from orchestrator_tui.session import Session
from tests.chaos.workload import Order

PATIENCE_S = 3.0


class Person:
    """Every call may fail, since the supervisor may be dead, frozen or out of disk at any moment."""

    def __init__(self, session: Session) -> None:
        self._file = session.folder / "endpoint.json"

    def address(self) -> tuple[str, str, int] | None:
        """URL, token and pid of the newest supervisor, read without touching the session's lock."""
        try:
            data = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return None
        return data["url"], data["token"], data["pid"]

    def queue(self, order: Order) -> bool:
        """Whether the mission was acknowledged; asking again after an answer that was lost is harmless."""
        try:
            self._tool("mission", action="distribute", **order.arguments)
        except UsageError:
            raise
        except OrchestratorError:
            return False
        return True

    def answer_all(self) -> int:
        """Allows everything that is asked; how much that was."""
        answered = 0
        with suppress(OrchestratorError):
            for item in self._control("inbox")["items"]:
                if item["kind"] == "permission":
                    with suppress(OrchestratorError):
                        self._control("answer", {"id": item["id"], "allow": True})
                        answered += 1
        return answered

    def revive(self) -> int:
        """Starts agents again whose restart budget is spent; how many."""
        revived = 0
        with suppress(OrchestratorError):
            for agent in self._tool("agent", action="status")["agents"]:
                if agent["status"] == "failed":
                    with suppress(OrchestratorError):
                        self._tool("agent", action="restart", agent_id=agent["id"])
                        revived += 1
        return revived

    def spawn(self, count: int, **fields: Any) -> None:
        """Starts agents."""
        asyncio.run(self._call("agent", {"action": "spawn_pool", "count": count, **fields}, 30))

    def _tool(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return asyncio.run(self._call(tool, arguments, PATIENCE_S))

    async def _call(self, tool: str, arguments: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        url, token = self._target()
        return await call_tool(url, token, tool, arguments, timeout_s=timeout_s)

    def _control(self, action: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url, token = self._target()
        return asyncio.run(control(url, token, action, body, timeout_s=PATIENCE_S))

    def _target(self) -> tuple[str, str]:
        address = self.address()
        if address is None:
            raise NoSupervisor("No supervisor has published where it listens.")
        return address[:2]
