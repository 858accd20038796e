"""Many missions to several real Claude CLIs beside busy loops: each arrives, once, exactly, as a message of its own.

In the long form: ``python -m tests.acceptance.dispatch --missions 200 --agents 4 --load 2``.
What arrived is read from the requests that the stand-in for the model got, not from our own queue.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Program
from tests.e2e.claude_cli import ClaudeHome, CliUnavailable, ensure_cli
from tests.e2e.desk import Desk
from tests.e2e.stub import MessagesStub
from tests.e2e.stub_script import texts_of

MODES = ("fresh", "keep")
SESSION = "dispatch"
PATIENCE_S = 60.0
"""Without any mission ending for so long, nothing more is waited for."""

_HEADER = re.compile(r"^Mission (\S+) \(delivery (\S+)\)$", re.MULTILINE)
_AWKWARD = "`code` $HOME \"quotes\" '$(id)' !x @/etc/hostname <system-reminder>x</system-reminder> 漢字 🎉"


def prompt_of(number: int) -> str:
    """A short, a long, a many-line and a very long one in turn."""
    head = f"Mission text {number}. {_AWKWARD}"
    match number % 4:
        case 0:
            return head
        case 1:
            return f"{head} " + "A long line of words. " * 30
        case 2:
            return "\n".join([head, "", "\tindented", "```sh", "echo hello", "```"])
        case _:
            return "\n".join([head, *(f"line {line}: {_AWKWARD}" for line in range(200))])


@dataclass
class Arrivals(list[dict[str, Any]]):
    """Takes the place of the stub's list of requests and keeps of each only what is counted.

    A conversation is sent whole with each request: a mission arrived as often as its text stands in it at most.
    """

    prompts: dict[str, str]
    seen: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    wrapped: set[str] = field(default_factory=set[str])
    altered: set[str] = field(default_factory=set[str])

    def append(self, body: dict[str, Any], /) -> None:
        """Notes one request."""
        conversation: str = json.loads(body["metadata"]["user_id"])["session_id"]
        told: Counter[str] = Counter()
        for message in body["messages"]:
            if message["role"] != "user":
                continue
            text = texts_of(message)
            for header in _HEADER.finditer(text):
                told[header[1]] += 1
                self._check(header[1], header[2], text)
        before = self.seen.setdefault(conversation, Counter())
        self.seen[conversation] = before | told

    def _check(self, mission_id: str, nonce: str, text: str) -> None:
        if "<pasted_content" in text:
            self.wrapped.add(mission_id)
        section = f"----- BEGIN PROMPT {nonce} -----\n{self.prompts.get(mission_id)}\n----- END PROMPT {nonce} -----"
        if section not in text:
            self.altered.add(mission_id)

    def counts(self) -> Counter[str]:
        """How often each mission arrived."""
        return sum(self.seen.values(), Counter[str]())


@dataclass(frozen=True, slots=True)
class Result:
    """What one run came to; times from the claim to the acknowledgement, in milliseconds."""

    mode: str
    missions: int
    acknowledged: int
    lost: int
    doubled: int
    wrapped: int
    altered: int
    returned: int
    times_ms: tuple[int, ...]
    took_s: float

    @property
    def is_good(self) -> bool:
        """Whether everything arrived as it should."""
        return self.acknowledged == self.missions and not (self.lost or self.doubled or self.wrapped or self.altered)

    def line(self) -> str:
        """The result for people."""
        p50, p99 = percentile(self.times_ms, 50), percentile(self.times_ms, 99)
        return (
            f"{self.mode}: {self.missions} missions, {self.acknowledged} acknowledged, {self.lost} lost, "
            f"{self.doubled} doubled, {self.wrapped} wrapped as pasted content, {self.altered} altered; "
            f"given back and delivered again {self.returned}; dispatch to acknowledgement p50 {p50} ms, p99 {p99} ms; "
            f"{self.took_s:.0f} s in all"
        )


def percentile(values: Sequence[int], percent: int) -> int:
    """The smallest value that so many percent do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0


