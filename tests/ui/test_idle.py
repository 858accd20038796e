"""Nobody does anything: how often the dashboard draws, told by its own intervals and a clock that stands still."""

import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from textual.message_pump import MessagePump
from textual.timer import Timer

from orchestrator_tui.core.views import StatsChanged
from orchestrator_tui.ui import dashboard
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.widgets.header import Header
from tests.ui.fake_client import FLEET, FakeClient
from tests.ui.steps import WIDE, ready, until

STEP_S = 0.25


@dataclass
class Intervals:
    """Every interval that our code asks for; they pass when ``advance`` says so."""

    now_s: float = 0.0
    asked: list[tuple[float, Callable[[], Any]]] = field(default_factory=list[tuple[float, Callable[[], Any]]])
    still: list[Timer] = field(default_factory=list[Timer])

    async def advance(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            before, self.now_s = self.now_s, self.now_s + STEP_S
            for every_s, call in self.asked:
                for _ in range(int(self.now_s / every_s) - int(before / every_s)):
                    result = call()
                    if inspect.isawaitable(result):
                        await result


@pytest.fixture
def intervals(monkeypatch: pytest.MonkeyPatch) -> Intervals:
    made = Intervals()
    set_interval = MessagePump.set_interval

    def noted(pump: MessagePump, interval: float, callback: Any = None, **options: Any) -> Timer:
        if not callback.__module__.startswith("orchestrator_tui."):
            return set_interval(pump, interval, callback, **options)
        made.asked.append((interval, callback))
        options["pause"] = True
        timer = set_interval(pump, interval, callback, **options)
        # Nothing else refers to a timer that waits for ever, and what is collected while it waits complains.
        made.still.append(timer)
        return timer

    monkeypatch.setattr(MessagePump, "set_interval", noted)
    monkeypatch.setattr(dashboard, "time", SimpleNamespace(monotonic=lambda: made.now_s))
    return made


@contextmanager
def drawn(intervals: Intervals) -> Generator[list[float]]:
    """The times at which the dashboard was drawn."""
    times: list[float] = []
    refresh_model = Header.refresh_model

    def noted(self: Header, *args: Any) -> None:
        times.append(intervals.now_s)
        refresh_model(self, *args)

    with patch.object(Header, "refresh_model", noted):
        yield times


async def test_an_idle_dashboard_is_drawn_once_a_second(app: OrchestratorApp, intervals: Intervals) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await intervals.advance(1)
        with drawn(intervals) as times:
            await intervals.advance(5)
            await pilot.pause()
        assert times == [2, 3, 4, 5, 6]


async def test_what_an_update_has_just_drawn_is_not_drawn_again_by_the_clock(
    app: OrchestratorApp, client: FakeClient, intervals: Intervals
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await intervals.advance(1.5)
        with drawn(intervals) as times:
            client.feeds[0].push(StatsChanged(replace(FLEET.stats, pending=15)))
            await until(pilot, lambda: bool(times), "the update is not drawn")
            await intervals.advance(2.5)
        assert times == [1.5, 3, 4]
