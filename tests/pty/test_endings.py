import pytest

from orchestrator_tui.pty.endings import ending, signal_name, signal_number


@pytest.mark.parametrize(
    ("status", "name", "reason", "is_clean"),
    [
        (0, None, "exited with status 0", True),
        (3, None, "exited with status 3", False),
        (None, "SIGKILL", "killed by SIGKILL", False),
        (None, None, "ended without a known status", False),
    ],
)
def test_an_ending_says_in_words_what_happened(
    status: int | None, name: str | None, reason: str, is_clean: bool
) -> None:
    how = ending(status, name)
    assert (how.reason, how.is_clean) == (reason, is_clean)
    assert how.data() == {"exit_status": status, "signal": name, "reason": reason}


@pytest.mark.parametrize(
    ("text", "name"), [("9", "SIGKILL"), ("11", "SIGSEGV"), ("KILL", "SIGKILL"), ("", None), ("99", "signal 99")]
)
def test_signals_have_names_however_tmux_gives_them(text: str, name: str | None) -> None:
    assert signal_name(text) == name


@pytest.mark.parametrize(("name", "number"), [("SIGTERM", 15), ("term", 15), ("KILL", 9), ("SIGNOPE", None)])
def test_signal_numbers_by_name(name: str, number: int | None) -> None:
    assert signal_number(name) == number
