from pathlib import Path

import pytest

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import LaunchSpec
from orchestrator_tui.pty.launching import checked_options, default_shell, resolve_program

ENVIRON = {"PATH": "/usr/bin:/bin"}


def program(path: Path, mode: int = 0o755) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


class TestProgram:
    def test_the_launch_wins_over_the_config(self, tmp_path: Path) -> None:
        config = PTYConfig(cwd="/", env={"A": "1", "B": "1"}, command=["false"])
        launch = LaunchSpec(("true", "x"), {"B": "2"}, str(tmp_path))
        found = resolve_program(config, launch, ENVIRON, {"M": "3"})
        assert Path(found.argv[0]).name == "true"
        assert (found.argv[1:], found.cwd, found.env) == (("x",), str(tmp_path), {"A": "1", "B": "2", "M": "3"})

    def test_a_launch_without_argv_keeps_the_configs_command(self) -> None:
        found = resolve_program(PTYConfig(cwd="/", command=["true"]), LaunchSpec((), {"A": "1"}), ENVIRON, {})
        assert Path(found.argv[0]).name == "true"

    def test_a_relative_program_is_looked_for_in_the_folder(self, tmp_path: Path) -> None:
        program(tmp_path / "tool")
        found = resolve_program(PTYConfig(cwd=str(tmp_path), command=["./tool"]), None, ENVIRON, {})
        assert Path(found.argv[0]).resolve() == tmp_path / "tool"

    def test_the_agents_own_path_counts(self, tmp_path: Path) -> None:
        program(tmp_path / "tool")
        config = PTYConfig(cwd="/", env={"PATH": str(tmp_path)}, command=["tool"])
        assert resolve_program(config, None, ENVIRON, {}).argv == (str(tmp_path / "tool"),)

    def test_without_a_command_the_shell_runs(self) -> None:
        found = resolve_program(PTYConfig(cwd="/", shell="/bin/sh"), None, ENVIRON, {})
        assert found.argv == ("/bin/sh",)


class TestRefusals:
    def refused(self, config: PTYConfig, launch: LaunchSpec | None = None) -> str | None:
        with pytest.raises(UsageError) as caught:
            resolve_program(config, launch, ENVIRON, {})
        return caught.value.field

    def test_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        assert self.refused(PTYConfig(cwd=str(tmp_path / "no"), command=["true"])) == "cwd"

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        assert self.refused(PTYConfig(cwd=str(program(tmp_path / "file")), command=["true"])) == "cwd"

    def test_a_program_that_does_not_exist(self) -> None:
        assert self.refused(PTYConfig(cwd="/", command=["no-such-program-here"])) == "command"
        assert self.refused(PTYConfig(cwd="/", shell="/no/such/shell")) == "shell"

    def test_a_program_that_may_not_be_executed(self, tmp_path: Path) -> None:
        assert self.refused(PTYConfig(cwd="/", command=[str(program(tmp_path / "data", 0o644))])) == "command"

    @pytest.mark.parametrize("env", [{"": "x"}, {"A=B": "x"}, {"A": "x\0"}])
    def test_an_unusable_variable(self, env: dict[str, str]) -> None:
        assert self.refused(PTYConfig(cwd="/"), LaunchSpec(("true",), env)) == "env"


class TestShell:
    def test_it_is_the_users_own(self) -> None:
        assert default_shell({"SHELL": "/bin/sh"}) == "/bin/sh"

    def test_a_shell_that_does_not_exist_is_replaced(self) -> None:
        assert default_shell({"SHELL": "/no/such"}) in ("/bin/zsh", "/bin/sh")


class TestOptions:
    @pytest.mark.parametrize("options", [{"role": "x"}, {"@": "x"}, {"@a b": "x"}, {"@agent_id": "2"}, {"@x": "a\nb"}])
    def test_what_could_not_be_read_back_is_refused(self, options: dict[str, str]) -> None:
        with pytest.raises(UsageError):
            checked_options(options)

    def test_others_are_kept(self) -> None:
        assert checked_options({"@role": "coder #{x}"}) == {"@role": "coder #{x}"}
