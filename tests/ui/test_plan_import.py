"""Importing a plan: the path, the preview, and only then the import."""

from dataclasses import replace

import pytest
from textual.widgets import Input, Static

from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.models import Priority
from orchestrator_tui.core.plans import PlannedMission, PlanPreview, PlanProblem, Standing
from orchestrator_tui.core.views import MissionChanged
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.format import Spans
from orchestrator_tui.ui.plan_rows import planned_header, planned_row, problem_rows
from orchestrator_tui.ui.plan_screen import PlannedRows, PlanScreen, ProblemRows
from tests.ui.fake_client import BROKEN_PLAN, MISSIONS, PLAN, FakeClient
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, error_line, ready, toasts, until


async def previewed(pilot: DashboardPilot, app: OrchestratorApp) -> PlanScreen:
    await ready(pilot, app)
    await pilot.press("M")
    await dialog(pilot, app, "Import a plan")
    await pilot.press(*"plan.yaml", "enter")
    await until(pilot, lambda: isinstance(app.screen, PlanScreen), "no preview")
    await pilot.pause()
    assert isinstance(app.screen, PlanScreen)
    return app.screen


def calls(client: FakeClient, name: str) -> list[tuple[object, ...]]:
    return [call for call in client.calls if call[0] == name]


def title(screen: PlanScreen) -> str:
    return str(screen.query_one("#plan-title", Static).render())


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_only_y_imports_what_is_shown(app: OrchestratorApp, client: FakeClient, size: tuple[int, int]) -> None:
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = await previewed(pilot, app)
        assert "2 new, 1 again, 1 here already" in title(screen)
        assert not screen.query_one(ProblemRows).display
        assert len(screen.query_one(PlannedRows).keys) == 4
        await pilot.press("enter")
        assert calls(client, "import_plan") == []
        await pilot.press("y")
        await closed(pilot, app)
        assert calls(client, "import_plan") == [("import_plan", "plan.yaml", "d1")]
        await until(pilot, lambda: bool(toasts(app)), "it did not say that it is done")
        assert toasts(app) == ["Queued 3 missions. 1 was here already."]
        client.feeds[0].push(MissionChanged(replace(MISSIONS[3], id="spec")))
        await until(pilot, lambda: app.model.selected_mission == "spec", "the cursor is not on what was queued")


async def test_leaving_imports_nothing(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await previewed(pilot, app)
        await pilot.press("escape")
        await closed(pilot, app)
        assert calls(client, "import_plan") == []


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_broken_plan_shows_every_mistake_and_cannot_be_imported(
    app: OrchestratorApp, client: FakeClient, size: tuple[int, int]
) -> None:
    client.plan = BROKEN_PLAN
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = await previewed(pilot, app)
        problems = screen.query_one(ProblemRows)
        assert problems.has_focus
        assert len(problems.keys) == 3 * len(BROKEN_PLAN.problems)
        assert "4 problems: nothing can be imported" in title(screen)
        await pilot.press("G")
        assert problems.selected == len(problems.keys) - 1
        await pilot.press("y")
        await pilot.pause()
        assert calls(client, "import_plan") == []
        client.plan = PLAN
        await pilot.press("r")
        await until(pilot, lambda: screen.preview.problems == (), "it was not read again")
        await until(pilot, lambda: not problems.display, "the problems are still shown")


async def test_a_file_that_cannot_be_read_keeps_the_dialog_open(app: OrchestratorApp, client: FakeClient) -> None:
    client.fail_with = UsageError("none.yaml does not exist.", remedy="Give the path of a plan file.", field="path")
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("M")
        await dialog(pilot, app, "Import a plan")
        await pilot.press(*"none.yaml", "enter")
        await until(pilot, lambda: "does not exist" in error_line(app), "it did not say so")
        await pilot.press("escape")
        await closed(pilot, app)


async def test_a_plan_that_changed_meanwhile_says_so_and_stays(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await previewed(pilot, app)
        client.fail_with = NotAllowedNow("plan.yaml changed since it was shown.", remedy="Look at it again.")
        await pilot.press("y")
        await until(pilot, lambda: any("changed since" in text for text in toasts(app)), "no word of it")
        assert app.screen is screen


async def test_tab_completes_the_path(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("M")
        await dialog(pilot, app, "Import a plan")
        await pilot.press("p", "tab")
        line = app.screen.query_one(Input)
        await until(pilot, lambda: line.value == "plan", "it did not complete")
        await until(pilot, lambda: app.screen.query_one("#offered").display, "it does not say what there is")
        await pilot.press(".", "tab")
        await until(pilot, lambda: line.value == "plan.yaml", "it did not complete the name")
        assert line.has_focus


@pytest.mark.parametrize("width", [30, 78, 118])
def test_rows_are_as_wide_as_their_header(width: int) -> None:
    def cells(spans: Spans) -> int:
        return sum(len(span.text) for span in spans)

    assert len({cells(planned_header(width)) - 2, *(cells(planned_row(one, width)) for one in PLAN.missions)}) == 1


def test_a_problem_stands_beside_its_source_line() -> None:
    problem = PlanProblem(7, "it is wrong", "Do it right.", "priority", "    priority: urgent")
    text = ["".join(span.text for span in line).rstrip() for line in problem_rows(problem, 60)]
    assert text == ["× line 7  priority  it is wrong", "     7 │     priority: urgent", "       Do it right."]


async def test_a_long_plan_draws_only_what_is_seen(
    app: OrchestratorApp, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(PlannedMission(f"m{number}", "x", "coding", Priority.LOW, number) for number in range(5_000))
    client.plan = PlanPreview("plan.yaml", "d", many)
    async with app.run_test(size=WIDE) as pilot:
        screen = await previewed(pilot, app)
        rows = screen.query_one(PlannedRows)
        drawn: list[int] = []
        write = PlannedRows.row_spans

        def counted(shown: PlannedRows, key: int, width: int) -> Spans:
            drawn.append(key)
            return write(shown, key, width)

        monkeypatch.setattr(PlannedRows, "row_spans", counted)
        await pilot.press("G")
        await pilot.pause()
        assert rows.selected == 4_999
        assert 4_999 in drawn
        assert len(set(drawn)) <= 2 * rows.size.height
        assert all(one.standing is Standing.NEW for one in screen.preview.missions)
