import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.claude_cli import ClaudeHome, CliUnavailable, ensure_cli
from tests.e2e.private_tmux import PrivateTmux
from tests.e2e.sink import Sink
from tests.e2e.stub import MessagesStub


@pytest.fixture(scope="session")
def cli() -> Path:
    """The folder of the pinned CLI; skips where it cannot be had."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    try:
        return ensure_cli()
    except CliUnavailable as error:
        pytest.skip(f"the Claude CLI cannot be had: {error}")


@pytest.fixture
def stub() -> Iterator[MessagesStub]:
    with MessagesStub() as running:
        yield running


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def home(cli: Path, stub: MessagesStub, tmp_path: Path) -> ClaudeHome:
    return ClaudeHome(tmp_path / "home", cli, stub.url)


@pytest.fixture
def tmux() -> Iterator[PrivateTmux]:
    # Not tmp_path: a socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="otui-") as folder:
        server = PrivateTmux(Path(folder))
        yield server
        server.close()
