"""JSON and TOML from elsewhere: whatever Python's readers stumble over is one clear error."""

import pytest

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.foreign import milliseconds, read_json, read_toml

DEEP = 3_000


@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, "nonsense", "", "9" * 5_000, b"\xff", b"\xed\xa0\x80"])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        read_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, "é"]}', {"a": [1, "é"]}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('"\\ud83d\\ude00"', "😀"),
        ('["\\ud800", "a\\udfffb"]', ["\ufffd", "a\ufffdb"]),
        ('{"\\uD800": "\\\\ud800"}', {"\ufffd": "\\ud800"}),
    ],
)
def test_half_characters_are_replaced_and_whole_ones_kept(text: str | bytes, value: object) -> None:
    assert read_json(text) == value


@pytest.mark.parametrize("text", ["a = " + "[" * DEEP + "]" * DEEP, "a = " + "9" * 5_000, "a =", "[[x"])
def test_what_is_no_toml_names_its_file(text: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: not valid TOML") as found:
        read_toml(text, "config.toml")
    assert found.value.remedy


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1.5, 1500), (7, 7000), (float("inf"), None), (float("nan"), None), (10**400, None), (True, None), ("7", None)],
)
def test_a_time_that_is_none_counts_as_unknown(seconds: object, expected: int | None) -> None:
    assert milliseconds(seconds) == expected
