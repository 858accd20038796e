import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.pty.keys import clean_line, key_command, line_commands


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
