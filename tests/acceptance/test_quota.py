"""A limit in the middle of a plan, in the short form, with the real CLI."""

from pathlib import Path

import pytest

from tests.acceptance.quota import run
from tests.e2e.claude_cli import CliUnavailable, ensure_cli

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]


def test_a_limit_in_the_middle_of_a_plan_burns_nothing(tmp_path: Path) -> None:
    try:
        cli = ensure_cli()
    except CliUnavailable as error:
        pytest.skip(f"the Claude CLI cannot be had: {error}")
    outcome = run(tmp_path, cli, missions=5, agents=2, seconds=12, auth="subscription", note=print)
    assert outcome.problems == ()
    assert outcome.new_missions == outcome.retries == 0
    assert outcome.turns_at_work <= 1
