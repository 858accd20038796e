"""Permission dialogs."""

import json

from tests.e2e.screen_lab import PROJECT, ScreenLab
from tests.e2e.screen_situations import manual, recording
from tests.e2e.sink import Sink
from tests.e2e.stub_script import Say, Use


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
