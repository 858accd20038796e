"""The demo agent against the endpoint that it will meet: the SDK's own server."""

import asyncio
import json
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from orchestrator_tui.agents.mission_text import compose
from orchestrator_tui.agents.providers.base import AgentContext
from tests.agents.demo_agent.harness import Lab, Supervisor, eventually, make_mission


class SdkServer:
    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.got: list[str] = []
        self.texts: dict[str, str] = {}

    async def list_tools(self, _context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[types.Tool(name="mission", input_schema={"type": "object"})])

    async def call_tool(self, _context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        assert params.name == "mission"
        self.reports.append(dict(params.arguments or {}))
        if self.reports[-1]["mission_id"] == "lost":
            text = types.TextContent(type="text", text="lease_lost")
            return types.CallToolResult(content=[text], is_error=True)
        data = {"mission_id": self.reports[-1]["mission_id"], "status": "completed"}
        text = types.TextContent(type="text", text=json.dumps(data))
        return types.CallToolResult(content=[text], structured_content=data)

    async def get_prompt(self, _context: Any, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        assert params.name == "mission"
        mission_id = (params.arguments or {})["id"]
        self.got.append(mission_id)
        if mission_id not in self.texts:
            raise MCPError(code=types.INVALID_PARAMS, message="Unknown mission")
        text = types.TextContent(type="text", text=self.texts[mission_id])
        return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=text)])

    @contextmanager
    def running(self) -> Generator[str, None, None]:
        server: Server[Any] = Server(
            "orchestrator",
            on_list_tools=self.list_tools,
            on_call_tool=self.call_tool,
            on_get_prompt=self.get_prompt,
        )
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        app = server.streamable_http_app(json_response=True, stateless_http=True)
        config = uvicorn.Config(app, log_config=None, access_log=False, http="h11", ws="none")
        embedded = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(embedded.serve(sockets=[listener])))
        thread.start()
        try:
            eventually(lambda: embedded.started, "the SDK's server")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            embedded.should_exit = True
            thread.join()
            listener.close()


class LabWithSdk(Lab):
    url = ""

    def context(self, agent_id: int = 1) -> AgentContext:
        return replace(super().context(agent_id), url=self.url)


def test_it_fetches_and_reports_with_one_request_each(supervisor: Supervisor, tmp_path: Path) -> None:
    sdk = SdkServer()
    with sdk.running() as url:
        lab = LabWithSdk(supervisor, tmp_path)
        lab.url = url
        try:
            agent = lab.start()
            for n, (mission_id, prompt) in enumerate(
                [("m-1", "Größe 日本 [[tokens 3 4]]"), ("bad", "[[fail c m]]"), ("lost", "Late"), ("unknown", "")], 1
            ):
                if mission_id != "unknown":
                    sdk.texts[mission_id] = compose(make_mission(prompt, mission_id=mission_id))
                agent.do(mission_id)
                supervisor.wait_for("Stop", n)
        finally:
            lab.close()
    assert sdk.got == ["m-1", "bad", "lost", "unknown"]
    assert [report["action"] for report in sdk.reports] == ["complete", "fail", "complete"]
    assert sdk.reports[0]["output"] == "done: Größe 日本"
    assert sdk.reports[0]["token_usage"] == {"input": 3, "output": 4}
    said = [stop["last_assistant_message"] for stop in supervisor.all("Stop")]
    assert said[2:] == ["Error: lease_lost", "Error: Unknown mission"]
