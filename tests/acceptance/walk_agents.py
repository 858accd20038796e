"""Steps of the actions on agents."""

from orchestrator_tui.ui.model import Panel
from tests.acceptance.walk import CODER, SCRIBE, TESTER, Walk, step


@step("agent.spawn")
def spawn(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.fill("New agent", "spare-4", field="Name")
    walk.until_status("spare-4", "idle")
    assert "Demo agent spare-4" in walk.pane("spare-4")
    walk.at(Panel.AGENTS)
    walk.until_holds(lambda: "spare-4" in walk.chosen(), "the cursor is on it")


@step("agent.spawn_with_mission")
def spawn_with_mission(walk: Walk, key: str) -> None:
    before = len(walk.agents())
    walk.press(key)
    walk.fill("New agent", "Greet [[output greeted]]")
    walk.until_holds(lambda: "greeted" in [one["output"] for one in walk.missions()], "its first mission is done")
    assert len(walk.agents()) == before + 1


@step("agent.attach")
def attach(walk: Walk, key: str) -> None:
    walk.choose_agent(TESTER)
    walk.press(key)
    walk.until(f"Demo agent {TESTER}")
    walk.until_gone("Agents")
    walk.until_holds(lambda: "0" in walk.tmux("list-clients", "-F", "#{client_control_mode}"), "a client is attached")
    walk.press("ctrl+q")
    walk.until("Agents")
    assert "0" not in walk.tmux("list-clients", "-F", "#{client_control_mode}").split()


@step("agent.approve")
def approve(walk: Walk, key: str) -> None:
    mission = walk.queue("asks-1", "Look [[ask ls one]]", role="coder")
    walk.until_status(CODER, "waiting")
    walk.choose_agent(CODER)
    walk.until_holds(lambda: "needs you" in walk.chosen(), "its row says so")
    walk.press(key)
    walk.until("Bash: ls one")
    walk.answer(f"{CODER} asks", "y")
    walk.until_mission(mission, "completed")
    assert "Bash(ls one) · allowed" in walk.pane(CODER)


@step("inbox.open")
def inbox(walk: Walk, key: str) -> None:
    mission = walk.queue("asks-2", "Look [[ask ls two]]", role="coder")
    walk.until_status(CODER, "waiting")
    walk.until_holds(lambda: walk.control("inbox")["items"], "the inbox has it")
    walk.press(key)
    walk.until("Waits for you", "command  ls two")
    walk.press("y")
    walk.until_mission(mission, "completed")
    assert "Bash(ls two) · allowed" in walk.pane(CODER)
    assert not walk.control("inbox")["items"]


@step("agent.why")
def why(walk: Walk, key: str) -> None:
    walk.choose_agent(TESTER)
    walk.press(key)
    walk.until(f"Why {TESTER} is what it is", "said by", "confidence")


@step("agent.send")
def send(walk: Walk, key: str) -> None:
    walk.choose_agent(TESTER)
    walk.press(key)
    walk.fill(f"Send to {TESTER}", "sent by a key")
    walk.until_holds(lambda: "> sent by a key" in walk.pane(TESTER), "the agent read the line")


@step("pane.type")
def type_into(walk: Walk, key: str) -> None:
    walk.choose_agent(SCRIBE)
    walk.press(key)
    walk.until("TYPING")
    walk.type("typed jkq?")
    walk.until_holds(lambda: "typed jkq?" in walk.pane(SCRIBE), "the agent has what was typed")
    walk.press("ctrl+u")
    walk.until_holds(lambda: "typed jkq?" not in walk.pane(SCRIBE), "the line is emptied")
    # Esc belongs to the agent: only ctrl+q leaves.
    walk.press("escape")
    walk.until("TYPING")


@step("agent.hold")
def hold(walk: Walk, key: str) -> None:
    walk.choose_agent(SCRIBE)
    walk.press(key)
    walk.until(f"{SCRIBE} takes no new mission")
    walk.until_holds(lambda: "held" in walk.chosen(), "its row says held")
    walk.press(key)
    walk.until_holds(lambda: "idle" in walk.chosen(), "it is free again")


@step("agent.rename")
def rename(walk: Walk, key: str) -> None:
    for before, after in (("spare-4", "another-4"), ("another-4", "spare-4")):
        walk.choose_agent(before)
        walk.press(key)
        walk.fill(f"Rename {before}", after, instead=True)
        walk.until_holds(lambda name=after: name in walk.agents(), f"it is called {after}")
        walk.until_holds(lambda name=after: name in walk.chosen(), "its row says so")


@step("agent.restart")
def restart(walk: Walk, key: str) -> None:
    before = walk.agent("spare-4")["pid"]
    walk.choose_agent("spare-4")
    walk.press(key)
    walk.until_holds(lambda: walk.agent("spare-4")["pid"] not in (None, before), "it is another process")
    walk.until_status("spare-4", "idle")


@step("agent.undo")
def undo(walk: Walk, key: str) -> None:
    walk.choose_agent("spare-4")
    # What the fleet knows is on the screen a moment later, and of a stopped agent the key means something else.
    walk.until_holds(lambda: "idle" in walk.chosen(), "its row says idle")
    walk.press("D")
    before = walk.agent("spare-4")["pid"]
    walk.answer("Kill spare-4", "y")
    # Regretted at once: it is still ending, or has ended a moment ago.
    walk.press(key)
    walk.until_holds(lambda: walk.agents().get("spare-4", {}).get("pid") not in (None, before), "another process")
    walk.until_status("spare-4", "idle")


@step("agent.kill")
def kill(walk: Walk, key: str) -> None:
    walk.choose_agent("spare-4")
    walk.until_holds(lambda: "idle" in walk.chosen(), "its row says idle")
    walk.press(key)
    walk.answer("Kill spare-4", "y")
    walk.until_holds(lambda: "spare-4" not in walk.agents(), "it is stopped")
    walk.choose_agent("spare-4")
    walk.until_holds(lambda: "stopped" in walk.chosen(), "its row says so")
    walk.press(key)
    walk.answer("Remove spare-4", "y")
    walk.until_gone("spare-4")


@step("quota.release", last=True)
def release_quota(walk: Walk, key: str) -> None:
    walk.queue("limit-1", "Reach it [[limit 300]]", role="coder")
    walk.until_holds(lambda: walk.control("quota")["accounts"], "the account is at its limit")
    assert walk.pane(CODER).count("> /mcp__orchestrator__mission limit-1") == 1
    walk.press(key)
    walk.until("Missions start again")
    walk.until_holds(lambda: walk.pane(CODER).count("Mission limit-1") == 2, "the mission is tried again")
