"""A walk over the keyboard: one step for each action, in the real dashboard with demo agents.

To add a step for an action, write a function in one of the ``walk_*.py`` files::

    @step("agent.rename")
    def rename(walk: Walk, key: str) -> None:
        walk.choose_agent("coder-1")
        walk.press(key)
        walk.until("Rename coder-1")
        ...

It is run once for each key of the action and asserts what the action did to the fleet, to tmux or to the screen. It may
end anywhere from where esc and ctrl+q lead back to the main screen: the walk goes back by itself, and fails where a
dialog keeps the keyboard.
"""

import asyncio
import importlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.strip import Strip

from orchestrator_tui.mcp import client
from orchestrator_tui.ui.actions import Action
from orchestrator_tui.ui.ansi import parse_lines
from orchestrator_tui.ui.key_names import character_of
from orchestrator_tui.ui.keystrokes import stroke_of
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.theme import DARK_TOKENS
from tests.acceptance.quick_tmux import QuickTmux
from tests.acceptance.survival import tmux
from tests.acceptance.terminal import Terminal
from tests.conftest import Program, wait_until

SESSION = "walk"
CODER, TESTER, SCRIBE = "coder-1", "tester-2", "scribe-3"
"""The agents that are there from the start."""
PATIENCE_S = 40.0
BACK_WITHIN_S = 1.5
PAINTED_WITHIN_S = 0.3
ACCENT = DARK_TOKENS["accent"]
_BACK = ("escape", "ctrl+q", "escape", "ctrl+q")

Step = Callable[["Walk", str], None]
STEPS: dict[str, Step] = {}
LAST: set[str] = set()
"""Steps after which agents take no missions."""


def step(*action_ids: str, last: bool = False) -> Callable[[Step], Step]:
    """Makes a function the step of these actions; it is called with the walk and the key to press.

    ``last`` is for steps after which agents take no missions.
    """

    def keep(function: Step) -> Step:
        for action_id in action_ids:
            assert action_id not in STEPS, f"two steps for {action_id}"
            STEPS[action_id] = function
        LAST.update(action_ids if last else ())
        return function

    return keep


