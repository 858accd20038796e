"""Actions on many: marks, one confirm, all at once, and a line that says what came of it."""

import asyncio
from dataclasses import replace

from textual.widgets import Static

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import MissionState, Priority
from orchestrator_tui.core.views import AgentRemoved, MissionChanges
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.marks import Marks, acts_on_marks
from orchestrator_tui.ui.outcomes import listed, to_each
from orchestrator_tui.ui.widgets.agent_list import AgentList
from tests.ui.fake_client import FLEET, NOW_MS, FakeClient, FrozenClock, mission
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, error_line, ready, toasts, type_into, until


class Choosy(FakeClient):
    """Refuses whatever is done to agent 2."""

    def _record(self, *call: object) -> None:
        self.calls.append(call)
        if call[1] == 2:
            raise NotAllowedNow("docs-fix shows a dialog.", remedy="Answer it first.")


class Slow(FakeClient):
    """Ends an agent only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.kill_began, self.may_end = asyncio.Event(), asyncio.Event()

    async def kill(self, agent_id: int, signal: str = "SIGTERM") -> None:
        self.kill_began.set()
        await self.may_end.wait()
        await super().kill(agent_id, signal)


async def mark(pilot: DashboardPilot, app: OrchestratorApp, *agents: int) -> None:
    for agent_id in agents:
        app.model.selected_agent = agent_id
        await pilot.press("space")
    await until(pilot, lambda: app.model.marks.agents == set(agents), "not marked")


def drawn(app: OrchestratorApp) -> str:
    widget = app.dashboard.query_one(AgentList)
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def losses(app: OrchestratorApp) -> str:
    return " ".join(str(one.render()) for one in app.screen.query(".loss"))


class TestMarks:
    async def test_space_marks_the_agent_wherever_its_row_goes_and_esc_clears(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await mark(pilot, app, 3, 8)
            lines = drawn(app).splitlines()
            assert sum(line.startswith("*") for line in lines) == 2
            assert "2 marked" in str(app.dashboard.query_one(AgentList).border_title)
            await pilot.press("space")
            assert app.model.marks.agents == {3}
            await pilot.press("escape")
            assert app.model.marks.agents == set()
            assert "marked" not in str(app.dashboard.query_one(AgentList).border_title)

    async def test_a_removed_agent_is_marked_no_more(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            await mark(pilot, app, 3, 8)
            app.model.apply([AgentRemoved(3)])
            assert app.model.marks.agents == {8}

    def test_they_count_where_their_rows_are_and_nowhere_else(self) -> None:
        marks = Marks(agents={1}, missions={"m"})
        assert acts_on_marks("agent.kill", marks, in_missions=False, on_page=False)
        assert not acts_on_marks("agent.kill", marks, in_missions=True, on_page=False)
        assert acts_on_marks("mission.cancel", marks, in_missions=True, on_page=False)
        assert not acts_on_marks("mission.cancel", marks, in_missions=True, on_page=True)
        assert not acts_on_marks("mission.cancel", marks, in_missions=False, on_page=False)
        assert acts_on_marks("mission.assign", marks, in_missions=False, on_page=False)
        assert not acts_on_marks("agent.rename", marks, in_missions=False, on_page=False)


class TestAgents:
    async def test_one_confirm_names_all_and_their_losses_and_what_refuses_stays_marked(self) -> None:
        client = Choosy()
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await mark(pilot, app, 1, 2, 9)
            await pilot.press("D")
            await dialog(pilot, app, "Kill 3 agents")
            assert "api-auth: Its mission m-041 goes back" in losses(app)
            assert "scratch: is forgotten" in losses(app)
            await pilot.press("D", "enter")
            await closed(pilot, app)
            assert client.calls == []
            await pilot.press("D")
            await dialog(pilot, app, "Kill 3 agents")
            await pilot.press("y")
            await until(pilot, lambda: bool(toasts(app)), "nothing was told")
            assert sorted(map(str, client.calls)) == sorted(
                map(str, [("kill", 1, "SIGTERM"), ("kill", 2, "SIGTERM"), ("remove", 9)])
            )
            assert toasts(app)[-1].startswith("2 killed, 1 refused.\ndocs-fix: shows a dialog. Answer it first.")
            assert "u brings it back (10 s)" in toasts(app)[-1]
            assert app.model.marks.agents == {2}

    async def test_restart_hold_and_send_reach_all(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await mark(pilot, app, 3, 4)
            await pilot.press("p")
            await until(pilot, lambda: len(client.calls) == 2, "not held")
            await pilot.press("s")
            await dialog(pilot, app, "Send to 2 agents")
            assert "db-migrate" in str(app.screen.query_one("#recipients", Static).render())
            await type_into(pilot, app, "text", "go on")
            await pilot.press("enter")
            await closed(pilot, app)
            await mark(pilot, app, 3, 4)
            await pilot.press("R")
            await dialog(pilot, app, "Restart 2 agents")
            assert "this attempt of m-039 ends" in losses(app)
            await pilot.press("y")
            await until(pilot, lambda: len(client.calls) == 6, "not restarted")
            await until(pilot, lambda: app.model.marks.agents == set(), "still marked")
        assert client.calls == [
            ("hold", 3, True),
            ("hold", 4, True),
            ("send", 3, "go on"),
            ("send", 4, "go on"),
            ("restart", 3),
            ("restart", 4),
        ]

    async def test_broadcast_goes_to_what_the_filter_shows_and_names_each_refusal(self) -> None:
        client = Choosy()
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=NARROW, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("slash", *"api|docs|scratch", "enter")
            await until(pilot, lambda: len(app.model.shown_agents()) == 3, "it did not filter")
            await pilot.press("b")
            await dialog(pilot, app, "Send to 2 agents")
            await type_into(pilot, app, "text", "stop at noon")
            await pilot.press("enter")
            await closed(pilot, app)
            assert toasts(app)[-1] == "1 sent, 1 refused.\ndocs-fix: shows a dialog. Answer it first."
        assert client.calls == [("send", 1, "stop at noon"), ("send", 2, "stop at noon")]

    async def test_what_nobody_took_stays_in_the_dialog(self) -> None:
        app = OrchestratorApp(Choosy(), clock=FrozenClock())
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await mark(pilot, app, 2)
            await pilot.press("b")
            await dialog(pilot, app, "Send to 1 agent")
            await type_into(pilot, app, "text", "stop at noon")
            await pilot.press("enter")
            await until(pilot, lambda: "docs-fix: shows a dialog" in error_line(app), "the refusal is not told")


class TestUndo:
    async def test_u_brings_back_what_was_killed_and_the_time_is_counted(self, client: FakeClient) -> None:
        clock = FrozenClock()
        app = OrchestratorApp(client, clock=clock)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("D")
            await dialog(pilot, app, "Kill api-auth")
            await pilot.press("y")
            await until(pilot, lambda: bool(toasts(app)), "nothing was told")
            assert toasts(app) == ["Killed api-auth. u brings it back (10 s)."]
            clock.now = NOW_MS + 3_500
            app.dashboard.refresh_model()
            subtitle = str(app.dashboard.query_one(AgentList).border_subtitle)
            assert "brings api-auth back (7 s)" in subtitle
            await pilot.press("u")
            await until(pilot, lambda: ("undo_kill", 1) in client.calls, "it was not brought back")
            await until(pilot, lambda: "1 brought back with m-041." in toasts(app), "nothing was told")
            await pilot.press("u")
            await until(pilot, lambda: "Nothing was killed in the last 10 s." in toasts(app), "no reason")

    async def test_pressed_while_the_kill_is_under_way_it_waits_for_its_end(self) -> None:
        client = Slow()
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("D")
            await dialog(pilot, app, "Kill api-auth")
            await pilot.press("y")
            await until(pilot, lambda: client.kill_began.is_set(), "no kill was asked for")
            await pilot.press("u")
            assert ("undo_kill", 1) not in client.calls
            client.may_end.set()
            await until(pilot, lambda: ("undo_kill", 1) in client.calls, "it was not brought back")

    async def test_after_ten_seconds_it_is_refused(self, client: FakeClient) -> None:
        clock = FrozenClock()
        app = OrchestratorApp(client, clock=clock)
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            app.operations.desk.offer_undo(((1, "api-auth"),))
            clock.now = NOW_MS + 10_000
            await pilot.press("u")
            await until(pilot, lambda: bool(toasts(app)), "no reason")
        assert client.calls == []


class TestMissions:
    async def test_all_marked_ones_are_cancelled_raised_and_given(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            app.model.selected_mission = "m-047"
            await pilot.press("4", "space", "down", "space")
            await until(pilot, lambda: app.model.marks.missions == {"m-047", "m-048"}, "not marked")
            await pilot.press("K")
            await until(pilot, lambda: len(client.calls) == 2, "not raised")
            await pilot.press("A")
            await dialog(pilot, app, "Give 2 missions to")
            await pilot.press("j", "enter")
            await closed(pilot, app)
            await until(pilot, lambda: len(client.calls) == 4, "not given")
            await until(pilot, lambda: not app.model.marks.missions, "still marked")
            await pilot.press("space", "x")
            await dialog(pilot, app, "Cancel 1 mission")
            assert "Split settings module" in losses(app)
            await pilot.press("y")
            await until(pilot, lambda: len(client.calls) == 5, "not cancelled")
        assert client.calls == [
            ("update_mission", "m-047", MissionChanges(priority=Priority.CRITICAL)),
            ("update_mission", "m-048", MissionChanges(priority=Priority.HIGH)),
            ("assign_mission", "m-047", 2),
            ("assign_mission", "m-048", 2),
            ("cancel_mission", "m-048"),
        ]

    async def test_t_queues_all_marked_ones_again(self, client: FakeClient) -> None:
        failed = tuple(mission(n, "x", MissionState.FAILED, n) for n in (1, 2))
        client.snapshot = replace(FLEET, missions=failed)
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            app.model.marks.missions = {"m-001", "m-002"}
            await pilot.press("4", "t")
            await until(pilot, lambda: len(client.calls) == 2, "not queued")


class TestOutcomes:
    async def test_one_refusal_stops_nothing_and_an_unforeseen_failure_is_told_too(self) -> None:
        async def work(key: int) -> int:
            await asyncio.sleep(0)
            if key == 2:
                raise NotAllowedNow("two is busy.")
            return key

        outcome = await to_each([(1, "one"), (2, "two"), (3, "three")], work)
        assert outcome.done == ((1, 1), (3, 3))
        assert outcome.told("sent") == "2 sent, 1 refused.\ntwo: is busy."

    def test_names_in_words(self) -> None:
        assert listed(["a"]) == "a"
        assert listed(["a", "b"]) == "a and b"
        assert listed([str(n) for n in range(9)]) == "0, 1, 2, 3, 4 and 4 more"
