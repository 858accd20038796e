"""Programs that know nothing of us, supervised by their screens: the README's own examples, alive."""

import asyncio
import re
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.config import Settings, parse_settings
from orchestrator_tui.core.models import AgentState, MissionState, WaitingFor
from tests.supervisor.conftest import Live, end, eventually

pytestmark = pytest.mark.tmux

README = (Path(__file__).parents[2] / "README.md").read_text()
ASKS = r"""import sys
sys.stdout.write("ready> "); sys.stdout.flush()
for line in sys.stdin:
    if "ask" in line:
        print("May I do that? [y/n]"); sys.stdin.readline(); print("\033[2J\033[H", end="")
        print("went on")
    sys.stdout.write("ready> "); sys.stdout.flush()
"""


def readme_providers() -> dict[str, Any]:
    (text,) = [block for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "[providers." in block]
    return tomllib.loads(text)["providers"]


def settings() -> Settings:
    python, shell = readme_providers()["python"], readme_providers()["shell"]
    return parse_settings(
        {
            "person_idle_s": 0,
            "providers": {
                "python": python,
                "shell": shell,
                "reporting": {
                    **{key: value for key, value in shell.items() if key != "template"},
                    "complete": "by_report",
                    "template": "{prompt} # {nonce}",
                },
                "asking": {
                    "command": ["python3", "-c", ASKS],
                    "ready_pattern": r"^ready>\Z",
                    "ask_pattern": r"\[y/n\]\Z",
                    "allow": ["y", "Enter"],
                },
                "argued": {
                    "command": ["sh", "-c", 'echo WORKS; sleep 1; clear; echo "did: $1"; read x', "sh"],
                    "ready_pattern": r"^did:.*\Z",
                    "busy_pattern": r"^WORKS\Z",
                    "prompt_by": "argument",
                },
            },
        },
        "README.md",
    )


@pytest.fixture
async def generic(tmp_path: Path) -> AsyncIterator[Live]:
    """A supervisor that knows the README's providers."""
    made = Live(tmp_path, settings=settings(), provider="python")
    await made.start()
    yield made
    await end(made)


async def test_three_missions_with_a_dependency_run_in_one_python(generic: Live) -> None:
    (agent_id,) = await generic.spawn()
    pid = generic.agent(agent_id).pid
    assert [event["source"] for event in generic.events("ready")] == ["screen"]
    first = await generic.add("x = 20\nfor i in range(2):\n    print('line', i)", id="first")
    second = await generic.add("import time\ntime.sleep(0.6)\nprint(x + 1)", id="second", depends_on=(first,))
    third = await generic.add("print('>>> not a prompt'); print(x * 2)", id="third", depends_on=(second,))
    done = await generic.until_mission(third, MissionState.COMPLETED)
    outputs = [(await generic.supervisor.mission(key)).output for key in (first, second, third)]
    assert outputs == ["line 0\nline 1", "21", ">>> not a prompt\n40"]
    assert (done.attempts, done.agent_id) == (1, agent_id)
    view = await generic.until_agent(agent_id, AgentState.IDLE)
    assert (view.pid, view.tasks_completed, view.tasks_failed) == (pid, 3, 0)


async def test_output_that_scrolled_away_is_kept(generic: Live) -> None:
    await generic.spawn()
    mission_id = await generic.add("for i in range(300):\n    print('number', i)")
    done = await generic.until_mission(mission_id, MissionState.COMPLETED)
    assert done.output is not None
    assert done.output.splitlines() == [f"number {number}" for number in range(300)]


async def test_an_exception_fails_the_mission_with_its_text(generic: Live) -> None:
    (agent_id,) = await generic.spawn()
    mission_id = await generic.add("raise ValueError('no such thing')", max_retries=0)
    failed = await generic.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "failed_on_screen"
    assert failed.error_message is not None
    assert failed.error_message.startswith("Traceback")
    assert failed.error_message.endswith("ValueError: no such thing")
    view = await generic.until_agent(agent_id, AgentState.IDLE)
    assert view.tasks_failed == 1
    await generic.until_mission(await generic.add("print('well again')"), MissionState.COMPLETED)


async def test_timeout_interrupts_the_program(generic: Live, tmp_path: Path) -> None:
    (agent_id,) = await generic.spawn()
    pid = generic.agent(agent_id).pid
    proof = tmp_path / "proof"
    mission_id = await generic.add(
        f"import time\nproof = open({str(proof)!r}, 'a', buffering=1)\nprint('start', file=proof)\n"
        "time.sleep(60)\nprint('end', file=proof)",
        timeout_ms=1_000,
        max_retries=0,
    )
    failed = await generic.until_mission(mission_id, MissionState.FAILED, timeout_s=20)
    assert (failed.error_code, proof.read_text()) == ("timeout", "start\n")
    assert [event["reason"] for event in generic.events("fence")] == ["interrupted"]
    await generic.until_mission(await generic.add("print('next')"), MissionState.COMPLETED)
    assert generic.agent(agent_id).pid == pid


async def test_a_program_that_ignores_the_interrupt_is_ended_and_started_again(generic: Live) -> None:
    (agent_id,) = await generic.spawn()
    pid = generic.agent(agent_id).pid
    mission_id = await generic.add(
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)",
        timeout_ms=1_000,
        max_retries=0,
    )
    await generic.until_mission(mission_id, MissionState.FAILED, timeout_s=30)
    assert [event["reason"] for event in generic.events("fence")] == ["killed and started again"]
    await generic.until_mission(await generic.add("print('next')"), MissionState.COMPLETED)
    assert generic.agent(agent_id).pid != pid


