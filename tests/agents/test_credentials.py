"""Who may call."""

import hmac

import pytest

from orchestrator_tui.agents.credentials import Caller, Credentials


def credentials(*known: int, secret: bytes = b"secret") -> Credentials:
    return Credentials(secret, set(known).__contains__)


def test_tokens_name_their_bearer() -> None:
    mine = credentials(1, 2)
    assert mine.identify(mine.operator_token()) == Caller(None)
    assert mine.identify(mine.agent_token(2)) == Caller(2)


def test_tokens_outlive_the_supervisor() -> None:
    assert credentials(1).agent_token(1) == credentials(1).agent_token(1)


def test_another_sessions_token_is_nobodys() -> None:
    assert credentials(1).identify(credentials(1, secret=b"other").agent_token(1)) is None


def test_a_stopped_agents_token_does_not_count() -> None:
    mine = credentials()
    assert mine.identify(mine.agent_token(1)) is None


def test_garbage_is_nobodys() -> None:
    mine = credentials(1)
    for token in ("", "a", "a1", "a1-", "op-", "a999999999999999-x", "\u00e4-1", mine.agent_token(1)[:-1]):
        assert mine.identify(token) is None


def test_an_agents_token_with_another_id_in_front_is_nobodys() -> None:
    mine = credentials(1, 2)
    assert mine.identify(mine.agent_token(1).replace("a1-", "a2-")) is None


def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = credentials(1)
    token = mine.agent_token(1)
    compared: list[bytes] = []

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append(expected)
        return given == expected

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert mine.identify(token) == Caller(1)
    assert compared == [mine.operator_token().encode(), token.encode()]
