"""What the demo agent tells the supervisor, what it leaves on disk, and what interrupts it."""

import json
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.agents.mission_text import compose, compose_reminder, compose_resume
from orchestrator_tui.agents.providers.base import Start
from orchestrator_tui.core.models import AgentState
from tests.agents.demo_agent.harness import (
    CONTROL_C,
    CONVERSATION,
    ESCAPE,
    TOKEN,
    Lab,
    RunningAgent,
    eventually,
    make_mission,
    make_record,
)


def test_a_mission_is_told_in_the_order_of_the_claude_cli(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Work"))
    lab.start().do()
    lab.supervisor.wait_for("Stop")
    assert lab.supervisor.names() == ["SessionStart", "UserPromptSubmit", "prompts/get", "tools/call", "Stop"]
    assert lab.supervisor.tokens == {f"Bearer {TOKEN}"}
    start = lab.supervisor.all("SessionStart")[0]
    assert (start["source"], start["session_id"], start["cwd"]) == ("startup", CONVERSATION, str(lab.cwd))
    assert start["transcript_path"].endswith(f"transcripts/{CONVERSATION}.jsonl")
    assert lab.supervisor.all("UserPromptSubmit")[0]["prompt"] == "/mcp__orchestrator__mission m-1"
    assert lab.supervisor.all("prompts/get")[0]["arguments"] == {"id": "m-1"}
    stop = lab.supervisor.all("Stop")[0]
    assert (stop["stop_hook_active"], stop["last_assistant_message"]) == (False, "done: Work")


def test_the_transcript_holds_the_exact_text_and_makes_the_delivery_known(lab: Lab) -> None:
    mission = make_mission("Größe: 日本 \t`$x`\r\n\n[[output ok]]", context="some\ncontext", nonce="abc123")
    lab.supervisor.give(mission)
    record, context = make_record(), lab.context()
    agent = lab.start()
    assert not lab.provider.has_transcript(record, context)
    assert not lab.provider.was_delivered(record, context, "abc123")
    agent.do()
    lab.supervisor.wait_for("Stop")
    user, assistant = agent.transcript()
    assert (user["type"], user["sessionId"]) == ("user", CONVERSATION)
    assert user["message"] == {"role": "user", "content": compose(mission)}
    assert user["uuid"] != assistant["uuid"]
    assert assistant["message"]["content"] == [{"type": "text", "text": "ok"}]
    assert lab.provider.has_transcript(record, context)
    assert lab.provider.was_delivered(record, context, "abc123")
    assert not lab.provider.was_delivered(record, context, "other")


def test_a_text_counts_as_delivered_before_its_mission_is_done(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Long [[sleep 60]]", nonce="abc123"))
    lab.start().do()
    eventually(lambda: lab.provider.was_delivered(make_record(), lab.context(), "abc123"), "the delivery")


def test_missions_follow_one_another_in_one_process(lab: Lab) -> None:
    agent = lab.start()
    for n in range(3):
        lab.supervisor.give(make_mission(f"Number {n}", mission_id=f"m-{n}", nonce=f"n{n}"))
        agent.do(f"m-{n}")
        lab.supervisor.wait_for("Stop", n + 1)
    assert [report["output"] for report in lab.supervisor.reports()] == [f"done: Number {n}" for n in range(3)]


def test_a_mission_typed_while_another_runs_waits_for_its_turn(lab: Lab) -> None:
    lab.supervisor.give(make_mission("First [[sleep 0.3]]", mission_id="m-1"))
    lab.supervisor.give(make_mission("Second", mission_id="m-2", nonce="n2"))
    agent = lab.start()
    agent.do("m-1")
    agent.do("m-2")
    lab.supervisor.wait_for("Stop", 2)
    assert [report["mission_id"] for report in lab.supervisor.reports()] == ["m-1", "m-2"]
    assert lab.supervisor.names()[1:5] == ["UserPromptSubmit", "prompts/get", "tools/call", "Stop"]


def test_a_refused_mission_is_shown_and_ends_the_turn(lab: Lab) -> None:
    agent = lab.start()
    agent.do("nope")
    stop = lab.supervisor.wait_for("Stop")
    assert stop["last_assistant_message"] == "Error: Unknown mission"
    agent.wait_for_screen("⎿ Error: Unknown mission")
    agent.wait_for_state(AgentState.IDLE)


def test_a_lost_lease_is_shown_and_ends_the_turn(lab: Lab) -> None:
    refusal = {"isError": True, "content": [{"type": "text", "text": "lease_lost: m-1 is not yours any more"}]}
    lab.supervisor.tool_replies = [(200, refusal)]
    lab.supervisor.give(make_mission("Work"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop")
    agent.wait_for_screen("lease_lost: m-1 is not yours any more")
    assert len(lab.supervisor.reports()) == 1


@pytest.mark.parametrize("key", [ESCAPE, CONTROL_C])
def test_an_interrupt_ends_the_turn_without_a_hook(lab: Lab, key: str) -> None:
    lab.supervisor.give(make_mission("Long [[sleep 60]]"))
    agent = lab.start()
    agent.do()
    agent.wait_for_screen("Mission m-1")
    agent.wait_for_state(AgentState.BUSY)
    agent.type(key)
    agent.wait_for_state(AgentState.IDLE)
    agent.wait_for_screen("⎿ Interrupted")
    assert lab.supervisor.names() == ["SessionStart", "UserPromptSubmit", "prompts/get"]
    lab.supervisor.give(make_mission("Next", mission_id="m-2"))
    agent.do("m-2")
    assert lab.supervisor.wait_for("Stop")["last_assistant_message"] == "done: Next"


def test_an_interrupt_cuts_the_wait_for_a_silent_supervisor(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Work"))
    lab.supervisor.tool_replies = [(503, {})] * 1000
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("tools/call", 2)
    agent.type(ESCAPE)
    agent.wait_for_state(AgentState.IDLE)
    assert "Stop" not in lab.supervisor.names()


def test_arrow_keys_are_not_an_interrupt(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Short [[sleep 0.3]]"))
    agent = lab.start()
    agent.do()
    agent.wait_for_state(AgentState.BUSY)
    agent.type("\x1b[A\x1bOB\x1b[1;5C")
    lab.supervisor.wait_for("Stop")
    assert len(lab.supervisor.reports()) == 1


def test_typed_characters_are_echoed_while_working(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Long [[sleep 60]]"))
    agent = lab.start()
    agent.do()
    agent.wait_for_state(AgentState.BUSY)
    agent.type("half a draft")
    agent.wait_for_screen("> half a draft")


def test_backspace_and_control_u_edit_the_line(lab: Lab) -> None:
    agent = lab.start()
    agent.type("lost\x15hellp\x7fo")
    agent.submit("")
    assert lab.supervisor.wait_for("UserPromptSubmit")["prompt"] == "hello"


def test_a_new_window_size_redraws_the_prompt(lab: Lab) -> None:
    agent = lab.start()
    agent.type("draft")
    agent.wait_for_screen("> draft")
    agent.resize(30)
    drawn = "\x1b[2m" + "─" * 29 + "\x1b[0m\n> draft"
    eventually(lambda: drawn in agent.screen.rpartition("\x1b[J")[2].replace("\r", ""), "a narrow prompt")


def test_a_pasted_text_is_one_prompt(lab: Lab) -> None:
    agent = lab.start()
    agent.submit("\x1b[200~one\r\ntwo\x1b[201~")
    assert lab.supervisor.wait_for("UserPromptSubmit")["prompt"] == "one\n\ntwo"


def test_what_a_mission_says_cannot_command_the_terminal(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Evil [[output a\x1b[2Jb\x07c]]"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop")
    agent.wait_for_screen("● a·[2Jb·c")
    assert lab.supervisor.reports()[0]["output"] == "a\x1b[2Jb\x07c"


def test_a_restarted_agent_resumes_its_conversation(lab: Lab) -> None:
    mission = make_mission("Go [[crash-once k]] [[output second try]]")
    lab.supervisor.give(mission)
    first = lab.start()
    first.do()
    assert first.wait_for_end() == -signal.SIGKILL
    lab.supervisor.texts["m-1"] = compose_resume(mission, "it was killed\nby SIGKILL")
    again = lab.start()
    assert lab.supervisor.wait_for("SessionStart", 2)["source"] == "resume"
    again.do()
    lab.supervisor.wait_for("Stop")
    assert lab.supervisor.reports()[0]["output"] == "second try"
    assert [line["type"] for line in again.transcript()] == ["user", "user", "assistant"]


def test_a_mission_may_come_as_the_start_prompt(lab: Lab) -> None:
    text = compose(make_mission("Start with it"))
    lab.start(prompt=text, ready=False)
    lab.supervisor.wait_for("Stop")
    assert lab.supervisor.names() == ["SessionStart", "UserPromptSubmit", "tools/call", "Stop"]
    assert lab.supervisor.all("UserPromptSubmit")[0]["prompt"] == text


def test_a_reminder_is_written_down(lab: Lab) -> None:
    mission = make_mission("Hush [[silent]]")
    reminder = compose_reminder(mission)
    lab.supervisor.hook_replies["Stop"] = [(200, {"decision": "block", "reason": reminder})]
    lab.supervisor.give(mission)
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop", 2)
    assert [line["type"] for line in agent.transcript()] == ["user", "assistant", "user", "assistant"]
    assert reminder in agent.transcript()[2]["message"]["content"]


class TestWrongConversation:
    """As with the Claude CLI, a conversation is begun once and resumed only if it was begun."""

    def start_with(self, lab: Lab, option: str) -> RunningAgent:
        spec = lab.provider.launch(make_record(), lab.context(), Start(CONVERSATION))
        argv = tuple(option if part in ("--session-id", "--resume") else part for part in spec.argv)
        return lab.run(replace(spec, argv=argv), lab.context())

    def test_an_unknown_conversation_is_not_resumed(self, lab: Lab) -> None:
        agent = self.start_with(lab, "--resume")
        assert agent.wait_for_end() == 1
        agent.wait_for_screen(f"No conversation found with session ID: {CONVERSATION}")

    def test_a_used_id_does_not_begin_a_conversation(self, lab: Lab) -> None:
        lab.start().submit("hello")
        lab.supervisor.wait_for("Stop")
        agent = self.start_with(lab, "--session-id")
        assert agent.wait_for_end() == 1
        agent.wait_for_screen("is already in use.")


class TestEnding:
    def test_exit_says_goodbye_and_takes_its_session_file_away(self, lab: Lab) -> None:
        agent = lab.start()
        agent.submit("/exit")
        assert agent.wait_for_end() == 0
        assert lab.supervisor.wait_for("SessionEnd")["reason"] == "prompt_input_exit"
        assert list((lab.context().files / "sessions").iterdir()) == []

    def test_two_control_c_leave(self, lab: Lab) -> None:
        agent = lab.start()
        agent.type(CONTROL_C + CONTROL_C)
        assert agent.wait_for_end() == 0

    def test_sigterm_ends_it_as_a_signal_and_leaves_no_session_file(self, lab: Lab) -> None:
        lab.supervisor.give(make_mission("Long [[sleep 60]]"))
        agent = lab.start()
        agent.do()
        agent.wait_for_state(AgentState.BUSY)
        agent.process.terminate()
        assert agent.wait_for_end() == -signal.SIGTERM
        assert list((lab.context().files / "sessions").iterdir()) == []

    def test_a_killed_agent_leaves_a_session_file_that_does_not_count(self, lab: Lab) -> None:
        agent = lab.start()
        agent.process.kill()
        agent.wait_for_end()
        assert (lab.context().files / "sessions" / f"{agent.pid}.json").exists()
        assert agent.status() is None


class TestWithoutSupervisor:
    def test_everything_said_meanwhile_arrives_later_in_order(self, lab: Lab) -> None:
        lab.supervisor.stop()
        lab.supervisor.give(make_mission("Work [[append once.txt x]]"))
        agent = lab.start()
        agent.do()
        agent.wait_for_state(AgentState.BUSY)
        time.sleep(0.3)  # several tries find nobody
        lab.supervisor.start()
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.names() == ["SessionStart", "UserPromptSubmit", "prompts/get", "tools/call", "Stop"]
        assert (lab.cwd / "once.txt").read_text() == "x\n"

    def test_the_report_waits_for_the_supervisor_and_is_made_once(self, lab: Lab) -> None:
        lab.supervisor.give(make_mission("Work [[ask go]]"))
        agent = lab.start()
        agent.do()
        agent.wait_for_state(AgentState.WAITING)
        lab.supervisor.stop()
        agent.type("y")
        agent.wait_for_state(AgentState.BUSY)
        agent.wait_for_screen("● done: Work")
        lab.supervisor.start()
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.names()[-3:] == ["PostToolUse", "tools/call", "Stop"]
        assert len(lab.supervisor.reports()) == 1

    def test_answers_that_are_no_answers_are_tried_again(self, lab: Lab) -> None:
        lab.supervisor.tool_replies = [(503, {}), (500, {}), (404, {}), (200, {"structuredContent": {}})]
        lab.supervisor.hook_replies["UserPromptSubmit"] = [(503, {}), (500, {})]
        lab.supervisor.give(make_mission("Work"))
        lab.start().do()
        lab.supervisor.wait_for("Stop")
        assert len(lab.supervisor.reports()) == 4
        assert lab.supervisor.names()[1:5] == ["UserPromptSubmit"] * 3 + ["prompts/get"]

    def test_a_stop_that_nobody_hears_leaves_the_prompt_free_and_is_answered_later(self, lab: Lab) -> None:
        lab.supervisor.hook_replies["Stop"] = [(200, {"decision": "block", "reason": "still open"})]
        agent = lab.start()
        lab.supervisor.wait_for("SessionStart")
        lab.supervisor.stop()
        agent.submit("hello")
        agent.wait_for_screen("echo: hello")
        agent.wait_for_state(AgentState.IDLE)
        lab.supervisor.start()
        assert lab.supervisor.wait_for("Stop", 2)["stop_hook_active"] is True

    def test_a_hook_on_which_the_supervisor_always_fails_does_not_stop_the_rest(self, lab: Lab) -> None:
        lab.supervisor.hook_replies["SessionStart"] = [(500, {})] * 100
        agent = lab.start()
        agent.submit("hello")
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.names()[-2:] == ["UserPromptSubmit", "Stop"]


class TestFootprint:
    def test_the_prompt_is_drawn_within_150_ms(self, lab: Lab) -> None:
        times: list[float] = []
        for agent_id in range(1, 8):
            agent = lab.start(agent_id=agent_id, ready=False)
            eventually(lambda agent=agent: agent.first_prompt_after is not None, "the prompt")
            assert agent.first_prompt_after is not None
            times.append(agent.first_prompt_after)
        # The machine is shared: one undisturbed start shows what the program itself needs.
        assert min(times) < 0.150, times

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
    def test_it_needs_less_than_20_mb(self, lab: Lab) -> None:
        lab.supervisor.give(make_mission("Much [[lines 5000]]"))
        agent = lab.start()
        agent.do()
        lab.supervisor.wait_for("Stop")
        status = Path(f"/proc/{agent.pid}/status").read_text()
        (peak,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        assert int(peak.split()[1]) < 20 * 1024, peak


def test_the_session_file_looks_like_the_claude_cli_s(lab: Lab) -> None:
    agent = lab.start()
    data = json.loads((lab.context().files / "sessions" / f"{agent.pid}.json").read_text())
    assert (data["pid"], data["sessionId"], data["cwd"]) == (agent.pid, CONVERSATION, str(lab.cwd))
    assert data["status"] == "idle"
    assert data["procStart"].isdigit()
    assert abs(data["statusUpdatedAt"] / 1000 - time.time()) < 60
