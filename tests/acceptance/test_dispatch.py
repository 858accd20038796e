"""Missions reach real CLIs once, whole and unwrapped while the machine is busy; the long form is in ``dispatch``."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.dispatch import MODES, Arrivals, lab, percentile, prompt_of, run
from tests.e2e.claude_cli import CliUnavailable, ensure_cli

MISSIONS = 12


@pytest.mark.e2e
@pytest.mark.tmux
@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", MODES)
def test_every_mission_arrives_once(tmp_path: Path, mode: str) -> None:
    try:
        cli = ensure_cli()
    except CliUnavailable as error:
        pytest.skip(f"the Claude CLI cannot be had: {error}")
    with lab(tmp_path, cli) as (program, stub):
        result = run(program, stub, mode, MISSIONS, agents=2, load=1)
    assert result.is_good, result.line()
    assert len(result.times_ms) == MISSIONS


PROMPTS = {"m0": prompt_of(0), "m1": prompt_of(1)}


class TestTheCount:
    def told(self, mission_id: str, nonce: str = "n") -> str:
        section = f"----- BEGIN PROMPT {nonce} -----\n{PROMPTS[mission_id]}\n----- END PROMPT {nonce} -----"
        return f"Mission {mission_id} (delivery {nonce})\n{section}"

    def count(self, *requests: tuple[str, list[str]]) -> Arrivals:
        arrivals = Arrivals(PROMPTS)
        for conversation, texts in requests:
            messages: list[dict[str, Any]] = [{"role": "user", "content": text} for text in texts]
            user_id = json.dumps({"session_id": conversation})
            arrivals.append({"metadata": {"user_id": user_id}, "messages": messages})
        return arrivals

    def test_a_conversation_that_is_sent_again_does_not_count_twice(self) -> None:
        arrivals = self.count(
            ("a", [self.told("m0")]), ("a", [self.told("m0"), "ok"]), ("a", [self.told("m0"), self.told("m1")])
        )
        assert arrivals.counts() == {"m0": 1, "m1": 1}
        assert not arrivals.wrapped | arrivals.altered

    def test_twice_in_one_or_in_two_conversations_is_doubled(self) -> None:
        assert self.count(("a", [self.told("m0"), self.told("m0", "n2")])).counts()["m0"] == 2
        assert self.count(("a", [self.told("m0")]), ("b", [self.told("m0", "n2")])).counts()["m0"] == 2

    def test_wrapped_and_altered_are_seen(self) -> None:
        wrapped = f'\n\n<pasted_content id="aee2">\n{self.told("m0")}\n</pasted_content id="aee2">\n'
        arrivals = self.count(("a", [wrapped, self.told("m1").replace("漢", "?")]))
        assert (arrivals.wrapped, arrivals.altered) == ({"m0"}, {"m1"})

    def test_percentiles(self) -> None:
        assert (percentile(range(1, 201), 50), percentile(range(1, 201), 99), percentile([], 50)) == (100, 198, 0)
