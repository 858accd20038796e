"""The registry of actions: one list feeds keys, footer, help, palette and the README."""

import pytest

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.models import AgentState, MissionState, WaitingFor
from orchestrator_tui.ui.actions import ACTIONS, When, action_for, key_name, key_table_markdown, with_keys
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.availability import Target, reason_unavailable
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.footer import footer_spans
from tests.ui.fake_client import FakeClient, FrozenClock, agent, mission

LATER: set[str] = set()


class TestRegistry:
    def test_ids_and_keys_are_unique(self) -> None:
        ids = [action.id for action in ACTIONS]
        keys = [(key, action.panel) for action in ACTIONS for key in action.keys]
        assert len(ids) == len(set(ids))
        assert len(keys) == len(set(keys))

    def test_no_key_of_later_work_is_taken(self) -> None:
        assert not LATER & {key for action in ACTIONS for key in action.keys}

    def test_ctrl_z_and_keys_that_tmux_loses_are_not_used(self) -> None:
        keys = {key for action in ACTIONS for key in action.keys}
        assert not {key for key in keys if key == "ctrl+z" or key.startswith(("alt+", "shift+enter", "ctrl+shift"))}

    async def test_every_action_is_handled_and_nothing_else(self) -> None:
        app = OrchestratorApp(FakeClient(), clock=FrozenClock())
        assert app.operations.handled_ids() == {action.id for action in ACTIONS}

    def test_a_key_may_mean_something_else_in_one_panel(self) -> None:
        assert action_for(ACTIONS, "enter", Panel.AGENTS) == action_for(ACTIONS, "o", Panel.MISSIONS)
        opened = action_for(ACTIONS, "enter", Panel.MISSIONS)
        assert opened is not None
        assert opened.id == "mission.open"

    def test_the_key_table_names_every_key(self) -> None:
        table = key_table_markdown()
        for action in ACTIONS:
            assert action.help in table
            assert all(f"`{key_name(key)}`" in table for key in action.keys)

    def test_every_help_fits_one_line_of_its_column(self) -> None:
        assert [action.id for action in ACTIONS if len(action.help) > 42] == []

    @pytest.mark.parametrize(
        ("key", "shown"), [("question_mark", "?"), ("ctrl+p", "^p"), ("D", "D"), ("escape", "esc"), ("plus", "+")]
    )
    def test_keys_read_as_a_person_writes_them(self, key: str, shown: str) -> None:
        assert key_name(key) == shown


class TestOverrides:
    def test_a_person_may_choose_other_keys(self) -> None:
        changed = with_keys(ACTIONS, {"agent.kill": "X, delete"})
        assert next(action.keys for action in changed if action.id == "agent.kill") == ("X", "delete")

    def test_an_unknown_action_is_named(self) -> None:
        with pytest.raises(ConfigError, match=r"agent\.kil"):
            with_keys(ACTIONS, {"agent.kil": "X"})

    def test_a_key_for_two_actions_is_refused(self) -> None:
        with pytest.raises(ConfigError, match=r"agent\.spawn.*agent\.kill"):
            with_keys(ACTIONS, {"agent.kill": "n"})


class TestAvailability:
    def test_without_an_agent_the_next_key_is_told(self) -> None:
        reason = reason_unavailable(When.AGENT, Target())
        assert reason is not None
        assert "n starts one" in reason

    @pytest.mark.parametrize(
        ("when", "state", "waiting_for", "possible"),
        [
            (When.AGENT, AgentState.STOPPED, None, True),
            (When.LIVING_AGENT, AgentState.STOPPED, None, False),
            (When.LIVING_AGENT, AgentState.BUSY, None, True),
            (When.PERMISSION, AgentState.WAITING, WaitingFor.PERMISSION, True),
            (When.PERMISSION, AgentState.WAITING, WaitingFor.QUESTION, True),
            (When.PERMISSION, AgentState.WAITING, WaitingFor.TRUST, False),
            (When.PERMISSION, AgentState.BUSY, None, False),
            (When.SENDABLE, AgentState.IDLE, None, True),
            (When.SENDABLE, AgentState.BUSY, None, True),
            (When.SENDABLE, AgentState.WAITING, WaitingFor.PERMISSION, False),
            (When.ATTACHABLE, AgentState.BUSY, None, True),
            (When.ATTACHABLE, AgentState.STOPPED, None, False),
        ],
    )
    def test_agent_actions(self, when: When, state: AgentState, waiting_for: WaitingFor | None, possible: bool) -> None:
        target = Target(agent=agent(1, "one", state, 0, waiting_for=waiting_for))
        assert (reason_unavailable(when, target) is None) is possible

    def test_attach_needs_a_terminal_that_can_be_lent(self) -> None:
        target = Target(agent=agent(1, "one", AgentState.BUSY, 0), can_attach=False)
        assert reason_unavailable(When.ATTACHABLE, target) is not None

    @pytest.mark.parametrize(
        ("when", "state", "possible"),
        [
            (When.OPEN_MISSION, MissionState.RUNNING, True),
            (When.OPEN_MISSION, MissionState.COMPLETED, False),
            (When.RETRYABLE_MISSION, MissionState.FAILED, True),
            (When.RETRYABLE_MISSION, MissionState.CANCELLED, True),
            (When.RETRYABLE_MISSION, MissionState.RUNNING, False),
        ],
    )
    def test_mission_actions(self, when: When, state: MissionState, possible: bool) -> None:
        target = Target(mission=mission(1, "one", state, 0))
        assert (reason_unavailable(when, target) is None) is possible


class TestFooter:
    @pytest.mark.parametrize("width", [40, 60, 80, 120])
    @pytest.mark.parametrize("panel", list(Panel))
    def test_it_fits_and_always_names_help_and_quit(self, panel: Panel, width: int) -> None:
        text = "".join(span.text for span in footer_spans(ACTIONS, panel, width, lambda _: True))
        assert len(text) <= width
        assert "? help" in text
        assert "q quit" in text

    def test_keys_that_cannot_be_used_go_first(self) -> None:
        spans = footer_spans(ACTIONS, Panel.AGENTS, 60, lambda action: action.id != "agent.attach")
        assert "attach" not in "".join(span.text for span in spans)
