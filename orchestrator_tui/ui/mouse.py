"""What a click on a text with an action does, on whatever screen it stands."""

from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen

from orchestrator_tui.ui.widgets.frame import CLICK


class Clicks:
    """Runs the actions that texts carry; the namespace of an action is the app's or the screen's."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._began_on: Screen[Any] | None = None

    async def take(self, event: events.Click) -> None:
        """Runs what stands below the pointer; the second click of a double one never goes to another screen."""
        screen = self._app.screen
        if event.chain == 1:
            self._began_on = screen
        action = event.style.meta.get(CLICK)
        if isinstance(action, str) and screen is self._began_on:
            await self._app.run_action(action, default_namespace=screen)

    async def hit(self, key: str) -> None:
        """Does what the key would do where the keyboard is, unless it would be typed there."""
        active = self._app.screen.active_bindings.get(key)
        if active is not None and active.enabled:
            await self._app.run_action(active.binding.action, default_namespace=active.node)
