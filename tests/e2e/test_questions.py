"""Questions and plans of the real Claude CLI, answered from the inbox: what reached the model proves it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_until
from tests.e2e.asking import Asking
from tests.e2e.claude_cli import ClaudeHome
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]

DATABASE: dict[str, Any] = {
    "question": "Which database should the tests use?",
    "header": "Database",
    "multiSelect": False,
    "options": [
        {"label": "SQLite", "description": "A file, no server"},
        {"label": "PostgreSQL", "description": "What production runs"},
    ],
}
PARTS: dict[str, Any] = {
    "question": "Which parts should be tested?",
    "header": "Parts",
    "multiSelect": True,
    "options": [{"label": name, "description": f"the {name}"} for name in ("Parser", "Printer", "Shell")],
}
PLAN = "# A parser\n\n1. Write the **lexer**"


def asks(*questions: dict[str, Any]) -> str:
    return f"Go. [[USE AskUserQuestion {json.dumps({'questions': questions})}]]"


def told_to_the_model(stub: MessagesStub) -> list[str]:
    """What tools answered, as the model got it."""
    found: list[str] = []
    for request in stub.requests:
        for message in request["messages"]:
            blocks: Any = message["content"] if isinstance(message["content"], list) else []
            found += [json.dumps(block["content"]) for block in blocks if block.get("type") == "tool_result"]
    return found


@pytest.fixture
def asking(home: ClaudeHome, tmp_path: Path) -> Iterator[Asking]:
    made = Asking(home, tmp_path)
    made.serve()
    yield made
    made.close()


@pytest.fixture
def planning(home: ClaudeHome, tmp_path: Path) -> Iterator[Asking]:
    made = Asking(home, tmp_path, mode="plan")
    made.serve()
    yield made
    made.close()


def test_option_2_reaches_the_model(asking: Asking, stub: MessagesStub) -> None:
    asking.json("agent", "spawn")
    asking.give("one", asks(DATABASE))
    (item,) = asking.asked("question")
    assert item["options"] == ["SQLite", "PostgreSQL"]
    assert item["questions"][0]["options"][1]["description"] == "What production runs"
    refused = asking.run("agent", "answer", item["id"], "--option", "3")
    assert "no option 3" in refused.stderr
    asking.json("agent", "answer", item["id"], "--option", "2")
    asking.until_done("one")
    assert any(
        '\\"Which database should the tests use?\\"=\\"PostgreSQL\\"' in text for text in told_to_the_model(stub)
    )
    assert ("answer", "a person") in [(event["decision"], event["by"]) for event in asking.events("permission")]


def test_two_questions_in_one_and_own_words(asking: Asking, stub: MessagesStub) -> None:
    asking.json("agent", "spawn")
    asking.give("two", asks(DATABASE, PARTS))
    (item,) = asking.asked("question")
    assert "Questions: 2, answers: 1" in asking.run("agent", "answer", item["id"], "--option", "1").stderr
    asking.json("agent", "answer", item["id"], "--option", "1", "--option", "1,3")
    asking.until_done("two")
    assert any('=\\"SQLite\\"' in text and '=\\"Parser, Shell\\"' in text for text in told_to_the_model(stub))
    asking.give("own", asks(DATABASE))
    (item,) = asking.asked("question")
    asking.json("agent", "answer", item["id"], "--text", "DuckDB: it is fast")
    asking.until_done("own")
    assert any('=\\"DuckDB: it is fast\\"' in text for text in told_to_the_model(stub))


def test_a_plan_is_rejected_with_a_message_and_the_next_one_approved(planning: Asking, stub: MessagesStub) -> None:
    planning.json("agent", "spawn")
    planning.give("made", f"Go. [[PLAN {PLAN}]] [[PLAN {PLAN} and a parser]]")
    (first,) = planning.asked("plan")
    assert (first["text"], first["tool_input"]["plan"]) == ("plan: A parser", PLAN)
    planning.json("agent", "answer", first["id"], "--deny", "Use a generator instead.")
    (second,) = wait_until(lambda: [one for one in planning.items("plan") if one["id"] != first["id"]], "a plan", 60)
    assert "Use a generator instead." in told_to_the_model(stub)[-2]
    assert "and a parser" in second["tool_input"]["plan"]
    planning.json("agent", "answer", second["id"], "--allow")
    planning.until_done("made")
    assert any("User has approved your plan" in text for text in told_to_the_model(stub))


def test_the_person_in_the_pane_may_answer_first(asking: Asking, stub: MessagesStub) -> None:
    asking.json("agent", "spawn")
    asking.give("one", asks(DATABASE))
    (item,) = asking.asked("question")
    wait_until(lambda: "Enter to select" in asking.screen(), "the dialog")
    asking.press("1")
    wait_until(lambda: asking.items("question") == [], "the item is gone", 5)
    refused = asking.run("agent", "answer", item["id"], "--option", "2")
    assert refused.returncode == 2
    asking.until_done("one")
    assert any('=\\"SQLite\\"' in text for text in told_to_the_model(stub))


def test_after_a_restart_of_the_supervisor_questions_are_answered_by_keys(asking: Asking, stub: MessagesStub) -> None:
    asking.json("agent", "spawn")
    asking.give("keys", asks(DATABASE, PARTS))
    (before,) = asking.asked("question")
    asking.kill_supervisor()
    asking.serve()
    (item,) = asking.asked("question")
    assert [item[key] for key in ("id", "since", "questions")] == [before[key] for key in ("id", "since", "questions")]
    asking.json("agent", "answer", item["id"], "--option", "2", "--option", "1,3")
    asking.until_done("keys")
    assert any('=\\"PostgreSQL\\"' in text and '=\\"Parser, Shell\\"' in text for text in told_to_the_model(stub))
    assert asking.events("permission")[-1]["by"] == "a person, by key"


def test_after_a_restart_own_words_and_a_rejected_plan_are_typed(planning: Asking, stub: MessagesStub) -> None:
    planning.json("agent", "spawn")
    own = "DuckDB: it is fast, it needs no server, and the people who will read these tests know it well already"
    planning.give("typed", f"{asks(DATABASE)} [[PLAN {PLAN}]] [[PLAN {PLAN} and a parser]]")
    planning.asked("question")
    planning.kill_supervisor()
    planning.serve()
    (item,) = planning.asked("question")
    planning.json("agent", "answer", item["id"], "--text", own)
    planning.asked("plan")
    planning.kill_supervisor()
    planning.serve()
    (first,) = planning.asked("plan")
    planning.json("agent", "answer", first["id"], "--deny", "Use a generator instead.")
    (second,) = wait_until(lambda: [one for one in planning.items("plan") if one["id"] != first["id"]], "a plan", 60)
    assert any(f'=\\"{own}\\"' in text for text in told_to_the_model(stub))
    assert any("Use a generator instead." in text for text in told_to_the_model(stub))
    planning.kill_supervisor()
    planning.serve()
    planning.asked("plan")
    planning.json("agent", "answer", second["id"], "--allow")
    planning.until_done("typed")
    assert any("User has approved your plan" in text for text in told_to_the_model(stub))


def test_escape_in_the_pane_takes_the_item_away(asking: Asking) -> None:
    asking.json("agent", "spawn")
    asking.give("one", asks(DATABASE))
    asking.asked("question")
    wait_until(lambda: "Enter to select" in asking.screen(), "the dialog")
    asking.press("Escape")
    wait_until(lambda: asking.json("agent", "inbox")["items"] == [], "the item is gone", 5)
