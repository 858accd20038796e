"""A person's own programs: the editor, the shell, and a mission's text written there."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import TextArea

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.editing import edit_text
from orchestrator_tui.ui.tools import NO_TOOLS, Tools, editor_argv, file_argv, shell_argv
from tests.ui.fake_client import FakeClient, FrozenClock
from tests.ui.steps import WIDE, dialog, error_line, ready, toasts, type_into, until


def nowhere(_name: str) -> None:
    return None


class TestWhich:
    def test_the_configuration_goes_before_the_environment(self) -> None:
        environ = {"VISUAL": "code -w", "EDITOR": "vi"}
        assert editor_argv(Tools(("hx",)), environ, nowhere) == ("hx",)
        assert editor_argv(NO_TOOLS, environ, nowhere) == ("code", "-w")
        assert editor_argv(NO_TOOLS, {"VISUAL": " ", "EDITOR": "'my editor' -x"}, nowhere) == ("my editor", "-x")

    def test_without_a_word_one_that_is_there_is_taken(self) -> None:
        assert editor_argv(NO_TOOLS, {}, lambda name: "/bin/vi" if name == "vi" else None) == ("vi",)

    @pytest.mark.parametrize("environ", [{}, {"EDITOR": "'vi"}])
    def test_none_at_all_names_the_remedy(self, environ: dict[str, str]) -> None:
        with pytest.raises(CannotRun, match="EDITOR"):
            editor_argv(NO_TOOLS, environ, nowhere)

    @pytest.mark.parametrize(
        ("editor", "argv"),
        [
            (("/usr/bin/vim",), ("/usr/bin/vim", "+3", "a b")),
            (("code", "-w"), ("code", "-w", "--goto", "a b:3")),
            (("hx",), ("hx", "a b:3")),
            (("unknown",), ("unknown", "a b")),
        ],
    )
    def test_a_line_is_named_as_the_editor_takes_it(self, editor: tuple[str, ...], argv: tuple[str, ...]) -> None:
        assert file_argv(editor, "a b", 3) == argv
        assert file_argv(editor, "a b", None) == (*editor, "a b")

    def test_the_shell_is_the_persons(self) -> None:
        assert shell_argv({"SHELL": "/bin/fish"}, nowhere) == ("/bin/fish",)
        assert shell_argv({}, nowhere) == ("/bin/sh",)


class TestEditing:
    async def test_what_was_saved_comes_back_and_the_file_goes(self) -> None:
        paths: list[Path] = []

        async def write(path: str) -> int:
            paths.append(Path(path))
            assert paths[0].read_text() == "a"
            assert paths[0].stat().st_mode & 0o077 == 0
            paths[0].write_text("b\nc\n")
            return 0

        assert await edit_text("a", write) == "b\nc"
        assert not paths[0].exists()

    async def test_leaving_without_saving_changes_nothing(self) -> None:
        async def leave(_path: str) -> int:
            return 0

        assert await edit_text("as\nit was", leave) == "as\nit was"

    async def test_a_failing_editor_keeps_what_it_saved(self) -> None:
        paths: list[Path] = []

        async def fail(path: str) -> int:
            paths.append(Path(path))
            paths[0].write_text("an hour's work")
            return 1

        with pytest.raises(CannotRun) as told:
            await edit_text("a", fail)
        assert str(paths[0]) in str(told.value)
        assert paths[0].read_text() == "an hour's work"
        paths[0].unlink()

    async def test_a_file_that_is_gone_is_told(self) -> None:
        async def remove(path: str) -> int:
            Path(path).unlink()  # noqa: ASYNC240 - the editor of this test
            return 0

        with pytest.raises(CannotRun, match="left no file"):
            await edit_text("a", remove)


async def test_a_missions_text_is_written_in_the_editor(
    app: OrchestratorApp, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "vim")
    statuses = [0, 1]

    async def lend(_app: object, argv: Sequence[str], _cwd: str | None) -> int:
        status = statuses.pop(0)
        if status == 0:
            Path(argv[-1]).write_text(Path(argv[-1]).read_text() + "\n\nand more\n")  # noqa: ASYNC240
        return status

    app.operations.desk.lender = lend
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("m")
        await dialog(pilot, app, "New mission")
        await type_into(pilot, app, "prompt", "Do this")
        await pilot.press("ctrl+e")
        area = app.screen.query_one("#field-prompt", TextArea)
        await until(pilot, lambda: area.text == "Do this\n\nand more", "the text did not come back")
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "ended with 1" in error_line(app), "the failure is not told")
        assert area.text == "Do this\n\nand more"


class TestFolder:
    async def test_editor_and_shell_open_in_the_agents_folder(
        self, app: OrchestratorApp, client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VISUAL", "vim")
        monkeypatch.setenv("SHELL", "/bin/zsh")
        client.snapshot = replace(client.snapshot, agents=(replace(client.snapshot.agents[0], cwd=str(tmp_path)),))
        lent: list[tuple[tuple[str, ...], str | None]] = []

        async def lend(_app: object, argv: Sequence[str], cwd: str | None) -> int:
            assert app.operations.desk.is_lent
            lent.append((tuple(argv), cwd))
            return len(lent) - 1

        app.operations.desk.lender = lend
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("E")
            await until(pilot, lambda: len(lent) == 1, "no editor")
            await pilot.press("S")
            await until(pilot, lambda: len(lent) == 2, "no shell")
            await pilot.press("E")
            await until(pilot, lambda: any("ended with 2" in text for text in toasts(app)), "the end is not told")
        assert lent[:2] == [(("vim", "."), str(tmp_path)), (("/bin/zsh",), str(tmp_path))]
        assert not app.operations.desk.is_lent

    async def test_a_folder_that_is_gone_is_told(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("S")
            await until(pilot, lambda: any("folder of api-auth is gone" in text for text in toasts(app)), "not told")

    async def test_a_terminal_that_cannot_be_lent_is_told(self, client: FakeClient) -> None:
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("S")
            await until(pilot, lambda: any("cannot be lent" in text for text in toasts(app)), "not told")
