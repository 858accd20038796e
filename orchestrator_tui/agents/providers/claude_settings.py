"""What the Claude CLI is given beside the user's own configuration: hooks, the MCP server, arguments. Pure."""

import shlex
from collections.abc import Sequence

MCP_SERVER = "orchestrator"
MISSION_COMMAND = f"/mcp__{MCP_SERVER}__mission"
TOKEN_VARIABLE = "ORCHESTRATOR_AGENT_TOKEN"
HOOK_TIMEOUT_S = 2
PERMISSION_TIMEOUT_S = 86_400
"""A day: the program's dialog and our reply wait side by side, and whoever answers first counts."""
SESSION_START_TIMEOUT_S = 5
HTTP_HOOKS = (
    "UserPromptSubmit",
    "PostToolUse",
    "PostToolUseFailure",
    "PermissionRequest",
    "Notification",
    "Stop",
    "StopFailure",
    "SessionEnd",
)
"""Sent by the CLI itself. PreToolUse is not among them: it would delay every tool call and tells nothing new."""

_AT_A_LIMIT = {"autoContinueAtUsageLimit": False}
"""Otherwise the CLI (2.1.328) goes on by itself at the reset of a subscription's limit: with a mission that is queued
again by then, all agents at the same second."""

_OWN_MODE = "default"


def mcp_config(url: str) -> dict[str, object]:
    """The MCP server; ``alwaysLoad`` puts its tools before the model instead of behind a search."""
    server = {
        "type": "http",
        "url": url,
        "headers": {"Authorization": f"Bearer ${{{TOKEN_VARIABLE}}}"},
        "alwaysLoad": True,
    }
    return {"mcpServers": {MCP_SERVER: server}}


def settings(hooks_url: str, session_hook: Sequence[str]) -> dict[str, object]:
    """Settings that add our hooks to the user's; ``session_hook`` is the argv that reports SessionStart."""
    http = {
        "type": "http",
        "url": hooks_url,
        "headers": {"Authorization": f"Bearer ${TOKEN_VARIABLE}"},
        "allowedEnvVars": [TOKEN_VARIABLE],
        "timeout": HOOK_TIMEOUT_S,
    }
    command = {"type": "command", "command": shlex.join(session_hook), "timeout": SESSION_START_TIMEOUT_S}
    hooks: dict[str, object] = {name: [{"hooks": [http]}] for name in HTTP_HOOKS}
    hooks["PermissionRequest"] = [{"hooks": [{**http, "timeout": PERMISSION_TIMEOUT_S}]}]
    hooks["SessionStart"] = [{"hooks": [command]}]
    return {"hooks": hooks, **_AT_A_LIMIT}


def arguments(
    *,
    conversation_id: str,
    resume: bool,
    model: str,
    mcp_file: str,
    settings_file: str,
    system_prompt_file: str,
    permission_mode: str,
    readable: Sequence[str] = (),
    fork_of: str | None = None,
) -> list[str]:
    """The CLI's options; ``default`` leaves the permission mode to the user's own configuration.

    ``fork_of`` is a conversation that a new one is a copy of. ``readable`` are absolute paths that the agent may read
    without asking.
    """
    options = ["--resume", fork_of, "--fork-session"] if fork_of and not resume else []
    options += ["--resume" if resume else "--session-id", conversation_id, "--model", model]
    options += ["--append-system-prompt-file", system_prompt_file]
    options += ["--mcp-config", mcp_file, "--settings", settings_file]
    if permission_mode != _OWN_MODE:
        options += ["--permission-mode", permission_mode]
    return [*options, "--allowedTools", f"mcp__{MCP_SERVER}__*", *(f"Read(/{path})" for path in readable)]
