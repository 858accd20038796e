"""Every directive, as a mission's prompt gives it to a running agent."""

import signal
import time

import psutil
import pytest

from orchestrator_tui.core.models import AgentState, WaitingFor
from tests.agents.demo_agent.harness import CONTROL_C, ENTER, ESCAPE, Lab, eventually, make_mission


def report_of(lab: Lab, prompt: str) -> dict[str, object]:
    lab.supervisor.give(make_mission(prompt))
    lab.start().do()
    lab.supervisor.wait_for("Stop")
    (report,) = lab.supervisor.reports()
    return report


def test_a_mission_without_directives_answers_with_its_first_line(lab: Lab) -> None:
    report = report_of(lab, "Write the parser\nand test it")
    assert report["action"] == "complete"
    assert report["mission_id"] == "m-1"
    assert report["output"] == "done: Write the parser"
    assert report["token_usage"] == {"input": 0, "output": 0}


def test_output_is_reported_and_shown(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Say it [[output all is well]]"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop")
    agent.wait_for_screen("● all is well")
    assert lab.supervisor.reports()[0]["output"] == "all is well"


def test_sleep_takes_its_time_and_is_counted(lab: Lab) -> None:
    began = time.monotonic()
    report = report_of(lab, "Nap [[sleep 0.4]]")
    assert time.monotonic() - began >= 0.4
    duration = report["duration_ms"]
    assert isinstance(duration, int)
    assert duration >= 400


def test_a_child_is_waited_for(lab: Lab) -> None:
    assert report_of(lab, "Tool [[child 0.2]]")["action"] == "complete"


