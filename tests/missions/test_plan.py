"""Plan files: what they mean, and mistakes named by line and field."""

import re

import pytest

from orchestrator_tui.core.errors import PlanError
from orchestrator_tui.core.models import Priority, Role, TaskType
from orchestrator_tui.missions.plan import parse_plan

PLAN = """\
missions:
  - id: spec
    prompt: |
      Write the spec
      in two lines
  - id: parse
    prompt: Write the parser
    context: see spec
    type: coding
    priority: high
    role: coder
    timeout_ms: 120000
    max_retries: 0
    depends_on: [spec]
  - prompt: "no name"
"""


def test_a_plan_becomes_missions_in_its_order():
    spec, parse, unnamed = parse_plan(PLAN, "plan.yaml")
    assert (spec.id, spec.prompt, spec.depends_on) == ("spec", "Write the spec\nin two lines\n", ())
    assert (spec.type, spec.priority, spec.role, spec.timeout_ms) == (TaskType.GENERAL, Priority.NORMAL, None, None)
    assert (parse.type, parse.priority, parse.role) == (TaskType.CODING, Priority.HIGH, Role.CODER)
    assert (parse.timeout_ms, parse.max_retries, parse.depends_on) == (120_000, 0, ("spec",))
    assert parse.context == "see spec"
    assert unnamed.id is not None
    assert re.fullmatch(r"plan-3-[0-9a-f]{8}", unnamed.id)


def test_a_mission_without_an_id_is_recognised_by_position_and_content():
    def ids(*prompts: str) -> list[str | None]:
        text = "missions:\n" + "".join(f"  - prompt: {prompt}\n" for prompt in prompts)
        return [spec.id for spec in parse_plan(text, "p")]

    first = ids("a", "b")
    assert ids("a", "b", "c")[:2] == first
    assert ids("a", "other")[0] == first[0]
    assert ids("a", "other")[1] != first[1]
    assert ids("a", "a")[0] != ids("a", "a")[1]


def test_texts_are_what_is_written():
    (spec,) = parse_plan("missions:\n- {id: 010, prompt: no, context: ~, depends_on: []}\n", "p")
    assert (spec.id, spec.prompt, spec.context) == ("010", "no", None)


def test_an_anchor_is_what_it_stands_for():
    text = "missions:\n- {id: a, prompt: &p hello}\n- {id: b, prompt: *p, depends_on: [a]}\n"
    assert [spec.prompt for spec in parse_plan(text, "p")] == ["hello", "hello"]


def test_missions_of_the_session_may_be_named():
    text = "missions:\n- {prompt: x, depends_on: [earlier]}\n"
    assert parse_plan(text, "p", known_ids=["earlier"])[0].depends_on == ("earlier",)


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        ("", 1, "missions", "empty"),
        ("- a\n- b\n", 1, None, "the plan is not"),
        ("tasks: []\n", 1, "tasks", "unknown key `tasks`"),
        ("mission: []\n", 1, "mission", "Did you mean `missions`?"),
        ("missions:\n", 1, "missions", "not a list"),
        ("missions: []\n", 1, "missions", "not a list"),
        ("missions:\n  - hello\n", 2, None, "mission 1 is not"),
        ("missions:\n  - prompt: a\n    timeout_ms: !!int ²\n", 3, "timeout_ms", "not a whole number"),
        ("missions:\n  - prompt: a\n    timeout_ms: !!int +-5\n", 3, "timeout_ms", "not a whole number"),
        pytest.param(
            f"missions:\n  - prompt: a\n    timeout_ms: {'9' * 5_000}\n",
            3,
            "timeout_ms",
            "not a whole number",
            id="digits",
        ),
        ("missions:\n  - id: a\n", 2, "prompt", "no `prompt`"),
        ("missions:\n  - prompt: a\n  - id: b\n    prompt:\n", 4, "prompt", "empty"),
        ("missions:\n  - prompt: a\n    promt: b\n", 3, "promt", "Did you mean `prompt`?"),
        ("missions:\n  - prompt: a\n    retries: 3\n", 3, "retries", "Did you mean `max_retries`?"),
        ("missions:\n  - prompt: a\n    zzz: 3\n", 3, "zzz", "Known keys: id, prompt"),
        ("missions:\n  - prompt: a\n    prompt: b\n", 3, "prompt", "twice"),
        ("missions:\n  - prompt: a\n    id: a b\n", 3, "id", "'a b'"),
        ("missions:\n  - prompt: a\n    type: magic\n", 3, "type", "Use one of coding"),
        ("missions:\n  - prompt: a\n    priority: 1\n", 3, "priority", "critical, high, normal, low"),
        ("missions:\n  - prompt: a\n    role: wizard\n", 3, "role", "oracle"),
        ("missions:\n  - prompt: a\n    timeout_ms: 0\n", 3, "timeout_ms", "whole number from 1"),
        ("missions:\n  - prompt: a\n    timeout_ms: 2m\n", 3, "timeout_ms", "'2m'"),
        ("missions:\n  - prompt: a\n    max_retries: 1.5\n", 3, "max_retries", "'1.5'"),
        ("missions:\n  - prompt: a\n    max_retries: true\n", 3, "max_retries", "'true'"),
        ("missions:\n  - prompt: a\n    max_retries: [1]\n", 3, "max_retries", "whole number"),
        ("missions:\n  - prompt: {a: b}\n", 2, "prompt", "not a text"),
        ("missions:\n  - prompt: a\n    depends_on: b\n", 3, "depends_on", "Write [id, id]"),
        (
            "missions:\n  - prompt: a\n    id: parse\n  - prompt: b\n    depends_on: [prase]\n",
            5,
            "depends_on",
            "`parse`?",
        ),
        ("missions:\n  - {id: a, prompt: x}\n  - {id: a, prompt: y}\n", 3, "id", "line 2"),
        ("missions:\n  - {id: a, prompt: x, depends_on: [a]}\n", 2, "depends_on", "a → a"),
        (
            "missions:\n- {id: a, prompt: x, depends_on: [b]}\n- {id: b, prompt: y, depends_on: [a]}\n",
            2,
            "depends_on",
            "a → b → a",
        ),
        ("missions:\n  - prompt: [a\n", 3, None, "not YAML"),
        ("missions:\n\t- prompt: a\n", 2, None, "not YAML"),
        ("[" * 5_000, 1, None, "nested too deeply"),
        ("missions:\n  - prompt: \x00\n", 1, None, "not YAML"),
        ("missions:\n- prompt: a\n---\nmissions: []\n", 3, None, "not YAML"),
    ],
)
def test_a_mistake_is_named_by_line_and_field(text: str, line: int, field: str | None, words: str):
    with pytest.raises(PlanError) as caught:
        parse_plan(text, "plan.yaml")
    assert caught.value.message.startswith(f"plan.yaml, line {line}: ")
    assert words in str(caught.value)
    assert caught.value.field == field
    assert caught.value.remedy
