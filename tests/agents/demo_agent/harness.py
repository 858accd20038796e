"""Runs the demo agent in a real terminal, against a supervisor that is played by the test."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import termios
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from orchestrator_tui.agents.mission_text import compose
from orchestrator_tui.agents.providers.base import AgentContext, SessionStatus, Start
from orchestrator_tui.agents.providers.demo import DemoProvider
from orchestrator_tui.core.models import (
    AgentRecord,
    AgentState,
    LaunchSpec,
    Mission,
    MissionState,
    ModelTier,
    Priority,
    Role,
    TaskType,
)

TOKEN = "a1-secret"
CONVERSATION = "0f0c7a52-6f0c-4c57-9c0e-0a7e9a1f5a11"
CONTROL_C, ESCAPE, ENTER = "\x03", "\x1b", "\r"

Reply = tuple[int, dict[str, Any]]


def eventually(condition: Callable[[], object], what: str = "the condition", seconds: float = 15.0) -> None:
    """Waits until a foreign process has done something that nobody announces."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.005)


def make_mission(prompt: str, mission_id: str = "m-1", nonce: str = "n0nce1", context: str | None = None) -> Mission:
    return Mission(
        id=mission_id,
        seq=1,
        prompt=prompt,
        context=context,
        type=TaskType.CODING,
        priority=Priority.NORMAL,
        state=MissionState.ASSIGNED,
        created_at=0,
        nonce=nonce,
    )


def make_record(agent_id: int = 1, conversation_id: str | None = CONVERSATION) -> AgentRecord:
    return AgentRecord(
        id=agent_id,
        name=f"agent-{agent_id}",
        role=Role.CODER,
        model=ModelTier.HAIKU,
        provider="demo",
        config={},
        state=AgentState.STARTING,
        created_at=0,
        state_since=0,
        conversation_id=conversation_id,
    )


def _already_set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


class Supervisor:
    """A loopback server with ``/mcp`` and ``/hooks`` that notes what it is told, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[str, str] = {}
        self.hook_replies: dict[str, list[Reply]] = {}
        self.tool_replies: list[Reply] = []
        self.tokens: set[str] = set()
        self.port = 0
        self._free_to_answer: defaultdict[str, threading.Event] = defaultdict(_already_set)
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    @property
    def hooks_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    def start(self) -> None:
        supervisor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                supervisor.tokens.add(self.headers["Authorization"])
                status, answer = supervisor.answer(self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    @contextlib.contextmanager
    def holding(self, name: str) -> Generator[None, None, None]:
        """Lets hooks of this name wait for their answer."""
        self._free_to_answer[name].clear()
        try:
            yield
        finally:
            self._free_to_answer[name].set()

    def give(self, mission: Mission) -> None:
        self.texts[mission.id] = compose(mission)

    def answer(self, path: str, body: dict[str, Any]) -> Reply:
        if path == "/hooks":
            name = str(body["hook_event_name"])
            self.heard.append((name, body))
            self._free_to_answer[name].wait(15)
            replies = self.hook_replies.get(name)
            return replies.pop(0) if replies else (200, {})
        params = cast("dict[str, Any]", body["params"])
        self.heard.append((str(body["method"]), params))
        if body["method"] == "prompts/get":
            text = self.texts.get(params["arguments"]["id"])
            if text is None:
                return 400, {"id": body["id"], "error": {"code": -32602, "message": "Unknown mission"}}
            message = {"role": "user", "content": {"type": "text", "text": text}}
            return 200, {"id": body["id"], "result": {"messages": [message]}}
        accepted: Reply = (200, {"structuredContent": {}})
        status, result = self.tool_replies.pop(0) if self.tool_replies else accepted
        return status, {"id": body["id"], "result": result} if result else {}

    def names(self) -> list[str]:
        return [name for name, _ in list(self.heard)]

    def all(self, name: str) -> list[dict[str, Any]]:
        return [body for heard, body in list(self.heard) if heard == name]

    def reports(self) -> list[dict[str, Any]]:
        return [params["arguments"] for params in self.all("tools/call")]

    def wait_for(self, name: str, count: int = 1) -> dict[str, Any]:
        eventually(lambda: len(self.all(name)) >= count, f"{name} (heard: {self.names()})")
        return self.all(name)[count - 1]


class RunningAgent:
    """The demo agent behind a pseudo terminal."""

    def __init__(self, spec: LaunchSpec, context: AgentContext) -> None:
        self._context = context
        self._master, slave = pty.openpty()
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            spec.argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=spec.cwd,
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **spec.env},
            start_new_session=True,
        )
        os.close(slave)
        self._output = bytearray()
        self.first_prompt_after: float | None = None
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def screen(self) -> str:
        return bytes(self._output).decode("utf-8", "replace")

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            self._output += data
            if self.first_prompt_after is None and b"> " in self._output:
                self.first_prompt_after = time.monotonic() - self.started_at

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def submit(self, line: str) -> None:
        self.type(line + ENTER)

    def do(self, mission_id: str = "m-1") -> None:
        self.submit(f"/mcp__orchestrator__mission {mission_id}")

    def wait_for_screen(self, text: str) -> None:
        eventually(lambda: text in self.screen, f"{text!r} on the screen")

    def status(self) -> SessionStatus | None:
        return DemoProvider().session_status(make_record(), self._context, self.pid)

    def wait_for_state(self, state: AgentState) -> None:
        eventually(lambda: (status := self.status()) is not None and status.state is state, f"state {state}")

    def transcript(self) -> list[dict[str, Any]]:
        path = self._context.files / "transcripts" / f"{CONVERSATION}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def resize(self, columns: int) -> None:
        termios.tcsetwinsize(self._master, (30, columns))
        self.process.send_signal(signal.SIGWINCH)

    def wait_for_end(self) -> int:
        return self.process.wait(15)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        os.close(self._master)


class Lab:
    """Starts agents of one session, and ends them all."""

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        self.supervisor = supervisor
        self.folder = folder
        self.cwd = folder / "project"
        self.cwd.mkdir()
        self.provider = DemoProvider()
        self._agents: list[RunningAgent] = []

    def context(self, agent_id: int = 1) -> AgentContext:
        return AgentContext(
            url=self.supervisor.url,
            hooks_url=self.supervisor.hooks_url,
            token=TOKEN,
            files=self.folder / "agents" / str(agent_id),
            cwd=str(self.cwd),
            system_prompt="",
        )

    def start(self, *, agent_id: int = 1, prompt: str | None = None, ready: bool = True) -> RunningAgent:
        context = self.context(agent_id)
        spec = self.provider.launch(make_record(agent_id), context, Start(CONVERSATION, prompt=prompt))
        agent = self.run(spec, context)
        if ready:
            agent.wait_for_state(AgentState.IDLE)
        return agent

    def run(self, spec: LaunchSpec, context: AgentContext) -> RunningAgent:
        agent = RunningAgent(spec, context)
        self._agents.append(agent)
        return agent

    def close(self) -> None:
        for agent in self._agents:
            agent.close()


@contextlib.contextmanager
def supervised() -> Generator[Supervisor, None, None]:
    supervisor = Supervisor()
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
