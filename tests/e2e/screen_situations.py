"""The situations of which the real CLI's screen is recorded: what the model answers, and what a person does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.screen_lab import PROJECT, ScreenLab
from tests.e2e.stub_script import Answer, Say, Use, conversation

Script = Mapping[str, Sequence[Answer]]
"""Answers by a word of the newest prompt: the first, and one after each tool call."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording: ``drive`` leaves the CLI in the situation."""

    name: str
    drive: Callable[[ScreenLab], None]
    script: Script = field(default_factory=dict[str, Sequence[Answer]])


RECORDED: dict[str, Recorded] = {}


def recording(name: str, **script: Sequence[Answer]) -> Callable[[Callable[[ScreenLab], None]], None]:
    def note(drive: Callable[[ScreenLab], None]) -> None:
        RECORDED[name] = Recorded(name, drive, script)

    return note


def answer_by(script: Script) -> Callable[[Mapping[str, Any]], Answer]:
    """The model that knows this script; any other prompt is echoed, other requests (titles) get a short text."""

    def answer(request: Mapping[str, Any]) -> Answer:
        text, calls = conversation(request)
        if not request.get("tools"):
            return Say("Recorded")
        for word, steps in script.items():
            if word in text:
                return steps[min(calls, len(steps) - 1)]
        return Say(f"echo: {text.strip()[:60]}")

    return answer


def _manual(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual")
    lab.ready()


@recording("idle-fresh")
def _(lab: ScreenLab) -> None:
    _manual(lab)


@recording("idle-answered")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.say("hello there")
    lab.wait("echo: hello there")
    lab.wait("done")
    lab.settle()


@recording("draft-one-line")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.type("please look at the parser")
    lab.wait("at the parser")
    lab.settle()


@recording("draft-three-lines")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.paste("first line\nsecond line\n  third, indented")
    lab.wait("third")
    lab.settle()


@recording("draft-long")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.type(
        "a draft that is much longer than one line of the pane is wide and therefore wraps at the end of a word, "
        "not only once but for a second time, and then ends here"
    )
    lab.wait("ends here")
    lab.settle()


@recording("working-streaming", story=[Say("word " * 60, pause_s=0.2)])
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.say("tell a story")
    lab.wait("word word word")
    lab.wait(r"…")


@recording("working-draft", story=[Say("word " * 60, pause_s=0.2)])
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.say("tell a story")
    lab.wait("word word word")
    lab.type("and then")
    lab.wait("❯.and then")


@recording(
    "working-tool",
    wait=[Use("Bash", {"command": "yes > /dev/null", "description": "Wait for a while"}, "I wait."), Say("ok")],
)
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", "--allowedTools", "Bash(yes *)")
    lab.ready()
    lab.say("please wait")
    lab.wait("Running")
    lab.settle()


@recording("permission-bash", file=[Use("Bash", {"command": "touch made", "description": "Make a file"}), Say("ok")])
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.say("please make a file")
    lab.wait("Do you want to proceed")
    lab.settle()


@recording(
    "permission-write",
    write=[Use("Write", {"file_path": str(PROJECT / "notes.txt"), "content": "hello\nworld\n"}), Say("ok")],
)
def _(lab: ScreenLab) -> None:
    _manual(lab)
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
    _manual(lab)
    lab.say("please ask me")
    lab.wait("Which colour")
    lab.settle()


@recording("question-two", ask=[Use("AskUserQuestion", {"questions": [_SIZES, _COLOURS]}, "I ask."), Say("ok")])
def _(lab: ScreenLab) -> None:
    _manual(lab)
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
    _manual(lab)
    lab.say("hello one")
    lab.wait("echo: hello one")
    lab.wait("done")
    lab.start("--resume")
    lab.wait("Resume session")
    lab.wait("hello one")
    lab.settle()


@recording("shell-mode")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.type("!")
    lab.wait("^! *")
    lab.type("ls -la")
    lab.wait("ls -la")
    lab.settle()


@recording("slash-menu")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.type("/")
    lab.wait("/add-dir")
    lab.settle()


@recording("transcript")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.say("hello there")
    lab.wait("done")
    lab.press("C-o")
    lab.wait("Showing detailed transcript")
    lab.settle()


_QUOTED = """The dialog looks like this:

```
────────────────────────────────────────────────────────────
 Bash command
   rm -rf /tmp/thing
 Do you want to proceed?
 ❯ 1. Yes
   2. No

 Esc to cancel · Tab to amend
```

Do you want to proceed?
❯ 1. Yes
  2. No
"""


@recording("idle-quoting-a-dialog", dialog=[Say(_QUOTED)])
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.say("what does the dialog look like?")
    lab.wait("Esc to cancel")
    lab.wait("done")
    lab.settle()


@recording("draft-long-word")
def _(lab: ScreenLab) -> None:
    _manual(lab)
    lab.type("see " + "".join(f"{number:03d}" for number in range(90)) + " then go on")
    lab.wait("go on")
    lab.settle()