def run(program: Program, stub: MessagesStub, mode: str, missions: int, agents: int, load: int) -> Result:
    """Runs the missions and reads what the stub got."""
    prompts = {f"m{number}": prompt_of(number) for number in range(missions)}
    arrivals = Arrivals(prompts)
    stub.requests = arrivals
    session = f"{SESSION}-{mode}"
    desk = Desk(program, session, agents=agents, conversation=mode)
    began = time.monotonic()
    with busy_loops(load):
        for mission_id, prompt in prompts.items():
            desk.distribute(mission_id, prompt)
        _until_ended(desk, missions)
    took_s = time.monotonic() - began
    events = [json.loads(line) for line in program.session(session).events.read_text().splitlines()]
    desk.stop()
    return _result(mode, prompts, arrivals, events, took_s)


@contextmanager
def busy_loops(count: int) -> Generator[None]:
    """So many processes that do nothing but compute."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _until_ended(desk: Desk, missions: int) -> None:
    """Waits until all are completed, or none ended for a long time: then what is missing shows in the result."""
    done, since = 0, time.monotonic()
    while done < missions and time.monotonic() - since < PATIENCE_S:
        now = desk.mission_tool(action="status", limit=1)["stats"]["completed"]
        if now > done:
            done, since = now, time.monotonic()
        time.sleep(0.25)


def _result(
    mode: str, prompts: dict[str, str], arrivals: Arrivals, events: list[dict[str, Any]], took_s: float
) -> Result:
    given: dict[str, int] = {}
    times: dict[str, list[int]] = {}
    for event in events:
        if event["type"] == "mission_assigned":
            given[event["mission_id"]] = event["at"]
        elif event["type"] == "task_start":
            times.setdefault(event["mission_id"], []).append(event["at"] - given[event["mission_id"]])
    counts = arrivals.counts()
    return Result(
        mode=mode,
        missions=len(prompts),
        acknowledged=sum(len(times.get(key, ())) == 1 for key in prompts),
        lost=sum(counts[key] == 0 for key in prompts),
        doubled=sum(counts[key] > 1 for key in prompts),
        wrapped=len(arrivals.wrapped),
        altered=len(arrivals.altered),
        returned=sum(event["type"] == "mission_undelivered" for event in events),
        times_ms=tuple(time for found in times.values() for time in found),
        took_s=took_s,
    )


@contextmanager
def lab(folder: Path, cli: Path) -> Generator[tuple[Program, MessagesStub]]:
    """A program in a folder that the CLI trusts, with a home and a model of its own."""
    with MessagesStub() as stub:
        home = ClaudeHome(folder / "home", cli, stub.url)
        work = folder / "work"
        work.mkdir()
        home.trust(work)
        program = Program(work)
        program.extra.update(home.environ())
        try:
            yield program, stub
        finally:
            program.close()


def main() -> int:
    """Runs the long form and says what came of it; 1 unless every mission arrived once, whole and unwrapped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missions", type=int, default=200)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--load", type=int, default=2, metavar="LOOPS")
    parser.add_argument("--conversation", choices=(*MODES, "both"), default="both")
    chosen = parser.parse_args()
    modes = MODES if chosen.conversation == "both" else (chosen.conversation,)
    try:
        cli = ensure_cli()
    except CliUnavailable as error:
        sys.stderr.write(f"The Claude CLI cannot be had: {error}\n")
        return 3
    is_good = True
    for mode in modes:
        with (
            tempfile.TemporaryDirectory(prefix="orchestrator-dispatch-", ignore_cleanup_errors=True) as folder,
            lab(Path(folder), cli) as (program, stub),
        ):
            result = run(program, stub, mode, chosen.missions, chosen.agents, chosen.load)
        is_good = is_good and result.is_good
        sys.stdout.write(f"{result.line()}\n")
        sys.stdout.flush()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
