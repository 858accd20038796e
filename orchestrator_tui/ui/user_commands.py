"""A person's own commands as actions: keys, what placeholders stand for now, and why one cannot run. Pure."""

from collections.abc import Mapping, Sequence

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.user_commands import UserCommand
from orchestrator_tui.ui.actions import ACTIONS, Action, Group, with_keys
from orchestrator_tui.ui.availability import Target
from orchestrator_tui.ui.key_names import read_keys
from orchestrator_tui.ui.model import Panel

_PANELS = {"agents": Panel.AGENTS, "missions": Panel.MISSIONS}
_OF_MISSION = frozenset({"mission", "mission_title"})


def registry(commands: Sequence[UserCommand], keys: Mapping[str, str]) -> tuple[Action, ...]:
    """Every action: the dashboard's, the person's commands behind them, with the person's own keys.

    Raises ConfigError as ``with_keys`` does, and where a command's key means something else in its panel.
    """
    actions = with_keys((*ACTIONS, *map(_action, commands)), keys)
    for command in actions[len(ACTIONS) :]:
        for other in actions:
            shared = next((key for key in command.keys if key in other.keys), None)
            if shared is not None and other is not command and _share_a_panel(command, other):
                raise ConfigError(
                    f"commands: `{shared}` is given to both `{other.id}` and `{command.id}`.",
                    remedy=f"Give one of them another key; `{other.id}` takes one under [keys].",
                    field="commands",
                )
    return actions


def values_for(target: Target, session: str, project: str) -> dict[str, str]:
    """What the placeholders stand for now; those without a value are left out.

    Without a chosen mission it is the agent's own that is meant.
    """
    agent, mission = target.agent, target.mission
    known: dict[str, object] = {"session": session, "project": project}
    if agent is not None:
        known |= {"agent": agent.id, "agent_name": agent.name, "role": agent.role.value, "model": agent.model.value}
        known |= {"pid": agent.pid, "mission": agent.current_task, "mission_title": agent.task_title}
        if agent.branch is not None:
            known |= {"worktree": agent.cwd, "branch": agent.branch, "base": agent.work.base if agent.work else None}
    if mission is not None:
        known |= {"mission": mission.id, "mission_title": mission.title}
    return {name: str(value) for name, value in known.items() if value not in (None, "")}


def reason_against(command: UserCommand, target: Target, values: Mapping[str, str]) -> str | None:
    """Why the command cannot be run on the target, as a sentence; None when it can."""
    missing = next((name for name in command.placeholders if name not in values), None)
    if missing is not None:
        return _reason_without(missing, target)
    if command.show == "terminal" and not target.can_attach:
        return "This terminal cannot be lent to another program."
    option = command.option_like(values)
    if option is not None:
        return f"{{{option}}} begins with a dash here: {command.run[0]} would take it for an option."
    return None


def _action(command: UserCommand) -> Action:
    return Action(
        id=command.id,
        keys=() if command.key is None else read_keys(command.id, command.key, "commands"),
        label=command.name,
        group=Group.COMMANDS,
        help=command.name,
        panel=None if command.panel is None else _PANELS[command.panel],
    )


def _share_a_panel(one: Action, other: Action) -> bool:
    return one.panel is None or other.panel is None or one.panel is other.panel


def _reason_without(name: str, target: Target) -> str:
    agent = target.agent
    if name in _OF_MISSION:
        return "Choose a mission first: 4 goes to the missions."
    if agent is None:
        if target.mission is not None:
            return f"No agent has {target.mission.id}."
        return "No agent is chosen. n starts one."
    if name == "pid":
        return f"{agent.name} is not running. R starts it again."
    if name == "base" and agent.branch is not None:
        return f"Where the worktree of {agent.name} stands is not known yet."
    return f"{agent.name} has no worktree of its own."
