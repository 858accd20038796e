import itertools

import pytest

from orchestrator_tui.core.models import ModelTier, Role
from orchestrator_tui.core.roles import ROLES, default_model, system_prompt

SPECIFIED = {
    "oracle": "opus",
    "architect": "opus",
    "coder": "sonnet",
    "analyst": "sonnet",
    "reviewer": "sonnet",
    "tester": "haiku",
    "debugger": "sonnet",
    "researcher": "haiku",
    "scribe": "haiku",
    "generalist": "sonnet",
}


@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_specified_default_model(role: Role) -> None:
    assert default_model(role) is ModelTier(SPECIFIED[role.value])


@pytest.mark.parametrize("role", Role)
def test_a_role_tells_its_agents_what_to_deliver_and_when_to_stop(role: Role) -> None:
    text = system_prompt(role)
    own = text.split("You are one agent of a fleet")[0]
    assert role.value in text.splitlines()[0].lower()
    assert 8 <= len([line for line in own.splitlines() if line.strip()]) <= 24
    assert "Deliver:" in own
    assert "Stop " in own
    assert "needs_decision" in text
    assert "\n" not in ROLES[role].purpose


def test_no_two_roles_share_a_line_of_their_own_part() -> None:
    own = {role: set(system_prompt(role).split("You are one agent of a fleet")[0].splitlines()) for role in Role}
    headings = {"", "Responsibilities", "Way of working"}
    for one, other in itertools.combinations(Role, 2):
        assert own[one] & own[other] <= headings
