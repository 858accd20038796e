"""Who is calling: tokens derived from the session's secret, so that they outlive the supervisor."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; ``agent_id`` is None for the operator."""

    agent_id: int | None

    @property
    def is_operator(self) -> bool:
        """Whether the caller is the person (or a script of theirs)."""
        return self.agent_id is None


class Credentials:
    """Derives and recognises bearer tokens; ``is_known_agent`` says whether an agent's token still counts."""

    def __init__(self, secret: bytes, is_known_agent: Callable[[int], bool]) -> None:
        self._secret = secret
        self._is_known_agent = is_known_agent
        # Every call is compared with it.
        self._operator_token = f"op-{self._mac(OPERATOR)}"

    def operator_token(self) -> str:
        """The token of the person who runs the session."""
        return self._operator_token

    def agent_token(self, agent_id: int) -> str:
        """The token of one agent; the same at every start of the session."""
        return f"a{agent_id}-{self._mac(f'agent:{agent_id}')}"

    def identify(self, token: str) -> Caller | None:
        """Whose token this is, or None; compares in constant time."""
        if hmac.compare_digest(token.encode(), self._operator_token.encode()):
            return Caller(None)
        head, _, _ = token.partition("-")
        if not (head.startswith("a") and head[1:].isascii() and head[1:].isdigit() and len(head) < 12):
            return None
        agent_id = int(head[1:])
        if hmac.compare_digest(token.encode(), self.agent_token(agent_id).encode()) and self._is_known_agent(agent_id):
            return Caller(agent_id)
        return None

    def _mac(self, purpose: str) -> str:
        return hmac.digest(self._secret, purpose.encode(), "sha256").hex()[:40]
