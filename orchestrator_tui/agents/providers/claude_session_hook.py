"""Forwards one hook of the Claude CLI from standard input to the supervisor.

The CLI has no HTTP hooks for SessionStart, so it runs a copy of this file as a script: standard library only. It
never fails and prints nothing, because its output would become part of the agent's conversation.
"""

import http.client
import os
import sys
import time
from urllib.parse import urlsplit

_PATIENCE_S = 2.0
_PAUSE_S = 0.1


def send(url: str, token: str, body: bytes, timeout_s: float) -> bool:
    """Posts the hook; whether the supervisor took it. Anything but a server error counts as an answer."""
    parts = urlsplit(url)
    # Not urllib: it would send a loopback request through the user's proxy.
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=timeout_s)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", parts.path or "/", body, headers)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Tries for two seconds: a supervisor that hands over to another one is away for a moment."""
    url, token = os.environ.get("ORCHESTRATOR_AGENT_HOOKS"), os.environ.get("ORCHESTRATOR_AGENT_TOKEN")
    body = sys.stdin.buffer.read()
    if not url or not token:
        return
    deadline = time.monotonic() + _PATIENCE_S
    while (left := deadline - time.monotonic()) > 0:
        if send(url, token, body, left):
            return
        time.sleep(min(_PAUSE_S, left))


if __name__ == "__main__":
    main()
