"""The list of what waits: read whole, answered by key, and never by a key meant for another request."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.questions import Choice, Option, Question
from orchestrator_tui.core.views import AttentionChanged
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs.inbox import InboxDialog
from orchestrator_tui.ui.dialogs.inbox_detail import detail_spans
from orchestrator_tui.ui.notify import notification_codes
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import ATTENTION, REFUSAL, FakeClient, FrozenClock
from tests.ui.steps import WIDE, DashboardPilot, closed, dialog, error_line, ready, type_into, until


async def opened(pilot: DashboardPilot, app: OrchestratorApp, *keys: str) -> InboxDialog:
    await ready(pilot, app)
    await pilot.press("exclamation_mark")
    await dialog(pilot, app, "Waits for you")
    inbox = app.screen
    assert isinstance(inbox, InboxDialog)
    await pilot.press(*keys)
    return inbox


async def test_it_opens_on_the_oldest_and_shows_the_whole_input(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        inbox = await opened(pilot, app)
        assert inbox.item == ATTENTION[0]
        await pilot.press("j")
        text = str(inbox.query_one("#request-text").render())
        assert "alembic upgrade head" in text
        assert "Apply the new migration" in text
        await pilot.press("j", "j", "j", "k")
        assert inbox.item == ATTENTION[1]


async def test_y_allows_the_request_that_is_shown(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "y")
        await until(pilot, lambda: bool(client.calls), "no answer")
    assert client.calls == [("answer", "ask-4", True, "")]


async def test_n_denies_with_a_message(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "n")
        await dialog(pilot, app, "Deny api-auth")
        await type_into(pilot, app, "message", "use the test database")
        await pilot.press("enter")
        await until(pilot, lambda: bool(client.calls), "no answer")
    assert client.calls == [("answer", "ask-4", False, "use the test database")]


async def test_a_rule_is_shown_with_its_file_before_it_is_saved(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "A")
        await dialog(pilot, app, "Always allow")
        shown = " ".join(str(widget.render()) for widget in app.screen.query("Static"))
        assert "/home/ada/.config/orchestrator-tui/config.toml" in shown
        assert client.calls == []
        await type_into(pilot, app, "pattern", "alembic upgrade*")
        await pilot.press("enter")
        await until(pilot, lambda: bool(client.calls), "nothing was saved")
    assert client.calls == [("allow_always", "ask-4", "allow Bash(alembic upgrade*)")]


async def test_a_refused_answer_is_told(app: OrchestratorApp, client: FakeClient) -> None:
    client.fail_with = REFUSAL
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "y")
        await until(pilot, lambda: "shows a dialog" in error_line(app), "the refusal is not shown")


async def test_what_is_no_permission_request_is_not_answered_here(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "y", "n", "A", "1", "t", "s")
        assert "no options" in error_line(app)
        await pilot.press("j", "j", "y")
        assert "Choose an option" in error_line(app)
    assert client.calls == []


async def test_a_number_answers_a_question(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "j")
        text = str(app.screen.query_one("#request-text").render())
        assert "1. All that answer 404  also our own pages" in text
        assert "1-2 answer" in str(app.screen.query_one("#hints").render())
        await pilot.press("3")
        assert "no option 3" in error_line(app)
        await pilot.press("2")
        await until(pilot, lambda: bool(client.calls), "no answer")
    assert client.calls == [("choose", "ask-5", (Choice((2,)),))]


async def test_a_question_is_answered_in_own_words_or_declined(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "j", "t")
        await dialog(pilot, app, "Own words")
        await type_into(pilot, app, "text", "only those of 2019")
        await pilot.press("enter")
        await dialog(pilot, app, "Waits for you")
        await pilot.press("n")
        await dialog(pilot, app, "Deny docs-fix")
        await pilot.press("enter")
        await until(pilot, lambda: len(client.calls) == 2, "no answer")
    assert client.calls == [("choose", "ask-5", (Choice(text="only those of 2019"),)), ("answer", "ask-5", False, "")]


async def test_several_questions_are_sent_when_all_are_answered(app: OrchestratorApp, client: FakeClient) -> None:
    options = (Option("One"), Option("Two"), Option("Three"))
    item = replace(
        ATTENTION[2], id="ask-7", questions=(Question("First?", "A", options), Question("Second?", "B", options, True))
    )
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        client.feeds[0].push(AttentionChanged((item,)))
        await until(pilot, lambda: app.model.attention == (item,), "the update came")
        await pilot.press("exclamation_mark")
        await dialog(pilot, app, "Waits for you")
        await pilot.press("2", "s")
        assert "not answered yet" in error_line(app)
        await pilot.press("1", "2", "3", "2")
        text = str(app.screen.query_one("#request-text").render())
        assert "● 1. One" in text
        assert "❯ Second?" in text
        assert client.calls == []
        await pilot.press("s")
        await until(pilot, lambda: bool(client.calls), "no answer")
    assert client.calls == [("choose", "ask-7", (Choice((2,)), Choice((1, 3))))]


async def test_a_plan_is_rendered_approved_and_rejected(app: OrchestratorApp, client: FakeClient) -> None:
    plan = "# The way\n\n1. Write the **lexer**\n" + "".join(f"- step {number}\n" for number in range(60))
    item = AttentionItem(
        "ask-8",
        AttentionKind.PLAN,
        ATTENTION[2].since,
        "plan: The way",
        agent_id=2,
        agent_name="docs-fix",
        tool="ExitPlanMode",
        tool_input={"plan": plan},
        can_answer=True,
        can_explain=True,
    )
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        client.feeds[0].push(AttentionChanged((item,)))
        await until(pilot, lambda: app.model.attention == (item,), "the update came")
        await pilot.press("exclamation_mark")
        await dialog(pilot, app, "Waits for you")
        await pilot.pause()
        screen = app.export_screenshot()
        assert "lexer" in screen
        assert "**" not in screen
        assert "approve" in str(app.screen.query_one("#hints").render())
        scroll = app.screen.query_one("#request")
        await pilot.press("pagedown")
        await until(pilot, lambda: scroll.scroll_y > 0, "nothing scrolled")
        await pilot.press("A")
        assert "No rule" in error_line(app)
        await pilot.press("y")
        await until(pilot, lambda: bool(client.calls), "no answer")
    assert client.calls == [("answer", "ask-8", True, "")]


async def test_approve_on_a_question_opens_it_in_the_list(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        app.model.agents[2] = replace(app.model.agents[2], state=AgentState.WAITING, waiting_for=WaitingFor.QUESTION)
        app.model.selected_agent = 2
        await pilot.press("a")
        await dialog(pilot, app, "Waits for you")
        inbox = app.screen
        assert isinstance(inbox, InboxDialog)
        assert inbox.item == ATTENTION[2]


async def test_a_key_pressed_as_the_request_changed_answers_nothing(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        inbox = await opened(pilot, app, "j")
        other = replace(ATTENTION[1], id="ask-9", text="Bash: rm -rf /", tool_input={"command": "rm -rf /"})
        client.feeds[0].push(AttentionChanged((other,)))
        await until(pilot, lambda: app.model.attention == (other,), "the update came")
        inbox.refresh_items()
        for key in ("y", "n", "1"):
            await pilot.press(key)
            assert "another request now" in error_line(app)
    assert client.calls == []


async def test_enter_attaches_to_the_agent(
    app: OrchestratorApp, client: FakeClient, attacher: RecordingAttacher
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app, "j", "j", "enter")
        await closed(pilot, app)
        await until(pilot, lambda: bool(attacher.argvs), "nothing was attached")
    assert client.calls == [("attach_argv", 2)]


def test_hidden_characters_are_seen() -> None:
    item = replace(ATTENTION[1], tool_input={"command": "ls\x1b[8m; rm -rf ~"})
    assert "ls␛[8m; rm -rf ~" in "".join(span.text for span in detail_spans(item))


async def test_a_long_wait_rings_once(client: FakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    app = OrchestratorApp(client, clock=FrozenClock(), notify_after_s=600)
    sent: list[str] = []
    monkeypatch.setattr(app, "send_to_terminal", sent.append)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        app.tell_waiting()
        assert sent == []
        client.feeds[0].push(AttentionChanged((*ATTENTION, replace(ATTENTION[1], id="ask-9"))))
        await until(pilot, lambda: len(app.model.attention) == 4, "the update came")
        app.tell_waiting()
        app.tell_waiting()
    assert len(sent) == 1
    assert sent[0] == (
        "\a\x1b]9;api-auth needs you: Bash: alembic upgrade head\x1b\\"
        "\x1b]777;notify;api-auth needs you;Bash: alembic upgrade head\x1b\\"
    )


def test_an_agents_text_cannot_end_the_code() -> None:
    codes = notification_codes("a;b\x1b\\", "x\x07\x1b]52;c;AAAA\x07\x9cy")
    assert codes.count("\x1b") == 4
    assert codes.count("\a") == 1
    assert "\x9c" not in codes
    assert "777;notify;a,b " in codes


async def test_a_command_too_long_for_a_rule_is_told(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        long = replace(ATTENTION[1], tool_input={"command": "x" * 10_001})
        client.feeds[0].push(AttentionChanged((long,)))
        await opened(pilot, app)
        await pilot.press("A")
        await until(pilot, lambda: "No rule can hold" in error_line(app), "nothing was said")
    assert client.calls == []