@dataclass
class Walk:
    """The running dashboard, and the fleet behind it as its endpoint, tmux and the files tell of it."""

    program: Program
    terminal: Terminal
    quick: QuickTmux
    looks: int = 0
    pressed: set[str] = field(default_factory=set[str])

    # What is pressed.

    def press(self, *keys: str) -> None:
        """Presses keys by Textual's names, as fast as they can be sent."""
        for key in keys:
            self.pressed.add(key)
            self.looks = 0
            self._send(key)

    def _send(self, key: str) -> None:
        stroke = stroke_of(key, character_of(key))
        assert stroke is not None, f"no terminal sends {key}"
        self.quick.run(*(("send-keys", "--", stroke.key) if stroke.key else ("send-keys", "-l", "--", stroke.text)))

    def type(self, text: str) -> None:
        """Types a text."""
        self.quick.run("send-keys", "-l", "--", text)

    def answer(self, heading: str, *keys: str) -> None:
        """Waits for a dialog, presses keys in it, and waits until it is gone."""
        self.until(heading)
        self.press(*keys)
        self.until_gone(heading)

    def fill(self, heading: str, text: str, *keys: str, field: str = "", instead: bool = False) -> None:
        """Types into the dialog's field (``instead`` of what stands there) and sends it by ``keys`` or enter."""
        self.until(heading)
        while field and (here := self.field()) != field:
            self._press_until_not("down", here, self.field)
        if instead:
            self.until_holds(self.field, "a field has the keyboard")
            self.press("ctrl+u")
            self.until_holds(lambda: (seen := self._field())[0] and not seen[1], "the field is empty")
        self.type(text)
        self.until(text)
        self.press(*(keys or ("enter",)))
        self.until_gone(heading)

    def line(self, prompt: str, text: str) -> None:
        """Waits for the line below the dashboard, writes the text into it alone, and keeps it."""

        def written() -> str:
            # Below it there may be a line with what can be typed.
            last = [row.strip() for row in self.screen().rstrip().split("\n")[-2:]]
            return next((row for row in last if row.startswith(prompt)), last[-1])

        self.until_holds(lambda: written().startswith(prompt), f"the line {prompt}")
        if written() != prompt:
            self.press("ctrl+u")
            self.until_holds(lambda: written() == prompt, "the line is empty")
        self.type(text)
        self.until_holds(lambda: written() == f"{prompt} {text}", f"{text} in the line")
        self.press("enter")
        self.until_holds(lambda: not written().startswith(prompt), "the line is gone")

    # What is seen.

    def until(self, *texts: str) -> str:
        """Waits until all texts are on the screen."""
        self._wait(lambda: all(text in self.screen() for text in texts), f"{texts} on the screen")
        return self.screen()

    def until_gone(self, text: str) -> None:
        """Waits until the text is not on the screen."""
        self._wait(lambda: text not in self.screen(), f"{text!r} gone from the screen")

    def until_holds(self, condition: Callable[[], Any], what: str) -> Any:
        """Waits until the condition holds, and returns its value."""
        return self._wait(condition, what)

    def _wait(self, condition: Callable[[], Any], what: str) -> Any:
        self.looks += 1
        return wait_until(condition, what, PATIENCE_S)

    def screen(self) -> str:
        """The screen's text."""
        return self.quick.run("capture-pane", "-p")

    def rows(self) -> list[Strip]:
        """The screen's lines with their colours."""
        return parse_lines(tuple(line.encode() for line in self.quick.run("capture-pane", "-pe").split("\n")))

    def focused(self) -> Panel | None:
        """The panel that has the keyboard: its frame is drawn in the accent."""
        found = _focused(self.rows())
        return found[0] if found else None

    def field(self) -> str:
        """The label of the form's field that has the keyboard: it is drawn in the accent."""
        return self._field()[0]

    def _field(self) -> tuple[str, str]:
        for strip in self.rows():
            found = re.search(r"│  ([A-Z][a-z ]+?)  +([^│]*)", strip.text)
            if found and _colour_at(strip, found.start(1)) == ACCENT:
                return found[1], found[2].strip()
        return "", ""

    def is_home(self) -> bool:
        """Whether the main screen has the keyboard: nothing dims its header and footer, and nobody types.

        Both are looked at, since a screen is painted from above and may be caught half way.
        """
        rows = [strip for strip in self.rows() if strip.text.strip()] or [Strip([])]
        title, keys = rows[0].text.find("orchestrator_tui"), rows[-1].text.find("q quit")
        if title < 0 or keys < 0 or any("TYPING" in strip.text for strip in rows):
            return False
        return (_colour_at(rows[0], title), _colour_at(rows[-1], keys)) == (DARK_TOKENS["foreground"], ACCENT)

    def chosen(self) -> str:
        """The row under the cursor of the panel that has the keyboard, without the mark."""
        return next((row[1:].strip() for row in self.listed() if row.startswith("▌")), "")

    def listed(self) -> list[str]:
        """The rows of the panel that has the keyboard; the one under the cursor begins with its mark."""
        rows = self.rows()
        found = _focused(rows)
        if found is None:
            return []
        _, top, column = found
        listed: list[str] = []
        for strip in rows[top + 1 :]:
            if strip.text[column : column + 1] != "│":
                break
            listed.append(strip.text[column + 2 :].partition("│")[0].rstrip())
        return listed

    # Where the keyboard is.

    def home(self) -> None:
        """Leads back to the main screen by esc and ctrl+q alone."""
        # What is only being painted needs no key; an esc that is not needed would make alt+key of the next one.
        if _within(self.is_home, PAINTED_WITHIN_S):
            return
        for key in _BACK:
            self.press(key)
            if _within(self.is_home, BACK_WITHIN_S):
                return
        assert self.is_home(), f"esc and ctrl+q do not lead back:\n{self.screen()}"

    def at(self, panel: Panel) -> None:
        """Gives the keyboard to a panel; a key that came while a dialog was still closing is pressed again."""
        give_up = time.monotonic() + PATIENCE_S
        while self.focused() is not panel:
            assert time.monotonic() < give_up, f"the keyboard never is at {panel.name}"
            self._send(str(int(panel)))
            _within(lambda: self.focused() is panel, BACK_WITHIN_S)

    def choose_agent(self, name: str) -> None:
        """Puts the cursor of the agents on one of them."""
        self.at(Panel.AGENTS)
        self._choose(name)

    def choose_mission(self, mission_id: str) -> None:
        """Puts the cursor of the missions on one of them."""
        self.at(Panel.MISSIONS)
        self._choose(mission_id)

    def _choose(self, name: str) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            rows = self.listed()
            names = [[*row.strip("▌ ").split(), "", ""][1] for row in rows]
            marked = [n for n, row in enumerate(rows) if row.startswith("▌")]
            if len(marked) != 1:
                # Caught while it was being painted.
                time.sleep(0.01)
                continue
            at = marked[0]
            if names[at] == name:
                return
            if name in names:
                self._press_until_not("down" if names.index(name) > at else "up", names[at], self._chosen_name)
            elif not self._press_until_not("down", names[at], self._chosen_name):
                self._press_until_not("home", names[at], self._chosen_name)
        raise AssertionError(f"the cursor cannot be put on {name}")

    def _chosen_name(self) -> str:
        return [*self.chosen().split(), "", ""][1]

    def _press_until_not(self, key: str, before: str, seen: Callable[[], str]) -> bool:
        """Presses a key and waits until what is seen is another; False where it stays for a while."""
        self.press(key)
        return _within(lambda: seen() not in ("", before), BACK_WITHIN_S)

    # The fleet.

    def agents(self) -> dict[str, dict[str, Any]]:
        """The agents that are not stopped, by name."""
        return {agent["name"]: agent for agent in self._tool("agent", action="status")["agents"]}

    def agent(self, name: str) -> dict[str, Any]:
        """One agent."""
        return self.agents()[name]

    def until_status(self, name: str, status: str) -> None:
        """Waits until the agent has this state."""
        self.until_holds(lambda: self.agents().get(name, {}).get("status") == status, f"{name} is {status}")

    def mission(self, mission_id: str) -> dict[str, Any]:
        """One mission."""
        found: dict[str, Any] = self._tool("mission", action="status", mission_id=mission_id)["missions"][0]
        return found

    def missions(self) -> list[dict[str, Any]]:
        """All missions."""
        found: list[dict[str, Any]] = self._tool("mission", action="status")["missions"]
        return found

    def until_mission(self, mission_id: str, status: str) -> dict[str, Any]:
        """Waits until the mission has this state, and returns it."""
        self.until_holds(lambda: self.mission(mission_id)["status"] == status, f"{mission_id} is {status}")
        return self.mission(mission_id)

    def queue(self, mission_id: str, prompt: str, **fields: Any) -> str:
        """Queues a mission by the endpoint; its id."""
        self._tool("mission", action="distribute", id=mission_id, prompt=prompt, **fields)
        return mission_id

    def spawn(self, name: str, role: str, isolation: str) -> None:
        """Starts an agent by the endpoint."""
        self._tool("agent", action="spawn", name=name, role=role, isolation_mode=isolation)

    def control(self, action: str) -> dict[str, Any]:
        """One operation of the operator that only reads."""
        return asyncio.run(client.control(*self._endpoint(), action))

    def tmux(self, *arguments: str) -> str:
        """A command to the agents' tmux server."""
        return tmux(self.program, SESSION, *arguments).stdout

    def pane(self, name: str) -> str:
        """What an agent's pane shows."""
        return self.tmux("capture-pane", "-p", "-J", "-t", str(self.agent(name)["pane_id"]))

    def clipboard(self) -> str:
        """What the terminal's clipboard holds."""
        return self.quick.run("show-buffer")

    @property
    def is_wide(self) -> bool:
        """Whether the dashboard has room for all panels."""
        return self.terminal.columns >= 100

    @property
    def root(self) -> Path:
        """The folder in which the agents work."""
        return self.program.root

    def _tool(self, tool: str, **arguments: Any) -> dict[str, Any]:
        return asyncio.run(client.call_tool(*self._endpoint(), tool, arguments))

    def _endpoint(self) -> tuple[str, str]:
        info = self.program.session(SESSION).endpoint()
        assert info is not None, "the dashboard publishes its endpoint"
        return info.url, info.token


