"""The prompt ``mission``: an agent's program fetches its mission's exact text, which acknowledges the delivery."""

import mcp_types as types
from mcp.shared.exceptions import MCPError

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.wire_errors import describe

MISSION_PROMPT = types.Prompt(
    name="mission",
    title="Mission",
    description="The mission that you were given, by its id.",
    arguments=[types.PromptArgument(name="id", description="The mission's id.", required=True)],
)


async def get_prompt(backend: Backend, caller: Caller, params: types.GetPromptRequestParams) -> types.GetPromptResult:
    """The mission's text as one plain message. Raises MCPError with the reason."""
    if params.name != MISSION_PROMPT.name:
        raise MCPError(types.INVALID_PARAMS, f"Unknown prompt {params.name!r}; there is `mission`.")
    mission_id = (params.arguments or {}).get("id")
    if not mission_id:
        raise MCPError(types.INVALID_PARAMS, "`id` is required: the mission's id.")
    try:
        text = await backend.mission_text(caller, mission_id)
    except OrchestratorError as error:
        raise MCPError(types.INVALID_PARAMS, str(error), describe(error)) from error
    message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
    return types.GetPromptResult(description=f"Mission {mission_id}", messages=[message])
