"""Every action of the dashboard, once: keys, footer, help, palette and the key table are read from here."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.ui.key_names import read_keys
from orchestrator_tui.ui.model import Panel


class Group(StrEnum):
    """The heading under which help shows an action."""

    MOVE = "Move"
    AGENTS = "Agents"
    MISSIONS = "Missions"
    VIEW = "View"
    APP = "Dashboard"
    COMMANDS = "Your commands"


class When(StrEnum):
    """What must hold for an action to make sense; ``availability`` decides it."""

    ALWAYS = "always"
    AGENT = "agent"
    LIVING_AGENT = "living agent"
    ATTACHABLE = "attachable"
    PERMISSION = "permission"
    SENDABLE = "sendable"
    WORKTREE = "worktree"
    LENDABLE = "lendable"
    SCROLLBACK = "scrollback"
    MISSION = "mission"
    OPEN_MISSION = "open mission"
    RETRYABLE_MISSION = "retryable mission"
    ROW = "row"
    UNDO = "undo"


class Footer(StrEnum):
    """Where the footer shows an action's key."""

    NEVER = "never"
    AGENTS = "agents"
    MISSIONS = "missions"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do. ``keys`` are Textual key names; ``label`` is a word or two for the footer.

    Where ``panel`` is set, the keys mean this only in that panel, and something else may have them elsewhere.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    group: Group
    help: str
    when: When = When.ALWAYS
    footer: Footer = Footer.NEVER
    panel: Panel | None = None

    @property
    def shown_key(self) -> str:
        """The first key as a person reads it; empty without one."""
        return key_name(self.keys[0]) if self.keys else ""


_KEY_NAMES = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "comma": ",",
    "colon": ":",
    "at": "@",
    "plus": "+",
    "underscore": "_",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "f1": "F1",
    "up": "↑",
    "down": "↓",
}


def key_name(key: str) -> str:
    """A Textual key name as a person reads it: ``ctrl+p`` is ``^p``, ``question_mark`` is ``?``."""
    if key in _KEY_NAMES:
        return _KEY_NAMES[key]
    return f"^{key[5:]}" if key.startswith("ctrl+") else key


_A, _M, _V, _P = Group.AGENTS, Group.MISSIONS, Group.VIEW, Group.APP

