"""Fixtures of the dashboard's tests."""

from collections.abc import Sequence
from typing import Any

import pytest
from textual.app import App

from orchestrator_tui.ui.app import OrchestratorApp
from tests.ui.fake_client import FakeClient, FrozenClock


class RecordingAttacher:
    """Stands for the terminal; remembers what was shown full screen."""

    def __init__(self) -> None:
        self.argvs: list[tuple[str, ...]] = []

    async def __call__(self, app: App[Any], argv: Sequence[str]) -> None:
        del app
        self.argvs.append(tuple(argv))


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def attacher() -> RecordingAttacher:
    return RecordingAttacher()


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colour settings from the machine that runs the tests."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def app(client: FakeClient, attacher: RecordingAttacher) -> OrchestratorApp:
    made = OrchestratorApp(client, clock=FrozenClock(), attacher=attacher)
    made.animation_level = "none"
    return made
