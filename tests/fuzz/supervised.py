"""A whole supervisor with demo agents in real panes: nothing that is sent may end one of its parts."""

import asyncio
import math
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from hypothesis import strategies as st

from orchestrator_tui.core.models import AgentState
from tests.fuzz.answers import MCP_HEADERS, as_body, tool_call, was_taken
from tests.fuzz.calls import CONTROL, LOGS, MISSION_CALL
from tests.fuzz.loop import Watched
from tests.fuzz.target import Target
from tests.fuzz.texts import JSON, NUMBER, TEXT, objects, spoilt
from tests.supervisor.conftest import Live, end

HELD_S = 0.05
"""How long a call may stay unanswered: a permission request waits for a person."""


class World:
    """One session; its agents are held, so that nothing but the calls changes anything."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="orchestrator-fuzz-")
        self.watched = Watched()
        self.live = Live(Path(self._folder.name))
        self.watched.run(self._start())

    async def _start(self) -> None:
        await self.live.start()
        assert self.live.runtime is not None
        self.live.runtime.endpoint.rates.per_second = math.inf
        for agent_id in await self.live.spawn(2, role="coder"):
            await self.live.supervisor.hold(agent_id, True)
        info = self.live.session.endpoint()
        assert info is not None
        credentials = self.live.supervisor.fleet.credentials
        self.tokens = {0: info.token, 1: credentials.agent_token(1), 2: credentials.agent_token(2)}
        self.http = httpx2.AsyncClient(base_url=info.url.removesuffix("/mcp"), trust_env=False)

    async def state(self) -> str:
        """What a refused call must leave as it is."""
        supervisor = self.live.supervisor
        agents = [(view.id, view.name, view.note, view.held) for view in supervisor.agents()]
        missions = [(one.id, one.state, one.prompt, one.priority) for one in await supervisor.missions(20)]
        return repr((agents, await supervisor.stats(), missions))

    def judge(self, who: int, path: str, data: Any, headers: dict[str, str] | None = None) -> bool:
        """Whether the call was done; fails where a refused one changed something, or anything surprised."""
        return self.watched.run(self._judge(who, path, as_body(data), headers or {}))

    async def _judge(self, who: int, path: str, body: bytes, headers: dict[str, str]) -> bool:
        before = await self.state()
        given = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json", **headers}
        try:
            async with asyncio.timeout(HELD_S if b"PermissionRequest" in body else None):
                is_taken = was_taken(await self.http.post(path, content=body, headers=given))
        except TimeoutError:
            is_taken = True
        self.watched.check()
        assert is_taken or await self.state() == before, "what was refused changed something"
        return is_taken

    def is_whole(self) -> None:
        """Fails when the supervisor does not answer, or lost an agent."""
        views = self.watched.run(self._views())
        assert {view for view, state in views.items() if state is not AgentState.STOPPED} >= {1, 2}, views

    async def _views(self) -> dict[int, AgentState]:
        await self.live.supervisor.health_all()
        return {view.id: view.state for view in self.live.supervisor.agents()}

    def close(self) -> None:
        """Ends it."""
        self.watched.run(self.http.aclose())
        self.watched.run(end(self.live))
        self.watched.shut()
        self._folder.cleanup()


@cache
def world() -> World:
    """Started by the first call."""
    return World()


def close() -> None:
    """Ends what the calls started; fails when it was broken by then."""
    if world.cache_info().currsize:
        try:
            world().is_whole()
        finally:
            world().close()
            world.cache_clear()


TOOL_INPUT = objects(
    {
        "command": TEXT,
        "file_path": TEXT,
        "questions": st.lists(
            objects({"question": TEXT, "header": TEXT, "options": st.lists(objects({"label": TEXT}), max_size=2)}),
            max_size=2,
        ),
        "plan": TEXT,
    }
)
HOOK = objects(
    {
        "hook_event_name": st.sampled_from(
            [
                "SessionStart",
                "UserPromptSubmit",
                "PreToolUse",
                "PostToolUse",
                "Notification",
                "Stop",
                "StopFailure",
                "SubagentStop",
                "SessionEnd",
                "PermissionRequest",
                "Nope",
            ]
        ),
        "session_id": TEXT,
        "source": st.sampled_from(["startup", "resume", "clear", "compact"]),
        "prompt": st.one_of(TEXT, st.just("Mission m-1 (delivery x)\n"), st.just("/mcp__orchestrator__mission m-1")),
        "tool_name": st.sampled_from(["Bash", "AskUserQuestion", "ExitPlanMode", "mcp__x"]),
        "tool_input": TOOL_INPUT,
        "notification_type": st.sampled_from(["permission_prompt", "idle_prompt"]),
        "message": TEXT,
        "last_assistant_message": TEXT,
        "background_tasks": st.lists(objects({"status": st.just("running")}), max_size=2),
        "stop_hook_active": st.booleans(),
        "error": st.sampled_from(["authentication_failed", "rate_limit", "overloaded"]),
        "transcript_path": TEXT,
        "cwd": TEXT,
    },
    ("hook_event_name",),
)
_AGENT = st.one_of(st.sampled_from([1, 2, 2, 9]), NUMBER)
_MISSION = st.one_of(st.sampled_from(["mission-1", "mission-2", "m-1"]), TEXT)
_SCREEN: dict[str, list[st.SearchStrategy[Any]]] = {
    "rename": [_AGENT, TEXT],
    "note": [_AGENT, TEXT],
    "send": [_AGENT, TEXT],
    "paste": [_AGENT, TEXT],
    "approve": [_AGENT, st.booleans()],
    "answer": [TEXT, st.booleans(), TEXT],
    "why": [_AGENT],
    "attach_argv": [_AGENT],
    "pane_history": [_AGENT, NUMBER],
    "fit_pane": [_AGENT, st.one_of(st.none(), st.lists(NUMBER, min_size=2, max_size=2))],
    "type_strokes": [_AGENT, st.lists(objects({"key": TEXT, "text": TEXT}), max_size=2)],
    "kill_preview": [_AGENT],
    "diff": [_AGENT],
    "send_review": [_AGENT, st.lists(objects({"path": TEXT, "text": TEXT, "line": NUMBER}), max_size=2)],
    "plan_files": [TEXT],
    "preview_plan": [TEXT],
    "import_plan": [TEXT, TEXT],
    "mission": [_MISSION],
    "update_mission": [_MISSION, objects({"prompt": TEXT, "priority": st.just("high"), "timeout_ms": NUMBER})],
    "cancel_mission": [_MISSION],
    "retry_mission": [_MISSION],
    "assign_mission": [_MISSION, st.one_of(st.none(), _AGENT)],
    "add_dependency": [_MISSION, _MISSION],
    "older_events": [st.one_of(st.none(), NUMBER), NUMBER, objects({"terms": JSON, "since_ms": NUMBER})],
    "commands": [NUMBER, st.booleans()],
    "pane_frame": [_AGENT, st.one_of(st.none(), TEXT)],
}
SCREEN = st.one_of(
    *(
        st.tuples(st.just(name), st.one_of(st.tuples(*good), st.tuples(*good), st.tuples(*map(spoilt, good))).map(list))
        for name, good in _SCREEN.items()
    )
)


def _tool(given: tuple[int, Any]) -> bool:
    who, arguments = given
    return world().judge(who, "/mcp", tool_call("mission", arguments), {**MCP_HEADERS, "Mcp-Name": "mission"})


def _hook(given: tuple[int, Any]) -> bool:
    who, payload = given
    return world().judge(who, "/hooks", payload)


def _control(given: tuple[int, tuple[str, Any]]) -> bool:
    who, (name, data) = given
    return world().judge(who, f"/control/{name}", data)


def _screen(given: tuple[str, list[Any]]) -> bool:
    name, arguments = given
    return world().judge(0, f"/screen/{name}", arguments)


WHO = st.sampled_from([0, 1, 2])

TARGETS = (
    Target("supervisor: operator", 300, st.tuples(st.sampled_from([0, 0, 0, 1]), CONTROL), _control),
    Target("supervisor: missions", 900, st.tuples(WHO, MISSION_CALL), _tool),
    Target("supervisor: hooks", 1200, st.tuples(st.sampled_from([1, 2]), HOOK), _hook),
    Target("supervisor: telemetry", 300, LOGS, lambda data: world().judge(1, "/v1/logs", data)),
    Target("supervisor: screens elsewhere", 900, SCREEN, _screen),
)
