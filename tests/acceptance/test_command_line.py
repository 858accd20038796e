"""Every command from a shell, against a real supervisor with demo agents."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.agents.credentials import Credentials
from tests.acceptance.survival import agent_pids, tmux
from tests.conftest import Program, wait_until

SESSION = ("--session", "shell")
AGENT_ACTIONS = ("spawn", "spawn-pool", "kill", "restart", "health", "health-all", "status", "attach", "send")
MISSION_ACTIONS = ("distribute", "complete", "fail", "status")
COMMANDS = [
    *(tuple(name.split()) for name in ("", "run", "serve", "endpoint", "doctor", "demo", "agent", "mission", "events")),
    *(("agent", name) for name in AGENT_ACTIONS),
    *(("mission", name) for name in MISSION_ACTIONS),
]


def refused(done: "subprocess.CompletedProcess[str]", code: int, *words: str) -> None:
    """One clear sentence on stderr, the exit code, nothing else."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr


def mission(program: Program, mission_id: str) -> dict[str, Any]:
    answer = program.json("mission", "status", "--mission-id", mission_id, *SESSION)
    (found,) = answer["missions"]
    return found


def until_mission(program: Program, mission_id: str, status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = mission(program, mission_id)
        return found if found["status"] == status else None

    return wait_until(look, f"{mission_id} is {status}")


def until_idle(program: Program, *agent_ids: int) -> dict[int, dict[str, Any]]:
    def look() -> dict[int, dict[str, Any]] | None:
        agents = {agent["id"]: agent for agent in program.json("agent", "status", *SESSION)["agents"]}
        return agents if all(agents[key]["status"] == "idle" for key in agent_ids) else None

    return wait_until(look, f"agents {agent_ids} are idle")


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.timeout(60)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_an_example(program: Program, command: tuple[str, ...]) -> None:
    done = program.run(*command, "--help")
    assert done.returncode == 0
    (example,) = [line for line in done.stdout.split("\n\n") if "Example: " in line]
    assert " ".join(("orchestrator-tui", *command)) in " ".join(example.split())


@pytest.mark.tmux
@pytest.mark.timeout(120)
def test_agents_from_a_shell(program: Program) -> None:
    program.serve("shell")
    one = program.json("agent", "spawn", "--role", "coder", "--model", "haiku", "--name", "parser", *SESSION)["agent"]
    assert (one["id"], one["name"], one["role"], one["model"]) == (1, "parser", "coder", "haiku")
    pool = program.json("agent", "spawn-pool", "--count", "2", "--role", "tester", *SESSION)["agents"]
    assert [agent["id"] for agent in pool] == [2, 3]
    before = until_idle(program, 1, 2, 3)
    status = program.json("agent", "status", *SESSION)
    assert (status["total_agents"], status["active_agents"]) == (3, 0)
    assert status["by_role"] == {"coder": 1, "tester": 2}
    text = program.run("agent", "status", *SESSION).stdout
    assert "parser" in text
    assert "tester" in text
    health = program.json("agent", "health", "1", *SESSION)
    assert (health["agent_id"], health["alive"]) == (1, True)
    assert health["memory_usage"] > 0
    assert [entry["agent_id"] for entry in program.json("agent", "health-all", *SESSION)["agents"]] == [1, 2, 3]
    assert program.json("agent", "restart", "1", *SESSION)["agent"]["id"] == 1
    after = until_idle(program, 1)
    assert after[1]["pid"] != before[1]["pid"]
    assert after[2]["pid"] == before[2]["pid"]
    sent = program.run("agent", "send", "1", "hello [[output heard you]]", *SESSION)
    assert (sent.returncode, sent.stdout) == (0, "sent to agent 1\n")
    wait_until(
        lambda: "heard you" in tmux(program, "shell", "capture-pane", "-pt", after[1]["pane_id"]).stdout,
        "the line arrived",
    )
    assert program.json("agent", "kill", "2", *SESSION)["agent"]["status"] == "stopped"
    wait_until(lambda: is_gone(before[2]["pid"]), "its program is gone")
    assert [agent["id"] for agent in program.json("agent", "status", *SESSION)["agents"]] == [1, 3]


@pytest.mark.tmux
@pytest.mark.timeout(120)
def test_missions_from_a_shell(program: Program) -> None:
    program.serve("shell")
    program.json("agent", "spawn", *SESSION)
    until_idle(program, 1)
    given = program.json("mission", "distribute", "Say it [[output said]]", "--priority", "high", *SESSION)
    assert given["assigned_to"] == 1
    assert until_mission(program, given["mission_id"], "completed")["output"] == "said"
    slow = program.json("mission", "distribute", "Take long [[sleep 60]]", "--id", "slow", *SESSION)
    assert slow["mission_id"] == "slow"
    waits = program.json("mission", "distribute", "Wait", "--id", "waits", "--depends-on", "slow", *SESSION)
    assert (waits["status"], waits["assigned_to"]) == ("blocked", None)
    until_mission(program, "slow", "running")
    done = program.json(
        "mission", "complete", "slow", "--output", "by hand", "--token-usage", '{"input": 3, "output": 4}', *SESSION
    )
    assert done == {"mission_id": "slow", "status": "completed"}
    assert mission(program, "slow")["token_usage"] == {"input": 3, "output": 4}
    until_mission(program, "waits", "completed")
    program.json("mission", "distribute", "Take long [[sleep 60]]", "--id", "bad", *SESSION)
    until_mission(program, "bad", "running")
    failed = program.json(
        "mission", "fail", "bad", "--error-code", "no_access", "--message", "x", "--no-recoverable", *SESSION
    )
    assert failed == {"mission_id": "bad", "status": "failed"}
    assert mission(program, "bad")["error_code"] == "no_access"
    stats = program.json("mission", "status", *SESSION)["stats"]
    assert (stats["completed"], stats["failed"]) == (3, 1)
    assert "bad" in program.run("mission", "status", *SESSION).stdout


@pytest.mark.tmux
@pytest.mark.timeout(120)
def test_refusals_are_one_sentence(program: Program) -> None:
    refused(program.run("agent", "status", *SESSION), 3, "No supervisor runs", "orchestrator-tui serve")
    refused(program.run("mission", "status", *SESSION), 3, "No supervisor runs")
    refused(program.run("agent", "attach", "1", *SESSION), 3, "No supervisor runs")
    refused(program.run("endpoint", *SESSION), 3, "No supervisor runs")
    program.serve("shell")
    refused(program.run("serve", *SESSION, "--provider", "demo"), 3, "owned by another process (serve", "--session")
    refused(program.run("agent", "kill", "9", *SESSION), 2, "There is no agent 9")
    refused(program.run("agent", "send", "9", "x", *SESSION), 2, "There is no agent 9")
    refused(program.run("agent", "attach", "9", *SESSION), 2, "There is no agent 9")
    refused(program.run("agent", "spawn", "--role", "cook", *SESSION), 2, "--role", "coder")
    refused(program.run("agent", "spawn", "--provider", "nobody", *SESSION), 2, "nobody", "demo")
    refused(program.run("agent", "spawn-pool", "--count", "0", *SESSION), 2, "count")
    refused(program.run("mission", "distribute", " ", *SESSION), 2, "prompt")
    refused(program.run("mission", "distribute", "x", "--depends-on", "none", *SESSION), 2, "none")
    refused(program.run("mission", "distribute", "x", "--timeout-ms", "-1", *SESSION), 2, "timeout_ms")
    refused(program.run("mission", "complete", "none", "--output", "x", *SESSION), 2, "none")
    refused(
        program.run("mission", "complete", "none", "--output", "x", "--token-usage", "many", *SESSION), 2, "token-usage"
    )
    refused(program.run("agent", "status", "--session", "../x"), 2, "session")
    refused(program.run("frobnicate"), 2, "frobnicate")


@pytest.mark.timeout(60)
def test_what_cannot_start_says_why(program: Program) -> None:
    without_tmux = {**program.environ, "PATH": str(program.root / "home")}
    refused(program.run("serve", *SESSION, "--provider", "demo", env=without_tmux), 3, "tmux", "apt-get")
    (deep := program.root / ("d" * 100)).mkdir()
    too_deep = {**program.environ, "TMUX_TMPDIR": str(deep)}
    refused(program.run("serve", *SESSION, "--provider", "demo", env=too_deep), 3, "TMUX_TMPDIR")
    refused(program.run("serve", *SESSION, "--provider", "nobody"), 2, "nobody", "demo")
    (program.root / "orchestrator.toml").write_text('them = "dark"\n')
    refused(program.run("serve", *SESSION), 2, "orchestrator.toml", "theme")
    (program.root / "orchestrator.toml").write_text('permission_mode = "plan"\n')
    refused(program.run("serve", *SESSION), 2, "permission_mode", "may not be set by a project")
    (program.root / "orchestrator.toml").unlink()
    refused(program.run("serve", *SESSION, "--config", "missing.toml"), 2, "missing.toml", "--config")
    refused(program.run("run", "missing.yaml", *SESSION), 2, "missing.yaml")
    refused(program.run(*SESSION), 3, "terminal")
    program.state.parent.joinpath("file").touch()
    nowhere = {**program.environ, "ORCHESTRATOR_STATE_DIR": str(program.root / "file")}
    refused(program.run("serve", *SESSION, "--provider", "demo", env=nowhere), 3, "ORCHESTRATOR_STATE_DIR")
    refused(program.run("doctor", *SESSION, env=nowhere), 3, "ORCHESTRATOR_STATE_DIR")


@pytest.mark.timeout(60)
def test_a_plan_for_claude_without_claude_cannot_run(program: Program) -> None:
    program.sessions.add("shell")
    plan = program.root / "plan.yaml"
    plan.write_text("missions:\n  - {prompt: x}\n")
    lacking = {**program.environ, "ORCHESTRATOR_CLAUDE_COMMAND": str(program.root / "no-claude")}
    done = program.run("run", str(plan), *SESSION, "--provider", "claude", env=lacking)
    refused(done, 3, "no-claude")


@pytest.mark.tmux
@pytest.mark.timeout(60)
def test_an_agents_own_token_is_used_inside_its_environment(program: Program) -> None:
    endpoint = program.serve("shell")
    program.json("agent", "spawn-pool", "--count", "2", *SESSION)
    until_idle(program, 1, 2)
    token = Credentials(program.session("shell").secret(), lambda _: True).agent_token(1)
    inside = {**program.environ, "ORCHESTRATOR_AGENT_URL": endpoint["url"], "ORCHESTRATOR_AGENT_TOKEN": token}
    status = program.run("agent", "status", "--json", env=inside)
    assert json.loads(status.stdout)["total_agents"] == 2
    refused(program.run("agent", "kill", "2", env=inside), 1, "not")
    refused(program.run("agent", "send", "2", "x", env=inside), 1, "Only the operator")
    refused(program.run("agent", "attach", "2", env=inside), 1, "Only the operator")
    assert program.run("mission", "distribute", "From an agent", env=inside).returncode == 0
    forged = {**inside, "ORCHESTRATOR_AGENT_TOKEN": token[:-1] + ("a" if token[-1] != "a" else "b")}
    refused(program.run("agent", "status", env=forged), 1, "token")


@pytest.mark.tmux
@pytest.mark.timeout(90)
def test_serve_leaves_its_agents_alive_unless_told_to_stop_them(program: Program) -> None:
    first = program.serve("shell")
    shown = program.json("endpoint", *SESSION)
    assert shown == {**first, "state_dir": str(program.session("shell").folder)}
    assert shown["token"] not in program.run("endpoint", *SESSION).stdout
    program.json("agent", "spawn-pool", "--count", "2", *SESSION)
    until_idle(program, 1, 2)
    pids = agent_pids(program, "shell")
    end(program.started[-1])
    refused(program.run("endpoint", "--json", *SESSION), 3, "No supervisor runs")
    assert agent_pids(program, "shell") == pids
    second = program.serve("shell", "--stop-agents")
    assert (second["url"], second["token"]) == (first["url"], first["token"])
    until_idle(program, 1, 2)
    assert agent_pids(program, "shell") == pids
    end(program.started[-1])
    assert all(is_gone(pid) for pid in pids.values())
    assert tmux(program, "shell", "list-sessions").returncode != 0


def end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


@pytest.mark.timeout(60)
def test_doctor_says_what_is_right_and_what_is_wrong(program: Program, tmp_path: Path) -> None:
    findings = {finding["name"]: finding for finding in program.json("doctor", *SESSION)}
    assert findings["tmux"]["ok"]
    assert str(program.state) in findings["state"]["detail"]
    bare = program.run("doctor", *SESSION, env={**program.environ, "PATH": str(tmp_path)})
    assert bare.returncode == 1
    assert "apt-get install tmux" in bare.stdout
    assert "Traceback" not in bare.stderr
