"""Situations in which the agent works, was interrupted or left something running."""

from tests.e2e.screen_lab import ScreenLab
from tests.e2e.screen_situations import hang, manual, recording
from tests.e2e.stub_script import Say, Use


@recording("working-streaming", story=[Say("word " * 60, pause_s=0.2)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("tell a story")
    lab.wait("word word word")
    lab.wait(r"…")


@recording("working-draft", story=[Say("word " * 60, pause_s=0.2)])
def _(lab: ScreenLab) -> None:
    manual(lab)
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


@recording("working-queued", story=[Say("word " * 60, pause_s=0.2)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("tell a story")
    lab.wait("word word word")
    lab.type("and another")
    lab.wait("and another")
    lab.press("Enter")
    lab.wait("edit queued")


@recording("interrupted", story=[Say("word " * 60, pause_s=0.2)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("tell a story")
    lab.wait("word word word")
    lab.press("Escape")
    lab.wait("Interrupted")
    lab.settle()


@recording("interrupted-before-an-answer", story=[hang])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("tell a story")
    lab.wait("…")
    lab.press("Escape")
    lab.settle()


_BACKGROUND = {"command": "yes > /dev/null", "description": "Wait for a while", "run_in_background": True}


@recording("background-shell", watch=[Use("Bash", _BACKGROUND, "I watch."), Say("It runs.")])
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", "--allowedTools", "Bash(yes *)")
    lab.ready()
    lab.say("please watch")
    lab.wait("It runs")
    lab.wait("done|for 0s|for \\d+s")
    lab.settle()


_AGENT = {
    "description": "Look around",
    "prompt": "dawdle",
    "subagent_type": "general-purpose",
    "run_in_background": True,
}


@recording(
    "background-agent", look=[Use("Agent", _AGENT, "I look."), Say("It looks.")], dawdle=[Say("word " * 600, 0.5)]
)
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual")
    lab.ready()
    lab.say("please look")
    lab.wait("It looks")
    lab.settle()


@recording("background-shell-draft", watch=[Use("Bash", _BACKGROUND, "I watch."), Say("It runs.")])
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", "--allowedTools", "Bash(yes *)")
    lab.ready()
    lab.say("please watch")
    lab.wait("It runs")
    lab.type("and then")
    lab.wait("❯.and then")
    lab.settle()
