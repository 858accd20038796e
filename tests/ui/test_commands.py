"""Every action, by its key: what it asked of the supervisor or changed on the screen."""

import pytest

from orchestrator_tui.core.models import IsolationMode, MissionSpec, ModelTier, Priority, Role, TaskType
from orchestrator_tui.core.views import MissionChanges, SpawnRequest
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs.choice import Choice
from orchestrator_tui.ui.dialogs.mission import MissionDialog
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import REFUSAL, FakeClient
from tests.ui.steps import WIDE, closed, dialog, error_line, ready, toasts, type_into, until


class TestSpawning:
    async def test_n_starts_what_the_dialog_says(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            await pilot.press("t", "down", "o", "down", "d", "down", "s")
            await type_into(pilot, app, "count", "3")
            await pilot.press("enter")
            await closed(pilot, app)
        (call,) = client.calls
        request = call[1]
        assert isinstance(request, SpawnRequest)
        assert request.count == 3
        assert request.first_mission is None
        assert request.config.role is Role.TESTER
        assert request.config.model is ModelTier.OPUS
        assert request.config.provider == "demo"
        assert request.config.isolation_mode is IsolationMode.SHARED

    async def test_a_worktree_is_preselected_in_a_repository(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            assert app.screen.query_one("#field-isolation_mode", Choice).value == "worktree"

    async def test_capital_n_needs_a_mission(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("N")
            await dialog(pilot, app, "New agent")
            await pilot.press("enter")
            await until(pilot, lambda: "no text" in error_line(app), "nothing was said")
            await pilot.press(*"fix it", "enter")
            await closed(pilot, app)
        request = client.calls[0][1]
        assert isinstance(request, SpawnRequest)
        assert request.first_mission is not None
        assert request.first_mission.prompt == "fix it"

    @pytest.mark.parametrize(("field", "text"), [("name", "not a name"), ("count", "0")])
    async def test_what_cannot_be_is_said_in_the_dialog(
        self, app: OrchestratorApp, client: FakeClient, field: str, text: str
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            await type_into(pilot, app, field, text)
            await pilot.press("enter")
            await until(pilot, lambda: error_line(app) != "", "nothing was said")
            assert app.focused is not None
            assert app.focused.id == f"field-{field}"
        assert client.calls == []

    async def test_a_refusal_keeps_the_dialog_open(self, app: OrchestratorApp, client: FakeClient) -> None:
        client.fail_with = REFUSAL
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            await pilot.press("enter")
            await until(pilot, lambda: "Answer it first." in error_line(app), "the remedy is not shown")
            await pilot.press("escape")
            await closed(pilot, app)


class TestAgentActions:
    @pytest.mark.parametrize("key", ["enter", "o"])
    async def test_attach(
        self, app: OrchestratorApp, client: FakeClient, attacher: RecordingAttacher, key: str
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press(key)
            await until(pilot, lambda: bool(attacher.argvs), "nothing was attached")
        assert client.calls == [("attach_argv", 1)]
        assert attacher.argvs == [("tmux", "attach", "-t", "%1")]

    @pytest.mark.parametrize(("answer", "allow"), [("y", True), ("n", False)])
    async def test_approve_shows_the_screen_first(
        self, app: OrchestratorApp, client: FakeClient, answer: str, allow: bool
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("a")
            await dialog(pilot, app, "api-auth asks")
            assert "alembic upgrade head" in str(app.screen.query_one("#screen-text Static").render())
            await pilot.press("a", "enter")
            assert client.calls == []
            await pilot.press(answer)
            await closed(pilot, app)
            await until(pilot, lambda: bool(client.calls), "no answer was given")
        assert client.calls == [("answer", "ask-4", allow, "")]

    async def test_leaving_a_prompt_open_answers_nothing(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("a")
            await dialog(pilot, app, "api-auth asks")
            await pilot.press("escape")
            await closed(pilot, app)
        assert client.calls == []

    async def test_send_to_a_working_agent(self, app: OrchestratorApp, client: FakeClient) -> None:
        app.model.expected_agent = 3
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("s")
            await dialog(pilot, app, "Send to db-migrate")
            await pilot.press(*"go on", "enter")
            await closed(pilot, app)
        assert client.calls == [("send", 3, "go on")]

    async def test_send_is_refused_with_the_reason_while_a_dialog_is_open_in_the_pane(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("s")
            await until(pilot, lambda: bool(toasts(app)), "no reason was told")
            assert "cannot read a line now" in toasts(app)[0]
        assert client.calls == []

    async def test_kill_shows_losses_and_only_y_confirms(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("D")
            await dialog(pilot, app, "Kill api-auth")
            assert "uncommitted" in " ".join(str(one.render()) for one in app.screen.query(".loss"))
            await pilot.press("D")
            assert client.calls == []
            await pilot.press("enter")
            await closed(pilot, app)
            assert client.calls == []
            await pilot.press("D")
            await dialog(pilot, app, "Kill api-auth")
            await pilot.press("y")
            await until(pilot, lambda: bool(client.calls), "nothing was killed")
        assert client.calls == [("kill", 1, "SIGTERM")]

    async def test_kill_of_an_ended_agent_removes_it(self, app: OrchestratorApp, client: FakeClient) -> None:
        app.model.expected_agent = 9
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("D")
            await dialog(pilot, app, "Remove scratch")
            await pilot.press("y")
            await until(pilot, lambda: bool(client.calls), "nothing was removed")
        assert client.calls == [("remove", 9)]

    async def test_restart_asks_only_while_a_mission_is_in_hand(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("R")
            await dialog(pilot, app, "Restart api-auth")
            await pilot.press("y")
            await until(pilot, lambda: len(client.calls) == 1, "no restart")
            await closed(pilot, app)
            app.model.selected_agent = 9
            await pilot.press("R")
            await until(pilot, lambda: len(client.calls) == 2, "no second restart")
        assert client.calls == [("restart", 1), ("restart", 9)]

    async def test_rename(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("r")
            await dialog(pilot, app, "Rename api-auth")
            await type_into(pilot, app, "name", "auth-2")
            await pilot.press("enter")
            await closed(pilot, app)
        assert client.calls == [("rename", 1, "auth-2")]

    async def test_hold(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("p")
            await until(pilot, lambda: bool(client.calls), "nothing was held")
        assert client.calls == [("hold", 1, True)]

    async def test_capital_q_ends_the_wait_for_a_limit(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("Q")
            await until(pilot, lambda: ("release_quota",) in client.calls, "nothing was released")
            await until(pilot, lambda: "Missions start again, one after the other." in toasts(app), "nothing was said")

    async def test_copy(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("y")
            await until(pilot, lambda: "alembic" in app.clipboard, "nothing was copied")
            assert "\x1b" not in app.clipboard


class TestMissionActions:
    async def test_m_queues_what_the_dialog_says(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("m")
            await dialog(pilot, app, "New mission")
            await type_into(pilot, app, "prompt", "Write it\nwell")
            await type_into(pilot, app, "context", "the repo")
            await type_into(pilot, app, "timeout_ms", "30m")
            await type_into(pilot, app, "max_retries", "2")
            await type_into(pilot, app, "depends_on", "m-041, m-047")
            app.screen.query_one("#field-type", Choice).focus()
            await pilot.press("c")
            app.screen.query_one("#field-priority", Choice).focus()
            await pilot.press("h")
            await pilot.press("ctrl+s")
            await closed(pilot, app)
        (call,) = client.calls
        assert call == (
            "add_mission",
            MissionSpec(
                prompt="Write it\nwell",
                context="the repo",
                type=TaskType.CODING,
                priority=Priority.HIGH,
                timeout_ms=1_800_000,
                max_retries=2,
                depends_on=("m-041", "m-047"),
            ),
        )

    async def test_e_changes_only_what_was_changed(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "e")
            await dialog(pilot, app, "Edit m-041")
            assert isinstance(app.screen, MissionDialog)
            await type_into(pilot, app, "prompt", "Something else")
            await pilot.press("ctrl+s")
            await closed(pilot, app)
        assert client.calls == [("update_mission", "m-041", MissionChanges(prompt="Something else"))]

    async def test_an_edit_without_changes_asks_nothing(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "e")
            await dialog(pilot, app, "Edit m-041")
            await pilot.press("ctrl+s")
            await closed(pilot, app)
        assert client.calls == []

    async def test_x_confirms(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "x")
            await dialog(pilot, app, "Cancel m-041")
            await pilot.press("x")
            assert client.calls == []
            await pilot.press("y")
            await until(pilot, lambda: bool(client.calls), "nothing was cancelled")
        assert client.calls == [("cancel_mission", "m-041")]

    async def test_t_retries_a_failed_one(self, app: OrchestratorApp, client: FakeClient) -> None:
        app.model.expected_mission = "m-030"
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "t")
            await until(pilot, lambda: bool(client.calls), "nothing was retried")
        assert client.calls == [("retry_mission", "m-030")]

    @pytest.mark.parametrize(("key", "priority"), [("K", Priority.CRITICAL), ("J", Priority.NORMAL)])
    async def test_priority_moves_one_step(
        self, app: OrchestratorApp, client: FakeClient, key: str, priority: Priority
    ) -> None:
        app.model.expected_mission = "m-047"
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", key)
            await until(pilot, lambda: bool(client.calls), "nothing was moved")
        assert client.calls == [("update_mission", "m-047", MissionChanges(priority=priority))]

    async def test_o_attaches_to_the_missions_agent(
        self, app: OrchestratorApp, client: FakeClient, attacher: RecordingAttacher
    ) -> None:
        app.model.expected_mission = "m-039"
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "o")
            await until(pilot, lambda: bool(attacher.argvs), "nothing was attached")
        assert client.calls == [("attach_argv", 3)]

    @pytest.mark.parametrize("key", ["e", "x", "t", "J", "K"])
    async def test_missions_are_not_touched_from_another_panel(
        self, app: OrchestratorApp, client: FakeClient, key: str
    ) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press(key)
            await until(pilot, lambda: bool(toasts(app)), "no reason was told")
            assert app.screen is app.dashboard
        assert client.calls == []


class TestQuit:
    @pytest.mark.parametrize(("key", "mode"), [("k", "keep"), ("enter", "keep"), ("s", "stop_agents")])
    async def test_it_ends_with_the_answer(self, app: OrchestratorApp, key: str, mode: str) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("q")
            await dialog(pilot, app, "Quit")
            await pilot.press(key)
            await until(pilot, lambda: app.return_value is not None, "it did not end")
        assert app.return_value == mode

    async def test_q_twice_does_not_quit_and_esc_stays(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("q")
            await dialog(pilot, app, "Quit")
            await pilot.press("q", "escape")
            await closed(pilot, app)
            assert app.return_value is None