@contextmanager
def dashboard(program: Program, name: str, size: tuple[int, int]) -> Generator[Walk]:
    """A dashboard of this size with three idle agents, a done mission and two that wait."""
    terminal = Terminal(program, name, *size)
    program.sessions.add(SESSION)
    _make_project(program)
    terminal.open("--session", SESSION, "--provider", "demo")
    quick = QuickTmux(("-L", name), program.environ)
    walk = Walk(program, terminal, quick)
    try:
        walk.until("No agents yet")
        for agent in (CODER, TESTER, SCRIBE):
            walk.spawn(agent, agent.partition("-")[0], "worktree" if agent == TESTER else "shared")
        for agent in (CODER, TESTER, SCRIBE):
            walk.until_status(agent, "idle")
        walk.queue("done-1", "Greet [[lines 60]] [[output hello]]", role="coder")
        walk.until_mission("done-1", "completed")
        walk.queue("waits-1", "Waits for an oracle", role="oracle")
        walk.queue("waits-2", "Waits for one too", role="oracle")
        walk.until(CODER, TESTER, SCRIBE)
        yield walk
    except BaseException as error:
        error.add_note(walk.screen())
        raise
    finally:
        quick.close()
        # Ended without a word: told to go, it would hand the agents to a ``serve`` that nobody ends.
        owner = program.session(SESSION).owner()
        if owner is not None and program.session(SESSION).is_owned():
            os.kill(owner[1], signal.SIGKILL)
        terminal.close()


