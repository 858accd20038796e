"""Pools of agents as a person writes them."""

import pytest

from orchestrator_tui.core.config import parse_settings
from orchestrator_tui.core.errors import ConfigError, UsageError
from orchestrator_tui.core.models import ModelTier, Role
from orchestrator_tui.core.pool import PoolPart, parse_pool


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("3 coders + 1 reviewer", (PoolPart(3, Role.CODER), PoolPart(1, Role.REVIEWER))),
        ("coder", (PoolPart(1, Role.CODER),)),
        (
            "2 Coders:opus,tester : haiku",
            (PoolPart(2, Role.CODER, ModelTier.OPUS), PoolPart(1, Role.TESTER, ModelTier.HAIKU)),
        ),
        ("2x analysts+scribes", (PoolPart(2, Role.ANALYST), PoolPart(1, Role.SCRIBE))),
    ],
)
def test_what_is_meant(text: str, parts: tuple[PoolPart, ...]) -> None:
    assert parse_pool(text) == parts


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3 codrs", "No role is called codrs. Did you mean coder?"),
        ("coder:opsu", "No model is called opsu. Did you mean opus?"),
        ("coder +", "A part of the pool is empty."),
        ("0 coders", "is no agent at all"),
        ("coder coder", "is no part of a pool"),
        ("30 coders + 30 testers", "These are 60 agents. Write at most 50."),
    ],
)
def test_what_cannot_be_read_names_the_field(text: str, told: str) -> None:
    with pytest.raises(UsageError) as problem:
        parse_pool(text)
    assert told in f"{problem.value.message} {problem.value.remedy}"
    assert problem.value.field == "pool"


def test_presets_of_the_configuration_are_checked() -> None:
    assert parse_settings({"presets": {"web": "3 coders"}}, "config.toml").presets == {"web": "3 coders"}
    with pytest.raises(ConfigError, match=r"config\.toml: `presets`: web: No role is called codrs"):
        parse_settings({"presets": {"web": "3 codrs"}}, "config.toml")


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(UsageError, match="no part of a pool"):
        parse_pool("9" * 5_000 + " coders")
