"""A person's own commands on the dashboard: their keys, when they can run, and each way of showing what they do."""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from textual.widgets import Log, Static

from orchestrator_tui.core.command_log import COMMANDS
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.user_commands import PLACEHOLDERS, UserCommand
from orchestrator_tui.core.work import WorkStatus
from orchestrator_tui.ui.actions import ACTIONS, Group, action_for
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.availability import Target
from orchestrator_tui.ui.command_output import LONGEST_LINE, MOST_BYTES, MOST_LINES, Output, printable_line
from orchestrator_tui.ui.dialogs.help import HelpDialog
from orchestrator_tui.ui.dialogs.output import OutputDialog
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.user_commands import reason_against, registry, values_for
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import AGENTS, EMPTY, FakeClient, FrozenClock, agent, mission
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, ready, toasts, until


def command(*run: str, **fields: Any) -> UserCommand:
    return UserCommand.model_validate({"name": "One", "run": run, **fields})


class TestKeys:
    def test_they_stand_behind_the_dashboards_own_actions(self) -> None:
        actions = registry([command("x", key="ctrl+g"), command("y", name="Other")], {})
        assert actions[: len(ACTIONS)] == ACTIONS
        one, other = actions[len(ACTIONS) :]
        assert (one.id, one.keys, one.group, one.help) == ("command.one", ("ctrl+g",), Group.COMMANDS, "One")
        assert (other.keys, other.shown_key) == ((), "")

    def test_keys_of_the_configuration_may_move_both(self) -> None:
        actions = registry([command("x", key="n")], {"agent.spawn": "ctrl+n"})
        assert action_for(actions, "n", Panel.AGENTS) == actions[-1]
        assert registry([command("x")], {"command.one": "ctrl+g"})[-1].keys == ("ctrl+g",)

    @pytest.mark.parametrize(
        ("fields", "message", "remedy"),
        [
            ({"key": "x"}, "`x` is given to both `mission.cancel` and `command.one`", "another key"),
            ({"key": "x", "panel": "agents"}, "`x` is given to both `mission.cancel` and `command.one`", "[keys]"),
            ({"key": "enter", "panel": "missions"}, "`enter` is given to both", "another key"),
            ({"key": "ctl+g"}, "commands: `ctl+g` of `command.one` is no key", "`ctrl+g`"),
            ({"key": ""}, "commands: `command.one` has no key", "Name one"),
            ({"key": "ctrl+q"}, "commands: `ctrl+q` cannot be given", "another key"),
        ],
    )
    def test_one_that_cannot_be_used_is_refused(self, fields: dict[str, str], message: str, remedy: str) -> None:
        with pytest.raises(ConfigError) as refusal:
            registry([command("y", **fields)], {})
        assert message in refusal.value.message
        assert remedy in refusal.value.remedy

    def test_two_commands_may_share_one_in_different_panels_only(self) -> None:
        agents = command("x", key="ctrl+g", panel="agents")
        missions = command("y", name="Two", key="ctrl+g", panel="missions")
        actions = registry([agents, missions], {})
        assert action_for(actions, "ctrl+g", Panel.MISSIONS) == actions[-1]
        with pytest.raises(ConfigError, match=r"command\.one.*command\.three"):
            registry([agents, missions, command("z", name="Three", key="ctrl+g")], {})


WORKING = replace(
    agent(3, "db", AgentState.BUSY, 0, task="m-039", title="Split the table"),
    cwd="/w/3",
    work=WorkStatus("orchestrator/api/3", "main"),
)
BARE = replace(agent(9, "scratch", AgentState.STOPPED, 0), cwd="/p")


class TestPlaceholders:
    def test_an_agent_at_work_gives_all_of_them(self) -> None:
        values = values_for(Target(agent=WORKING), "api", "/p")
        assert set(values) == set(PLACEHOLDERS)
        assert (values["worktree"], values["branch"], values["base"]) == ("/w/3", "orchestrator/api/3", "main")
        assert (values["agent"], values["mission"], values["pid"]) == ("3", "m-039", "4003")

    def test_the_chosen_mission_goes_before_the_agents_own(self) -> None:
        values = values_for(Target(WORKING, mission(47, "Other", MissionState.PENDING, 0)), "api", "/p")
        assert (values["mission"], values["mission_title"]) == ("m-047", "Other")

    @pytest.mark.parametrize(
        ("name", "target", "said"),
        [
            ("agent", Target(), "No agent is chosen"),
            ("mission", Target(), "Choose a mission"),
            ("mission_title", Target(agent=BARE), "Choose a mission"),
            ("worktree", Target(agent=BARE), "scratch has no worktree"),
            ("pid", Target(agent=BARE), "scratch is not running"),
            ("base", Target(agent=replace(WORKING, work=None)), "is not known yet"),
            ("role", Target(mission=mission(47, "Other", MissionState.PENDING, 0)), "No agent has m-047"),
        ],
    )
    def test_one_without_a_value_is_a_reason(self, name: str, target: Target, said: str) -> None:
        reason = reason_against(command("x", f"{{{name}}}"), target, values_for(target, "api", "/p"))
        assert reason is not None
        assert said in reason

    def test_a_terminal_that_cannot_be_lent_and_a_dash_are_reasons(self) -> None:
        assert "lent" in (reason_against(command("x", show="terminal"), Target(can_attach=False), {}) or "")
        values = {"mission_title": "--output=/etc/x"}
        assert "dash" in (reason_against(command("x", "{mission_title}"), Target(), values) or "")
        assert reason_against(command("x", "--", show="terminal"), Target(), {}) is None


