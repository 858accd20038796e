"""A configured program as a provider: how it starts, what it is told, what is unknown of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.base import AgentContext, Provider, Start
from orchestrator_tui.agents.providers.generic import LONGEST_ARGUMENT, GenericProvider
from orchestrator_tui.agents.screen_rules import Echo
from orchestrator_tui.core.errors import ProviderUnavailable, UsageError
from orchestrator_tui.core.models import (
    AgentRecord,
    AgentState,
    Mission,
    MissionState,
    ModelTier,
    Priority,
    Role,
    TaskType,
)
from orchestrator_tui.core.provider_config import ProviderConfig

MISSION = Mission(
    id="m-1",
    seq=1,
    prompt="print(1)",
    context="background",
    type=TaskType.GENERAL,
    priority=Priority.NORMAL,
    state=MissionState.ASSIGNED,
    created_at=0,
    nonce="n0nce",
)
RECORD = AgentRecord(
    id=7,
    name="agent-7",
    role=Role.GENERALIST,
    model=ModelTier.HAIKU,
    provider="mine",
    config={},
    state=AgentState.STARTING,
    created_at=0,
    state_since=0,
)


@pytest.fixture
def context(tmp_path: Path) -> AgentContext:
    return AgentContext("http://127.0.0.1:1/mcp", "http://127.0.0.1:1/hooks", "tok", tmp_path / "7", "/", "be good")


def make(**keys: object) -> GenericProvider:
    config = ProviderConfig.model_validate({"command": ["sh", "-i"], "ready_pattern": r"^\$\Z", **keys})
    return GenericProvider("mine", config)


def test_it_is_a_provider() -> None:
    provider: Provider = make()
    assert (provider.name, provider.supports_fresh, provider.problem()) == ("mine", False, None)


def test_a_missing_program_says_which_key_to_correct(context: AgentContext) -> None:
    provider = make(command=["no-such-program-anywhere"])
    with pytest.raises(ProviderUnavailable, match=r"no-such-program-anywhere was not found.*providers\.mine\.command"):
        provider.launch(RECORD, context, Start("c-1"))


def test_it_starts_with_the_users_variables_and_ours(context: AgentContext) -> None:
    spec = make(env={"PS1": "$ "}).launch(RECORD, context, Start("c-1"))
    assert (spec.argv, spec.cwd) == (("sh", "-i"), "/")
    assert (spec.env["PS1"], spec.env["ORCHESTRATOR_AGENT_ID"], spec.env["ORCHESTRATOR_AGENT_TOKEN"]) == (
        "$ ",
        "7",
        "tok",
    )


def test_a_prompt_is_the_last_argument_and_a_long_one_a_file(context: AgentContext) -> None:
    provider = make(prompt_by="argument", busy_pattern="busy")
    assert provider.supports_fresh
    assert provider.launch(RECORD, context, Start("c-1", prompt="-x; $y")).argv[-1] == "-x; $y"
    long = "ä" * LONGEST_ARGUMENT
    line = provider.launch(RECORD, context, Start("c-1", prompt=long)).argv[-1]
    file = Path(line.removeprefix("Read the file ").removesuffix(" and do what it says."))
    assert file.read_text(encoding="utf-8") == long


def test_a_file_holds_the_mission_and_its_name_the_delivery(context: AgentContext) -> None:
    screen = make(prompt_by="file", file_line=". {file}").screen
    line = screen.typed(MISSION, context)
    file = Path(line.removeprefix(". "))
    assert (file.read_text(), file.stem, file.stat().st_mode & 0o777) == ("print(1)", "n0nce", 0o600)
    assert screen.echo(MISSION) == Echo("n0nce", is_unique=True)
    screen.typed(replace(MISSION, nonce="other"), context)
    assert not file.exists()


def test_the_template_says_what_the_program_is_told() -> None:
    provider = make(template="{id}: {prompt} ({context}) # {nonce}")
    assert provider.mission_text(MISSION) == "m-1: print(1) (background) # n0nce"
    assert provider.screen.echo(MISSION) == Echo("n0nce", is_unique=True)


def test_one_that_reports_is_told_the_command() -> None:
    text = make(complete="by_report").mission_text(MISSION)
    assert "-m orchestrator_tui mission complete m-1 --output" in text
    assert "mcp__" not in text
    assert "print(1)" in text


def test_answers_need_their_keys() -> None:
    provider = make(allow=["y"])
    assert provider.answer_keys(allow=True) == ("y",)
    with pytest.raises(UsageError, match=r"providers\.mine\.deny"):
        provider.answer_keys(allow=False)
