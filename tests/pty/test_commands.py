import pytest

from orchestrator_tui.pty.adoption import option_names
from orchestrator_tui.pty.commands import Program, new_window, parse_created, parse_row, respawn_pane


def test_arguments_are_passed_apart_and_only_the_folder_is_escaped() -> None:
    command = new_window(3, Program(("/bin/p", "a #{x}"), {"K": "#{v}"}, "/tmp/#d"))
    assert command[command.index("-c") :] == ("-c", "/tmp/##d", "-e", "K=#{v}", "--", "/bin/p", "a #{x}")
    assert command[command.index("-n") + 1] == "a3"


def test_a_program_without_arguments_is_not_read_by_a_shell() -> None:
    command = respawn_pane("%1", Program(("/opt/my prog; x",), {}, "/"))
    assert command[command.index("--") + 1 :] == ("/bin/sh", "-c", 'exec "$0"', "/opt/my prog; x")


def test_a_created_window_tells_pane_and_pid() -> None:
    assert parse_created(b"%7\t4321") == ("%7", 4321)


def test_a_living_row() -> None:
    row = parse_row(b"%1\t42\t0\t\t\t120\t30\t1700000000\t4\t5\t1\t0\t9")
    assert (row.pane_id, row.pid, row.dead, row.ending, row.agent_id) == ("%1", 42, False, None, 9)
    assert (row.output_at, row.cursor_visible, row.in_mode) == (1_700_000_000_000, True, False)


def test_a_dead_row_has_its_exact_ending() -> None:
    killed = parse_row(b"%1\t42\t1\t\t9\t120\t30\t0\t0\t0\t1\t0\t9")
    assert killed.ending is not None
    assert killed.ending.reason == "killed by SIGKILL"
    exited = parse_row(b"%1\t42\t1\t7\t\t120\t30\t0\t0\t0\t1\t0\t9")
    assert exited.ending is not None
    assert exited.ending.exit_status == 7


def test_a_dead_row_whose_status_tmux_missed_has_no_ending_yet() -> None:
    assert parse_row(b"%1\t42\t1\t\t\t120\t30\t0\t0\t0\t1\t0\t").ending is None


def test_only_user_options_are_ours() -> None:
    assert option_names((b"@agent_id 1", b'@role "a b"', b"remain-on-exit on", b"")) == ["@agent_id", "@role"]


@pytest.mark.parametrize("line", [b"", b"x", b"%1\t42", b"\xff\t" * 20, b"%1\t" + b"9" * 5_000 + "\t²".encode()])
def test_a_line_that_is_no_row_belongs_to_no_agent(line: bytes) -> None:
    # An agent may set its own pane's option to several lines, and each is listed as a line of its own.
    assert parse_row(line).agent_id is None
