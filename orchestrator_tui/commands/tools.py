"""``agent`` and ``mission``: the MCP tools from a shell, made from the models that the tools validate with."""

import asyncio
import enum
import json
import os
import subprocess
import sys
import types
import typing
from typing import Any

import click
from pydantic.fields import FieldInfo

from orchestrator_tui.commands.inbox import answer, inbox
from orchestrator_tui.commands.output import render
from orchestrator_tui.commands.say import say
from orchestrator_tui.commands.target import caller_target
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.mcp import client
from orchestrator_tui.mcp.requests import AgentRequest, MissionRequest, Request

_POSITIONAL = ("agent_id", "mission_id", "prompt")
_EXAMPLES = {
    ("agent", "spawn"): "orchestrator-tui agent spawn --role coder",
    ("agent", "spawn_pool"): "orchestrator-tui agent spawn-pool --count 3 --role tester",
    ("agent", "kill"): "orchestrator-tui agent kill 1",
    ("agent", "restart"): "orchestrator-tui agent restart 1",
    ("agent", "health"): "orchestrator-tui agent health 1",
    ("agent", "health_all"): "orchestrator-tui agent health-all --json",
    ("agent", "status"): "orchestrator-tui agent status 1 --why",
    ("mission", "distribute"): 'orchestrator-tui mission distribute "Review the parser" --type review',
    ("mission", "complete"): 'orchestrator-tui mission complete mission-1 --output "all tests pass"',
    ("mission", "fail"): "orchestrator-tui mission fail mission-1 --error-code no_access --message 'no rights'",
    ("mission", "status"): "orchestrator-tui mission status --json",
}


def _tool_group(name: str, help_text: str, models: tuple[type[Request], ...]) -> click.Group:
    group = click.Group(name, help=help_text, epilog=f"Example: {_EXAMPLES[name, 'status']}")
    for model in models:
        group.add_command(_command(name, model))
    return group


def _command(tool: str, model: type[Request]) -> click.Command:
    action = typing.get_args(model.model_fields["action"].annotation)[0]
    parameters = [_parameter(name, field) for name, field in model.model_fields.items() if name != "action"]

    def perform(session: str | None, as_json: bool, **given: Any) -> None:
        arguments = {key: _value(key, value) for key, value in given.items() if value not in (None, ())}
        url, token = caller_target(session)
        result = asyncio.run(client.call_tool(url, token, tool, {"action": action, **arguments}))
        say(json.dumps(result) if as_json else render(tool, action, result))

    return click.Command(
        action.replace("_", "-"),
        callback=perform,
        params=[*parameters, *_common()],
        help=model.__doc__,
        epilog=f"Example: {_EXAMPLES[tool, action]}",
    )


def _common() -> list[click.Parameter]:
    return [
        click.Option(["--session"], metavar="NAME", help="The session; by default that of the current directory."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print the result as JSON."),
    ]


def _parameter(name: str, field: FieldInfo) -> click.Parameter:
    kind, is_list = _kind(field.annotation)
    if (field.is_required() or name == "agent_id") and name in _POSITIONAL:
        required = field.is_required()
        return click.Argument([name], type=kind, metavar=name.upper(), required=required)
    option = f"--{name.replace('_', '-')}"
    if kind is click.BOOL:
        option = f"{option}/--no-{name.replace('_', '-')}"
    return click.Option(
        [option, name],
        type=None if kind is click.BOOL else kind,
        required=field.is_required(),
        multiple=is_list,
        default=None,
        help=field.description,
    )


def _kind(annotation: Any) -> tuple[click.ParamType[Any, Any], bool]:
    """The command line's type for a field's type, and whether it may be repeated."""
    arms = [arm for arm in typing.get_args(annotation) if arm is not types.NoneType]
    if typing.get_origin(annotation) in (types.UnionType, typing.Union) and len(arms) == 1:
        return _kind(arms[0])
    if typing.get_origin(annotation) is typing.Annotated:
        return _kind(arms[0])
    if typing.get_origin(annotation) is list:
        return click.STRING, True
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return click.Choice([member.value for member in annotation]), False
        if issubclass(annotation, bool):
            return click.BOOL, False
        if issubclass(annotation, int):
            return click.INT, False
    return click.STRING, False


def _value(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if name == "token_usage":
        try:
            return json.loads(value)
        except ValueError:
            raise UsageError(
                "`--token-usage` is not JSON.", remedy='Write it like {"input": 10, "output": 5}.', field="token_usage"
            ) from None
    return value


agent = _tool_group("agent", "Spawn, end and inspect agents.", typing.get_args(AgentRequest))
mission = _tool_group("mission", "Queue missions and report on them.", typing.get_args(MissionRequest))


@agent.command(epilog="Example: orchestrator-tui agent attach 1   (Ctrl+Q comes back)")
@click.argument("agent_id", type=int)
@click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")
def attach(agent_id: int, session: str | None) -> None:
    """Show an agent's pane full screen."""
    url, token = caller_target(session)
    reply = asyncio.run(client.control(url, token, "attach", query={"agent_id": agent_id}))
    argv: list[str] = reply["argv"]
    environment = {key: value for key, value in os.environ.items() if key not in ("TMUX", "TMUX_PANE")}
    sys.exit(subprocess.run(argv, env=environment, check=False).returncode)


@agent.command(epilog='Example: orchestrator-tui agent send 1 "use the new parser"')
@click.argument("agent_id", type=int)
@click.argument("text")
@click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def send(agent_id: int, text: str, session: str | None, as_json: bool) -> None:
    """Type one line into an agent's prompt."""
    url, token = caller_target(session)
    asyncio.run(client.control(url, token, "send", {"agent_id": agent_id, "text": text}))
    say(json.dumps({"agent_id": agent_id, "sent": True}) if as_json else f"sent to agent {agent_id}")


agent.add_command(inbox)
agent.add_command(answer)
