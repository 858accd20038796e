"""A list that grows at both ends and keeps its numbers."""

from orchestrator_tui.ui.log_lines import LogLines


def test_numbers_stay_when_it_grows_at_either_end() -> None:
    lines = LogLines("cd")
    lines.append("e")
    lines.prepend("ab")
    lines.prepend("yz")
    assert lines.keys == range(-4, 3)
    assert "".join(lines) == "yzabcde"
    assert [lines[key] for key in lines.keys] == list("yzabcde")
    assert len(lines) == 7


def test_the_oldest_are_forgotten_first_and_the_others_keep_their_numbers() -> None:
    lines = LogLines("cd")
    lines.prepend("ab")
    lines.forget_oldest(3)
    assert (lines.keys, "".join(lines), lines[1]) == (range(1, 2), "d", "d")
    lines.append("ef")
    lines.prepend("bc")
    assert (lines.keys, "".join(lines), lines[1]) == (range(-1, 4), "bcdef", "d")
    lines.forget_oldest(99)
    assert len(lines) == 0
