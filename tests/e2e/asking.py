"""A supervisor whose real CLIs ask for everything, and what their transcripts say of the answers."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from orchestrator_tui.pty.socket import socket_name
from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome

SESSION = "ask"


class Asking:
    """The program in a folder that the CLI trusts; ``mode`` is the CLI's permission mode."""

    def __init__(self, home: ClaudeHome, root: Path, *, mode: str = "manual", rules: str = "") -> None:
        work = root / "work"
        work.mkdir()
        home.trust(work)
        self.config = home.home / ".config" / "orchestrator-tui" / "config.toml"
        self.config.parent.mkdir(parents=True)
        self.config.write_text(rules)
        self.program = Program(work)
        self.program.extra.update({**home.environ(), "ORCHESTRATOR_PERMISSION_MODE": mode})

    def serve(self) -> None:
        """Starts a supervisor and waits until it answers."""
        program = self.program
        program.sessions.add(SESSION)
        process = program.start("serve", "--session", SESSION, "--provider", "claude")
        wait_until(
            lambda: (info := program.session(SESSION).endpoint()) is not None and info.pid == process.pid,
            "serve answers",
            60,
        )

    def kill_supervisor(self) -> None:
        """Kills the newest supervisor; its agents live on."""
        self.program.started[-1].kill()
        self.program.started[-1].wait()

    def json(self, *arguments: str) -> Any:
        """A command of the session with ``--json``."""
        return self.program.json(*arguments, "--session", SESSION)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command of the session, whatever comes of it."""
        return self.program.run(*arguments, "--session", SESSION)

    def give(self, mission_id: str, prompt: str) -> None:
        """Queues a mission."""
        self.json("mission", "distribute", prompt, "--id", mission_id)

    def items(self, kind: str) -> list[dict[str, Any]]:
        """What waits, of one kind, with all that is asked."""
        items: list[dict[str, Any]] = self.json("agent", "inbox")["items"]
        return [item for item in items if item["kind"] == kind and item["tool"]]

    def asked(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Waits for that many."""

        def look() -> list[dict[str, Any]] | None:
            items = self.items(kind)
            return items if len(items) == count else None

        found: list[dict[str, Any]] = wait_until(look, f"{count} of kind {kind} wait", 60)
        return found

    def until_done(self, *ids: str) -> None:
        """Waits for missions."""

        def look() -> bool:
            missions = self.json("mission", "status")["missions"]
            return {one["id"] for one in missions if one["status"] == "completed"} >= set(ids)

        wait_until(look, f"{ids} are done", 60)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The data of the logged events of one type."""
        lines = self.program.session(SESSION).events.read_text().splitlines()
        return [event["data"] for event in map(json.loads, lines) if event["type"] == kind]

    def results_by_command(self) -> dict[str, tuple[str, bool]]:
        """What the CLIs' transcripts say became of each command: the result's text, and whether it is an error."""
        commands: dict[str, str] = {}
        found: dict[str, tuple[str, bool]] = {}
        for block in self._transcript_blocks():
            if block.get("type") == "tool_use" and "command" in block["input"]:
                commands[block["id"]] = block["input"]["command"]
            elif block.get("type") == "tool_result" and block["tool_use_id"] in commands:
                content = block["content"]
                text = content if isinstance(content, str) else json.dumps(content)
                found[commands[block["tool_use_id"]]] = text, block.get("is_error") is True
        return found

    def _transcript_blocks(self) -> Iterator[dict[str, Any]]:
        for path in (Path(self.program.environ["HOME"]) / ".claude" / "projects").rglob("*.jsonl"):
            for line in path.read_text().splitlines():
                entry: dict[str, Any] = json.loads(line)
                content: Any = cast("dict[str, Any]", entry.get("message") or {}).get("content")
                yield from cast("list[dict[str, Any]]", content) if isinstance(content, list) else []

    def press(self, *keys: str) -> None:
        """Presses keys in the pane of the only agent, as a person who is attached does."""
        self._tmux("send-keys", "-t", self._pane(), *keys)

    def screen(self) -> str:
        """What the pane of the only agent shows."""
        return self._tmux("capture-pane", "-p", "-t", self._pane())

    def _pane(self) -> str:
        listed = self._tmux("list-panes", "-a", "-F", "#{@agent_id} #{pane_id}").splitlines()
        return next(pane for agent_id, pane in (line.split(" ") for line in listed) if agent_id)

    def _tmux(self, *arguments: str) -> str:
        socket = socket_name(self.program.session(SESSION).folder, SESSION)
        argv = ["tmux", "-L", socket, *arguments]
        done = subprocess.run(argv, env=self.program.environ, text=True, capture_output=True, check=True)
        return done.stdout

    def close(self) -> None:
        """Ends everything."""
        self.program.close()
