"""The only place where the terminal is lent to another program."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual.app import App

from orchestrator_tui.core.errors import CannotRun

Attacher = Callable[[App[Any], Sequence[str]], Awaitable[None]]
"""Shows a program full screen and returns when it is left."""


def can_attach(app: App[Any]) -> bool:
    """Whether this terminal can be lent: not in a browser, and not without a screen."""
    return not (app.is_web or app.is_headless)


async def attach_full_screen(app: App[Any], argv: Sequence[str]) -> None:
    """Runs ``argv`` on the whole terminal and returns to the dashboard when it ends.

    The event loop goes on meanwhile. Raises CannotRun when the program cannot start or ends badly.
    """
    failure: BaseException | None = None
    status = 0
    # Without batch_update repaints would fill the suspended driver's queue and stop the loop for good.
    with app.suspend(), app.batch_update():
        try:
            process = await asyncio.create_subprocess_exec(*argv, env=_environment())
            try:
                status = await process.wait()
            except asyncio.CancelledError:
                process.terminate()
                await process.wait()
                raise
        except BaseException as error:
            failure = error
    app.refresh(layout=True)
    if isinstance(failure, OSError):
        raise CannotRun(
            f"`{argv[0]}` could not be started: {failure.strerror}.", remedy="Check that tmux is installed."
        ) from failure
    if failure is not None:
        raise failure
    if status != 0:
        raise CannotRun(
            f"The terminal could not be attached (tmux ended with {status}).",
            remedy="R restarts the agent if its pane is gone.",
        )


def _environment() -> dict[str, str]:
    # With TMUX set, tmux would refuse to attach inside the user's own tmux.
    return {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
