"""What models see of the tools, and what they are told when they get it wrong."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.mcp.protocol import AGENT_CONTRACT, MISSION_CONTRACT, TOOLS
from orchestrator_tui.mcp.requests import MOST_AGENTS_AT_ONCE
from orchestrator_tui.mcp.schema import ToolContract, flat_schema

CONTRACTS: dict[str, ToolContract[Any]] = {"agent": AGENT_CONTRACT, "mission": MISSION_CONTRACT}
REQUIRED = [
    ("agent", "spawn_pool", "count"),
    ("agent", "kill", "agent_id"),
    ("agent", "restart", "agent_id"),
    ("agent", "health", "agent_id"),
    ("mission", "distribute", "prompt"),
    ("mission", "complete", "mission_id"),
    ("mission", "complete", "output"),
    ("mission", "fail", "mission_id"),
    ("mission", "fail", "error_code"),
    ("mission", "fail", "message"),
]
ACTIONS = [(tool, action) for tool, contract in CONTRACTS.items() for action in contract.models]


def everything_in(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value  # pyright: ignore[reportUnknownVariableType]
        for inner in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from everything_in(inner)
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType]
            yield from everything_in(inner)


def complaint(tool: str, **arguments: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        CONTRACTS[tool].parse(arguments)
    assert "pydantic" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_input_schema_is_one_flat_object(tool: Any) -> None:
    schema = tool.input_schema
    assert schema["type"] == "object"
    assert schema["required"] == ["action"]
    assert schema["additionalProperties"] is False
    for part in everything_in(schema):
        assert not {"oneOf", "anyOf", "allOf", "$ref", "$defs", "default", "ge", "le"} & part.keys()
        assert part.get("type") != "null"
    for name, field in schema["properties"].items():
        assert isinstance(field["type"], str), name
        assert field["description"], name
    assert tool.output_schema["type"] == "object"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_type_of_the_schemas_is_one_word(tool: Any) -> None:
    schemas = [*everything_in(tool.input_schema), *everything_in(tool.output_schema)]
    assert [schema for schema in schemas if isinstance(schema.get("type"), list)] == []


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_argument_is_repeated_in_a_header_since_nothing_compares_them(tool: Any) -> None:
    assert [schema for schema in everything_in(tool.input_schema) if "x-mcp-header" in schema] == []


def test_the_actions_are_those_of_the_specification() -> None:
    assert list(AGENT_CONTRACT.models) == ["spawn", "spawn_pool", "kill", "restart", "health", "health_all", "status"]
    assert list(MISSION_CONTRACT.models) == ["distribute", "complete", "fail", "status"]
    for contract in CONTRACTS.values():
        action = contract.input_schema["properties"]["action"]
        assert action["enum"] == list(contract.models)
        assert all(f"{name}(" in action["description"] for name in contract.models)


def test_a_field_says_which_actions_use_it() -> None:
    fields = MISSION_CONTRACT.input_schema["properties"]
    assert fields["mission_id"]["description"].endswith("Used by: complete, fail, status?.")
    assert fields["token_usage"]["properties"]["input"]["minimum"] == 0
    assert AGENT_CONTRACT.input_schema["properties"]["count"]["maximum"] == MOST_AGENTS_AT_ONCE


def test_the_limits_of_spawn_are_those_of_the_configuration() -> None:
    config = AgentConfig.model_json_schema()["properties"]
    spawn = AGENT_CONTRACT.models["spawn"].model_json_schema()["properties"]

    def limits(field: Mapping[str, Any]) -> dict[str, Any]:
        plain = next((arm for arm in field.get("anyOf", ()) if arm.get("type") != "null"), field)
        # A number that JSON readers keep exact is our own bound.
        return {key: plain[key] for key in ("pattern", "maxLength", "minimum") if key in plain}

    assert spawn.keys() - {"action"} <= config.keys()
    for name in spawn.keys() - {"action"}:
        assert limits(spawn[name]) == limits(config[name]), name


@pytest.mark.parametrize(("tool", "action", "field"), REQUIRED)
def test_a_missing_field_is_named_with_its_action(tool: str, action: str, field: str) -> None:
    error = complaint(tool, action=action)
    assert f'`{field}` is required for action "{action}"' in error.message
    assert complaint(tool, action=action, **{field: None}).message == error.message


@pytest.mark.parametrize(("tool", "action"), ACTIONS)
def test_an_unknown_field_is_named_with_its_action(tool: str, action: str) -> None:
    assert f'`nmae` is not a parameter of action "{action}"' in complaint(tool, action=action, nmae=1).message


def test_a_near_miss_is_suggested_and_a_foreign_field_gets_the_list() -> None:
    assert "did you mean `agent_id`?" in complaint("agent", action="kill", agentid=1).message
    assert "allowed: none" in complaint("agent", action="health_all", zzz=1).message
    pool = complaint("agent", action="spawn_pool", count=2, name="x")
    assert pool.field == "name"
    assert "allowed: role, model" in pool.message


@pytest.mark.parametrize("tool", CONTRACTS)
def test_an_unknown_or_missing_action_gets_the_list(tool: str) -> None:
    names = ", ".join(CONTRACTS[tool].models)
    for wrong in ("spwan", "", 7, ["status"], {"a": 1}):
        error = complaint(tool, action=wrong)
        assert f"`action` must be one of {names}" in error.message
        assert error.field == "action"
    assert f"`action` is required: one of {names}" in complaint(tool).message
    assert f"`action` is required: one of {names}" in complaint(tool, agent_id=1).message


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("agent", {"action": "spawn", "role": "chef"}, "role"),
        ("agent", {"action": "spawn", "model": "gpt"}, "model"),
        ("agent", {"action": "spawn", "name": "-x"}, "name"),
        ("agent", {"action": "spawn", "timeout_ms": 0}, "timeout_ms"),
        ("agent", {"action": "spawn", "system_prompt": "x" * 100_001}, "system_prompt"),
        ("agent", {"action": "spawn_pool", "count": 0}, "count"),
        ("agent", {"action": "spawn_pool", "count": MOST_AGENTS_AT_ONCE + 1}, "count"),
        ("agent", {"action": "kill", "agent_id": True}, "agent_id"),
        ("agent", {"action": "kill", "agent_id": 0}, "agent_id"),
        ("agent", {"action": "kill", "agent_id": "two"}, "agent_id"),
        ("agent", {"action": "kill", "agent_id": 1.5}, "agent_id"),
        ("mission", {"action": "distribute", "prompt": " \n"}, "prompt"),
        ("mission", {"action": "distribute", "prompt": "\ud800"}, "prompt"),
        ("mission", {"action": "distribute", "prompt": "x", "priority": "urgent"}, "priority"),
        ("mission", {"action": "distribute", "prompt": "x", "type": "cooking"}, "type"),
        ("mission", {"action": "distribute", "prompt": "x", "id": "a b"}, "id"),
        ("mission", {"action": "distribute", "prompt": "x", "id": "a\n"}, "id"),
        ("mission", {"action": "distribute", "prompt": "x", "depends_on": "m"}, "depends_on"),
        ("mission", {"action": "distribute", "prompt": "x", "depends_on": ["../x"]}, "depends_on.0"),
        ("mission", {"action": "distribute", "prompt": "x", "max_retries": -1}, "max_retries"),
        ("mission", {"action": "complete", "mission_id": "m", "output": 5}, "output"),
        ("mission", {"action": "complete", "mission_id": "m", "output": "", "duration_ms": -1}, "duration_ms"),
        (
            "mission",
            {"action": "complete", "mission_id": "m", "output": "", "token_usage": {"input": True}},
            "token_usage.input",
        ),
        (
            "mission",
            {"action": "complete", "mission_id": "m", "output": "", "token_usage": {"cache": 1}},
            "token_usage.cache",
        ),
        ("mission", {"action": "fail", "mission_id": "m", "error_code": "", "message": ""}, "error_code"),
    ],
)
def test_a_bad_value_is_named(tool: str, arguments: dict[str, Any], field: str) -> None:
    error = complaint(tool, **arguments)
    assert error.field == field
    assert f"`{field}`" in error.message


@given(
    st.dictionaries(st.text(max_size=8), st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4))
)
def test_whatever_is_sent_the_answer_is_an_error_that_can_be_read(arguments: dict[str, Any]) -> None:
    for contract in CONTRACTS.values():
        with pytest.raises(UsageError) as caught:
            contract.parse({**arguments, "action": "kill" if contract is AGENT_CONTRACT else "fail"})
        assert caught.value.message.startswith("Invalid arguments: ")


def test_two_meanings_of_one_name_cannot_be_flattened() -> None:
    class First(BaseModel):
        action: Literal["first"]
        size: int

    class Second(BaseModel):
        action: Literal["second"]
        size: str

    class Third(BaseModel):
        action: Literal["third"]
        size: int | str

    with pytest.raises(ValueError, match="size differs"):
        flat_schema({"first": First, "second": Second})
    with pytest.raises(ValueError, match="2 kinds"):
        flat_schema({"third": Third})
