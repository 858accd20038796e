"""A turn of the demo agent: fetch the mission, act it out, report, and say that the turn is over."""

from __future__ import annotations

import time

from .account import LimitReached
from .directives import Delivery, default_output, find_delivery
from .inbox import Interrupted
from .records import new_id
from .wire import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .acting import Actor
    from .hooks import Hook, Hooks
    from .inbox import Inbox
    from .records import SessionFile, Transcript
    from .screen import Screen
    from .telemetry import Telemetry
    from .wire import Mcp

COMMAND = "/mcp__orchestrator__mission "


class Turns:
    """Runs one line after the other; everything it needs is passed in."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        screen: Screen,
        session: SessionFile,
        transcript: Transcript,
        hooks: Hooks,
        mcp: Mcp,
        actor: Actor,
        telemetry: Telemetry,
    ) -> None:
        self._inbox = inbox
        self._screen = screen
        self._session = session
        self._transcript = transcript
        self._hooks = hooks
        self._mcp = mcp
        self._actor = actor
        self._telemetry = telemetry

    def run_forever(self) -> None:
        """Takes lines from the inbox for as long as the process lives."""
        while True:
            self.run(self._inbox.next_line())

    def run(self, line: str) -> None:
        """One turn, from the line to the idle prompt. Raises OSError when its files cannot be written."""
        self._busy()
        self._transcript.prompt_id = new_id()
        self._screen.print([""])
        self._screen.say(line if len(line) <= 400 else f"{line[:400]}…", "bold", ">")
        try:
            self._hooks.post("UserPromptSubmit", prompt=line)
            said = self._answer(line)
            self._end(said)
        except Interrupted:
            # As with the Claude CLI no hook tells of it: only the session file does.
            self._screen.say("Interrupted", "bad", "⎿")
        except LimitReached as limit:
            # The turn fails, and what it was about waits for the reset.
            self._transcript.api_error(str(limit), limit.resets_at)
            self._screen.say(str(limit), "bad", "⎿")
            self._hooks.post("StopFailure", error="rate_limit", last_assistant_message=str(limit))
        self._idle()

    def _answer(self, line: str) -> str:
        """Does what the line asks for; returns the last thing said."""
        if line.startswith(COMMAND):
            self._hooks.flush()
            try:
                text = self._mcp.get_prompt("mission", {"id": line[len(COMMAND) :].strip()})
            except Refused as refusal:
                return self._show_refusal(refusal)
        else:
            text = line
        self._transcript.user(text)
        delivery = find_delivery(text)
        return self._chat(text) if delivery is None else self._mission(delivery)

    def _chat(self, text: str) -> str:
        outcome = self._actor.perform(text)
        said = outcome.text(f"echo: {default_output(text).removeprefix('done: ')}")
        self._record(said, outcome.tokens)
        self._screen.say(said, "bad" if outcome.failure else "plain")
        return said

    def _mission(self, delivery: Delivery) -> str:
        self._screen.say(f"Mission {delivery.mission_id}", "accent")
        began = time.monotonic()
        outcome = self._actor.perform(delivery.prompt)
        said = outcome.text(default_output(delivery.prompt))
        self._record(said, outcome.tokens)
        self._screen.say(said, "bad" if outcome.failure else "plain")
        if outcome.is_silent:
            return said
        report: dict[str, object] = {"mission_id": delivery.mission_id}
        if outcome.failure:
            code, message, recoverable = outcome.failure
            report |= {"action": "fail", "error_code": code, "message": message, "recoverable": recoverable}
        else:
            tokens_in, tokens_out = outcome.tokens
            report |= {
                "action": "complete",
                "output": said,
                "duration_ms": round((time.monotonic() - began) * 1000),
                "token_usage": {"input": tokens_in, "output": tokens_out},
            }
        self._hooks.flush()
        try:
            self._mcp.call_tool("mission", report)
        except Refused as refusal:
            return self._show_refusal(refusal)
        self._screen.say(f"orchestrator · mission {report['action']}: {delivery.mission_id}", "good")
        return said

    def _record(self, said: str, tokens: tuple[int, int]) -> None:
        self._telemetry.tell(self._transcript.assistant(said, *tokens), *tokens)

    def _show_refusal(self, refusal: Refused) -> str:
        self._screen.say(f"Error: {refusal}", "bad", "⎿")
        return f"Error: {refusal}"

    def _end(self, said: str) -> None:
        """Says Stop, and goes on for as long as the supervisor has something to add."""
        reason = self._stop(said, is_active=False)
        while reason is not None:
            self._busy()
            self._transcript.user(f"Stop hook feedback:\n{reason}")
            self._screen.say(reason, "dim", "⎿")
            said = "nothing to add"
            self._transcript.assistant(said, 0, 0)
            self._screen.say(said)
            reason = self._stop(said, is_active=True)

    def _stop(self, said: str, *, is_active: bool) -> str | None:
        """Says that the turn is over; returns why the supervisor wants it to go on, if it does."""
        hook: Hook = self._hooks.post("Stop", stop_hook_active=is_active, last_assistant_message=said)
        self._inbox.wait(lambda: hook.is_answered or self._hooks.is_unheard)
        if not hook.is_answered:
            # Nobody listens: the prompt is free meanwhile, and what the supervisor adds later still counts.
            self._idle()
            self._inbox.wait(lambda: hook.is_answered or self._inbox.has_lines)
        return str(hook.reply.get("reason") or "") if hook.reply.get("decision") == "block" else None

    def _busy(self) -> None:
        self._inbox.is_busy = True
        self._session.write("busy")
        self._screen.set_working(True)

    def _idle(self) -> None:
        self._inbox.is_busy = False
        self._screen.set_working(False)
        self._session.write("idle")
