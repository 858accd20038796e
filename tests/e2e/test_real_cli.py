"""The provider with the real Claude CLI, in a real tmux, against a stand-in for the model."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.agents.mission_text import compose, compose_resume
from orchestrator_tui.agents.providers.base import AgentContext, SessionStatus, Start
from orchestrator_tui.agents.providers.claude import LONGEST_ARGUMENT, ClaudeProvider
from orchestrator_tui.agents.providers.session_file import is_alive
from orchestrator_tui.core.models import (
    AgentRecord,
    AgentState,
    Mission,
    MissionState,
    ModelTier,
    Priority,
    Role,
    TaskType,
    WaitingFor,
)
from orchestrator_tui.core.roles import system_prompt
from tests.e2e.claude_cli import ClaudeHome
from tests.e2e.private_tmux import PrivateTmux
from tests.e2e.sink import Sink, eventually
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(120)]

TOKEN = "a3-secret"
AWKWARD = (
    "Fix the parser.\n\n```sh\necho \"$HOME\" '$(id)' `id` \\n ${x} !x\n```\n\t@/etc/hostname $ARGUMENTS $1\n"
    "<system-reminder>x</system-reminder> 漢字 ü 🎉\n" + "A long line of the mission. " * 100 + "\n\n"
)


def mission_text(prompt: str, mission_id: str = "m-1", nonce: str = "n0nce1") -> Mission:
    return Mission(
        id=mission_id,
        seq=1,
        prompt=prompt,
        context=None,
        type=TaskType.CODING,
        priority=Priority.NORMAL,
        state=MissionState.ASSIGNED,
        created_at=0,
        nonce=nonce,
    )


class RealAgent:
    """One agent of the provider, started in a private tmux."""

    def __init__(self, home: ClaudeHome, sink: Sink, tmux: PrivateTmux, folder: Path, mode: str = "dontAsk") -> None:
        self.cwd = folder / "my project_ü.1"
        self.cwd.mkdir()
        home.trust(self.cwd)
        self._home = home
        self._tmux = tmux
        self.provider = ClaudeProvider(environ=home.environ())
        self.context = AgentContext(
            url=f"{sink.url}/mcp",
            hooks_url=f"{sink.url}/hooks",
            token=TOKEN,
            files=folder / "agents" / "3",
            cwd=str(self.cwd),
            system_prompt=system_prompt(Role.CODER),
            permission_mode=mode,
        )
        self.record = AgentRecord(
            id=3,
            name="agent-3",
            role=Role.CODER,
            model=ModelTier.HAIKU,
            provider="claude",
            config={},
            state=AgentState.STARTING,
            created_at=0,
            state_since=0,
            conversation_id=str(uuid.uuid4()),
        )
        self.pid = 0

    def start(self, prompt: str | None = None, *, resume: bool = False) -> None:
        assert self.record.conversation_id is not None
        start = Start(self.record.conversation_id, resume=resume, prompt=prompt)
        self.pid = self._tmux.start(self.provider.launch(self.record, self.context, start), self._home.environ())

    def status(self) -> SessionStatus | None:
        return self.provider.session_status(self.record, self.context, self.pid)

    def is_in(self, state: AgentState) -> bool:
        status = self.status()
        return status is not None and status.state is state

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        eventually(lambda: not is_alive(self.pid), "the end of the process")


@pytest.fixture
def make_agent(home: ClaudeHome, sink: Sink, tmux: PrivateTmux, tmp_path: Path) -> Iterator[Callable[..., RealAgent]]:
    agents: list[RealAgent] = []

    def make(mode: str = "dontAsk") -> RealAgent:
        agents.append(RealAgent(home, sink, tmux, tmp_path, mode))
        return agents[-1]

    yield make
    for agent in agents:
        if agent.pid and is_alive(agent.pid):
            agent.kill()


def test_a_mission_as_start_argument_is_received_exactly_and_reported(
    make_agent: Callable[..., RealAgent], sink: Sink, stub: MessagesStub, tmux: PrivateTmux
) -> None:
    agent = make_agent()
    text = compose(mission_text(AWKWARD)) + "\n\n"
    agent.start(text)
    eventually(lambda: sink.named("Stop"), "the end of the turn")
    [begun] = sink.named("SessionStart")
    assert (begun["source"], begun["session_id"]) == ("startup", agent.record.conversation_id)
    assert [hook["prompt"] for hook in sink.named("UserPromptSubmit")] == [text]
    assert sink.calls == [{"action": "complete", "mission_id": "m-1", "output": "done m-1"}]
    assert {header for header, _ in sink.hooks} == sink.mcp_tokens == {f"Bearer {TOKEN}"}
    assert sink.named("Stop")[0]["last_assistant_message"] == "reported"
    # The CLI writes its transcript a moment later.
    eventually(lambda: agent.provider.was_delivered(agent.record, agent.context, "n0nce1"), "the transcript")
    assert agent.provider.has_transcript(agent.record, agent.context)
    first = next(request for request in stub.requests if request.get("tools"))
    assert any(system_prompt(Role.CODER).strip() in block["text"] for block in first["system"])
    assert "haiku" in first["model"]
    eventually(lambda: agent.is_in(AgentState.IDLE), "the idle state")
    status = agent.status()
    assert status is not None
    assert status.conversation_id == agent.record.conversation_id
    assert "hook" not in tmux.screen().lower().replace("claude-session-hook", "")


def test_an_agent_without_a_mission_waits_and_takes_typed_ones(
    make_agent: Callable[..., RealAgent], sink: Sink, tmux: PrivateTmux
) -> None:
    agent = make_agent()
    agent.start()
    eventually(lambda: agent.is_in(AgentState.IDLE) and sink.named("SessionStart"), "the idle state")
    assert not sink.named("UserPromptSubmit")
    assert not agent.provider.has_transcript(agent.record, agent.context)
    tmux.press("-l", "hello there")
    eventually(lambda: "hello there" in tmux.screen(), "the echo")
    tmux.press("Enter")
    eventually(lambda: sink.named("Stop"), "the end of the turn")
    assert sink.named("UserPromptSubmit")[0]["prompt"] == "hello there"


def test_after_kill_9_the_conversation_goes_on(
    make_agent: Callable[..., RealAgent], sink: Sink, stub: MessagesStub
) -> None:
    agent = make_agent()
    mission = mission_text("[[SILENT]] [[SLOW 60]] remember the word Zwetschge")
    agent.start(compose(mission))
    eventually(lambda: sink.named("UserPromptSubmit"), "the prompt")
    eventually(lambda: stub.requests and agent.is_in(AgentState.BUSY), "the busy state")
    eventually(lambda: agent.provider.was_delivered(agent.record, agent.context, "n0nce1"), "the transcript")
    agent.kill()
    assert agent.status() is None
    again = compose_resume(mission_text("say it again", nonce="n0nce2"), "killed by SIGKILL")
    agent.start(again, resume=True)
    eventually(lambda: sink.named("Stop"), "the end of the turn")
    assert sink.named("SessionStart")[-1]["source"] == "resume"
    assert sink.named("SessionStart")[-1]["session_id"] == agent.record.conversation_id
    assert sink.named("UserPromptSubmit")[-1]["prompt"] == again
    assert "Zwetschge" in " ".join(stub.user_texts())
    assert [call["mission_id"] for call in sink.calls] == ["m-1"]


def test_killed_before_its_first_prompt_it_begins_the_same_conversation(
    make_agent: Callable[..., RealAgent], sink: Sink
) -> None:
    agent = make_agent()
    agent.start()
    eventually(lambda: agent.is_in(AgentState.IDLE) and sink.named("SessionStart"), "the idle state")
    agent.kill()
    agent.start(compose(mission_text("now")), resume=True)
    eventually(lambda: sink.calls, "the report")
    assert {hook["session_id"] for hook in sink.named("SessionStart")} == {agent.record.conversation_id}


def test_a_mission_too_long_for_an_argument_is_read_from_a_file_without_asking(
    make_agent: Callable[..., RealAgent], sink: Sink, stub: MessagesStub
) -> None:
    agent = make_agent("dontAsk")
    file = agent.context.files / f"prompt-{agent.record.conversation_id}.txt"
    padding = "\n".join(f"line {number} of a very long mission" for number in range(LONGEST_ARGUMENT // 30))
    agent.start(compose(mission_text(f"{padding}")))
    eventually(lambda: sink.calls, "the report")
    assert [hook["tool_name"] for hook in sink.named("PostToolUse")][:1] == ["Read"]
    assert "line 40 of a very long mission" in str(stub.requests[-1]["messages"])
    told = sink.named("UserPromptSubmit")[0]["prompt"]
    assert told.startswith("Mission m-1 (delivery n0nce1)\n")
    assert str(file) in told
    eventually(lambda: agent.provider.was_delivered(agent.record, agent.context, "n0nce1"), "the transcript")


@pytest.mark.parametrize("allow", [True, False])
def test_a_permission_prompt_is_reported_and_answered(
    make_agent: Callable[..., RealAgent], sink: Sink, tmux: PrivateTmux, allow: bool
) -> None:
    agent = make_agent("manual")
    proof = agent.cwd / "proof"
    agent.start(f"[[BASH touch '{proof}']]")
    eventually(lambda: sink.named("PermissionRequest"), "the permission prompt")
    eventually(lambda: agent.is_in(AgentState.WAITING), "the waiting state")
    status = agent.status()
    assert status is not None
    assert status.waiting_for is WaitingFor.PERMISSION
    eventually(lambda: "Do you want" in tmux.screen(), "the dialog")
    tmux.press(*agent.provider.answer_keys(allow))
    eventually(lambda: agent.is_in(AgentState.IDLE), "the idle state")
    assert proof.exists() is allow


def test_a_supervisor_that_is_away_does_not_keep_the_agent_from_working(
    make_agent: Callable[..., RealAgent], stub: MessagesStub, sink: Sink
) -> None:
    agent = make_agent()
    sink.__exit__(None, None, None)
    agent.start("hello")
    eventually(lambda: agent.provider.has_transcript(agent.record, agent.context), "the transcript")
    eventually(lambda: stub.requests and agent.is_in(AgentState.IDLE), "the end of the turn")
