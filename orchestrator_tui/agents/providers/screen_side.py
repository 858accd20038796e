"""How a program without hooks is spoken to: what is typed, which keys, and how its screen is read."""

import shlex
import sys

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.mission_text import compose_sections
from orchestrator_tui.agents.private_files import private_folder, write_private_bytes
from orchestrator_tui.agents.providers.base import AgentContext
from orchestrator_tui.agents.screen_rules import Echo, Sight, echo_of, read_screen, rules_of
from orchestrator_tui.core.models import Mission
from orchestrator_tui.core.provider_config import ProviderConfig, fill
from orchestrator_tui.pty.sight import PaneSight, plain_text

COMMAND_LINE = f"{shlex.quote(sys.executable)} -m orchestrator_tui"
"""Reports from any shell in the pane, whose environment carries URL and token; PATH need not know us."""


class ScreenSide:
    """The part of a provider that a supervisor without hooks works with."""

    def __init__(self, config: ProviderConfig) -> None:
        self._config = config
        self.rules = rules_of(config)
        self.submit = (config.submit,)
        self.clear = tuple(config.clear)
        self.exit_line = config.exit
        self.completes = config.complete == "when_ready"
        """Whether being ready again ends the mission; otherwise the agent reports by itself."""

    def text(self, mission: Mission) -> str:
        """What the program is told, by the user's template."""
        values = {
            "prompt": mission.prompt,
            "context": mission.context or "",
            "id": mission.id,
            "nonce": mission.nonce or "",
            "mission": self._whole(mission),
        }
        return fill(self._config.text_template, values)

    def typed(self, mission: Mission, context: AgentContext) -> str:
        """What is typed for a mission; writes the file (0600) that it names, if it names one."""
        text = self.text(mission)
        return self.by_file(text, mission.nonce or "", context) if self._config.prompt_by == "file" else text

    def by_file(self, text: str, nonce: str, context: AgentContext) -> str:
        """Writes ``text`` to a file that carries the nonce in its name and returns the line that names it."""
        folder = private_folder(private_folder(context.files) / "missions")
        file = folder / f"{nonce}.txt"
        for old in folder.glob("*.txt"):
            if old != file:
                old.unlink(missing_ok=True)
        write_private_bytes(file, text.encode("utf-8", "surrogateescape"))
        return fill(self._config.file_line, {"file": str(file)})

    def echo(self, mission: Mission) -> Echo:
        """What to find on the screen once the mission was typed; the same after a restart of the supervisor."""
        nonce = mission.nonce or ""
        if self._config.prompt_by == "file":
            return echo_of(nonce, nonce)
        return echo_of(self.text(mission), nonce)

    def input_sight(self, pane: PaneSight) -> InputSight:
        """What the screen says to somebody who wants to type; a draft hides the ready pattern."""
        match read_screen(self.rules, plain_text(pane.screen)):
            case Sight.READY:
                return InputSight(box="")
            case Sight.BUSY:
                return InputSight(box="", is_busy=True)
            case Sight.ASKS:
                return InputSight(obstacle="a dialog is open")
            case Sight.UNKNOWN:
                return InputSight(obstacle="its screen does not show that it is ready, or holds a draft")

    def reminder(self, mission: Mission) -> str:
        """One line for an agent that is ready again without having reported."""
        return f"Mission {mission.id} is still open. Finish it, then run: {_complete(mission)}"

    def _whole(self, mission: Mission) -> str:
        return "\n\n".join([*compose_sections(mission), _how_to_report(mission)])


def _complete(mission: Mission) -> str:
    return f'{COMMAND_LINE} mission complete {mission.id} --output "what you did and what came of it"'


def _how_to_report(mission: Mission) -> str:
    fail = f'{COMMAND_LINE} mission fail {mission.id} --error-code short_code --message "what went wrong"'
    return "\n".join(
        (
            "When you are finished, report exactly once, by running one of these commands in a shell:",
            f"- done: {_complete(mission)}",
            f"- not possible: {fail}",
            "  with --no-recoverable added if another try cannot succeed.",
            "The mission ends with that command, not with your last message.",
        )
    )
