import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.pty.keys import clean_line, clean_text, key_command, line_commands, paste_commands


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\nlines\r\nand\ttab", "two lines and tab"),
        ("esc\x1b[31mape", "esc[31mape"),
        ("bell\x07 nul\x00 del\x7f csi\x9b", "bell nul del csi"),
        ("漢字 é 👩‍👩‍👧", "漢字 é 👩‍👩‍👧"),
        ("sep\u2028arator", "sep arator"),
    ],
)
def test_typed_text_is_one_line_without_control_characters(text: str, expected: str) -> None:
    assert clean_line(text) == expected


def test_text_is_typed_literally_and_enter_is_a_key_of_its_own() -> None:
    assert line_commands("%1", "-x Enter") == [
        ("send-keys", "-t", "%1", "-l", "--", "-x Enter"),
        ("send-keys", "-t", "%1", "Enter"),
    ]


def test_an_empty_line_is_only_enter() -> None:
    assert line_commands("%1", "") == [("send-keys", "-t", "%1", "Enter")]


def test_long_text_is_typed_in_pieces_that_lose_nothing() -> None:
    text = "x" * 9_999
    *typed, enter = line_commands("%1", text)
    assert "".join(command[-1] for command in typed) == text
    assert enter[-1] == "Enter"


def test_keys_go_by_name() -> None:
    assert key_command("%1", ["Escape", "C-c", "-"]) == ("send-keys", "-t", "%1", "--", "Escape", "C-c", "-")


@pytest.mark.parametrize("key", ["", "\x1b", "a\n"])
def test_raw_control_characters_are_no_keys(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        key_command("%1", [key])
    assert caught.value.field == "keys"


def test_a_paste_keeps_its_lines_and_loses_what_could_end_it() -> None:
    assert clean_text("a\r\n\tb\x1b[201~c\x07\rd") == "a\n\tb[201~c\nd"
    assert paste_commands("%3", "a\nb") == [
        ("set-buffer", "-b", "paste3", "--", "a\nb"),
        ("paste-buffer", "-p", "-d", "-b", "paste3", "-t", "%3"),
    ]
    assert paste_commands("%3", "") == []


def test_a_long_paste_goes_in_pieces() -> None:
    *pieces, _ = paste_commands("%3", "x" * 9_000)
    assert [piece[1] for piece in pieces] == ["-b", "-a", "-a"]
    assert "".join(piece[-1] for piece in pieces) == "x" * 9_000
