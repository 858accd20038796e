"""What the stand-in for the model answers: a pure function of one Messages API request.

Words in the newest user text steer it, in the order written:
``[[BASH command]]`` runs a command · ``[[READ path]]`` reads a file ·
``[[USE Tool {"its": "input"}]]`` calls any tool ·
``[[PLAN text]]`` in plan mode writes the text to the plan file that the CLI names, and asks to leave that mode ·
``[[SLOW n]]`` streams n words, one a second ·
``[[ERR code]]`` is that HTTP error, every time · ``[[FAIL code message]]`` reports failure ·
``[[AGENT text]]`` has a subagent told that text ·
``[[OUTPUT text]]`` is the reported output · ``[[SILENT]]`` ends the turn without a report, and again when reminded.
A text that only points to a file has that read first. A text with a mission's header is otherwise completed through
the MCP tool; any other is echoed.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from orchestrator_tui.agents.launching import RESTARTED_BY_LIMIT

MISSION_TOOL = "mcp__orchestrator__mission"
LIMITED = f"You were restarted ({RESTARTED_BY_LIMIT})"
_ENDINGS = frozenset({"SLOW", "FAIL", "OUTPUT", "SILENT"})
_MARKER = re.compile(r"\[\[([A-Z]+)\s*(.*?)\]\]", re.DOTALL)
_HEADER = re.compile(r"^Mission (\S+) \(delivery (\S+)\)$", re.MULTILINE)
_POINTER = re.compile(r"Read all of the file (.+?), then do what it says")
_PLAN_FILE = re.compile(r"(?:plan at|plan file at|exists at) (/[^ \"\\\\]+\.md)")
_REMINDER = re.compile(r"^Mission (\S+) is still open", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Say:
    """Text that ends the turn; ``pause_s`` between its words."""

    text: str
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Use:
    """A tool call, with what is said before it; by default that names the tool."""

    tool: str
    arguments: Mapping[str, object]
    said: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """An HTTP error; without a message it names its kind."""

    status: int
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Answer = Say | Use | Refuse


def texts_of(message: Mapping[str, Any]) -> str:
    """A message's own text, without what the CLI puts beside it."""
    content = message["content"]
    if isinstance(content, str):
        return content
    blocks = cast("list[dict[str, Any]]", content)
    texts = [str(block["text"]) for block in blocks if block.get("type") == "text"]
    return "\n".join(text for text in texts if not text.startswith("<system-reminder>"))


def conversation(request: Mapping[str, Any]) -> tuple[str, int]:
    """What the user said last in a request, and how many tool calls the model made since."""
    spoken = _spoken(request)
    if not spoken:
        return "", 0
    index, text = spoken[-1]
    if LIMITED in text and (mission_id := mission_of(request)):
        # A model looks at what is already done: what was called for this mission before the limit is not called again.
        index = next(at for at, earlier in spoken if f"Mission {mission_id} (delivery" in earlier)
    messages = cast("list[dict[str, Any]]", request["messages"])
    return text, sum(_tool_calls(message) for message in messages[index + 1 :])


def _spoken(request: Mapping[str, Any]) -> list[tuple[int, str]]:
    messages = cast("list[dict[str, Any]]", request["messages"])
    spoken = [(index, texts_of(message)) for index, message in enumerate(messages) if message["role"] == "user"]
    return [(index, text) for index, text in spoken if text.strip()]


def answer(request: Mapping[str, Any]) -> Answer:
    """The next answer of the conversation that the request holds."""
    spoken = _spoken(request)
    if not spoken:
        return Say("nothing was said")
    text, calls = conversation(request)
    if not request.get("tools"):
        return Say(f"echo: {text.strip()[:60]}")
    steps = list(_plan(text, [earlier for _, earlier in spoken[:-1]], plan_file_of(request["messages"])))
    return steps[min(calls, len(steps) - 1)]


def plan_file_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """Where the CLI (2.1.328) tells the model to write its plan; empty outside of plan mode."""
    found = _PLAN_FILE.findall(json.dumps(messages))
    return found[-1] if found else ""


def mission_of(request: Mapping[str, Any]) -> str | None:
    """The mission that the newest text with a mission's header gives."""
    messages = cast("list[dict[str, Any]]", request["messages"])
    headers = [_HEADER.findall(texts_of(message)) for message in messages if message["role"] == "user"]
    return next((found[-1][0] for found in reversed(headers) if found), None)


def _tool_calls(message: Mapping[str, Any]) -> int:
    if message["role"] != "assistant" or isinstance(message["content"], str):
        return 0
    blocks = cast("list[dict[str, Any]]", message["content"])
    return sum(block.get("type") == "tool_use" for block in blocks)


def _plan(text: str, earlier: list[str], plan_file: str) -> Iterator[Answer]:
    """Every answer to one user text, each but the last a tool call."""
    mission_id, text = _mission_in(text, earlier)
    if pointer := _POINTER.search(text):
        yield Use("Read", {"file_path": pointer[1], "limit": 100})
    markers = [(marker[1], marker[2].strip()) for marker in _MARKER.finditer(text)]
    for word, rest in markers:
        match word:
            case "BASH":
                yield Use("Bash", {"command": rest, "description": "scripted"})
            case "READ":
                yield Use("Read", {"file_path": rest})
            case "USE":
                tool, _, given = rest.partition(" ")
                yield Use(tool, json.loads(given))
            case "PLAN":
                yield Use("Write", {"file_path": plan_file, "content": rest})
                yield Use("ExitPlanMode", {})
            case "AGENT":
                yield Use("Agent", {"description": "scripted", "prompt": rest, "subagent_type": "general-purpose"})
            case "ERR":
                yield Refuse(int(rest))
                return
            case _:
                assert word in _ENDINGS, f"the stub knows no [[{word}]]"
    endings = dict(markers)
    if mission_id is not None and "SILENT" not in endings:
        yield Use(MISSION_TOOL, _report(mission_id, endings))
    if "SLOW" in endings:
        yield Say("word " * int(endings["SLOW"]), pause_s=1.0)
    else:
        yield Say("reported" if mission_id else f"echo: {text.strip()[:60]}")


def _mission_in(text: str, earlier: list[str]) -> tuple[str | None, str]:
    """The mission that a text gives or reminds of, and the part of it that steers."""
    headers = list(_HEADER.finditer(text))
    if headers:
        # After an error or an interruption old and new texts come in one message: the newest counts.
        return headers[-1][1], text[headers[-1].start() :]
    reminder = _REMINDER.search(text)
    if reminder is None:
        return None, text
    first = next((old for old in reversed(earlier) if f"Mission {reminder[1]} (delivery" in old), "")
    return reminder[1], "[[SILENT]]" if "[[SILENT]]" in first else ""


def _report(mission_id: str, endings: Mapping[str, str]) -> dict[str, object]:
    if "FAIL" in endings:
        code, _, message = endings["FAIL"].partition(" ")
        return {"action": "fail", "mission_id": mission_id, "error_code": code, "message": message}
    return {"action": "complete", "mission_id": mission_id, "output": endings.get("OUTPUT", f"done {mission_id}")}
