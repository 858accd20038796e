"""Kills a real Claude CLI in the middle of a tool call and shows that its conversation goes on, on its mission.

``python -m tests.acceptance.crash_resume`` prints the evidence; exit code 1 when anything of it does not hold.
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome, CliUnavailable, ensure_cli
from tests.e2e.stub import MessagesStub

SESSION, MISSION, WORD = "crash-resume", "slow", "Zwetschge"
PATIENCE_S = 90
RESTARTED = "You were restarted (killed by SIGKILL)"
INTERRUPTED = "Tool call interrupted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found; transcripts are (conversation id, lines) before the kill and at the end."""

    before: tuple[str, list[str]]
    after: tuple[str, list[str]]
    pids: tuple[int, int]
    report: dict[str, Any]
    status: dict[str, Any]
    resumed_request: str

    @property
    def new_lines(self) -> list[str]:
        """What was written after the kill."""
        return self.after[1][len(self.before[1]) :]

    def checks(self) -> list[tuple[str, bool]]:
        """What must hold, in words, and whether it does."""
        told = [line for line in self.new_lines if json.loads(line).get("type") == "user" and RESTARTED in line]
        logs = [[attempt["code"] for attempt in mission["attempt_log"]] for mission in (self.report, self.status)]
        return [
            ("another process has the same session id", self.pids[0] != self.pids[1] and self._is_one_session()),
            ("what was said before is still there, line for line", self._begins_as_before()),
            ("the tool call had begun and had no result", self._was_cut()),
            ("the agent was told in one line that it was restarted", len(told) == 1),
            ("its next request holds the mission as it was first given", self._remembers()),
            ("and that the tool call was interrupted", INTERRUPTED in self.resumed_request),
            (
                "`run --json` and `mission status` show attempt 2 after a crash",
                logs == [["agent_crashed", None]] * 2,
            ),
            ("the mission is completed", self.report["status"] == "completed" and self.report["attempts"] == 2),
        ]

    def _is_one_session(self) -> bool:
        ids = {json.loads(line).get("sessionId") for line in self.after[1]} - {None}
        return self.before[0] == self.after[0] and ids == {self.before[0]}

    def _begins_as_before(self) -> bool:
        return bool(self.before[1]) and self.after[1][: len(self.before[1])] == self.before[1] and bool(self.new_lines)

    def _remembers(self) -> bool:
        """Before the word of the restart, so from the conversation's own memory."""
        return WORD in self.resumed_request.partition(RESTARTED)[0]

    def _was_cut(self) -> bool:
        said = "\n".join(self.before[1])
        return '"tool_use"' in said and '"tool_result"' not in said