class TestOutput:
    def test_lines_come_whole_and_without_what_a_terminal_obeys(self) -> None:
        output = Output()
        for data in (b"\x1b[31mre", b"d\x1b[0m\n10%\r100%\n\ta\xe2\x82", b"\xac\x07\nopen"):
            output.take(1, data)
        assert output.lines == ["red", "100%", "        a€ "]
        output.end()
        assert output.lines[-1] == "open"
        assert printable_line("\x1b]0;title\x07x" + "y" * 9_000)[:2] == "xy"
        assert len(printable_line("y" * 9_000)) == LONGEST_LINE

    def test_the_last_error_is_that_of_the_second_stream(self) -> None:
        output = Output()
        output.take(2, b"first\nlast\n\n")
        output.take(1, b"out\n")
        assert output.last_error == "last"

    @pytest.mark.parametrize("line", [b"y" * 99 + b"\n", b"y\n"])
    def test_too_much_is_only_counted_and_its_last_error_kept(self, line: bytes) -> None:
        output = Output()
        for _ in range(30):
            output.take(1, line * (100_000 // len(line)))
        output.take(2, b"why it failed\n")
        assert output.is_cut
        assert len(output.lines) <= MOST_LINES
        assert sum(map(len, output.lines)) <= MOST_BYTES
        assert output.bytes_seen >= 2_900_000
        assert output.last_error == "why it failed"


def opened(client: FakeClient, folder: Path, *commands: UserCommand) -> OrchestratorApp:
    """A dashboard whose agents work in the folder."""
    agents = (replace(one, cwd=str(folder)) for one in client.snapshot.agents)
    client.snapshot = replace(client.snapshot, agents=tuple(agents), cwd=str(folder))
    app = OrchestratorApp(client, clock=FrozenClock(), attacher=RecordingAttacher(), commands=commands)
    app.animation_level = "none"
    return app


async def output_of(pilot: DashboardPilot, app: OrchestratorApp, standing: str) -> list[str]:
    """The lines of the open output once its standing says so."""
    await until(pilot, lambda: isinstance(app.screen, OutputDialog) and app.screen.is_mounted, "no output")

    def stands() -> bool:
        return standing in str(app.screen.query_one("#standing", Static).render())

    await until(pilot, stands, f"it does not say {standing!r}")
    return list(app.screen.query_one(Log).lines)


class TestShowing:
    async def test_output_is_shown_with_how_it_ended(self, client: FakeClient, tmp_path: Path) -> None:
        script = 'pwd; echo "$1" "$2"; echo wrong >&2; exit 3'
        run = ("sh", "-c", script, "sh", "{agent_name}", "{mission_title}; ls")
        app = opened(client, tmp_path, command(*run, key="ctrl+g"))
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            lines = await output_of(pilot, app, "× exit 3: wrong")
            assert sorted(lines) == sorted([str(tmp_path), "api-auth Refresh-token rotation; ls", "wrong"])
            await pilot.press("escape")
            await closed(pilot, app)
            assert toasts(app) == []
            (entry,) = (one for one in app.palette_entries() if one.title == "Output of One")
            assert "exit 3: wrong" in entry.help
            entry.run()
            assert await output_of(pilot, app, "exit 3") == lines
        ran = COMMANDS.after(0, polls=False)[-1]
        assert (ran.tool, ran.folder, ran.error) == ("own", str(tmp_path), "exit 3: wrong")
        assert ran.commands[0][-2:] == ("api-auth", "Refresh-token rotation; ls")

    async def test_one_that_runs_goes_on_behind_and_is_stopped_by_x(self, client: FakeClient, tmp_path: Path) -> None:
        app = opened(client, tmp_path, command("sh", "-c", "echo here; exec sleep 60", key="ctrl+g"))
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await output_of(pilot, app, "● running")
            await pilot.press("escape")
            await closed(pilot, app)
            # The same key shows the same run: it is not started twice.
            await pilot.press("ctrl+g")
            await until(pilot, lambda: isinstance(app.screen, OutputDialog), "it was not shown again")
            assert len([one for one in app.palette_entries() if one.title == "Output of One"]) == 1
            await pilot.press("x")
            assert await output_of(pilot, app, "× killed by SIGTERM") == ["here"]

    async def test_what_prints_for_long_is_followed(
        self, client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orchestrator_tui.ui.dialogs.output.FOLLOWS_AFTER_S", 0.1)
        script = "seq 5; while [ ! -e more ]; do sleep 0.02; done; seq 5 500; exec sleep 60"
        app = opened(client, tmp_path, command("sh", "-c", script, key="ctrl+g"))
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await output_of(pilot, app, "● running")
            log = app.screen.query_one(Log)
            await until(pilot, lambda: log.line_count == 5, "it printed nothing")
            (tmp_path / "more").touch()
            await until(pilot, lambda: log.max_scroll_y > 400 and log.is_vertical_scroll_end, "it does not follow")
            await pilot.press("g")
            await until(pilot, lambda: log.scroll_offset.y == 0, "it did not go to the beginning")

    async def test_it_ends_with_the_dashboard(self, client: FakeClient, tmp_path: Path) -> None:
        # The shell does not obey, and its child would outlive it.
        script = "trap '' TERM; sleep 60 & echo $! $$ > pids; wait; sleep 60"
        app = opened(client, tmp_path, command("sh", "-c", script, key="ctrl+g", show="quiet"))
        pids = tmp_path / "pids"
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await until(pilot, lambda: pids.exists() and len(pids.read_text().split()) == 2, "it was not started")
        deadline = asyncio.get_running_loop().time() + 5
        while not all(map(has_ended, map(int, pids.read_text().split()))):
            assert asyncio.get_running_loop().time() < deadline, "something still runs"
            await asyncio.sleep(0.02)

    @pytest.mark.parametrize(
        ("script", "said"),
        [("echo fine", "One: exit 0."), ("echo first >&2; echo why >&2; exit 4", "One: exit 4: why")],
    )
    async def test_quiet_tells_how_it_ended(self, client: FakeClient, tmp_path: Path, script: str, said: str) -> None:
        app = opened(client, tmp_path, command("sh", "-c", script, key="ctrl+g", show="quiet"))
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await until(pilot, lambda: any(said in text for text in toasts(app)), "its end is not told")
            assert app.screen is app.dashboard

    async def test_what_it_left_behind_holds_nothing_up(self, client: FakeClient, tmp_path: Path) -> None:
        app = opened(client, tmp_path, command("sh", "-c", "sleep 60 & echo $! > pid", key="ctrl+g", show="quiet"))
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await until(pilot, lambda: any("exit 0" in text for text in toasts(app)), "its end is not told")
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    async def test_a_terminal_is_lent_in_the_agents_folder(self, client: FakeClient, tmp_path: Path) -> None:
        app = opened(client, tmp_path, command("lazygit", "-p", "{worktree}", key="ctrl+g", show="terminal"))
        lent: list[tuple[tuple[str, ...], str | None]] = []

        async def lend(_app: object, argv: Sequence[str], cwd: str | None) -> int:
            lent.append((tuple(argv), cwd))
            return 2

        app.operations.desk.lender = lend
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await until(pilot, lambda: toasts(app) == ["One: exit 2."], "its end is not told")
        assert lent == [(("lazygit", "-p", str(tmp_path)), str(tmp_path))]

    async def test_it_asks_first_where_it_is_told_to(self, client: FakeClient, tmp_path: Path) -> None:
        app = opened(client, tmp_path, command("touch", "{agent}", key="ctrl+g", show="quiet", confirm=True))
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await dialog(pilot, app, "One")
            await pilot.press("enter")
            await closed(pilot, app)
            assert not (tmp_path / "1").exists()
            await pilot.press("ctrl+g")
            await dialog(pilot, app, "One")
            await pilot.press("y")
            await until(pilot, (tmp_path / "1").exists, "it was not run")
            await until(pilot, lambda: bool(toasts(app)), "its end is not told")

    @pytest.mark.parametrize(
        ("run", "said"),
        [
            (("no-such-program",), "`no-such-program` could not be started"),
            (("ls", "{base}"), "has no worktree"),
        ],
    )
    async def test_what_cannot_run_says_why(
        self, client: FakeClient, tmp_path: Path, run: tuple[str, ...], said: str
    ) -> None:
        app = opened(client, tmp_path, command(*run, key="ctrl+g"))
        client.snapshot = replace(client.snapshot, agents=(replace(AGENTS[8], cwd=str(tmp_path)),))
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await until(pilot, lambda: any(said in text for text in toasts(app)), "no reason is told")

    async def test_a_folder_that_is_not_here_is_told(self, client: FakeClient, tmp_path: Path) -> None:
        app = opened(client, tmp_path / "gone", command("ls", key="ctrl+g"))
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("ctrl+g")
            await until(pilot, lambda: any("not there on this machine" in text for text in toasts(app)), "not told")


async def test_help_and_palette_have_them_without_more_work(tmp_path: Path) -> None:
    app = opened(FakeClient(EMPTY), tmp_path, command("ls", name="List it", key="ctrl+g"))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        assert any(entry.title == "List it  (^g)" for entry in app.palette_entries())
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpDialog), "no help")
        texts = [str(one.render()) for one in app.screen.query(".group").results(Static)]
        assert any("Your commands" in text and "^g  List it" in text for text in texts)


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
