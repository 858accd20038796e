"""How the Claude CLI is started, with a stand-in program that writes down what it is given."""

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from orchestrator_tui.agents.mission_text import compose, compose_resume
from orchestrator_tui.agents.providers.base import AgentContext, ApiFailure, Provider, Start
from orchestrator_tui.agents.providers.claude import (
    LONGEST_ARGUMENT,
    ClaudeProvider,
    config_folder,
    project_folder_name,
)
from orchestrator_tui.agents.providers.session_file import process_start
from orchestrator_tui.core.errors import ProviderUnavailable, UsageError
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
    WaitingFor,
)

CONVERSATION = "6e1c9a50-4a4b-4a52-8f3e-0d9c1f1f2a3b"
TOKEN = "a7-secret"
STAND_IN = f"""#!{sys.executable} -IS
import json, os, sys
told = [os.fsencode(part).hex() for part in sys.argv[1:]]
json.dump({{"pid": os.getpid(), "argv": told, "env": dict(os.environ)}}, open(os.environ["TOLD"], "w"))
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "claude"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    return {"PATH": str(program.parent), "HOME": str(tmp_path / "home"), "TOLD": str(tmp_path / "told.json")}


@pytest.fixture
def provider(environ: dict[str, str]) -> ClaudeProvider:
    return ClaudeProvider(environ=environ)


@pytest.fixture
def context(tmp_path: Path) -> AgentContext:
    cwd = tmp_path / "my project_ü"
    cwd.mkdir()
    return AgentContext(
        url="http://127.0.0.1:4242/mcp",
        hooks_url="http://127.0.0.1:4242/hooks",
        token=TOKEN,
        files=tmp_path / "agents" / "7",
        cwd=str(cwd),
        system_prompt="You are a coder.\n",
    )


@pytest.fixture
def record() -> AgentRecord:
    return AgentRecord(
        id=7,
        name="agent-7",
        role=Role.CODER,
        model=ModelTier.SONNET,
        provider="claude",
        config={},
        state=AgentState.STARTING,
        created_at=0,
        state_since=0,
        conversation_id=CONVERSATION,
    )


def make_mission(prompt: str) -> Mission:
    return Mission(
        id="m-1",
        seq=1,
        prompt=prompt,
        context=None,
        type=TaskType.CODING,
        priority=Priority.NORMAL,
        state=MissionState.ASSIGNED,
        created_at=0,
        nonce="n0nce",
    )


def write_transcript(environ: dict[str, str], context: AgentContext, text: str, folder: str | None = None) -> None:
    name = folder or "".join(c if c.isascii() and c.isalnum() else "-" for c in context.cwd)
    path = config_folder(environ) / "projects" / name / f"{CONVERSATION}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "user", "message": {"content": text}}) + "\n")


class Told:
    """What the stand-in was given."""

    def __init__(self, spec: LaunchSpec, environ: dict[str, str]) -> None:
        process = subprocess.Popen(spec.argv, env={**environ, **spec.env}, cwd=spec.cwd)
        assert process.wait(20) == 0
        told: dict[str, Any] = json.loads(Path(environ["TOLD"]).read_text())
        self.became_it = told["pid"] == process.pid
        self.argv = [bytes.fromhex(part) for part in told["argv"]]
        self.env: dict[str, str] = told["env"]

    def option(self, name: str) -> str:
        return self.argv[self.argv.index(name.encode()) + 1].decode()


class TestTheArgument:
    @pytest.mark.parametrize(
        "prompt",
        [
            "one line",
            "many\r\nlines\n\n\ttabs\n\n\n",
            "\n\n leading and trailing blanks \n",
            "$HOME `id` $(id) \"double\" 'single' \\n !x @/etc/hostname ${x} %s {agent} ; & | > <",
            "--help",
            "-",
            "漢字 ü 🎉 \u202e bidi \u200b zero \x1b[31m esc \x01 \x7f",
            "x" * LONGEST_ARGUMENT,
        ],
        ids=["plain", "lines", "blanks", "shell", "option", "dash", "unicode", "longest"],
    )
    def test_arrives_exactly(
        self,
        provider: ClaudeProvider,
        record: AgentRecord,
        context: AgentContext,
        environ: dict[str, str],
        prompt: str,
    ) -> None:
        told = Told(provider.launch(record, context, Start(CONVERSATION, prompt=prompt)), environ)
        assert told.argv[-2:] == [b"--", prompt.encode()]
        assert told.became_it

    def test_is_missing_without_a_mission(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        told = Told(provider.launch(record, context, Start(CONVERSATION)), environ)
        assert b"--" not in told.argv
        assert told.became_it

    def test_too_long_becomes_a_file_that_the_agent_may_read(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        text = compose_resume(make_mission("ü" * LONGEST_ARGUMENT), "it crashed")
        told = Told(provider.launch(record, context, Start(CONVERSATION, prompt=text)), environ)
        said = told.argv[-1].decode()
        file = context.files / f"prompt-{CONVERSATION}.txt"
        assert said.startswith("Mission m-1 (delivery n0nce)\n")
        assert str(file) in said
        assert file.read_text() == text
        assert f"Read(/{file})".encode() in told.argv

    @pytest.mark.parametrize("prompt", ["nul \0 inside", "half \ud800 character"])
    def test_that_cannot_be_one_is_refused(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, prompt: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            provider.launch(record, context, Start(CONVERSATION, prompt=prompt))
        assert caught.value.field == "prompt"

    def test_is_kept_for_the_current_conversation_only(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext
    ) -> None:
        provider.launch(record, context, Start("11111111-1111-4111-8111-111111111111", prompt="old"))
        provider.launch(record, context, Start(CONVERSATION, prompt="new"))
        assert [path.name for path in context.files.glob("prompt-*")] == [f"prompt-{CONVERSATION}.txt"]


class TestTheCommandLine:
    def test_of_a_first_start(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        told = Told(provider.launch(record, context, Start(CONVERSATION)), environ)
        assert told.option("--session-id") == CONVERSATION
        assert told.option("--model") == "sonnet"
        assert told.option("--allowedTools") == "mcp__orchestrator__*"
        assert Path(told.option("--append-system-prompt-file")).read_text() == context.system_prompt
        assert b"--permission-mode" not in told.argv
        assert b"--resume" not in told.argv

    @pytest.mark.parametrize("folder", [None, "shortened-name-x1y2"])
    def test_of_a_conversation_that_goes_on(
        self,
        provider: ClaudeProvider,
        record: AgentRecord,
        context: AgentContext,
        environ: dict[str, str],
        folder: str | None,
    ) -> None:
        write_transcript(environ, context, "hello", folder)
        told = Told(provider.launch(record, context, Start(CONVERSATION, resume=True)), environ)
        assert told.option("--resume") == CONVERSATION
        assert b"--session-id" not in told.argv

    def test_of_a_copy_of_a_conversation(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        start = Start("11111111-1111-4111-8111-111111111111", fork_of=CONVERSATION)
        told = Told(provider.launch(record, context, start), environ)
        assert (told.option("--resume"), told.option("--session-id")) == (CONVERSATION, start.conversation_id)
        assert b"--fork-session" in told.argv

    def test_a_conversation_that_was_never_spoken_in_is_begun(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        told = Told(provider.launch(record, context, Start(CONVERSATION, resume=True)), environ)
        assert told.option("--session-id") == CONVERSATION

    def test_a_configured_permission_mode(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        careful = replace(context, permission_mode="plan")
        told = Told(provider.launch(record, careful, Start(CONVERSATION)), environ)
        assert told.option("--permission-mode") == "plan"

    def test_the_token_is_in_the_environment_and_nowhere_else(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        spec = provider.launch(record, context, Start(CONVERSATION, prompt="x"))
        told = Told(spec, {**environ, "CLAUDECODE": "1"})
        assert told.env["ORCHESTRATOR_AGENT_TOKEN"] == TOKEN
        assert told.env["ORCHESTRATOR_AGENT_ID"] == "7"
        assert told.env["ORCHESTRATOR_AGENT_URL"] == context.url
        assert told.env["CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN"] == "1"
        assert "CLAUDECODE" not in told.env
        assert not any(TOKEN in part for part in spec.argv)
        assert not any(TOKEN in path.read_text() for path in context.files.parent.rglob("*") if path.is_file())

    def test_loopback_is_kept_away_from_a_proxy(self, environ: dict[str, str], context: AgentContext) -> None:
        direct = ClaudeProvider(environ=environ).environment(context, 1)
        proxied = ClaudeProvider(environ={**environ, "HTTPS_PROXY": "http://p:1", "NO_PROXY": "intra"})
        assert "NO_PROXY" not in direct
        assert proxied.environment(context, 1)["NO_PROXY"] == "intra,127.0.0.1,localhost"


class TestTheFiles:
    def test_are_private(self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext) -> None:
        context.files.mkdir(parents=True, mode=0o755)
        provider.launch(record, context, Start(CONVERSATION, prompt="x"))
        for path in context.files.parent.rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path

    def test_name_our_server_and_hooks(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext
    ) -> None:
        provider.launch(record, context, Start(CONVERSATION))
        server = json.loads((context.files / "mcp.json").read_text())["mcpServers"]["orchestrator"]
        assert server == {
            "type": "http",
            "url": context.url,
            "headers": {"Authorization": "Bearer ${ORCHESTRATOR_AGENT_TOKEN}"},
            "alwaysLoad": True,
        }
        settings = json.loads((context.files / "settings.json").read_text())
        assert set(settings) == {"hooks", "autoContinueAtUsageLimit"}
        # The mission is queued again then: two would go on with it.
        assert settings["autoContinueAtUsageLimit"] is False
        for event, groups in settings["hooks"].items():
            [[hook]] = [group["hooks"] for group in groups]
            assert hook["type"] == ("command" if event == "SessionStart" else "http")
        stop = settings["hooks"]["Stop"][0]["hooks"][0]
        assert (stop["url"], stop["timeout"], stop["allowedEnvVars"]) == (
            context.hooks_url,
            2,
            ["ORCHESTRATOR_AGENT_TOKEN"],
        )

    def test_that_are_right_are_not_written_again(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext
    ) -> None:
        provider.launch(record, context, Start(CONVERSATION))
        shared = [path for path in context.files.parent.rglob("*") if path.is_file()]
        before = {path: path.stat().st_ino for path in shared}
        provider.launch(record, context, Start(CONVERSATION, prompt="next"))
        provider.launch(replace(record, id=8), replace(context, files=context.files.parent / "8"), Start(CONVERSATION))
        assert {path: path.stat().st_ino for path in shared} == before


class TestAMissingProgram:
    def test_is_explained(self, environ: dict[str, str], record: AgentRecord, context: AgentContext) -> None:
        provider = ClaudeProvider("claude-missing", environ=environ)
        assert "`claude-missing`" in (provider.problem() or "")
        assert "npm install -g @anthropic-ai/claude-code" in (provider.problem() or "")
        with pytest.raises(ProviderUnavailable) as caught:
            provider.launch(record, context, Start(CONVERSATION))
        assert caught.value.remedy
        assert not context.files.exists()

    def test_is_no_problem_when_it_is_there(self, provider: ClaudeProvider) -> None:
        assert provider.problem() is None

    def test_the_path_of_the_agents_own_environment_counts(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, tmp_path: Path
    ) -> None:
        other = tmp_path / "other" / "claude"
        other.parent.mkdir()
        shutil.copy(tmp_path / "bin" / "claude", other)
        spec = provider.launch(replace(record, config={"env": {"PATH": str(other.parent)}}), context, Start("x"))
        assert str(other) in spec.argv

    def test_that_vanishes_before_the_start_is_said_in_the_pane(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        spec = provider.launch(record, context, Start(CONVERSATION, prompt="x"))
        Path(environ["PATH"], "claude").unlink()
        done = subprocess.run(spec.argv, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 127
        assert done.stderr.startswith("The agent's program could not be started")
        assert "Traceback" not in done.stderr


class TestWhatTheProgramLeavesBehind:
    def test_a_delivery_is_found_in_the_transcript(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        assert not provider.has_transcript(record, context)
        assert not provider.was_delivered(record, context, "n0nce")
        write_transcript(environ, context, compose(make_mission("do it")))
        assert provider.has_transcript(record, context)
        assert provider.was_delivered(record, context, "n0nce")
        assert not provider.was_delivered(record, context, "other")
        assert not provider.was_delivered(replace(record, conversation_id=None), context, "n0nce")

    def test_the_agents_own_config_folder_counts(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, tmp_path: Path
    ) -> None:
        own = {"CLAUDE_CONFIG_DIR": str(tmp_path / "conf")}
        write_transcript(own, context, "x")
        assert not provider.has_transcript(record, context)
        assert provider.has_transcript(replace(record, config={"env": own}), context)

    def test_its_own_word_on_its_state(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        pid = os.getpid()
        assert provider.session_status(record, context, pid) is None
        file = config_folder(environ) / "sessions" / f"{pid}.json"
        file.parent.mkdir(parents=True)
        said = {"status": "waiting", "waitingFor": "permission prompt", "sessionId": CONVERSATION}
        file.write_text(json.dumps({**said, "pid": pid, "procStart": process_start(pid)}))
        status = provider.session_status(record, context, pid)
        assert status is not None
        assert (status.state, status.waiting_for) == (AgentState.WAITING, WaitingFor.PERMISSION)
        assert status.conversation_id == CONVERSATION


class TestTheSessionHook:
    @pytest.fixture
    def sink(self) -> Iterator[tuple[str, list[tuple[str | None, bytes]], Callable[[int], None]]]:
        heard: list[tuple[str | None, bytes]] = []
        failures = [0]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.append((self.headers["Authorization"], body))
                failures[0] -= 1
                self.send_response(503 if failures[0] >= 0 else 200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()

        def fail(times: int) -> None:
            failures[0] = times

        yield f"http://127.0.0.1:{server.server_address[1]}/hooks", heard, fail
        server.shutdown()
        server.server_close()
        thread.join()

    def run(self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, body: bytes) -> bytes:
        spec = provider.launch(record, context, Start(CONVERSATION))
        settings = json.loads((context.files / "settings.json").read_text())
        command = settings["hooks"]["SessionStart"][0]["hooks"][0]["command"]
        env = {**spec.env, "PATH": os.defpath, "http_proxy": "http://127.0.0.1:1"}
        done = subprocess.run(["sh", "-c", command], env=env, input=body, capture_output=True, check=True, timeout=20)
        assert done.stderr == b""
        return done.stdout

    @pytest.mark.parametrize("failures", [0, 2])
    def test_forwards_what_it_reads_with_the_token(
        self,
        provider: ClaudeProvider,
        record: AgentRecord,
        context: AgentContext,
        sink: tuple[str, list[tuple[str | None, bytes]], Callable[[int], None]],
        failures: int,
    ) -> None:
        url, heard, fail = sink
        fail(failures)
        body = '{"hook_event_name": "SessionStart", "cwd": "/ü"}'.encode()
        assert self.run(provider, record, replace(context, hooks_url=url), body) == b""
        assert heard == [(f"Bearer {TOKEN}", body)] * (failures + 1)

    def test_gives_up_quietly_without_a_supervisor(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext
    ) -> None:
        assert self.run(provider, record, replace(context, hooks_url="http://127.0.0.1:1/hooks"), b"{}") == b""


def test_it_is_a_provider(provider: ClaudeProvider) -> None:
    as_protocol: Provider = provider
    assert as_protocol.supports_fresh
    assert as_protocol.typed_prompt("m-1") == "/mcp__orchestrator__mission m-1"
    assert as_protocol.answer_keys(True) != as_protocol.answer_keys(False)


class TestTelemetry:
    def test_comes_to_us_under_the_agents_token(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext
    ) -> None:
        env = provider.launch(record, context, Start(CONVERSATION)).env
        assert env["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"
        assert env["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] == context.hooks_url.replace("/hooks", "/v1/logs")
        assert unquote(env["OTEL_EXPORTER_OTLP_LOGS_HEADERS"]) == f"Authorization=Bearer {context.token}"
        assert not [name for name in env if "METRIC" in name or "TRACE" in name]

    @pytest.mark.parametrize("name", ["CLAUDE_CODE_ENABLE_TELEMETRY", "OTEL_EXPORTER_OTLP_ENDPOINT"])
    @pytest.mark.parametrize("where", ["environment", "agent", "user", "project", "local"])
    def test_that_the_user_has_set_up_is_left_alone(
        self,
        record: AgentRecord,
        context: AgentContext,
        environ: dict[str, str],
        name: str,
        where: str,
    ) -> None:
        files = {
            "user": config_folder(environ) / "settings.json",
            "project": Path(context.cwd) / ".claude" / "settings.json",
            "local": Path(context.cwd) / ".claude" / "settings.local.json",
        }
        if where in files:
            files[where].parent.mkdir(parents=True, exist_ok=True)
            files[where].write_text(json.dumps({"env": {name: "http://collector"}}))
        own = {name: "1"} if where == "environment" else {}
        config: dict[str, object] = {"env": {name: "1"}} if where == "agent" else {}
        spec = ClaudeProvider(environ={**environ, **own}).launch(
            replace(record, config=config), context, Start(CONVERSATION)
        )
        assert not [key for key in spec.env if key.startswith("OTEL_") or key == "CLAUDE_CODE_ENABLE_TELEMETRY"]

    def test_settings_that_say_nothing_of_it_or_cannot_be_read_are_none(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        file = config_folder(environ) / "settings.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        for text in ('{"env": {"FOO": "1"}}', '{"env": 3}', "[]", "{"):
            file.write_text(text)
            assert "OTEL_LOGS_EXPORTER" in provider.launch(record, context, Start(CONVERSATION)).env


class TestTranscripts:
    def test_are_the_conversations_and_its_subagents(
        self, provider: ClaudeProvider, record: AgentRecord, context: AgentContext, environ: dict[str, str]
    ) -> None:
        write_transcript(environ, context, "x")
        (main,) = provider.transcripts(record, context)
        folder = main.with_suffix("") / "subagents"
        folder.mkdir(parents=True)
        for name in ("agent-b.jsonl", "agent-a.jsonl", "agent-a.meta.json"):
            (folder / name).touch()
        assert [path.name for path in provider.transcripts(record, context)] == [
            f"{CONVERSATION}.jsonl",
            "agent-a.jsonl",
            "agent-b.jsonl",
        ]
        assert provider.transcripts(replace(record, conversation_id=None), context) == ()

    @pytest.mark.parametrize(
        ("model", "window"),
        [
            ("claude-sonnet-5-5", 1_000_000),
            ("claude-sonnet-4-5", 200_000),
            ("claude-sonnet-4-5[1m]", 1_000_000),
            ("gpt", None),
        ],
    )
    def test_a_models_window(self, provider: ClaudeProvider, model: str, window: int | None) -> None:
        assert provider.context_window(model) == window


class TestTheAccount:
    def test_is_the_folder_with_the_credentials_and_keeps_no_secret(self, record: AgentRecord) -> None:
        environ = {"HOME": "/home/me", "ANTHROPIC_API_KEY": "sk-secret"}

        def with_env(**env: str) -> AgentRecord:
            return replace(record, config={**record.config, "env": env})

        provider = ClaudeProvider(environ=environ)
        account = provider.account(record)
        assert account.label == "Claude (~/.claude)"
        assert "secret" not in account.id
        assert account == provider.account(record)
        others = [
            ClaudeProvider(environ={**environ, "ANTHROPIC_API_KEY": "sk-other"}).account(record),
            provider.account(with_env(CLAUDE_CONFIG_DIR="/accounts/two")),
            provider.account(with_env(ANTHROPIC_BASE_URL="http://127.0.0.1:1")),
        ]
        assert len({account.id, *(other.id for other in others)}) == 4
        assert others[1].label == "Claude (/accounts/two)"

    def test_its_limit_is_read_from_the_last_word_of_the_transcript(
        self, record: AgentRecord, context: AgentContext, tmp_path: Path
    ) -> None:
        provider = ClaudeProvider(environ={"HOME": str(tmp_path)})
        folder = tmp_path / ".claude" / "projects" / project_folder_name(context.cwd)
        folder.mkdir(parents=True)
        transcript = folder / f"{record.conversation_id}.jsonl"
        assert provider.api_failure(record, context) is None
        limit = {
            "type": "assistant",
            "message": {"content": [{"type": "text", "text": "You've hit your 5-hour limit"}]},
            "quotaLimits": {"status": "rejected", "resetsAt": 1795826093},
            "error": "rate_limit",
            "isApiErrorMessage": True,
        }
        after = {"type": "system", "subtype": "informational", "content": "Usage limit reached"}
        lines = [{"type": "user", "message": {"content": "x"}}, limit, after]
        transcript.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"type": "assi')
        failure = provider.api_failure(record, context)
        assert failure == ApiFailure("rate_limit", "You've hit your 5-hour limit", 1795826093000)
        transcript.write_text(transcript.read_text() + "\n" + json.dumps(lines[0]) + "\n")
        assert provider.api_failure(record, context) is None
