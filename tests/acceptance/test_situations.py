"""The short form of ``python -m tests.acceptance.situations``: one situation for each way in which it is told."""

import os
from pathlib import Path

import pytest

from tests.acceptance.situation_cases import CASES, SCRIPT
from tests.acceptance.situation_lab import Case, Result, Shown
from tests.acceptance.situations import environment, line, play
from tests.e2e.claude_cli import CliUnavailable, ensure_cli
from tests.e2e.screen_situations import answer_by
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(300)]

PLAYED = (
    "trust dialog",  # only its screen tells
    "permission for a command",  # a hook that waits for a reply
    "Esc in a dialog",  # no hook: the session file
    "login asked for by the service",  # a hook, and the screen for how it goes on
    "killed with SIGKILL",  # the process
)
LATEST_S = 8.0
"""The suite runs beside itself: the two seconds are held by the long form."""


async def test_a_supervisor_shows_what_each_source_alone_can_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        cli = ensure_cli()
    except CliUnavailable as error:
        pytest.skip(f"the Claude CLI cannot be had: {error}")
    chosen = [one for one in CASES if one.name in PLAYED]
    assert len(chosen) == len(PLAYED)
    with MessagesStub(answer_by(SCRIPT)) as stub:
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in environment(tmp_path, cli, stub.url).items():
            monkeypatch.setenv(name, value)
        results = await play(chosen, tmp_path, cli, stub.url)
    table = "\n".join(map(line, results))
    assert all(result.seconds is not None and result.seconds < LATEST_S for result in results), table


def test_the_long_form_plays_twenty_situations_and_more_of_the_real_cli() -> None:
    assert len({one.name for one in CASES if one.provider == "claude"}) == sum(
        one.provider == "claude" for one in CASES
    )
    assert sum(one.provider == "claude" for one in CASES) >= 20


@pytest.mark.parametrize(
    ("seconds", "problem", "late", "is_right"),
    [
        (0.5, "", "", True),
        (None, "", "", False),
        (0.5, "expected idle", "", False),
        (2.5, "", "", False),
        (2.5, "", "polled each 10 s", True),
    ],
)
def test_a_result_is_right_when_it_was_shown_in_time_or_late_for_a_known_reason(
    seconds: float | None, problem: str, late: str, is_right: bool
) -> None:
    async def drive(_lab: object) -> None: ...

    case = Case("x", Shown(CASES[0].expected.state), drive, late=late)
    assert Result(case, "idle", "hook", seconds, problem).is_right is is_right
