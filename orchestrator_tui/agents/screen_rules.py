"""What a screen says about the program behind it: pure readings by a user's patterns."""

import re
from dataclasses import dataclass
from enum import StrEnum

from orchestrator_tui.core.provider_config import ProviderConfig

_ESCAPES = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
LONGEST_OUTPUT = 100_000
"""Characters of a mission's output; of a longer one the end is kept."""


class Sight(StrEnum):
    """What is seen."""

    ASKS = "asks"
    BUSY = "busy"
    READY = "ready"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ScreenRules:
    """The patterns, each for ``search`` in a screen's text."""

    ready: re.Pattern[str]
    busy: re.Pattern[str] | None = None
    ask: re.Pattern[str] | None = None
    fail: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """What the program shows of the line that was given to it; ``is_unique`` when it holds the delivery's nonce."""

    text: str
    is_unique: bool

    def end(self, screen: str) -> int | None:
        """Where the line with the echo ends in the screen's text, None when it is not there.

        A unique echo counts where it first stands, since an error may quote it; any other where it last stands.
        """
        found = screen.find(self.text) if self.is_unique else screen.rfind(self.text)
        if not self.text or found < 0:
            return None
        line_end = screen.find("\n", found + len(self.text))
        return len(screen) if line_end < 0 else line_end


NO_ECHO = Echo("", is_unique=False)


def plain(screen: str) -> str:
    """A screen's text without its styles, trailing blanks and the blank lines at its bottom."""
    return "\n".join(line.rstrip() for line in _ESCAPES.sub("", screen).splitlines()).rstrip("\n")


def rules_of(config: ProviderConfig) -> ScreenRules:
    """The user's patterns, compiled."""

    def compiled(pattern: str | None) -> re.Pattern[str] | None:
        return re.compile(pattern, re.MULTILINE) if pattern is not None else None

    return ScreenRules(
        ready=re.compile(config.ready_pattern, re.MULTILINE),
        busy=compiled(config.busy_pattern),
        ask=compiled(config.ask_pattern),
        fail=compiled(config.fail_pattern),
    )


def echo_of(typed: str, nonce: str) -> Echo:
    """What to look for after ``typed`` was given: the nonce, else the end of its last line."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return Echo(nonce, is_unique=True) if nonce and nonce in last else Echo(last[-60:], is_unique=False)


def read_screen(rules: ScreenRules, screen: str, echo: Echo = NO_ECHO) -> Sight:
    """What the screen shows; ready counts only behind the echo, where that is on the screen.

    A question goes before busy and busy before ready: many programs show their prompt all the time.
    """
    if rules.ask is not None and rules.ask.search(screen):
        return Sight.ASKS
    if rules.busy is not None and rules.busy.search(screen):
        return Sight.BUSY
    if _ready_behind(rules, screen, echo.end(screen) or 0) is not None:
        return Sight.READY
    return Sight.UNKNOWN


def has_begun(rules: ScreenRules, screen: str, echo: Echo, *, has_changed: bool) -> bool:
    """Whether the program took what was submitted; ``has_changed``: the screen did since the submit key.

    It shows work or a question, or it is ready again behind the echo. Without a busy pattern, which would tell,
    any change after the key counts: until then nothing of it had been.
    """
    if not has_changed:
        return False
    match read_screen(rules, screen, echo):
        case Sight.ASKS | Sight.BUSY:
            return True
        case Sight.READY:
            return echo.end(screen) is not None or rules.busy is None
        case _:
            return rules.busy is None


def output_of(rules: ScreenRules, screen: str, echo: Echo) -> str:
    """The text between the echo and the prompt behind it; without an echo everything before the prompt."""
    ready = _ready_behind(rules, screen, 0)
    head = screen if ready is None else screen[: ready.start()]
    return head[echo.end(head) or 0 :].strip("\n")[-LONGEST_OUTPUT:]


def question_in(rules: ScreenRules, screen: str) -> str:
    """The line that asks, for people to read."""
    found = rules.ask.search(screen) if rules.ask is not None else None
    if found is None:
        return ""
    start = screen.rfind("\n", 0, found.start()) + 1
    end = screen.find("\n", found.end())
    return screen[start : len(screen) if end < 0 else end].strip()[:300]


def failure_in(rules: ScreenRules, output: str) -> bool:
    """Whether the output says that the mission failed."""
    return rules.fail is not None and rules.fail.search(output) is not None


def _ready_behind(rules: ScreenRules, screen: str, start: int) -> re.Match[str] | None:
    """The last match of the ready pattern that begins at ``start`` or later."""
    found = list(rules.ready.finditer(screen, start))
    return found[-1] if found else None
