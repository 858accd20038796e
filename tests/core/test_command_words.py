"""Commands as a person may see them: no secret, no typed text."""

import time

import pytest

from orchestrator_tui.core.command_log import Argv, CommandLog, Tool
from orchestrator_tui.core.command_words import command_line, hide_secrets

TOKEN = "a3-" + "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("tool", "command", "shown"),
    [
        ("tmux", ("send-keys", "-t", "%3", "-l", "--", "hunter2"), "tmux send-keys -t %3 -l -- (7 characters)"),
        ("tmux", ("send-keys", "-t", "%3", "--", "C-c", "x"), "tmux send-keys -t %3 -- C-c (1 character)"),
        ("tmux", ("send-keys", "-t", "%3", "Enter"), "tmux send-keys -t %3 Enter"),
        ("tmux", ("send-keys", "-t", "%3", "--", "hunter2"), "tmux send-keys -t %3 -- (7 characters)"),
        ("tmux", ("send-keys", "-l", "hunter2"), "tmux send-keys (2 characters) (7 characters)"),
        ("tmux", ("set-buffer", "-b", "paste3", "--", "a\nb"), "tmux set-buffer -b paste3 -- (3 characters)"),
        ("tmux", ("set-environment", "-g", "KEY", "hunter2"), "tmux set-environment -g KEY (7 characters)"),
        ("tmux", ("resize-window", "-t", "=agents:=a1", "-x", "80"), "tmux resize-window -t =agents:=a1 -x 80"),
        (
            "tmux",
            ("respawn-pane", "-k", "-t", "%1", "-e", f"ORCHESTRATOR_AGENT_TOKEN={TOKEN}", "-e", "A=hunter2", "--", "x"),
            "tmux respawn-pane -k -t %1 -e ORCHESTRATOR_AGENT_TOKEN=… -e A=… -- x",
        ),
        ("tmux", ("capture-pane", "-e", "-p", "-t", "%1"), "tmux capture-pane -e -p -t %1"),
        ("git", ("rev-parse", "HEAD^{commit}"), "git -C /acme/api rev-parse 'HEAD^{commit}'"),
        ("git", ("clone", "https://ada:hunter2@host/x"), "git -C /acme/api clone https://…@host/x"),
        ("git", ("x", "--token", "hunter2", "y"), "git -C /acme/api x --token … y"),
    ],
)
def test_a_command_reads_as_it_would_be_typed(tool: Tool, command: Argv, shown: str) -> None:
    assert command_line(tool, command, "/acme/api" if tool == "git" else "") == shown


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2hunter2",
        "authorization: basic aHVudGVyMg==hunter2",
        "http.extraHeader=Authorization: Basic hunter2",
        '{"headers": {"Authorization": "Bearer hunter2"}}',
        '"api_key": "hunter2"',
        "GITHUB_TOKEN=hunter2",
        "--password=hunter2",
        "https://hunter2@host/x",
        "sk-ant-api03-hunter2hunter2hunter2",
        "ghp_hunter2hunter2hunter2",
        f"{TOKEN} token: hunter2",
    ],
)
def test_secrets_are_told_by_their_names_and_looks(text: str) -> None:
    assert "hunter2" not in hide_secrets(text)


def test_our_own_tokens_are_never_shown_and_commits_are() -> None:
    commit = "0123456789" * 4
    assert TOKEN not in hide_secrets(f"run {TOKEN} now")
    assert hide_secrets(f"update-ref refs/heads/x {commit}").endswith(commit)


def test_long_arguments_are_cut_and_say_how_long_they_are() -> None:
    line = command_line("tmux", ("new-window", "--", "claude", "word " * 20_000))
    assert len(line) < 140
    assert line.endswith("(100,000 characters)")


def test_masking_takes_no_time_whatever_stands_there() -> None:
    begun = time.perf_counter()
    for text in ("a-" * 100_000, "token" * 50_000, "://" + "x" * 200_000, "0" * 200_000):
        command_line("git", (text,))
    assert time.perf_counter() - begun < 1


class TestLog:
    def test_looks_never_push_out_what_changed_something(self) -> None:
        log = CommandLog(kept=3, kept_polls=2)
        log.record("git", [("worktree", "add", "x")], time.perf_counter_ns(), folder="/x")
        for _ in range(9):
            log.record("tmux", [("list-panes",), ("capture-pane", "-p")], time.perf_counter_ns())
        log.record("tmux", [("list-panes",), ("kill-pane",)], time.perf_counter_ns(), "no such pane")
        assert [(ran.seq, ran.error) for ran in log.after(0, polls=False)] == [(1, None), (11, "no such pane")]
        assert [ran.seq for ran in log.after(0, polls=True)] == [1, 9, 10, 11]
        assert [ran.seq for ran in log.after(9, polls=True)] == [10, 11]

    def test_the_oldest_go_and_times_are_kept(self) -> None:
        log = CommandLog(kept=2)
        before = time.time_ns()
        for number in range(5):
            log.record("git", [("commit", str(number))], time.perf_counter_ns() - 5_000_000)
        first, second = log.after(0, polls=False)
        assert [first.commands, second.commands] == [[("commit", "3")], [("commit", "4")]]
        assert first.took_ns >= 5_000_000
        assert before - 6_000_000 <= first.at_ns <= time.time_ns()

    def test_recording_costs_next_to_nothing(self) -> None:
        log, commands = CommandLog(), [("list-panes", "-t", "%1"), ("capture-pane", "-p", "-t", "%1")]
        best = min(_seconds(log, commands) for _ in range(5))
        assert best / 2_000 < 50e-6


def _seconds(log: CommandLog, commands: list[Argv]) -> float:
    begun = time.perf_counter()
    for _ in range(2_000):
        log.record("tmux", commands, 0)
    return time.perf_counter() - begun
