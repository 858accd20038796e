"""When something may be typed into a pane, and what a line may look like."""

from dataclasses import replace

import pytest

from orchestrator_tui.agents.guard import Clear, Go, InputSight, Verdict, Wait, begins, decide, ends, holds
from orchestrator_tui.agents.providers import claude_input, demo_input
from orchestrator_tui.agents.providers.claude_screens import ScreenReading, Situation
from orchestrator_tui.agents.sending import LONGEST_LINE, sendable_line
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.pty.sight import PaneSight, people_in, plain_text

NOW = 1_000_000
PANE = PaneSight(screen="", cursor=(2, 1))
EMPTY = InputSight(box="")
LINE = "/mcp__orchestrator__mission m-1"


def verdict(
    pane: PaneSight = PANE, sight: InputSight = EMPTY, own: str | None = None, *, may_work: bool = False
) -> Verdict:
    return decide(pane, sight, NOW, own, may_work=may_work)


def test_an_empty_box_may_be_typed_into() -> None:
    assert verdict() == Go()


@pytest.mark.parametrize(
    ("pane", "sight", "reason", "by_person"),
    [
        (replace(PANE, dead=True), EMPTY, "its program does not run", False),
        (replace(PANE, in_mode=True), EMPTY, "the pane is in copy mode", True),
        (replace(PANE, typed_at=NOW - 4_000), EMPTY, "a person is attached and typing", True),
        (PANE, InputSight(obstacle="a dialog is open"), "a dialog is open", True),
        (PANE, InputSight(box="", obstacle="a menu is open"), "a menu is open", True),
        (PANE, InputSight(box="half a tho"), "a draft is in the input box", True),
        (PANE, InputSight(box="  "), "a draft is in the input box", True),
        (PANE, InputSight(), "its screen shows no input box", False),
        (PANE, InputSight(box="", is_busy=True), "a turn runs", True),
    ],
)
def test_it_waits_and_says_why(pane: PaneSight, sight: InputSight, reason: str, by_person: bool) -> None:
    assert verdict(pane, sight) == Wait(reason, by_person)


def test_a_person_who_only_looks_is_in_nobodys_way() -> None:
    assert verdict(replace(PANE, typed_at=NOW - 5_000)) == Go()


def test_a_line_for_a_person_may_be_queued_behind_a_turn_but_not_behind_a_draft() -> None:
    assert verdict(sight=InputSight(box="", is_busy=True), may_work=True) == Go()
    assert isinstance(verdict(sight=InputSight(box="x", is_busy=True), may_work=True), Wait)


def test_an_own_line_that_is_still_awaited_is_left_alone() -> None:
    decided = decide(PANE, InputSight(box=LINE), NOW, LINE, may_work=True, is_submitted=True)
    assert decided == Wait("it is just taking a line", by_person=False)


def test_only_exactly_our_own_line_is_cleared() -> None:
    assert verdict(sight=InputSight(box=LINE), own=LINE) == Clear()
    for box in (f"{LINE}0", f"x {LINE}", LINE[:-1], LINE.upper()):
        assert isinstance(verdict(sight=InputSight(box=box), own=LINE), Wait), box
    assert isinstance(verdict(sight=InputSight(box=LINE), own=None), Wait)


def test_a_wrapped_line_is_recognised() -> None:
    assert holds(InputSight(box="one two\nthree"), "one two three")
    assert not holds(InputSight(box="one two\nthree four"), "one two three")
    assert not holds(InputSight(box="one  two"), "one two")


def test_of_a_line_that_is_cut_the_end_counts() -> None:
    assert holds(InputSight(box="sion m-1", is_cut=True), LINE)
    assert not holds(InputSight(box="sion m-2", is_cut=True), LINE)
    assert not begins(InputSight(box="sion m-1", is_cut=True), LINE)


def test_what_is_ours_behind_a_draft() -> None:
    assert ends(InputSight(box=f"draft{LINE}"), LINE)
    assert not ends(InputSight(box=LINE), LINE)
    assert not ends(InputSight(box=f"{LINE} and more"), LINE)


