"""Why an agent is shown as it is: told in a dialog that looks anew while it is open."""

from dataclasses import replace

from textual.widgets import Static

from orchestrator_tui.core.errors import UnknownAgent
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs import why
from orchestrator_tui.ui.dialogs.why import why_spans
from tests.ui.fake_client import VERDICT, FakeClient
from tests.ui.steps import WIDE, DashboardPilot, closed, dialog, error_line, ready, until


def shown(app: OrchestratorApp) -> str:
    return str(app.screen.query_one("#why-text", Static).render())


async def opened(pilot: DashboardPilot, app: OrchestratorApp) -> None:
    await ready(pilot, app)
    await pilot.press("w")
    await dialog(pilot, app, "Why ")
    await until(pilot, lambda: "said by" in shown(app), "no verdict")


async def test_w_shows_state_source_age_confidence_and_every_word(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        text = shown(app)
        assert client.calls == [("why", app.model.selected_agent)]
        for part in ("○ idle", "session file", "4s", "high", "interrupted in the pane", *VERDICT.reasoning):
            assert part in text
        await pilot.press("escape")
        await closed(pilot, app)


async def test_it_looks_anew_while_it_is_open(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        client.verdict = replace(VERDICT, state=AgentState.WAITING, waiting_for=WaitingFor.TRUST)
        await until(pilot, lambda: "◆ waiting for trust" in shown(app), "the verdict is the old one")
        await pilot.press("w")
        await closed(pilot, app)
        looks = len(client.calls)
        await pilot.pause(why.REFRESH_S * 1.5)
        assert len(client.calls) == looks


async def test_an_agent_that_is_gone_is_told(app: OrchestratorApp, client: FakeClient) -> None:
    client.fail_with = UnknownAgent("There is no agent 1.", remedy="Known ids: none.")
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("w")
        await dialog(pilot, app, "Why ")
        await until(pilot, lambda: "There is no agent 1." in error_line(app), "no word of it")


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    spans = why_spans(replace(VERDICT, reason="Bash: \x1b[31mls\x07", reasoning=("screen: a\x1b]0;b", "so idle")))
    text = "".join(span.text for span in spans)
    assert all(one.isprintable() or one == "\n" for one in text)
