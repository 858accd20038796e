"""Two real CLIs ask at once: one is allowed, one denied with a message, and a rule answers a third request.

``python -m tests.acceptance.inbox`` prints what was asked, what was answered, and what the CLIs' own transcripts say of
it; it exits with 1 when one of that is not as it should be.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.asking import Asking
from tests.e2e.claude_cli import ClaudeHome, CliUnavailable, ensure_cli
from tests.e2e.stub import MessagesStub

DENIAL = "Not now: use the test folder."
RULES = """
[[permissions]]
action = "allow"
tool = "Bash"
pattern = "touch third*"
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that has to be so, and what was seen of it."""

    what: str
    seen: str
    holds: bool


def prove(asking: Asking) -> Iterator[Evidence]:
    """Runs it; ``asking`` serves with ``RULES``."""
    work = asking.program.root
    asking.json("agent", "spawn-pool", "--count", "2")
    for name in ("first", "second"):
        asking.give(name, f"Go. [[BASH touch {name}.txt]]")
    items = {item["mission_id"]: item for item in asking.asked("permission", 2)}
    agents = {item["agent_id"] for item in items.values()}
    shown = ", ".join(f"{item['id']} {item['agent_name']} {item['text']}" for item in items.values())
    commands = {name: item["tool_input"]["command"] for name, item in items.items()}
    both = len(agents) == 2 and commands == {name: f"touch {name}.txt" for name in ("first", "second")}
    yield Evidence("two agents wait at once, each with its whole command", shown, both)

    asking.json("agent", "answer", items["first"]["id"], "--allow")
    asking.json("agent", "answer", items["second"]["id"], "--deny", DENIAL)
    asking.until_done("first", "second")
    results = asking.results_by_command()
    ran, error = results.get("touch first.txt", ("", True))
    yield Evidence("the allowed command ran, says the transcript", ran, not error and (work / "first.txt").exists())
    told, error = results.get("touch second.txt", ("", False))
    denied = error and told == DENIAL and not (work / "second.txt").exists()
    yield Evidence("the denied one did not, and its model was told why", told, denied)

    again = asking.run("agent", "answer", items["first"]["id"], "--allow")
    refused = again.returncode == 2 and "does not wait any more" in again.stderr
    yield Evidence("an answer to what is over is refused", again.stderr.strip(), refused)

    asking.give("third", "Go. [[BASH touch third.txt]]")
    asking.until_done("third")
    ran, error = asking.results_by_command().get("touch third.txt", ("", True))
    yield Evidence("the third command ran, says the transcript", ran, not error and (work / "third.txt").exists())
    answers = [(event["decision"], event["subject"], event["by"]) for event in asking.events("permission")]
    expected = {
        ("allow", "touch first.txt", "a person"),
        ("deny", "touch second.txt", "a person"),
        ("allow", "touch third.txt", "rule allow Bash(touch third*)"),
    }
    log = "; ".join(" ".join(answer) for answer in answers)
    yield Evidence("the event log says who answered what", log, sorted(answers) == sorted(expected))


def main() -> int:
    """Prints the evidence."""
    try:
        cli = ensure_cli()
    except CliUnavailable as problem:
        print(f"The Claude CLI cannot be had: {problem}.", file=sys.stderr)  # noqa: T201
        return 1
    with tempfile.TemporaryDirectory(prefix="otui-", ignore_cleanup_errors=True) as folder, MessagesStub() as stub:
        asking = Asking(ClaudeHome(Path(folder) / "home", cli, stub.url), Path(folder), rules=RULES)
        all_hold = True
        try:
            asking.serve()
            for evidence in prove(asking):
                all_hold &= evidence.holds
                print(f"{'yes' if evidence.holds else 'NO '}  {evidence.what}\n     {evidence.seen}")  # noqa: T201
        except (pytest.fail.Exception, AssertionError) as failure:
            all_hold = False
            print(f"NO   {failure}")  # noqa: T201
        finally:
            asking.close()
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
