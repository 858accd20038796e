"""Has real Claude CLIs do missions against the stand-in for the model, and compares what we counted with its own log.

By hand: ``python -m tests.acceptance.cost``; it prints both sides and exits with 1 unless they are equal: tokens
exactly, and cost to the sums that the CLIs themselves wrote into their transcripts when they ended.
"""

import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from typing import Any, TypeVar

from orchestrator_tui.core.usage import NOTHING_SPENT, Spent
from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome, ensure_cli
from tests.e2e.stub import Bill, MessagesStub, Usage
from tests.e2e.stub_script import texts_of

SESSION = "cost"
MISSIONS: Mapping[str, tuple[str, ...]] = {
    "plain": ("Write it. ref=plain",),
    "shell": ("Run it. ref=shell [[BASH echo one]] [[BASH echo two]]",),
    "helped": ("Have it looked up. ref=helped [[AGENT Look for ref=helped and say what you saw.]] [[BASH sleep 3]]",),
    "again": ("Try it. ref=again [[FAIL no_luck none]]", "--max-retries", "1"),
    "kept-1": ("Go on. ref=kept-1", "--role", "reviewer"),
    "kept-2": ("Go on. ref=kept-2 [[BASH echo three]]", "--role", "reviewer"),
}
"""Prompts, each with a mark that all its requests carry, and further arguments."""

AGENTS = (("--role", "coder"), ("--role", "tester"), ("--role", "reviewer", "--conversation", "keep"))
_WHO = re.compile(r"who=(\d)")
_REFERENCE = re.compile(r"ref=([\w-]+)")
_HEADER = re.compile(r"Mission (\S+) \(delivery ")
Key = TypeVar("Key", str, int)


def usage_of(number: int) -> Usage:
    """Another count for each request, so that none can stand for another."""
    return {
        "input_tokens": 100 + number,
        "output_tokens": 10 + 7 * number,
        "cache_read_input_tokens": 1_000 * number,
        "cache_creation_input_tokens": 500 + 3 * number,
    }


@dataclass
class Side:
    """One side's sums; ``cost`` is left 0 where a side does not know it."""

    missions: dict[str, Spent] = field(default_factory=dict[str, Spent])
    agents: dict[int, Spent] = field(default_factory=dict[int, Spent])
    total: Spent = NOTHING_SPENT