class CrashResume:
    """One run of one mission by one agent; everything it starts is ended by the program's ``close``."""

    def __init__(self, program: Program, home: ClaudeHome, stub: MessagesStub) -> None:
        self._program = program
        self._projects = home.home / ".claude" / "projects"
        self._stub = stub
        program.extra.update(home.environ())
        # The automatic mode asks its server about every command that is not trivial; here nobody shall be asked.
        program.extra["ORCHESTRATOR_PERMISSION_MODE"] = "manual"
        settings = home.home / ".claude" / "settings.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"permissions": {"allow": ["Bash"]}}))

    def run(self) -> Evidence:
        """Returns what was found. Fails when the CLI does not come as far as the tool call."""
        program = self._program
        mark, go = program.root / "mark", program.root / "go"
        # The first time it would take ten minutes, the second time until we have looked.
        command = (
            f"if test -e '{mark}'; then until test -e '{go}'; do sleep 0.1; done; else touch '{mark}'; sleep 600; fi"
        )
        prompt = f"Remember the word {WORD}. [[BASH {command}]] [[OUTPUT lived]]"
        plan = program.root / "plan.yaml"
        plan.write_text(json.dumps({"missions": [{"id": MISSION, "prompt": prompt}]}))
        program.sessions.add(SESSION)
        arguments = ("--session", SESSION, "--provider", "claude", "--agents", "1", "--json")
        process = program.start("run", str(plan), *arguments)
        wait_until(lambda: mark.exists() or process.poll() is not None, "the tool call began", PATIENCE_S)
        assert process.poll() is None, (program.root / "err-0").read_text()
        wait_until(lambda: '"tool_use"' in "\n".join(self._transcript()[1]), "the tool call is in the transcript", 20)
        old = self._agent()
        sleeper = next(child for child in psutil.Process(old["pid"]).children(recursive=True) if child.is_running())
        before = self._transcript()
        asked = len(self._stub.requests)
        os.kill(old["pid"], signal.SIGKILL)
        wait_until(lambda: len(self._stub.requests) > asked, "the resumed conversation asks the model", PATIENCE_S)
        new = self._agent()
        status = self._program.json("mission", "status", "--mission-id", MISSION, "--session", SESSION)["missions"][0]
        go.touch()
        process.wait(timeout=PATIENCE_S)
        assert not sleeper.is_running(), "the cut command still runs"
        report = json.loads((program.root / "out-0").read_text())["missions"][0]
        request = json.dumps(self._stub.requests[asked]["messages"], ensure_ascii=False)
        return Evidence(before, self._transcript(), (old["pid"], new["pid"]), report, status, request)

    def _agent(self) -> dict[str, Any]:
        agent: dict[str, Any] = self._program.json("agent", "status", "--session", SESSION)["agents"][0]
        return agent

    def _transcript(self) -> tuple[str, list[str]]:
        """The only conversation in which anything was said."""
        found = list(self._projects.rglob("*.jsonl"))
        assert len(found) <= 1, f"more than one conversation: {found}"
        return (found[0].stem, found[0].read_text().splitlines()) if found else ("", [])


def show(evidence: Evidence, write: Callable[[str], object]) -> bool:
    """Writes the evidence; whether all of it holds."""
    write(f"session id before {evidence.before[0]} (pid {evidence.pids[0]})")
    write(f"session id after  {evidence.after[0]} (pid {evidence.pids[1]})")
    write(f"transcript before the kill: {len(evidence.before[1])} lines, the last ones:")
    for line in evidence.before[1][-3:]:
        write(f"  {_brief(line)}")
    write(f"transcript at the end: {len(evidence.after[1])} lines, the first new ones that say something:")
    for line in [line for line in evidence.new_lines if json.loads(line).get("type") in ("user", "assistant")][:6]:
        write(f"  {_brief(line)}")
    for name, mission in (("run --json", evidence.report), ("mission status", evidence.status)):
        log = [(attempt["n"], attempt["code"]) for attempt in mission["attempt_log"]]
        write(f"{name}: {mission['status']}, attempts {mission['attempts']}, attempt_log {log}")
    checks = evidence.checks()
    for words, holds in checks:
        write(f"{'holds' if holds else 'DOES NOT HOLD'}: {words}")
    return all(holds for _, holds in checks)


def _brief(line: str) -> str:
    record = json.loads(line)
    content = record.get("message", {}).get("content", "")
    said = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return f"{record.get('type')}: {' '.join(said.split())[:150]}"


def main() -> int:
    """Runs it and prints what happened."""
    try:
        cli = ensure_cli()
    except CliUnavailable as error:
        sys.stderr.write(f"The Claude CLI cannot be had: {error}\n")
        return 3
    with tempfile.TemporaryDirectory(prefix="orchestrator-crash-") as folder, MessagesStub() as stub:
        root = Path(folder)
        work = root / "work"
        work.mkdir()
        home = ClaudeHome(root / "home", cli, stub.url)
        home.trust(work)
        program = Program(work)
        try:
            evidence = CrashResume(program, home, stub).run()
        finally:
            program.close()
    return 0 if show(evidence, lambda line: sys.stdout.write(f"{line}\n")) else 1


if __name__ == "__main__":
    sys.exit(main())