async def test_a_crash_is_tried_again_by_the_same_agent(generic: Live, tmp_path: Path) -> None:
    await generic.spawn()
    mark = tmp_path / "mark"
    mission_id = await generic.add(
        f"import os, pathlib, time\nmark = pathlib.Path({str(mark)!r})\nseen = mark.exists()\nmark.touch()\n"
        "if not seen:\n    time.sleep(0.8)\n    os.kill(os.getpid(), 9)\nprint('lived')"
    )
    done = await generic.until_mission(mission_id, MissionState.COMPLETED, timeout_s=25)
    assert done.output == "lived"
    assert [attempt.code for attempt in done.attempt_log] == ["agent_crashed", None]


async def test_a_draft_is_left_alone_and_the_mission_waits(generic: Live) -> None:
    (agent_id,) = await generic.spawn()
    await generic.supervisor.fleet.manager.paste(agent_id, "half a thought")
    mission_id = await generic.add("print('after the draft')")
    await eventually(lambda: generic.events("mission_undelivered"), "it says that it was not delivered")
    assert "draft" in generic.events("mission_undelivered")[0]["reason"]
    assert (await generic.supervisor.fleet.manager.capture_text(agent_id)).endswith(">>> half a thought")
    await generic.supervisor.fleet.manager.send_keys(agent_id, "C-u")
    done = await generic.until_mission(mission_id, MissionState.COMPLETED, timeout_s=20)
    assert (done.output, done.attempts) == ("after the draft", 1)


async def test_a_shell_is_an_agent_too_and_ends_by_its_own_line(generic: Live) -> None:
    (agent_id,) = await generic.spawn(provider="shell")
    done = await generic.until_mission(await generic.add("echo one; echo two"), MissionState.COMPLETED)
    assert done.output == "one\ntwo"
    await generic.until_agent(agent_id, AgentState.IDLE)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await generic.supervisor.kill(agent_id)
    # An interactive shell ignores SIGTERM: without its exit line it would live until the SIGKILL, 5 s later.
    assert loop.time() - began < 4
    assert generic.agent(agent_id).state is AgentState.STOPPED


async def test_an_agent_reports_by_the_command_line(generic: Live) -> None:
    await generic.spawn(provider="reporting")
    command = f"{sys.executable} -m orchestrator_tui mission complete by-hand --output reported"
    done = await generic.until_mission(await generic.add(command, id="by-hand"), MissionState.COMPLETED)
    assert done.output == "reported"


async def test_without_a_report_one_reminder_is_typed_and_then_the_mission_fails(generic: Live) -> None:
    (agent_id,) = await generic.spawn(provider="reporting")
    mission_id = await generic.add("echo silent", max_retries=0)
    failed = await generic.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "no_report"
    assert (await generic.supervisor.fleet.manager.capture_text(agent_id)).count("is still open") == 1


async def test_a_question_waits_for_a_person(generic: Live) -> None:
    (agent_id,) = await generic.spawn(provider="asking")
    mission_id = await generic.add("please ask")
    waiting = await generic.until_agent(agent_id, AgentState.WAITING)
    assert (waiting.waiting_for, waiting.reason) == (WaitingFor.PERMISSION, "May I do that? [y/n]")
    await generic.supervisor.approve(agent_id, allow=True)
    done = await generic.until_mission(mission_id, MissionState.COMPLETED)
    assert "went on" in (done.output or "")


async def test_a_mission_as_argument_starts_a_new_process(generic: Live) -> None:
    (agent_id,) = await generic.spawn(provider="argued")
    pid = generic.agent(agent_id).pid
    done = await generic.until_mission(await generic.add("this"), MissionState.COMPLETED)
    assert done.attempts == 1
    assert generic.agent(agent_id).pid != pid


async def test_a_new_supervisor_goes_on_with_what_it_finds_on_the_screen(generic: Live) -> None:
    (agent_id,) = await generic.spawn()
    mission_id = await generic.add("import time\ntime.sleep(2.5)\nprint('slept')")
    await generic.until_mission(mission_id, MissionState.RUNNING)
    await generic.let_go()
    await generic.start()
    done = await generic.until_mission(mission_id, MissionState.COMPLETED)
    assert (done.output, done.attempts) == ("slept", 1)
    await generic.until_agent(agent_id, AgentState.IDLE)


async def test_idle_agents_are_not_looked_at(generic: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    await generic.spawn(2)
    manager = generic.supervisor.fleet.manager
    looks: list[int] = []
    look = manager.look

    async def counted(agent_id: int, history: int = 0) -> Any:
        looks.append(agent_id)
        return await look(agent_id, history)

    monkeypatch.setattr(manager, "look", counted)
    # Long enough for eight looks.
    await asyncio.sleep(2.0)
    assert looks == []
    mission_id = await generic.add("import time\ntime.sleep(2)")
    began = asyncio.get_running_loop().time()
    await generic.until_mission(mission_id, MissionState.COMPLETED)
    elapsed = asyncio.get_running_loop().time() - began
    # The delivery's own looks (before, typed) and the one that fetches the output come on top.
    assert len(looks) <= 4 * elapsed + 4
    assert len(set(looks)) == 1
