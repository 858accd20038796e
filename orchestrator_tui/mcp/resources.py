"""What may be read beside the tools: agents, missions and recent events as JSON."""

import json

import mcp_types as types
from mcp.shared.exceptions import MCPError

from orchestrator_tui.mcp import results
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.requests import DEFAULT_LIMIT

AGENTS, MISSIONS, EVENTS = "orchestrator://agents", "orchestrator://missions", "orchestrator://events"
_JSON = "application/json"

RESOURCES = [
    types.Resource(uri=AGENTS, name="agents", description="As `agent status`.", mime_type=_JSON),
    types.Resource(uri=MISSIONS, name="missions", description="As `mission status`.", mime_type=_JSON),
    types.Resource(uri=EVENTS, name="events", description="The newest events, oldest first.", mime_type=_JSON),
]


async def read_resource(backend: Backend, uri: str) -> types.ReadResourceResult:
    """One resource. Raises MCPError for an unknown address."""
    if uri == AGENTS:
        data = results.agent_status(backend.agents())
    elif uri == MISSIONS:
        missions = await backend.missions(DEFAULT_LIMIT)
        data = results.mission_status(await backend.stats(), missions, backend.agents(), backend.waits())
    elif uri == EVENTS:
        data = results.event_list(backend.recent_events(DEFAULT_LIMIT))
    else:
        known = ", ".join((AGENTS, MISSIONS, EVENTS))
        raise MCPError(types.INVALID_PARAMS, f"Resource not found: {uri}. There are {known}.", {"uri": uri})
    text = json.dumps(data, ensure_ascii=False)
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, text=text, mime_type=_JSON)])