class TestTheClaudeScreen:
    @pytest.mark.parametrize("situation", list(Situation))
    def test_every_situation_is_decided(self, situation: Situation) -> None:
        """Only what shows an empty box lets a line through."""
        free = {
            *(Situation.IDLE, Situation.BACKGROUND, Situation.API_ERROR, Situation.LIMIT, Situation.MCP_FAILED),
            *(Situation.UNKNOWN, Situation.DRAFT),
        }
        shown = claude_input.input_sight(ScreenReading(situation, draft=None, box=""), (2, 6))
        decided = decide(PANE, shown, NOW, None, may_work=False)
        is_free = situation in free or situation is Situation.WORKING
        assert isinstance(decided, Go) is is_free
        hidden = claude_input.input_sight(ScreenReading(situation), (0, 0))
        assert isinstance(decide(PANE, hidden, NOW, None, may_work=True), Wait)

    def test_a_faint_suggestion_is_no_draft(self) -> None:
        reading = ScreenReading(Situation.IDLE, draft=None, box='Try "fix the tests"')
        assert claude_input.input_sight(reading, (2, 6)).box == ""

    def test_blanks_are_a_draft(self) -> None:
        assert claude_input.input_sight(ScreenReading(Situation.IDLE, box=""), (5, 6)).box == "   "


class TestTheDemoScreen:
    RULE = "─" * 72

    def look(self, *rows: str, cursor: tuple[int, int]) -> InputSight:
        return demo_input.read_input(PaneSight("\n".join(rows), cursor))

    def test_the_input_line(self) -> None:
        below = (self.RULE, "  demo agent · type, or send a mission")
        assert self.look("● done", self.RULE, ">", *below, cursor=(2, 2)) == InputSight(box="")
        assert self.look(self.RULE, "> half a tho", *below, cursor=(12, 1)) == InputSight(box="half a tho")
        assert self.look(self.RULE, ">", *below, cursor=(4, 1)) == InputSight(box="  ")
        busy = self.look("\x1b[38;5;110m✳ Working…\x1b[0m", f"\x1b[2m{self.RULE}\x1b[0m", "> ", *below, cursor=(2, 2))
        assert busy == InputSight(box="", is_busy=True)

    def test_the_dialog(self) -> None:
        rows = (self.RULE, " Bash command", "   rm -r x", " Do you want to proceed?", " ❯ 1. Yes", "   2. No")
        assert self.look(*rows, cursor=(1, 4)).obstacle == "a dialog is open"
        assert self.look(*rows[1:], cursor=(1, 3)) == InputSight()


class TestALineToSend:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("  use the\n new\tparser ", "use the new parser"),
            ("ends with a backslash\\", "ends with a backslash\\ "),
            ("a/b !c #d", "a/b !c #d"),
            ("family 👨‍👩‍👧", "family 👨‍👩‍👧"),
        ],
    )
    def test_is_one_line(self, text: str, line: str) -> None:
        assert sendable_line(text, "!/#") == line

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("", "empty"),
            (" \u200b ", "empty"),
            ("/clear", "command"),
            ("  !rm -r .", "command"),
            ("\u200b/clear", "command"),
            ("\ufeff \u2060#x", "command"),
            ("a\x1b[201~b", r"U\+001B at position 1"),
            ("\x03", r"U\+0003"),
            ("x" * (LONGEST_LINE + 1), "2001 characters"),
        ],
    )
    def test_or_is_refused_naming_the_field(self, text: str, part: str) -> None:
        with pytest.raises(UsageError, match=part) as refused:
            sendable_line(text, "!/#")
        assert refused.value.field == "text"
        assert refused.value.remedy


def test_people_are_told_from_our_own_client() -> None:
    lines = (b"1 1700000009 %1", b"0 1700000001 %1", b"0 1700000003 %1", b"0 1700000002 %2")
    assert people_in(lines) == {"%1": 1_700_000_003_000, "%2": 1_700_000_002_000}


def test_a_screen_without_its_styles() -> None:
    assert plain_text("\x1b[1m bold\x1b[0m  \n\x1b]8;;x\x1b\\link\x1b]8;;\x07\n\n") == " bold\nlink"
