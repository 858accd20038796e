"""The situations of which the real CLI's screen is recorded: what the model answers, and what a person does."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.screen_lab import ScreenLab
from tests.e2e.stub_script import Answer, Say, conversation

Step = Answer | Callable[[Mapping[str, Any]], Answer]
"""An answer, or what makes it from the request."""

Script = Mapping[str, Sequence[Step]]
"""Steps by a word of the newest prompt: the first, and one after each tool call."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording: ``drive`` leaves the CLI in the situation."""

    name: str
    drive: Callable[[ScreenLab], None]
    script: Script = field(default_factory=dict[str, Sequence[Step]])


RECORDED: dict[str, Recorded] = {}


def recording(name: str, **script: Sequence[Step]) -> Callable[[Callable[[ScreenLab], None]], None]:
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
                step = steps[min(calls, len(steps) - 1)]
                return step(request) if callable(step) else step
        return Say(f"echo: {text.strip()[:60]}")

    return answer


def hang(request: Mapping[str, Any]) -> Answer:
    """A model that takes its time."""
    time.sleep(5)
    return Say("late")


def manual(lab: ScreenLab) -> None:
    """A CLI that asks before it acts."""
    lab.start("--permission-mode", "manual")
    lab.ready()
