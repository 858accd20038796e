"""Tells the supervisor what a made-up request cost, in the record that the Claude CLI exports for a real one."""

from __future__ import annotations

import threading
import time

from .records import now_ms
from .wire import FIRST_DELAY_S, LAST_DELAY_S, Target, Unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .records import Transcript

DOLLARS_IN, DOLLARS_OUT = 3e-6, 15e-6
"""A token's made-up price."""
_PATIENCE_S = 10.0


class Telemetry:
    """Sends each record in a thread of its own; what nobody takes within ten seconds is let go."""

    def __init__(self, target: Target | None, transcript: Transcript) -> None:
        self._target = target
        self._transcript = transcript

    def tell(self, request_id: str, tokens_in: int, tokens_out: int) -> None:
        """Exports one request."""
        if self._target is not None and (tokens_in or tokens_out):
            body = self._record(request_id, tokens_in, tokens_out)
            threading.Thread(target=self._send, args=(self._target, body), name="telemetry", daemon=True).start()

    def _record(self, request_id: str, tokens_in: int, tokens_out: int) -> dict[str, object]:
        fields: dict[str, dict[str, object]] = {
            "event.name": {"stringValue": "api_request"},
            "prompt.id": {"stringValue": self._transcript.prompt_id},
            "request_id": {"stringValue": request_id},
            "model": {"stringValue": f"demo-{self._transcript.model}"},
            "input_tokens": {"intValue": tokens_in},
            "output_tokens": {"intValue": tokens_out},
            "cost_usd": {"doubleValue": tokens_in * DOLLARS_IN + tokens_out * DOLLARS_OUT},
        }
        record: dict[str, object] = {
            "timeUnixNano": str(now_ms() * 1_000_000),
            "attributes": [{"key": key, "value": value} for key, value in fields.items()],
        }
        return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}

    def _send(self, target: Target, body: dict[str, object]) -> None:
        delay, deadline = FIRST_DELAY_S, time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            try:
                status, _ = target.post(body)
            except Unreachable:
                status = 503
            if status < 500:
                return
            time.sleep(delay)
            delay = min(delay * 2, LAST_DELAY_S)
