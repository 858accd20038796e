"""The only place where the terminal is lent to another program."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any

from textual.app import App

from orchestrator_tui.core.errors import CannotRun

Attacher = Callable[[App[Any], Sequence[str]], Awaitable[None]]
"""Shows a program full screen and returns when it is left."""

Lender = Callable[[App[Any], Sequence[str], str | None], Awaitable[int]]
"""Runs a program full screen in a folder (None: this one) and returns its exit status, negative for a signal."""


def can_attach(app: App[Any]) -> bool:
    """Whether this terminal can be lent: not in a browser, and not without a screen."""
    return not (app.is_web or app.is_headless)


async def attach_full_screen(app: App[Any], argv: Sequence[str]) -> None:
    """Runs tmux's ``argv`` on the whole terminal and returns to the dashboard when it ends.

    Raises CannotRun when the program cannot start or ends badly.
    """
    # With TMUX set, tmux would refuse to attach inside the user's own tmux.
    environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")}
    status = await _lend(app, argv, None, environment, remedy="Check that tmux is installed.")
    if status != 0:
        raise CannotRun(
            f"The terminal could not be attached (tmux ended with {status}).",
            remedy="R restarts the agent if its pane is gone.",
        )


async def lend_terminal(app: App[Any], argv: Sequence[str], cwd: str | None = None) -> int:
    """Runs ``argv`` on the whole terminal; its exit status, negative for a signal. Raises CannotRun at its start."""
    return await _lend(app, argv, cwd, dict(os.environ), remedy="Check that it is installed, and its folder there.")


async def _lend(
    app: App[Any], argv: Sequence[str], cwd: str | None, environment: Mapping[str, str], *, remedy: str
) -> int:
    """The event loop goes on meanwhile."""
    failure: BaseException | None = None
    status = 0
    # Without batch_update repaints would fill the suspended driver's queue and stop the loop for good.
    with app.suspend(), app.batch_update():
        try:
            with _keys_are_the_programs():
                process = await asyncio.create_subprocess_exec(*argv, env=environment, cwd=cwd)
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
        raise CannotRun(f"`{argv[0]}` could not be started: {failure.strerror}.", remedy=remedy) from failure
    if failure is not None:
        raise failure
    return status


@contextlib.contextmanager
def _keys_are_the_programs() -> Generator[None]:
    """Ctrl+C and the like reach all programs of a terminal: they must not end, or stop, the dashboard behind."""
    before = {number: signal.signal(number, _ignored) for number in (signal.SIGINT, signal.SIGQUIT)}
    # Inherited by the program, which then does not stop either: nobody could continue it.
    before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        yield
    finally:
        _take_terminal_back()
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignored(_number: int, _frame: object) -> None:
    """A handler instead of SIG_IGN, which the program would inherit."""


def _take_terminal_back() -> None:
    """A shell that was killed leaves its own job in the foreground; reading from there would stop us."""
    stdin = sys.__stdin__
    if stdin is None or not stdin.isatty():
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        if os.tcgetpgrp(stdin.fileno()) != os.getpgrp():
            os.tcsetpgrp(stdin.fileno(), os.getpgrp())
    except OSError:
        # The terminal is gone; the app finds that out by itself.
        return
    finally:
        signal.signal(signal.SIGTTOU, before)
