"""What others wrote, on a person's terminal."""

import pytest

from orchestrator_tui.commands.say import say
from orchestrator_tui.core.printable import is_one_line, one_line, several_lines

CODES = "\x1b]52;c;YQ==\x07 \x9b31m \x7f\0\r\u202e\u2066"


def test_what_a_terminal_would_act_on_is_taken_out() -> None:
    assert one_line(f"a\n\t{CODES}b") == "a]52;c;YQ== 31m b"
    assert several_lines(f"a\n\t{CODES}b") == "a\n\t]52;c;YQ== 31m b"
    assert not is_one_line(CODES)


@pytest.mark.parametrize("text", ["", "plain", "é漢字", "👩\u200d👩\u200d👧", "\u00a0"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert is_one_line(text)
    assert one_line(text) == several_lines(text) == text


def test_the_command_line_prints_no_codes(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"title {CODES}")
    say(f"error {CODES}", err=True)
    shown = capsys.readouterr()
    assert shown.out == "title ]52;c;YQ== 31m \n"
    assert shown.err == "error ]52;c;YQ== 31m \n"
