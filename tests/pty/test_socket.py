from pathlib import Path

import pytest

from orchestrator_tui.core.errors import TmuxUnavailable
from orchestrator_tui.pty.socket import socket_name, socket_path


def test_two_state_folders_never_share_a_server() -> None:
    names = {socket_name(Path("/a"), "s"), socket_name(Path("/b"), "s"), socket_name(Path("/a"), "t")}
    assert len(names) == 3
    assert all(name.startswith("orch-") for name in names)


def test_the_name_is_the_same_at_every_start() -> None:
    assert socket_name(Path("/a"), "s") == socket_name(Path("/a"), "s")


def test_the_path_honours_tmux_tmpdir(tmp_path: Path) -> None:
    path = socket_path("n", {"TMUX_TMPDIR": str(tmp_path)})
    assert path.parent.parent == tmp_path.resolve()
    assert socket_path("n", {}).parent.parent == Path("/tmp").resolve()


def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    with pytest.raises(TmuxUnavailable) as caught:
        socket_path("n", {"TMUX_TMPDIR": str(deep)})
    assert "TMUX_TMPDIR" in caught.value.remedy