def test_a_child_that_is_killed_is_a_failure_that_another_try_may_mend(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Tool [[child 60]]"))
    agent = lab.start()
    agent.do()
    agent.wait_for_state(AgentState.BUSY)
    deadline = time.monotonic() + 5
    while not (children := psutil.Process(agent.pid).children()) and time.monotonic() < deadline:
        time.sleep(0.01)
    children[0].kill()
    lab.supervisor.wait_for("Stop")
    report = lab.supervisor.reports()[0]
    assert (report["error_code"], report["recoverable"]) == ("child_died", True)


@pytest.mark.parametrize(("directive", "recoverable"), [("fail", True), ("fatal", False)])
def test_failures_say_whether_another_try_may_help(lab: Lab, directive: str, recoverable: bool) -> None:
    report = report_of(lab, f"Try [[{directive} no_disk the disk is full]] [[append never.txt x]]")
    assert report == {
        "action": "fail",
        "mission_id": "m-1",
        "error_code": "no_disk",
        "message": "the disk is full",
        "recoverable": recoverable,
    }
    assert not (lab.cwd / "never.txt").exists()


def test_tokens_are_reported_and_written_down(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Count [[tokens 1000 500]]"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop")
    assert lab.supervisor.reports()[0]["token_usage"] == {"input": 1000, "output": 500}
    usage = agent.transcript()[-1]["message"]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (1000, 500)


def test_lines_fill_the_screen(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Much [[lines 1203]]"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop")
    agent.wait_for_screen("line 1203")
    assert "line 1204" not in agent.screen


def test_append_adds_whole_lines_below_the_working_directory(lab: Lab) -> None:
    report_of(lab, "Prove [[append proof.txt one two]] [[append proof.txt three]]")
    assert (lab.cwd / "proof.txt").read_text() == "one two\nthree\n"


def test_append_that_cannot_be_done_fails_the_mission(lab: Lab) -> None:
    report = report_of(lab, "Prove [[append no/such/folder.txt one]]")
    assert report["error_code"] == "append_failed"


def test_crash_dies_by_sigkill(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Go [[crash]]"))
    agent = lab.start()
    agent.do()
    assert agent.wait_for_end() == -signal.SIGKILL
    assert lab.supervisor.reports() == []


def test_crash_once_spares_the_second_attempt_and_other_agents(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Go [[crash-once k1]] [[output survived]]"))
    first = lab.start()
    first.do()
    assert first.wait_for_end() == -signal.SIGKILL
    again, other = lab.start(), lab.start(agent_id=2)
    again.do()
    lab.supervisor.wait_for("Stop", 1)
    other.do()
    lab.supervisor.wait_for("Stop", 2)
    assert [report["output"] for report in lab.supervisor.reports()] == ["survived", "survived"]
    assert lab.supervisor.wait_for("SessionStart", 2)["source"] == "resume"


def test_silent_ends_without_a_report_and_again_after_the_reminder(lab: Lab) -> None:
    lab.supervisor.hook_replies["Stop"] = [(200, {"decision": "block", "reason": "Mission m-1 is still open"})]
    lab.supervisor.give(make_mission("Hush [[silent]]"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("Stop", 2)
    assert [stop["stop_hook_active"] for stop in lab.supervisor.all("Stop")] == [False, True]
    assert lab.supervisor.all("Stop")[0]["last_assistant_message"] == "done: Hush"
    assert lab.supervisor.reports() == []
    agent.wait_for_screen("Mission m-1 is still open")
    agent.wait_for_state(AgentState.IDLE)


def test_hang_ignores_every_key_and_interrupt_but_not_sigterm(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Stuck [[hang]]"))
    agent = lab.start()
    agent.do()
    lab.supervisor.wait_for("prompts/get")
    agent.wait_for_screen("Mission m-1")
    drawn = agent.screen
    for _ in range(3):
        agent.type(ESCAPE)
        agent.type(CONTROL_C)
        agent.process.send_signal(signal.SIGINT)
        agent.submit("/exit")
        time.sleep(0.1)  # nothing may happen, so there is nothing to wait for
    status = agent.status()
    assert status is not None
    assert status.state is AgentState.BUSY
    assert agent.screen.startswith(drawn)
    assert "Interrupted" not in agent.screen
    assert "/exit" not in agent.screen
    assert agent.process.poll() is None
    agent.process.terminate()
    assert agent.wait_for_end() == -signal.SIGTERM


class TestAsk:
    def ask(self, lab: Lab, prompt: str = "Clean [[ask rm -rf build]]") -> None:
        lab.supervisor.give(make_mission(prompt))
        self.agent = lab.start()
        self.agent.do()
        request = lab.supervisor.wait_for("PermissionRequest")
        assert request["tool_name"] == "Bash"
        assert request["tool_input"] == {"command": "rm -rf build"}
        self.agent.wait_for_screen("❯ 1. Yes")
        self.agent.wait_for_state(AgentState.WAITING)
        status = self.agent.status()
        assert status is not None
        assert status.waiting_for is WaitingFor.PERMISSION

    @pytest.mark.parametrize("key", ["y", "1", ENTER])
    def test_yes_goes_on(self, lab: Lab, key: str) -> None:
        self.ask(lab)
        self.agent.type(key)
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.names()[-4:] == ["PermissionRequest", "PostToolUse", "tools/call", "Stop"]
        assert lab.supervisor.reports()[0]["output"] == "done: Clean"

    @pytest.mark.parametrize("key", ["n", "2", ESCAPE])
    def test_no_is_told_in_the_output(self, lab: Lab, key: str) -> None:
        self.ask(lab)
        self.agent.type(key)
        lab.supervisor.wait_for("PostToolUse")
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.reports()[0]["output"] == "denied: rm -rf build"

    def test_keys_of_the_provider_answer_it(self, lab: Lab) -> None:
        self.ask(lab)
        for key in lab.provider.answer_keys(False):
            self.agent.type(key)
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.reports()[0]["output"] == "denied: rm -rf build"

    def test_other_keys_change_nothing(self, lab: Lab) -> None:
        self.ask(lab)
        self.agent.type("xq7")
        self.agent.type("y")
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.reports()[0]["output"] == "done: Clean"
        assert "> xq7" not in self.agent.screen

    def test_control_c_ends_the_turn(self, lab: Lab) -> None:
        self.ask(lab)
        self.agent.type(CONTROL_C)
        self.agent.wait_for_state(AgentState.IDLE)
        assert lab.supervisor.reports() == []
        assert "Stop" not in lab.supervisor.names()

    def test_the_hooks_answer_decides_as_well(self, lab: Lab) -> None:
        decision = {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "deny"}}}
        lab.supervisor.hook_replies["PermissionRequest"] = [(200, decision)]
        lab.supervisor.give(make_mission("Clean [[ask rm -rf build]]"))
        lab.start().do()
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.reports()[0]["output"] == "denied: rm -rf build"

    def test_a_late_answer_to_one_dialog_does_not_answer_the_next(self, lab: Lab) -> None:
        allow = {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}}
        lab.supervisor.hook_replies["PermissionRequest"] = [(200, allow)]
        with lab.supervisor.holding("PermissionRequest"):
            self.ask(lab, "[[ask rm -rf build]] [[ask second]]")
            self.agent.type("y")
            self.agent.wait_for_screen("   second")
        lab.supervisor.wait_for("PermissionRequest", 2)
        self.agent.type("n")
        lab.supervisor.wait_for("Stop")
        assert lab.supervisor.reports()[0]["output"] == "denied: second"


def test_directives_are_done_in_the_order_written(lab: Lab) -> None:
    report = report_of(lab, "[[append a.txt 1]][[output one]][[append a.txt 2]] [[output two]][[tokens 1 2]] end")
    assert (lab.cwd / "a.txt").read_text() == "1\n2\n"
    assert report["output"] == "one\ntwo"


def test_a_mistyped_directive_fails_for_good_before_anything_is_done(lab: Lab) -> None:
    report = report_of(lab, "[[append a.txt 1]] [[sleep long]]")
    assert (report["error_code"], report["recoverable"]) == ("bad_directive", False)
    assert "sleep long" in str(report["message"])
    assert not (lab.cwd / "a.txt").exists()


def test_directives_in_the_context_are_not_done(lab: Lab) -> None:
    lab.supervisor.give(make_mission("Read it", context="[[append a.txt 1]] [[crash]]"))
    lab.start().do()
    lab.supervisor.wait_for("Stop")
    assert lab.supervisor.reports()[0]["output"] == "done: Read it"
    assert not (lab.cwd / "a.txt").exists()


def test_a_typed_line_is_a_chat_that_reports_nothing(lab: Lab) -> None:
    agent = lab.start()
    agent.submit("hello [[append chat.txt hi]]")
    stop = lab.supervisor.wait_for("Stop")
    assert stop["last_assistant_message"] == "echo: hello"
    agent.wait_for_screen("echo: hello")
    assert lab.supervisor.names() == ["SessionStart", "UserPromptSubmit", "Stop"]
    assert lab.supervisor.all("UserPromptSubmit")[0]["prompt"] == "hello [[append chat.txt hi]]"
    assert (lab.cwd / "chat.txt").read_text() == "hi\n"
    eventually(lambda: [line["type"] for line in agent.transcript()] == ["user", "assistant"], "the transcript")