ACTIONS: tuple[Action, ...] = (
    Action("agent.spawn", ("n",), "new", _A, "Start one or more agents.", footer=Footer.AGENTS),
    Action("agent.spawn_with_mission", ("N",), "new + mission", _A, "Start an agent with a first mission."),
    Action(
        "agent.attach",
        ("enter", "o"),
        "attach",
        _A,
        "Attach full screen; ctrl+q comes back.",
        When.ATTACHABLE,
        Footer.AGENTS,
    ),
    Action(
        "agent.approve",
        ("a",),
        "approve",
        _A,
        "Answer its prompt (shows the text).",
        When.PERMISSION,
        Footer.AGENTS,
    ),
    Action("inbox.open", ("exclamation_mark",), "waiting", _A, "Show and answer all that waits for you."),
    Action("agent.why", ("w",), "why", _A, "Say why its state is believed.", When.AGENT),
    Action("agent.send", ("s",), "send", _A, "Send one line without attaching.", When.SENDABLE, Footer.AGENTS),
    Action(
        "pane.type", ("i",), "type", _A, "Type into its pane here; ctrl+q leaves.", When.LIVING_AGENT, Footer.AGENTS
    ),
    Action("agent.kill", ("D",), "kill", _A, "End the agent (asks, shows what is lost).", When.AGENT, Footer.AGENTS),
    Action(
        "agent.restart",
        ("R",),
        "restart",
        _A,
        "Start the agent anew on its conversation.",
        When.AGENT,
        Footer.AGENTS,
    ),
    Action("agent.rename", ("r",), "rename", _A, "Give the agent another name.", When.AGENT),
    Action("agent.hold", ("p",), "hold", _A, "Hold: no new mission. Again: release.", When.LIVING_AGENT),
    Action("agent.broadcast", ("b",), "broadcast", _A, "Send one line to the marked or shown."),
    Action("agent.undo", ("u",), "undo", _A, "Undo a kill within 10 s.", When.UNDO),
    Action("agent.note", ("comma",), "note", _A, "Write a note on the agent.", When.AGENT),
    Action("agent.diff", ("equals_sign",), "changes", _A, "What it changed: read, comment, send.", When.WORKTREE),
    Action("agent.editor", ("E",), "editor", _A, "Open its folder in your editor.", When.LENDABLE),
    Action("agent.shell", ("S",), "shell", _A, "Open a shell in its folder.", When.LENDABLE),
    Action("quota.release", ("Q",), "quota", _A, "End the wait for an account's limit."),
    Action("mission.add", ("m",), "mission", _M, "Queue a mission.", footer=Footer.BOTH),
    Action("mission.import", ("M",), "import", _M, "Queue a plan file (shows it first)."),
    Action(
        "mission.open",
        ("enter",),
        "open",
        _M,
        "In the missions: open the mission.",
        When.MISSION,
        Footer.MISSIONS,
        Panel.MISSIONS,
    ),
    Action("mission.edit", ("e",), "edit", _M, "Change the mission.", When.OPEN_MISSION, Footer.MISSIONS),
    Action("mission.graph", ("d",), "graph", _M, "The dependency graph of the missions.", footer=Footer.MISSIONS),
    Action("mission.depend", ("W",), "wait for", _M, "Make it start after another one.", When.OPEN_MISSION),
    Action("mission.assign", ("A",), "assign", _M, "Give the mission to one agent.", When.OPEN_MISSION),
    Action("mission.cancel", ("x",), "cancel", _M, "Cancel the mission (asks).", When.OPEN_MISSION, Footer.MISSIONS),
    Action(
        "mission.retry",
        ("t",),
        "retry",
        _M,
        "Queue a failed mission again.",
        When.RETRYABLE_MISSION,
        Footer.MISSIONS,
    ),
    Action("mission.lower", ("J",), "lower", _M, "Lower the mission's priority.", When.OPEN_MISSION),
    Action("mission.raise", ("K",), "raise", _M, "Raise the mission's priority.", When.OPEN_MISSION, Footer.MISSIONS),
    Action("move.down", ("j", "down"), "down", Group.MOVE, "Next row."),
    Action("move.up", ("k", "up"), "up", Group.MOVE, "Previous row."),
    Action("move.first", ("g", "home"), "first", Group.MOVE, "First row."),
    Action("move.last", ("G", "end"), "last", Group.MOVE, "Last row."),
    Action("move.half_down", ("ctrl+d", "pagedown"), "half page down", Group.MOVE, "Half a page down."),
    Action("move.half_up", ("ctrl+u", "pageup"), "half page up", Group.MOVE, "Half a page up."),
    Action("mark.toggle", ("space",), "mark", Group.MOVE, "Mark the row for an action on many.", When.ROW),
    Action("view.find", ("f",), "find", Group.MOVE, "Find an agent by name."),
    Action(
        "view.filter",
        ("slash",),
        "filter",
        _V,
        "Filter the rows, or search the pane.",
        footer=Footer.BOTH,
    ),
    Action("pane.older_match", ("left_square_bracket",), "older", _V, "The next older place found.", When.SCROLLBACK),
    Action("pane.newer_match", ("right_square_bracket",), "newer", _V, "The next newer place found.", When.SCROLLBACK),
    Action("view.clear", ("escape",), "clear", _V, "Clear marks, a filter, or reading back."),
    Action("panel.agents", ("1",), "agents", _V, "Go to the agents."),
    Action("panel.health", ("2",), "health", _V, "Go to health."),
    Action("panel.pane", ("3",), "pane", _V, "Go to the pane."),
    Action("panel.missions", ("4",), "missions", _V, "Go to the missions."),
    Action("panel.events", ("5",), "events", _V, "Go to the events."),
    Action("panel.next", ("tab",), "next panel", _V, "Go to the next panel."),
    Action("panel.previous", ("shift+tab",), "previous panel", _V, "Go to the previous panel."),
    Action(
        "health.open",
        ("enter",),
        "details",
        _V,
        "In health: table, last hour, lights.",
        footer=Footer.BOTH,
        panel=Panel.HEALTH,
    ),
    Action("view.grid", ("v",), "grid", _V, "Several live panes at once."),
    Action("log.open", ("at",), "log", _V, "All events; tmux and git commands run."),
    Action("view.zoom", ("plus",), "zoom", _V, "Give the whole body to this panel."),
    Action("view.unzoom", ("underscore",), "unzoom", _V, "Show all panels again."),
    Action("pane.copy", ("y",), "copy", _V, "Copy what the pane shows.", When.LIVING_AGENT),
    Action("app.help", ("question_mark", "f1"), "help", _P, "Show every key.", footer=Footer.BOTH),
    Action("app.palette", ("ctrl+p", "colon"), "palette", _P, "Search every action.", footer=Footer.BOTH),
    Action("app.quit", ("q", "ctrl+c"), "quit", _P, "Quit; asks what the agents should do.", footer=Footer.BOTH),
)


def with_keys(actions: Sequence[Action], overrides: Mapping[str, str]) -> tuple[Action, ...]:
    """The actions with a person's own keys (``{action id: "key,key"}``).

    Raises ConfigError for an id that does not exist, for what is no key, and for a key given to two actions.
    """
    known = {action.id for action in actions}
    for name in overrides:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f"Did you mean `{near[0]}`?" if near else f"Actions: {', '.join(sorted(known))}."
            raise ConfigError(f"keys: no action is called `{name}`.", remedy=hint, field="keys")
    changed = tuple(
        replace(action, keys=read_keys(action.id, overrides[action.id])) if action.id in overrides else action
        for action in actions
    )
    owners: dict[tuple[str, Panel | None], str] = {}
    for action in changed:
        for key in action.keys:
            owner = owners.setdefault((key, action.panel), action.id)
            if owner != action.id:
                raise ConfigError(
                    f"keys: `{key}` is given to both `{owner}` and `{action.id}`.",
                    remedy="Give one of them another key.",
                    field="keys",
                )
    return changed


def action_for(actions: Sequence[Action], key: str, panel: Panel) -> Action | None:
    """What the key does in the panel: what is meant there only goes first."""
    having = [action for action in actions if key in action.keys and action.panel in (None, panel)]
    return min(having, key=lambda action: action.panel is None, default=None)


def key_table_markdown(actions: Sequence[Action] = ACTIONS) -> str:
    """The key table for the README, grouped as in help."""
    lines = ["| key | does |", "|---|---|"]
    for group in (Group.AGENTS, Group.MISSIONS, Group.MOVE, Group.VIEW, Group.APP):
        for action in actions:
            if action.group is group:
                keys = " ".join(f"`{key_name(key)}`" for key in action.keys)
                lines.append(f"| {keys} | {action.help} |")
    return "\n".join(lines) + "\n"
