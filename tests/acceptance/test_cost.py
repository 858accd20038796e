"""What we count is what the model's side counted."""

from pathlib import Path

import pytest

from tests.acceptance.cost import run_in
from tests.e2e.claude_cli import CliUnavailable, ensure_cli


@pytest.mark.e2e
@pytest.mark.tmux
@pytest.mark.timeout(240)
def test_tokens_and_cost_of_real_clis_are_the_sums_of_the_stubs_log(tmp_path: Path) -> None:
    try:
        cli = ensure_cli()
    except CliUnavailable as error:
        pytest.skip(f"the Claude CLI cannot be had: {error}")
    told: list[str] = []
    assert run_in(tmp_path, cli, told.append, chosen=("helped", "kept-1"), kills=False), "\n".join(told)
