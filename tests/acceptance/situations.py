"""Brings agents of a real supervisor into every situation and prints what it shows of each, by whom and how soon.

``python -m tests.acceptance.situations [WORD ...]`` plays those whose names hold a word, by default all. It ends with
1 when a state is wrong, or is shown later than two seconds after the pane without a reason that is known.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from orchestrator_tui.core.config import Settings, parse_settings
from tests.acceptance.situation_cases import CASES, SCRIPT
from tests.acceptance.situation_lab import Case, Result, run_case
from tests.e2e.claude_cli import ClaudeHome, ensure_cli
from tests.e2e.screen_situations import answer_by
from tests.e2e.stub import MessagesStub
from tests.supervisor.conftest import Live, end


async def play(cases: Iterable[Case], folder: Path, cli: Path, api_url: str) -> list[Result]:
    """Plays the cases one after the other, under one supervisor for each permission mode."""
    results: list[Result] = []
    for mode, group in groupby(sorted(cases, key=lambda one: one.mode), key=lambda one: one.mode):
        live = Live(folder / mode, _settings(mode), provider="claude")
        live.root.mkdir(parents=True)
        await live.start()
        try:
            for number, one in enumerate(group):
                results.append(await run_case(one, live, live.root / str(number), cli, api_url))
                sys.stderr.write(f"{line(results[-1])}\n")
        finally:
            await end(live)
    return results


def _settings(mode: str) -> Settings:
    return parse_settings({"permission_mode": mode, "person_idle_s": 0}, "situations")


def environment(folder: Path, cli: Path, api_url: str) -> Mapping[str, str]:
    """Everything that the supervisor's process may see of the machine."""
    return {**ClaudeHome(folder / "home", cli, api_url).environ(), "TMPDIR": str(folder)}


def line(result: Result) -> str:
    """One row of the table."""
    verdict = "ok" if result.is_right else "WRONG"
    seconds = "-" if result.seconds is None else f"{result.seconds:.2f}"
    is_late = result.seconds is not None and result.seconds > 2
    late = f" ({result.case.late or 'late, nobody knows why'})" if is_late else ""
    problem = f" [{result.problem.strip()}]" if result.problem else ""
    return f"{verdict:6}{result.case.name:42}{seconds:>6}  {result.source:13} {result.shown[:90]}{late}{problem}"


def main(words: Sequence[str]) -> int:
    """Plays and prints; 0 when all is right."""
    cases = [one for one in CASES if not words or any(word in one.name for word in words)]
    cli = ensure_cli()
    with (
        tempfile.TemporaryDirectory(prefix="otui-") as name,
        MessagesStub(answer_by(SCRIPT)) as stub,
    ):
        folder = Path(name)
        os.environ.clear()
        os.environ.update(environment(folder, cli, stub.url))
        results = asyncio.run(play(cases, folder, cli, stub.url))
    wrong = [result for result in results if not result.is_right]
    late = [result for result in results if result.seconds is not None and result.seconds > 2]
    heading = f"{'':6}{'situation':42}{'s':>6}  {'source':13} shown"
    sys.stdout.write("\n".join([heading, *map(line, results)]) + "\n")
    sys.stdout.write(f"{len(results)} situations, {len(wrong)} wrong, {len(late)} later than 2 s\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
