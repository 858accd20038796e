"""The MCP server: which tools, prompts and resources there are, and how their outcomes look on the wire."""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.guard import caller_of
from orchestrator_tui.mcp.prompts import MISSION_PROMPT, get_prompt
from orchestrator_tui.mcp.requests import AGENT_ADAPTER, MISSION_ADAPTER, AgentRequest, MissionRequest
from orchestrator_tui.mcp.resources import RESOURCES, read_resource
from orchestrator_tui.mcp.results import AGENT_OUTPUT, MISSION_OUTPUT
from orchestrator_tui.mcp.schema import ToolContract
from orchestrator_tui.mcp.tools import Tools
from orchestrator_tui.mcp.traffic import Traffic
from orchestrator_tui.mcp.wire_errors import META_KEY, describe

log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Request]
Call = Callable[[Caller, dict[str, Any]], Awaitable[dict[str, Any]]]

INSTRUCTIONS = (
    "You are one of several agents that an orchestrator runs. Report your mission exactly once with the tool "
    "`mission` (complete or fail); use `mission distribute` to hand work to others and `status` to look around."
)
_TEXT = json.JSONEncoder(ensure_ascii=False)
AGENT_CONTRACT = ToolContract(AgentRequest, AGENT_ADAPTER)
MISSION_CONTRACT = ToolContract(MissionRequest, MISSION_ADAPTER)

TOOLS = [
    types.Tool(
        name="agent",
        title="Agents",
        description="Start, end, restart and look at the agents of this session.",
        input_schema=AGENT_CONTRACT.input_schema,
        output_schema=AGENT_OUTPUT,
        annotations=types.ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False
        ),
    ),
    types.Tool(
        name="mission",
        title="Missions",
        description="Hand out missions, report the outcome of yours, look at the queue.",
        input_schema=MISSION_CONTRACT.input_schema,
        output_schema=MISSION_OUTPUT,
        annotations=types.ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
        ),
    ),
]


class _Server(Server[Any]):
    """The SDK's server, which promises news of changed lists as soon as it has listeners; our lists never change."""

    def get_capabilities(self, *arguments: Any, **options: Any) -> types.ServerCapabilities:
        capabilities = super().get_capabilities(*arguments, **options)
        for listed in (capabilities.tools, capabilities.prompts, capabilities.resources):
            if listed is not None:
                listed.list_changed = False
        return capabilities


class Protocol:
    """Answers MCP requests under the identity that the guard found."""

    def __init__(self, backend: Backend, traffic: Traffic) -> None:
        self._backend = backend
        self._traffic = traffic
        self._answer: tuple[dict[str, Any], dict[str, Any]] | None = None
        tools = Tools(backend)

        async def agent(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
            return await tools.agent(caller, AGENT_CONTRACT.parse(arguments))

        async def mission(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
            return await tools.mission(caller, MISSION_CONTRACT.parse(arguments))

        self._calls: dict[str, Call] = {"agent": agent, "mission": mission}

    def server(self, version: str, listen: ListenHandler) -> Server[Any]:
        """The SDK's server, with raw arguments: nothing unknown is dropped before we see it."""
        server = _Server(
            "orchestrator",
            version=version,
            title="Orchestrator",
            instructions=INSTRUCTIONS,
            # No argument of ours is repeated in a header, so there is nothing to walk the schemas for at every call.
            get_tool_input_schema=lambda _name: None,
            on_list_tools=self._list_tools,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_resource_templates,
            on_read_resource=self._read_resource,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
            on_subscriptions_listen=listen,
        )
        # The handler answers in wire form, which only this way of adding it takes.
        server.add_request_handler("tools/call", types.CallToolRequestParams, self._call_tool)
        # A span for every message, which nothing here collects.
        server.middleware.clear()
        return server

    async def _list_tools(self, context: Context, _params: object) -> types.ListToolsResult:
        self._caller(context)
        return types.ListToolsResult(tools=TOOLS)

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> HandlerResult:
        caller = self._caller(context)
        call = self._calls.get(params.name)
        if call is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool {params.name!r}; there are {', '.join(self._calls)}.")
        try:
            data = await call(caller, dict(params.arguments or {}))
        except OrchestratorError as error:
            return _failed(error)
        except Exception:
            log.exception("tool %s failed", params.name)
            return _failed(OrchestratorError("The supervisor failed inside.", remedy="See the session's log."))
        if self._answer is None or self._answer[0] is not data:
            self._answer = data, _succeeded(data)
        return self._answer[1]

    async def _list_resources(self, context: Context, _params: object) -> types.ListResourcesResult:
        self._caller(context)
        return types.ListResourcesResult(resources=RESOURCES)

    async def _list_resource_templates(self, context: Context, _params: object) -> types.ListResourceTemplatesResult:
        self._caller(context)
        return types.ListResourceTemplatesResult(resource_templates=[])

    async def _read_resource(
        self, context: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        self._caller(context)
        return await read_resource(self._backend, str(params.uri))

    async def _list_prompts(self, context: Context, _params: object) -> types.ListPromptsResult:
        self._backend.prompts_listed(self._caller(context))
        return types.ListPromptsResult(prompts=[MISSION_PROMPT])

    async def _get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        return await get_prompt(self._backend, self._caller(context), params)

    def _caller(self, context: Context) -> Caller:
        request = context.request
        assert request is not None
        caller = caller_of(request.scope)
        self._traffic.count(caller, context.method)
        return caller


def _succeeded(data: dict[str, Any]) -> dict[str, Any]:
    # Already in the wire's form: a CallToolResult would be dumped to just this, which takes as long as making ``data``.
    text = _TEXT.encode(data)
    return {
        "content": [{"type": "text", "text": text}],
        "isError": False,
        "resultType": "complete",
        "structuredContent": data,
    }


def _failed(error: OrchestratorError) -> types.CallToolResult:
    text = types.TextContent(type="text", text=str(error))
    return types.CallToolResult(content=[text], is_error=True, _meta={META_KEY: describe(error)})
