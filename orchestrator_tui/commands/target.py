"""Which session a command means, and where its supervisor listens."""

import os
from pathlib import Path

from orchestrator_tui.core.errors import NoSupervisor
from orchestrator_tui.session import EndpointInfo, Session, default_session, state_root


def open_session(name: str | None) -> Session:
    """The named session, or the one of the current directory."""
    return Session(state_root(os.environ), name or default_session(Path.cwd()))


def caller_target(session: str | None) -> tuple[str, str]:
    """URL and token: inside an agent's pane that agent's own, else the operator's. Raises NoSupervisor."""
    url, token = os.environ.get("ORCHESTRATOR_AGENT_URL"), os.environ.get("ORCHESTRATOR_AGENT_TOKEN")
    if session is None and url and token:
        return url, token
    info = running_endpoint(open_session(session))
    return info.url, info.token


def running_endpoint(session: Session) -> EndpointInfo:
    """The running supervisor's endpoint. Raises NoSupervisor."""
    info = session.endpoint()
    if info is None:
        raise NoSupervisor(
            f"No supervisor runs for the session {session.name}.",
            remedy="Start one with `orchestrator-tui` or `orchestrator-tui serve`, or name another with --session.",
        )
    return info