def _make_project(program: Program) -> None:
    """A repository with one commit, and an editor that only notes where and on what it was opened."""
    editor = program.root / "editor"
    editor.write_text(f'#!/bin/sh\necho "$PWD" "$@" > {program.root}/editor-was-in\n')
    editor.chmod(0o755)
    program.extra["EDITOR"] = str(editor)
    made = ("-c", "user.name=walk", "-c", "user.email=walk@localhost", "commit", "-q", "--allow-empty", "-m", "one")
    for command in (("init", "-q"), made):
        subprocess.run(["git", *command], cwd=program.root, env=program.environ, check=True)


def take(walk: Walk, action: Action, steps: Mapping[str, Step]) -> None:
    """Presses each key of the action in its step, and goes back to the main screen after each."""
    for key in action.keys:
        walk.pressed.clear()
        try:
            if action.panel is not None:
                walk.at(action.panel)
            steps[action.id](walk, key)
            assert key in walk.pressed, "the step does not press the key"
            assert walk.looks, "the step looks for no effect of the key"
            walk.home()
        except BaseException as error:
            error.add_note(f"in the step of {action.id}, key {key}, at {walk.terminal.columns}x{walk.terminal.rows}")
            raise


def all_steps() -> dict[str, Step]:
    """The steps of all ``walk_*.py`` files, by action."""
    for path in sorted(Path(__file__).parent.glob("walk_*.py")):
        importlib.import_module(f"{__package__}.{path.stem}")
    return dict(STEPS)


def in_order(steps: Iterable[str]) -> list[str]:
    """The actions as they are taken."""
    return sorted(steps, key=lambda action_id: action_id in LAST)


def _within(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _focused(rows: Sequence[Strip]) -> tuple[Panel, int, int] | None:
    """The panel whose frame is drawn in the accent, and the row and column where that begins."""
    for number, strip in enumerate(rows):
        for found in re.finditer(r"╭─ ([1-5]) [A-Z]", strip.text):
            if _colour_at(strip, found.start()) == ACCENT:
                return Panel(int(found[1])), number, found.start()
    return None


def _colour_at(strip: Strip, column: int) -> str:
    cell = strip.crop(column, column + 1)
    colour = next((segment.style.color for segment in cell if segment.style and segment.style.color), None)
    return "" if colour is None or colour.triplet is None else colour.triplet.hex
