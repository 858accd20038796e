"""What outlives the dashboard, pools and presets, the first start, and notes."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.memory import Memories
from orchestrator_tui.core.models import IsolationMode, ModelTier, Role
from orchestrator_tui.core.views import AgentChanged, SpawnRequest
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs.choice import Choice
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.agent_list import AgentList
from orchestrator_tui.ui.widgets.guidance import Guidance
from tests.ui.fake_client import AGENTS, FakeClient, FrozenClock
from tests.ui.steps import NARROW, WIDE, closed, dialog, error_line, ready, selected_agent, toasts, type_into, until


def start(client: FakeClient, memories: Memories, **presets: str) -> OrchestratorApp:
    return OrchestratorApp(client, clock=FrozenClock(), memories=memories, presets=presets)


def spawned(client: FakeClient) -> list[tuple[int, Role, ModelTier | None]]:
    requests = [call[1] for call in client.calls if call[0] == "spawn"]
    return [(one.count, one.config.role, one.config.model) for one in requests if isinstance(one, SpawnRequest)]


class TestFilters:
    async def test_each_panels_filter_is_there_at_the_next_start(self, client: FakeClient) -> None:
        memories = Memories()
        app = start(client, memories)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("slash", *"role:tester", "enter", "4", "slash", *"state:failed", "enter")
            await until(pilot, lambda: len(app.model.shown_missions()) == 1, "it did not filter")
        app = start(client, memories)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            assert app.model.filters == {Panel.AGENTS: "role:tester", Panel.MISSIONS: "state:failed"}
            assert selected_agent(app) == "e2e-runner"
            await pilot.press("1", "escape", "escape")
        app = start(client, memories)
        assert app.model.filters == {Panel.MISSIONS: "state:failed"}

    def test_a_memory_of_another_shape_counts_as_forgotten(self, client: FakeClient) -> None:
        memories = Memories()
        memories.session.put("filters", {"agents": 5, "nowhere": "x", "events": "crash"})
        memories.user.put("presets", ["web"])
        app = start(client, memories)
        assert app.model.filters == {Panel.EVENTS: "crash"}
        assert "Spawn preset web" not in [entry.title for entry in app.operations.spawning.palette_entries()]


class TestGuidance:
    @pytest.mark.parametrize("size", [WIDE, NARROW])
    async def test_it_is_shown_at_the_first_start_only(self, client: FakeClient, size: tuple[int, int]) -> None:
        memories = Memories()
        app = start(client, memories)
        async with app.run_test(size=size) as pilot:
            await ready(pilot, app)
            guidance = app.dashboard.query_one(Guidance)
            assert guidance.region.height == 3
            assert "every key" in str(guidance.visual)
            await pilot.press("4", "plus")
            await until(pilot, lambda: not guidance.region.height, "it lies over another panel")
            await pilot.press("underscore", "1")
            await until(pilot, lambda: guidance.region.height == 3, "it is gone")
            await pilot.press("escape")
            assert not guidance.display
        other_session = Memories(user=memories.user)
        app = start(client, other_session)
        async with app.run_test(size=size) as pilot:
            await ready(pilot, app)
            assert not app.dashboard.query_one(Guidance).display


class TestPools:
    async def test_a_pool_is_spawned_and_kept_under_a_name(self, client: FakeClient) -> None:
        memories = Memories()
        app = start(client, memories)
        async with app.run_test(size=NARROW, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            await type_into(pilot, app, "pool", "2 codrs")
            await pilot.press("enter")
            await until(pilot, lambda: "Did you mean coder?" in error_line(app), "the error is not told")
            assert app.focused is not None
            assert app.focused.id == "field-pool"
            await type_into(pilot, app, "pool", "2 coders:opus + reviewer")
            await type_into(pilot, app, "preset_name", "web")
            await type_into(pilot, app, "prompt", "fix it")
            await pilot.press("enter")
            await closed(pilot, app)
            assert "Starting agent-100, agent-101, agent-100." in toasts(app)
        assert spawned(client) == [(2, Role.CODER, ModelTier.OPUS), (1, Role.REVIEWER, None)]
        requests = [call[1] for call in client.calls if isinstance(call[1], SpawnRequest)]
        assert [one.first_mission is None for one in requests] == [True, False]
        assert requests[0].config.isolation_mode is IsolationMode.WORKTREE
        titles = [entry.title for entry in start(client, memories).operations.spawning.palette_entries()]
        assert titles == ["Spawn preset web"]

    async def test_a_preset_fills_the_dialog_in_and_stands_in_the_palette(self, client: FakeClient) -> None:
        app = start(client, Memories(), web="3 coders", check="2 testers:haiku")
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("escape", "n")
            await dialog(pilot, app, "New agent")
            app.screen.query_one("#field-preset", Choice).focus()
            await pilot.press("c", "enter")
            await closed(pilot, app)
            assert spawned(client) == [(2, Role.TESTER, ModelTier.HAIKU)]
            entries = {entry.title: entry for entry in app.palette_entries()}
            entries["Spawn preset web"].run()
            await until(pilot, lambda: len(spawned(client)) == 2, "it was not spawned")
        assert spawned(client)[-1] == (3, Role.CODER, None)

    async def test_a_configured_preset_is_not_replaced(self, client: FakeClient) -> None:
        app = start(client, Memories(), web="3 coders")
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            await type_into(pilot, app, "pool", "9 coders")
            await type_into(pilot, app, "preset_name", "web")
            await pilot.press("enter")
            await until(pilot, lambda: "config.toml" in error_line(app), "the refusal is not told")
        assert client.calls == []


class TestNotes:
    async def test_a_note_is_kept_shown_and_found(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("comma")
            await dialog(pilot, app, "Note on api-auth")
            await pilot.press(*"ask Ada", "enter")
            await closed(pilot, app)
            assert client.calls == [("note", 1, "ask Ada")]
            client.feeds[0].push(AgentChanged(replace(AGENTS[0], note="ask Ada")))
            await until(pilot, lambda: "ask Ada" in str(app.dashboard.pane.border_title), "it is not shown")
            rows = app.dashboard.query_one(AgentList)
            assert [rows.render_line(y).text.count("¶") for y in range(3)] == [0, 1, 0]
            await pilot.press("slash", *"ada", "enter")
            await until(pilot, lambda: len(app.model.shown_agents()) == 1, "it was not found")
            await pilot.press("comma")
            await dialog(pilot, app, "Note on api-auth")
            await type_into(pilot, app, "note", "")
            await pilot.press("enter")
            await closed(pilot, app)
        assert client.calls[-1] == ("note", 1, "")
