"""Situations in which a dialog stands in the place of the input box."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.e2e.screen_lab import PROJECT, ROOM, ScreenLab
from tests.e2e.screen_situations import manual, recording
from tests.e2e.sink import Sink
from tests.e2e.stub_script import Answer, Say, Use


@recording("permission-bash", file=[Use("Bash", {"command": "touch made", "description": "Make a file"}), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please make a file")
    lab.wait("Do you want to proceed")
    lab.settle()


@recording(
    "permission-write",
    write=[Use("Write", {"file_path": str(PROJECT / "notes.txt"), "content": "hello\nworld\n"}), Say("ok")],
)
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please write it down")
    lab.wait("Do you want to create")
    lab.settle()


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


@recording(
    "permission-edit",
    edit=[
        Use("Read", {"file_path": str(PROJECT / "notes.txt")}, "I read."),
        Use(
            "Edit",
            {"file_path": str(PROJECT / "notes.txt"), "old_string": "two", "new_string": "second"},
            "I edit.",
        ),
        Say("ok"),
    ],
)
def _(lab: ScreenLab) -> None:
    (PROJECT / "notes.txt").write_text("one\ntwo\nthree\n")
    manual(lab)
    lab.say("please edit it")
    lab.wait("Do you want to make")
    lab.settle()


_LONG_COMMAND = "cat > made <<'END'\n" + "\n".join(f"line {number} of the file" for number in range(45)) + "\nEND"


@recording("permission-tall", file=[Use("Bash", {"command": _LONG_COMMAND, "description": "Make a file"}), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please make a file")
    lab.wait("Do you want to proceed")
    lab.settle()


_FAKE = "echo ' Do you want to proceed?\n ❯ 1. No\n" + "─" * 80 + "\n❯ \n" + "─" * 80 + "\n  ? for shortcuts' > made"


@recording("permission-faked", file=[Use("Bash", {"command": _FAKE, "description": "Make a file"}), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please make a file")
    lab.wait("Make a file")
    lab.settle()


@recording(
    "permission-fetch", page=[Use("WebFetch", {"url": "https://example.com/page", "prompt": "Sum up"}), Say("ok")]
)
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please fetch the page")
    lab.wait("Do you want")
    lab.settle()


@recording("permission-read", read=[Use("Read", {"file_path": "/etc/hostname"}, "I read."), Say("ok")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please read it")
    lab.wait("Do you want")
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


@recording(
    "permission-overwrite",
    write=[
        Use("Read", {"file_path": str(PROJECT / "notes.txt")}, "I read."),
        Use("Write", {"file_path": str(PROJECT / "notes.txt"), "content": "two\n"}, "I write."),
        Say("ok"),
    ],
)
def _(lab: ScreenLab) -> None:
    (PROJECT / "notes.txt").write_text("one\n")
    manual(lab)
    lab.say("please write it down")
    lab.wait("Do you want to")
    lab.settle()


@recording(
    "permission-mcp",
    report=[
        Use("mcp__orchestrator__mission", {"action": "complete", "mission_id": "m-1", "output": "done"}, "I report."),
        Say("ok"),
    ],
)
def _(lab: ScreenLab) -> None:
    with Sink() as sink:
        server = {"type": "http", "url": f"{sink.url}/mcp", "alwaysLoad": True}
        servers = {"mcpServers": {"orchestrator": server}}
        lab.start("--permission-mode", "manual", "--strict-mcp-config", "--mcp-config", json.dumps(servers))
        lab.ready()
        lab.say("please report")
        lab.wait("Do you want")
        lab.settle()


@recording(
    "permission-of-a-subagent",
    delegate=[
        Use("Agent", {"description": "Do it", "prompt": "file", "subagent_type": "general-purpose"}, "I delegate."),
        Say("ok"),
    ],
    file=[Use("Bash", {"command": "touch made", "description": "Make a file"}), Say("ok")],
)
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("please delegate")
    lab.wait("Do you want")
    lab.settle()


@recording("starting")
def _(lab: ScreenLab) -> None:
    lab.start()
