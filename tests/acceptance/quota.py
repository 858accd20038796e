"""Ten missions, real Claude CLIs, and an account that reaches its limit in the middle of them.

In the long form: ``python -m tests.acceptance.quota``. The stand-in for the API answers 429 with the headers of a
five-hour limit; what is counted is every request between the first 429 and the reset:

- *new missions*: of a mission that was given to its agent after the breaker opened. Must be none.
- *of turns at work*: the one request with which every other agent that had its mission already meets the limit too.
- *the CLI's own retries*: the same conversation once more. With a subscription Claude Code 2.1.328 sends none. With a
  key it sends up to CLAUDE_CODE_MAX_RETRIES (10 by default), 0.5 s apart and doubling up to 35 s, or after
  ``retry-after`` where that is given; only then it says that its turn failed.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.acceptance.survival import logged_events
from tests.conftest import Program
from tests.e2e.claude_cli import ClaudeHome, ensure_cli
from tests.e2e.stub import MessagesStub

Auth = Literal["subscription", "key"]
SESSION = "quota"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was counted; ``problems`` is empty when all is as it must be."""

    report: dict[str, Any]
    answered_before: int
    new_missions: int
    turns_at_work: int
    retries: int
    first_after_reset_s: float
    problems: tuple[str, ...]


def run(
    root: Path, cli: Path, *, missions: int, agents: int, seconds: float, auth: Auth, note: Callable[[str], None]
) -> Outcome:
    """Runs the plan to its end; ``seconds`` is how long the limit lasts, beginning at the third mission's report."""
    work = root / "work"
    work.mkdir()
    (work / "home").mkdir()
    ledger = work / "ledger"
    program = Program(work)
    program.sessions.add(SESSION)
    plan = work / "plan.yaml"
    names = [f"m{number:02}" for number in range(missions)]
    prompts = [{"id": name, "prompt": f"Do it. [[BASH echo {name} >> {ledger}]] [[OUTPUT {name}]]"} for name in names]
    plan.write_text(json.dumps({"missions": prompts}))
    with MessagesStub() as stub:
        home = ClaudeHome(root / "home", cli, stub.url)
        home.trust(work)
        program.extra.update(home.environ() if auth == "key" else home.with_subscription())
        # Three requests a mission: the command, the report, the last word.
        stub.limit_after(3 * max(1, missions // 4) + 1, seconds)
        try:
            arguments = ("--session", SESSION, "--provider", "claude", "--agents", str(agents), "--json")
            done = program.run("run", str(plan), *arguments, timeout_s=seconds + 60 + 20 * missions)
        finally:
            program.close()
        report: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"missions": [], "completed": 0}
        events, _ = logged_events(program.session(SESSION).events)
        outcome = _counted(stub, report, ledger, missions, _given_in_time(events))
    if not report["missions"]:
        note(done.stderr)
    note(f"{auth}: limit after {outcome.answered_before} answered requests, for {seconds:g} s")
    sent = outcome.new_missions + outcome.turns_at_work + outcome.retries
    note(f"requests after the first 429 and before the reset: {sent}")
    note(f"  of new missions: {outcome.new_missions} (must be 0)")
    note(f"  of missions that agents had already, one for each at most: {outcome.turns_at_work}")
    note(f"  the CLI's own retries of those: {outcome.retries}")
    note(f"first request after the reset: {outcome.first_after_reset_s:.1f} s later")
    executions = Counter(ledger.read_text().split()) if ledger.exists() else Counter[str]()
    note(f"completed: {report['completed']} of {missions}; executions: {sorted(executions.values())}")
    note(f"attempts: {[mission['attempts'] for mission in report['missions']]}")
    for problem in outcome.problems:
        note(f"PROBLEM: {problem}")
    return outcome


def _given_in_time(events: list[dict[str, Any]]) -> set[str]:
    """The missions that were given to an agent before the breaker first opened."""
    opened = next((event["seq"] for event in events if event["type"] == "quota_open"), 0)
    given = (event for event in events if event["type"] == "mission_assigned" and event["seq"] < opened)
    return {event["mission_id"] for event in given}


def _counted(stub: MessagesStub, report: dict[str, Any], ledger: Path, missions: int, at_work: set[str]) -> Outcome:
    exchanges = [one for one in stub.exchanges if one.mission_id is not None]
    first = next((index for index, one in enumerate(exchanges) if one.status == 429), None)
    if first is None:
        return Outcome(report, len(exchanges), 0, 0, 0, 0.0, ("no request was refused",))
    reset = stub.limits[None]
    before = exchanges[:first]
    between = [one for one in exchanges[first + 1 :] if one.at < reset]
    refused = {(exchanges[first].mission_id, exchanges[first].messages)}
    new, of_turns, retries = 0, 0, 0
    for one in between:
        key = (one.mission_id, one.messages)
        if one.mission_id not in at_work:
            new += 1
        elif key in refused:
            retries += 1
        else:
            of_turns += 1
            refused.add(key)
    after = [one.at for one in exchanges if one.at >= reset]
    executions = Counter(ledger.read_text().split()) if ledger.exists() else Counter[str]()
    problems: list[str] = []
    if new:
        problems.append(f"{new} requests of new missions while the account was at its limit")
    if report["completed"] != missions:
        problems.append(f"{report['completed']} of {missions} missions completed")
    if dict(executions) != {f"m{number:02}": 1 for number in range(missions)}:
        problems.append(f"not executed once each: {dict(executions)}")
    if any(mission["attempts"] != 1 for mission in report["missions"]):
        problems.append("the limit used up attempts")
    return Outcome(
        report, len(before), new, of_turns, retries, (after[0] - reset) if after else float("nan"), tuple(problems)
    )


def main() -> int:
    """Runs the long form and says what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missions", type=int, default=10)
    parser.add_argument("--agents", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long the limit lasts")
    parser.add_argument("--auth", choices=["subscription", "key"], default="subscription")
    chosen = parser.parse_args()

    def note(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="orchestrator-quota-") as folder:
        outcome = run(
            Path(folder),
            ensure_cli(),
            missions=chosen.missions,
            agents=chosen.agents,
            seconds=chosen.seconds,
            auth=chosen.auth,
            note=note,
        )
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
