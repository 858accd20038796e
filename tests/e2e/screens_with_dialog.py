"""Situations in which a dialog stands in the place of the input box."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.e2e.screen_lab import PROJECT, ROOM, ScreenLab
from tests.e2e.screen_situations import manual, recording
from tests.e2e.stub_script import Answer, Say, Use

_COLOURS = {
    "question": "Which colour should the button have?",
    "header": "Colour",
    "multiSelect": False,
    "options": [
        {"label": "Red", "description": "Like a stop light"},
        {"label": "Blue", "description": "Like the sky"},
        {"label": "Dark green", "description": "Like moss in a shady wood, where nobody has been for many a long year"},
    ],
}
_SIZES = {
    "question": "Which sizes are there?",
    "header": "Sizes",
    "multiSelect": True,
    "options": [{"label": "Small", "description": "S"}, {"label": "Large", "description": "L"}],
}


@recording("question", ask=[Use("AskUserQuestion", {"questions": [_COLOURS]}, "I ask."), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please ask me")
    lab.wait("Which colour")
    lab.settle()


@recording("question-two", ask=[Use("AskUserQuestion", {"questions": [_SIZES, _COLOURS]}, "I ask."), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please ask me")
    lab.wait("Which sizes")
    lab.settle()


@recording("trust")
def _(lab: ScreenLab) -> None:
    lab.seed(projects={})
    lab.start()
    lab.wait("Accessing workspace")
    lab.settle()


@recording("api-key")
def _(lab: ScreenLab) -> None:
    lab.seed(customApiKeyResponses={"approved": [], "rejected": []})
    lab.start()
    lab.wait("custom API key")
    lab.settle()


@recording("bypass-warning")
def _(lab: ScreenLab) -> None:
    lab.start("--dangerously-skip-permissions", env={"IS_SANDBOX": "1"})
    lab.wait("Bypass Permissions")
    lab.settle()


@recording("resume-picker")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("hello one")
    lab.wait("echo: hello one")
    lab.wait("done")
    lab.start("--resume")
    lab.wait("Resume session")
    lab.wait("hello one")
    lab.settle()


def _write_plan(request: Mapping[str, Any]) -> Answer:
    """The first step of planning: the CLI names the file in its system text."""
    found = re.search(r"\S+/\.claude/plans/\S+\.md", json.dumps(request))
    assert found is not None, "the request names no file for the plan"
    plan = "# Parser\n\n1. Read the grammar\n2. Write the parser\n"
    return Use("Write", {"file_path": found[0], "content": plan}, "I plan.")


@recording("plan", parser=[_write_plan, Use("ExitPlanMode", {}, "The plan stands."), Say("ok")])
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "plan")
    lab.ready()
    lab.say("plan the parser")
    lab.wait("❯ 1")
    lab.settle()


@recording("plan-empty", parser=[Use("ExitPlanMode", {}, "There is no plan."), Say("ok")])
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "plan")
    lab.ready()
    lab.say("plan the parser")
    lab.wait("❯ 1")
    lab.settle()


@recording("mcp-approval")
def _(lab: ScreenLab) -> None:
    server = {"type": "http", "url": "http://127.0.0.1:9/mcp"}
    (PROJECT / ".mcp.json").write_text(json.dumps({"mcpServers": {"tracker": server}}))
    lab.start()
    lab.wait("MCP server")
    lab.settle()


@recording("mcp-approval-two")
def _(lab: ScreenLab) -> None:
    server = {"type": "http", "url": "http://127.0.0.1:9/mcp"}
    (PROJECT / ".mcp.json").write_text(json.dumps({"mcpServers": {"tracker": server, "wiki": server}}))
    lab.start()
    lab.wait("MCP servers")
    lab.settle()


@recording("add-dir")
def _(lab: ScreenLab) -> None:
    (ROOM / "other").mkdir()
    lab.start("--add-dir", str(ROOM / "other"))
    lab.wait("new directory")
    lab.settle()


@recording("model-picker")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("/model")
    lab.wait("Select model")
    lab.settle()


@recording("settings")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("/config")
    lab.wait("Auto-compact")
    lab.settle()


@recording("help")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("/help")
    lab.wait("Shortcuts")
    lab.settle()


@recording("rewind")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("hello there")
    lab.wait("done")
    lab.press("Escape", "Escape")
    lab.wait("Rewind")
    lab.settle()


@recording(
    "exit-with-background-work",
    watch=[
        Use("Bash", {"command": "yes > /dev/null", "description": "Wait", "run_in_background": True}, "I watch."),
        Say("It runs."),
    ],
)
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", "--allowedTools", "Bash(yes *)")
    lab.ready()
    lab.say("please watch")
    lab.wait("It runs")
    lab.settle()
    lab.say("/exit")
    lab.wait("ackground work")
    lab.settle()


@recording("question-submit", ask=[Use("AskUserQuestion", {"questions": [_SIZES, _COLOURS]}, "I ask."), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please ask me")
    lab.wait("Which sizes")
    lab.settle()
    lab.press("Enter")
    lab.press("Right")
    lab.wait("Which colour")
    lab.settle()
    lab.press("Down")
    lab.press("Enter")
    lab.wait("Submit answers|Review")
    lab.settle()


@recording("question-typed", ask=[Use("AskUserQuestion", {"questions": [_COLOURS]}, "I ask."), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please ask me")
    lab.wait("Which colour")
    lab.settle()
    for _number in range(3):
        lab.press("Down")
    lab.type("pale pink")
    lab.settle()


_LONG = [{"label": f"Way {number}", "description": "It leads somewhere. " * 12} for number in range(1, 5)]
_WAYS = {"question": "Which way do we go from here?", "header": "Way", "multiSelect": False, "options": _LONG}


@recording("question-tall", ask=[Use("AskUserQuestion", {"questions": [_WAYS]}, "I ask."), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please ask me")
    lab.wait("Enter to select")
    lab.settle()


@recording("starting")
def _(lab: ScreenLab) -> None:
    lab.start()
