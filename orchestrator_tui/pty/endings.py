"""How a program ended, in numbers and in words: pure."""

import signal
from dataclasses import dataclass

SERVER_ENDED = "the tmux server ended"
WINDOW_CLOSED = "its window was closed"


@dataclass(frozen=True, slots=True)
class Ending:
    """An exit status or the name of a signal, or neither when nobody knows; ``reason`` says it in words."""

    exit_status: int | None
    signal: str | None
    reason: str

    @property
    def is_clean(self) -> bool:
        """Whether the program ended by itself with status 0."""
        return self.exit_status == 0

    def data(self) -> dict[str, object]:
        """The fields that ``crash`` and ``exit`` events carry."""
        return {"exit_status": self.exit_status, "signal": self.signal, "reason": self.reason}


def ending(exit_status: int | None, signal_name: str | None) -> Ending:
    """The ending with this status or signal."""
    if signal_name is not None:
        return Ending(None, signal_name, f"killed by {signal_name}")
    if exit_status is None:
        return Ending(None, None, "ended without a known status")
    return Ending(exit_status, None, f"exited with status {exit_status}")


def signal_name(text: str) -> str | None:
    """The name of a signal that tmux gives as a number (``9``) or, on some systems, as a name (``KILL``)."""
    if not text:
        return None
    if text.isdigit():
        try:
            return signal.Signals(int(text)).name
        except ValueError:
            return f"signal {text}"
    name = text.upper()
    return name if name.startswith("SIG") else f"SIG{name}"


def signal_number(name: str) -> int | None:
    """The number of a signal by its name, with or without ``SIG``; None for an unknown one."""
    wanted = name.upper()
    wanted = wanted if wanted.startswith("SIG") else f"SIG{wanted}"
    return next((member.value for member in signal.Signals if member.name == wanted), None)
