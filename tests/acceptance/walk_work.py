"""Steps of the actions on many agents, on what they changed, and on what is known of all."""

import os
from pathlib import Path

from orchestrator_tui.ui.model import Panel
from tests.acceptance.walk import CODER, SCRIBE, TESTER, Walk, step


def folder(walk: Walk, name: str) -> Path:
    """Where the agent works."""
    pane = str(walk.agent(name)["pane_id"])
    return Path(walk.tmux("display-message", "-p", "-t", pane, "#{pane_current_path}").strip())


@step("mark.toggle")
def mark(walk: Walk, key: str) -> None:
    walk.choose_agent(SCRIBE)
    walk.press(key)
    walk.until(f"*▌○ {SCRIBE}")
    walk.press(key)
    walk.until_gone(f"*▌○ {SCRIBE}")


@step("agent.broadcast")
def broadcast(walk: Walk, key: str) -> None:
    for name in (TESTER, SCRIBE):
        walk.choose_agent(name)
        walk.press("space")
        walk.until(f"*▌○ {name}")
    walk.press(key)
    walk.until(TESTER, SCRIBE, "They are marked.")
    walk.fill("Send to 2 agents", "sent to both")
    for name in (TESTER, SCRIBE):
        walk.until_holds(lambda to=name: "> sent to both" in walk.pane(to), f"{name} read the line")
    assert "sent to both" not in walk.pane(CODER)
    walk.until_gone(f"*▌○ {SCRIBE}")


@step("agent.note")
def note(walk: Walk, key: str) -> None:
    walk.choose_agent(SCRIBE)
    walk.press(key)
    walk.fill(f"Note on {SCRIBE}", "knows the docs")
    walk.until_holds(lambda: "¶" in walk.chosen(), "its row says that there is one")


@step("agent.diff")
def changes(walk: Walk, key: str) -> None:
    work = folder(walk, TESTER)
    assert work != walk.root
    (work / "written.txt").write_text("one line more\n")
    walk.choose_agent(TESTER)
    walk.press(key)
    walk.until(f"Changes of {TESTER}", "written.txt", "one line more")


@step("agent.editor")
def editor(walk: Walk, key: str) -> None:
    walk.choose_agent(TESTER)
    walk.press(key)
    opened = walk.root / "editor-was-in"
    walk.until_holds(opened.exists, "the editor ran")
    assert opened.read_text().split() == [os.fspath(folder(walk, TESTER)), "."]
    walk.until("1 Agents")


@step("agent.shell")
def shell(walk: Walk, key: str) -> None:
    walk.choose_agent(TESTER)
    walk.press(key)
    walk.until_gone("1 Agents")
    walk.type(f"pwd > {walk.root}/shell-was-in; exit")
    walk.press("enter")
    walk.until("1 Agents")
    assert (walk.root / "shell-was-in").read_text().strip() == os.fspath(folder(walk, TESTER))


@step("health.open")
def health(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.until("go to agent", CODER, "esc back")
    walk.until_gone("1 Agents")


@step("log.open")
def log(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.until("[Events]", "following", SCRIBE, "esc back")
    walk.until_gone("1 Agents")


@step("mission.assign")
def assign(walk: Walk, key: str) -> None:
    walk.queue("given-1", "Wait for the others", depends_on=["waits-1"])
    walk.choose_mission("given-1")
    walk.press(key)
    walk.until("Give given-1 to", SCRIBE)
    walk.press("enter")
    walk.until("given to")
    walk.at(Panel.AGENTS)
