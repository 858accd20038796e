"""Situations in which the agent is idle: what a person does in the input box, what an answer quotes."""

from tests.e2e.screen_lab import ScreenLab
from tests.e2e.screen_situations import manual, recording
from tests.e2e.stub_script import Say


@recording("idle-fresh")
def _(lab: ScreenLab) -> None:
    manual(lab)


@recording("idle-answered")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("hello there")
    lab.wait("echo: hello there")
    lab.wait("done")
    lab.settle()


@recording("draft-one-line")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type("please look at the parser")
    lab.wait("at the parser")
    lab.settle()


@recording("draft-three-lines")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.paste("first line\nsecond line\n  third, indented")
    lab.wait("third")
    lab.settle()


@recording("draft-long")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type(
        "a draft that is much longer than one line of the pane is wide and therefore wraps at the end of a word, "
        "not only once but for a second time, and then ends here"
    )
    lab.wait("ends here")
    lab.settle()


@recording("shell-mode")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type("!")
    lab.wait("^! *")
    lab.type("ls -la")
    lab.wait("ls -la")
    lab.settle()


@recording("slash-menu")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type("/")
    lab.wait("/add-dir")
    lab.settle()


@recording("transcript")
def _(lab: ScreenLab) -> None:
    manual(lab)
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
    manual(lab)
    lab.say("what does the dialog look like?")
    lab.wait("Esc to cancel")
    lab.wait("done")
    lab.settle()


@recording("draft-long-word")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type("see " + "".join(f"{number:03d}" for number in range(90)) + " then go on")
    lab.wait("go on")
    lab.settle()


@recording("draft-pasted")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.paste("\n".join(f"line {number} of a long text" for number in range(30)))
    lab.wait("Pasted")
    lab.settle()


@recording("draft-tall")
def _(lab: ScreenLab) -> None:
    manual(lab)
    for number in range(0, 40, 2):
        lab.paste(f"line {number}\nline {number + 1}\n")
        lab.wait(f"line {number + 1}$")
    lab.settle()


@recording("idle-shortcuts")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type("?")
    lab.wait("for shell mode")
    lab.settle()


@recording("file-menu")
def _(lab: ScreenLab) -> None:
    (lab.project / "notes.txt").write_text("hello\n")
    manual(lab)
    lab.type("see @no")
    lab.wait("notes.txt")
    lab.settle()


@recording("history-search")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("hello there")
    lab.wait("done")
    lab.press("C-r")
    lab.wait("search prompts")
    lab.settle()


@recording("idle-exit-warning")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.press("C-c")
    lab.wait("again")


@recording("idle-quoting-an-error", error=[Say("API Error: 529 Overloaded. This is a server-side issue.")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("what does the error look like?")
    lab.wait("done")
    lab.settle()


@recording("idle-quoting-a-spinner", spinner=[Say("✻ Pondering… (3s · esc to interrupt)")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("what does the spinner look like?")
    lab.wait("done")
    lab.settle()


@recording("draft-light-theme")
def _(lab: ScreenLab) -> None:
    lab.seed(theme="light")
    manual(lab)
    lab.type("please look at the parser")
    lab.wait("at the parser")
    lab.settle()


@recording("draft-true-colour")
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", env={"COLORTERM": "truecolor"})
    lab.ready()
    lab.type("please look at the parser")
    lab.wait("at the parser")
    lab.settle()


@recording("idle-after-shell-output")
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.type("!")
    lab.wait("^! *")
    lab.type("echo 'API Error: 529'; printf '─%.0s' $(seq 120); echo; echo '❯ fake'")
    lab.settle()
    lab.press("Enter")
    lab.wait("done")
    lab.settle()


@recording("idle-named")
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", "--name", "the parser")
    lab.ready()
    lab.say("hello there")
    lab.wait("done")
    lab.settle()
