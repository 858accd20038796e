"""Whatever a person has open in a real Claude pane stays as it is while missions and lines for it arrive."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.claude_screens import read_claude_screen
from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome
from tests.e2e.desk import Desk
from tests.e2e.person import Attached, Person
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]

SESSION = "guard"
DRAFT = "Half a thought: `x` $HOME déjà 漢字 \\ and\n a second line, not done"
WAITS_FOR_DRAFT = "a draft is in the input box"


def draft_in(person: Person) -> str | None:
    return read_claude_screen(person.screen()).draft


@pytest.fixture
def desk(home: ClaudeHome, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    work = tmp_path / "work"
    work.mkdir()
    home.trust(work)
    program = Program(work)
    program.extra.update({**home.environ(), "ORCHESTRATOR_PERMISSION_MODE": "manual"})

    def opened(conversation: str = "keep") -> Desk:
        return Desk(program, SESSION, conversation=conversation)

    yield opened
    program.close()


def test_a_draft_stays_until_the_person_submits_it_and_then_the_mission_comes(
    desk: Callable[..., Desk], stub: MessagesStub
) -> None:
    at = desk()
    person = at.person()
    person.write(DRAFT)
    shown = wait_until(lambda: (seen := draft_in(person)) and seen.endswith("not done") and seen, "the draft is shown")
    at.distribute("m1")
    at.distribute("m2")
    at.until_waits("m1", "assigned", f"waits: {WAITS_FOR_DRAFT}")
    at.until_waits("m1", "pending", f"agent-1: {WAITS_FOR_DRAFT}")
    assert WAITS_FOR_DRAFT in at.refusal("a line from elsewhere")
    assert draft_in(person) == shown
    assert stub.requests == []
    person.press("Enter")
    at.until_done("m1")
    at.until_done("m2")
    asked = [text for number in range(len(stub.requests)) for text in stub.user_texts(number)]
    # The person's own words as they were typed, alone in their message.
    assert DRAFT in asked
    assert {text for text in asked if "Half a thought" in text} == {DRAFT}
    assert not any("a line from elsewhere" in text for text in asked)


@pytest.mark.parametrize("conversation", ["keep", "fresh"])
def test_a_draft_that_the_person_gives_up_lets_the_mission_come(desk: Callable[..., Desk], conversation: str) -> None:
    at = desk(conversation)
    person = at.person()
    pid = person.pid()
    person.write("half a thought")
    wait_until(lambda: draft_in(person) == "half a thought", "the draft is shown")
    at.distribute("m1")
    at.until_waits("m1", "pending", f"agent-1: {WAITS_FOR_DRAFT}")
    assert draft_in(person) == "half a thought"
    assert person.pid() == pid
    person.press("C-u")
    at.until_done("m1")
    # No failure of delivery, which would raise attention the third time.
    assert at.control("inbox")["items"] == []


def test_a_menu_that_no_hook_told_of_keeps_everything_away(desk: Callable[..., Desk]) -> None:
    at = desk()
    person = at.person()
    person.write("/model")
    person.press("Enter")
    wait_until(lambda: "Enter to confirm" in person.screen() or "Select model" in person.screen(), "the menu")
    menu = person.screen()
    at.distribute("m1")
    at.until_waits("m1", "assigned", "waits: ")
    at.refusal("a line")
    at.until_waits("m1", "pending", "agent-1: ")
    assert person.screen() == menu
    person.press("Escape")
    at.until_done("m1")


def test_an_open_permission_dialog_is_answered_by_nothing_that_arrives(desk: Callable[..., Desk]) -> None:
    at = desk()
    person = at.person()
    at.distribute("ask", "Go. [[BASH touch made.txt]] [[OUTPUT done]]")
    wait_until(lambda: "Do you want to proceed?" in person.screen(), "the dialog is open", 40)
    dialog = person.screen()
    at.distribute("m1")
    assert "waits for permission" in at.refusal("yes")
    at.until_waits("m1", "pending", "next free agent")
    assert person.screen() == dialog
    assert not (at.program.root / "made.txt").exists()
    # The CLI takes no key in the first moment of a dialog.
    wait_until(lambda: "Do you want" not in person.screen() or person.press("Enter"), "the person answers")
    at.until_done("ask")
    assert (at.program.root / "made.txt").exists()
    at.until_done("m1")


def test_copy_mode_is_not_left(desk: Callable[..., Desk]) -> None:
    at = desk()
    person = at.person()
    person.tmux("copy-mode", "-t", person.pane)
    at.distribute("m1")
    at.until_waits("m1", "assigned", "waits: the pane is in copy mode")
    assert "the pane is in copy mode" in at.refusal("a line")
    assert person.tmux("display-message", "-p", "-t", person.pane, "#{pane_in_mode}").strip() == "1"
    person.tmux("send-keys", "-t", person.pane, "-X", "cancel")
    at.until_done("m1")


def test_a_person_who_types_in_a_terminal_of_their_own_is_not_interrupted(
    desk: Callable[..., Desk], stub: MessagesStub
) -> None:
    at = desk()
    person = at.person()
    text = b"written by hand, slowly"
    with Attached(at.program, SESSION, 1) as attached:
        typing = attached.keep_typing(text)
        wait_until(lambda: "written" in (draft_in(person) or ""), "the person types")
        at.distribute("m1")
        at.until_waits("m1", "pending", "agent-1: a person is attached and typing")
        assert "a person is attached and typing" in at.refusal("a line")
        typing.join()
        wait_until(lambda: draft_in(person) == text.decode(), "the whole draft is shown")
        attached.press(b"\x15")
        at.until_done("m1")
    asked = [text for number in range(len(stub.requests)) for text in stub.user_texts(number)]
    assert not any("written" in one for one in asked)


def test_a_line_is_sent_and_confirmed_also_while_the_agent_works(desk: Callable[..., Desk], stub: MessagesStub) -> None:
    at = desk()
    for text in ("ends with a backslash\\", "look at @nothing", "word " * 380):
        at.send(text)
        wait_until(lambda: at.agent()["status"] == "idle", "the answer came")
    at.distribute("busy", "Go. [[OUTPUT done]] [[SLOW 4]]")
    wait_until(lambda: at.agent()["status"] == "busy", "the agent works", 40)
    at.send("one more thing")
    at.until_done("busy")
    asked = wait_until(
        lambda: (
            [said for number in range(len(stub.requests)) for said in stub.user_texts(number)]
            if any("one more thing" in str(request["messages"]) for request in stub.requests)
            else None
        ),
        "the queued line arrives",
        20,
    )
    assert any(said.strip() == "ends with a backslash\\" for said in asked)
    assert any(said.strip() == "look at @nothing" for said in asked)
    assert any(said.strip() == ("word " * 380).strip() for said in asked)
    assert "pasted_content" not in str(asked)
    assert "is a command there" in at.refusal("\u200b/clear")
    assert "U+001B" in at.refusal("a\x1b[201~b")
