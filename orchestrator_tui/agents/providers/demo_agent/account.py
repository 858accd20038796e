"""The scripted limit of the account that all demo agents of a session share, in the words of the Claude CLI."""

from __future__ import annotations

import os
import time

from .records import now_ms


class LimitReached(Exception):
    """The account is at its limit until ``resets_at`` (milliseconds since the epoch); the text is what is shown."""

    def __init__(self, resets_at: int) -> None:
        clock = time.strftime("%I:%M%p", time.localtime(resets_at / 1000)).lstrip("0").lower()
        super().__init__(f"You've hit your session limit · resets {clock}")
        self.resets_at = resets_at


class Account:
    """A folder with one file for each limit that was ever reached: its name says how long, its content until when."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def check(self) -> None:
        """Raises LimitReached while a limit lasts."""
        try:
            names = os.listdir(self._folder)  # noqa: PTH208  (pathlib costs start-up time)
        except OSError:
            return
        resets = [self._reset(name) for name in names if name.startswith("limit-")]
        if resets and max(resets) > now_ms():
            raise LimitReached(max(resets))

    def reach(self, seconds: str) -> None:
        """The limit is reached for that long; the second time that it is met in a session it is over."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        path, draft = f"{self._folder}/limit-{seconds}", f"{self._folder}/new-{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, str(now_ms() + round(float(seconds) * 1000)).encode())
        os.close(descriptor)
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        finally:
            os.unlink(draft)  # noqa: PTH108
        self.check()

    def _reset(self, name: str) -> int:
        with open(f"{self._folder}/{name}", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read())
