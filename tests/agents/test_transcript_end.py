"""What the end of a conversation says of its turn."""

import json
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.transcript_end import api_failure, end_of
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.verdict import Observation, Source


def _line(kind: str, content: object, **more: object) -> str:
    fields = {"type": kind, "timestamp": "2026-11-27T23:32:22.566Z", "message": {"role": kind, "content": content}}
    return json.dumps(fields | more) + "\n"


AFTERWARDS = json.dumps({"type": "last-prompt"}) + "\n" + json.dumps({"type": "mode"}) + "\n"
TEXT = [{"type": "text", "text": "Done."}]
CALL: list[dict[str, object]] = [{"type": "text", "text": "I look."}, {"type": "tool_use", "name": "Bash", "input": {}}]
STOPPED = [{"type": "text", "text": "[Request interrupted by user for tool use]"}]
FAILED = [{"type": "text", "text": "API Error: 529\noverloaded"}]


@pytest.mark.parametrize(
    ("line", "state", "word", "detail"),
    [
        (_line("user", "Do it"), AgentState.BUSY, "user", ""),
        (_line("user", [{"type": "tool_result", "content": "x"}]), AgentState.BUSY, "user", ""),
        (_line("assistant", CALL), AgentState.BUSY, "a call of Bash", ""),
        (_line("assistant", TEXT), AgentState.BUSY, "assistant", ""),
        (
            _line("assistant", TEXT, message={"content": TEXT, "stop_reason": "end_turn"}),
            AgentState.IDLE,
            "assistant",
            "",
        ),
        (_line("user", STOPPED), AgentState.IDLE, "an interruption", "interrupted in the pane"),
        (
            _line("assistant", FAILED, isApiErrorMessage=True),
            AgentState.IDLE,
            "an API error",
            "API Error: 529 overloaded",
        ),
    ],
)
def test_its_end_says_what_became_of_the_turn(
    tmp_path: Path, line: str, state: AgentState, word: str, detail: str
) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(_line("user", "before") + line + AFTERWARDS + '{"half a li')
    assert end_of(path) == Observation(Source.TRANSCRIPT, 1_795_822_342_566, state, word=word, detail=detail)


def test_an_end_without_a_message_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    assert end_of(path) is None
    path.write_text(AFTERWARDS + "[]\n\n" + _line("user", "of a helper", isSidechain=True))
    assert end_of(path) is None


@pytest.mark.parametrize(
    "line",
    [
        _line("assistant", TEXT).replace('"message"', '"x": ' + "[" * 3_000),
        _line("assistant", TEXT, timestamp="0001-01-01T00:00:00"),
        _line("assistant", TEXT, message={"stop_reason": ["end_turn"], "content": TEXT}),
        _line("assistant", FAILED, isApiErrorMessage=True, quotaLimits={"resetsAt": float("inf")}),
        _line("assistant", FAILED, isApiErrorMessage=True, quotaLimits={"resetsAt": float("nan")}),
    ],
)
def test_damage_in_a_transcript_raises_nothing(tmp_path: Path, line: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(line)
    end_of(path)
    failure = api_failure(path)
    assert failure is None or failure.resets_at is None