@dataclass
class CostRun:
    """Three agents, one with a kept conversation, and two supervisors, the first killed unless ``kills`` is false.

    ``chosen`` are the missions that they do.
    """

    program: Program
    stub: MessagesStub
    note: Callable[[str], None]
    chosen: Sequence[str] = tuple(MISSIONS)
    kills: bool = True

    def run(self) -> bool:
        """Prints both sides; whether they are equal."""
        self._serve()
        for number, arguments in enumerate(AGENTS, 1):
            self._json("agent", "spawn", *arguments, "--system-prompt", f"You are who={number}.")
        for name in self.chosen:
            self._json("mission", "distribute", *MISSIONS[name], "--id", name)
            if self.kills and name == "helped":
                wait_until(lambda: self._missions()["helped"]["status"] == "running", "a mission runs", 60)
                self.program.started[0].kill()
                self.program.started[0].wait()
                self._serve()
        wait_until(self._is_done, "all missions have ended and every agent is idle", 120)
        for agent in self._json("agent", "status")["agents"]:
            # At its end a CLI exports what is left, and writes what it cost into the transcript.
            self._json("agent", "kill", str(agent["id"]))
        wait_until(lambda: not self._json_usage()["total"]["unpriced"], "everything has its price", 20)
        return self._compare()

    def _serve(self) -> None:
        self.program.sessions.add(SESSION)
        process = self.program.start("serve", "--session", SESSION, "--provider", "claude")
        session = self.program.session(SESSION)
        wait_until(lambda: (info := session.endpoint()) is not None and info.pid == process.pid, "serve answers")

    def _json(self, *arguments: str) -> Any:
        return self.program.json(*arguments, "--session", SESSION)

    def _json_usage(self) -> dict[str, Any]:
        found: dict[str, Any] = self._json("usage")
        return found

    def _missions(self) -> dict[str, dict[str, Any]]:
        return {mission["id"]: mission for mission in self._json("mission", "status")["missions"]}

    def _is_done(self) -> bool:
        missions = self._missions()
        ended = all(missions[name]["status"] in ("completed", "failed") for name in self.chosen)
        return ended and all(agent["status"] == "idle" for agent in self._json("agent", "status")["agents"])

    # -- the two sides ---------------------------------------------------------------------------------------------

    def _compare(self) -> bool:
        answer = self._json_usage()
        ours = Side(
            {one["mission_id"]: _spent(one) for one in answer["missions"]},
            {one["agent_id"]: _spent(one) for one in answer["agents"]},
            _spent(answer["total"]),
        )
        days = sum((_spent(one) for one in answer["days"]), NOTHING_SPENT)
        theirs = self._stubs_log()
        costs = self._clis_costs()
        equal = [
            self._tokens_equal("mission", ours.missions, theirs.missions),
            self._tokens_equal("agent", ours.agents, theirs.agents),
            self._tokens_equal("day", {"all": days}, {"all": theirs.total}),
            self._tokens_equal("total", {"all": ours.total}, {"all": theirs.total}),
            *(
                self._costs_equal("+".join(sorted(names)), sum(ours.missions[one].cost_usd for one in names), cost)
                for names, cost in costs
            ),
            self._costs_equal("all", ours.total.cost_usd, sum(cost for _, cost in costs)),
        ]
        return all(equal)

    def _stubs_log(self) -> Side:
        side = Side()
        owners = {_session_of(bill): int(who[1]) for bill in self.stub.bills if (who := _WHO.search(_system(bill)))}
        for bill in self.stub.bills:
            name, spent = _mission_of(bill), _billed(bill.usage)
            owner = owners[_session_of(bill)]
            side.total += spent
            side.agents[owner] = side.agents.get(owner, NOTHING_SPENT) + spent
            if name is not None:
                side.missions[name] = side.missions.get(name, NOTHING_SPENT) + spent
        return side

    def _clis_costs(self) -> list[tuple[set[str], float]]:
        """What the CLIs say that their conversations cost, together for those that share a mission; with its missions.

        A conversation holds several missions where it is kept, and a mission several conversations where it is tried
        again.
        """
        groups: list[tuple[set[str], float]] = []
        for path in (Path(self.program.environ["HOME"]) / ".claude" / "projects").glob("*/*.jsonl"):
            text = path.read_text()
            entries = [json.loads(line) for line in text.splitlines()]
            costs = [entry["totalCostUSD"] for entry in entries if entry["type"] == "cost-state"]
            names, cost = set(_HEADER.findall(text)), costs[-1] if costs else 0.0
            for group in [group for group in groups if group[0] & names]:
                groups.remove(group)
                names, cost = names | group[0], cost + group[1]
            groups.append((names, cost))
        return sorted(groups, key=lambda group: sorted(group[0]))

    def _tokens_equal(self, what: str, ours: Mapping[Key, Spent], theirs: Mapping[Key, Spent]) -> bool:
        equal = True
        for key in sorted({*ours, *theirs}):
            mine, other = ours.get(key, NOTHING_SPENT), theirs.get(key, NOTHING_SPENT)
            same = _counts(mine) == _counts(other)
            equal = equal and same
            self.note(
                f"{what:<8} {key!s:<8} {'=' if same else 'DIFFERS'}  ours {_counts(mine)}  the stub's {_counts(other)}"
            )
        return equal

    def _costs_equal(self, name: str, ours: float, theirs: float) -> bool:
        same = isclose(ours, theirs, rel_tol=1e-9)
        self.note(f"cost     {name:<16} {'=' if same else 'DIFFERS'}  ours ${ours:.8f}  the CLI's ${theirs:.8f}")
        return same


def _mission_of(bill: Bill) -> str | None:
    texts = [texts_of(message) for message in bill.body["messages"] if message["role"] == "user"]
    found = [reference for text in texts for reference in _REFERENCE.findall(text)]
    return found[-1] if found else None


def _session_of(bill: Bill) -> str:
    return str(json.loads(bill.body["metadata"]["user_id"])["session_id"])


def _system(bill: Bill) -> str:
    return json.dumps([bill.body["system"], *(m for m in bill.body["messages"] if m["role"] == "system")])


def _billed(usage: Usage) -> Spent:
    return Spent(
        usage["input_tokens"],
        usage["output_tokens"],
        usage["cache_read_input_tokens"],
        usage["cache_creation_input_tokens"],
    )


def _spent(entry: Mapping[str, Any]) -> Spent:
    names = ("input", "output", "cache_read", "cache_write", "cost_usd", "unpriced")
    return Spent(*(entry[name] or 0 for name in names))


def _counts(spent: Spent) -> tuple[int, int, int, int]:
    return spent.input, spent.output, spent.cache_read, spent.cache_write


def run_in(
    folder: Path,
    cli: Path,
    note: Callable[[str], None],
    chosen: Sequence[str] = tuple(MISSIONS),
    kills: bool = True,
) -> bool:
    """The comparison in a folder of its own; whether all is equal."""
    work = folder / "work"
    work.mkdir()
    with MessagesStub(usage=usage_of) as stub:
        home = ClaudeHome(folder / "home", cli, stub.url)
        home.trust(work)
        program = Program(work)
        program.extra.update({**home.environ(), "ORCHESTRATOR_PERMISSION_MODE": "acceptEdits"})
        try:
            return CostRun(program, stub, note, chosen, kills).run()
        finally:
            program.close()


def main() -> int:
    """0 when both sides are equal."""

    def note(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    with tempfile.TemporaryDirectory(prefix="orchestrator-cost-") as folder:
        equal = run_in(Path(folder), ensure_cli(), note)
    note("equal" if equal else "NOT equal")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
