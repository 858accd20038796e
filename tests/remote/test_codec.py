"""Every value of the protocol comes back as it went."""

import inspect
from typing import get_args, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.views import EventLogged, SupervisorClient, Update
from orchestrator_tui.mcp.codec import FACTS, METHODS, STREAMED, Hello, decode, decode_item, encode, encode_item
from tests.remote.values import values

few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PROTOCOL = {name: function for name, function in vars(SupervisorClient).items() if inspect.isfunction(function)}
COMMANDS = sorted(name for name in PROTOCOL if not name.startswith("_") and name not in STREAMED)


def test_every_method_of_the_protocol_is_served() -> None:
    assert sorted({*METHODS, *FACTS}) == COMMANDS


@pytest.mark.parametrize("kind", get_args(Update), ids=lambda kind: kind.__name__)
def test_an_update_comes_back_as_it_went(kind: type[Update]) -> None:
    @few
    @given(values(kind))
    def check(update: Update) -> None:
        line = encode_item(update)
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert decode_item(line[:-1]) == update

    check()


@pytest.mark.parametrize("name", COMMANDS)
def test_arguments_and_results_come_back_as_they_went(name: str) -> None:
    method = {**METHODS, **FACTS}[name]
    hints = get_type_hints(PROTOCOL[name])
    result = values(hints.pop("return"))

    @few
    @given(st.tuples(*map(values, hints.values())), result)
    def check(arguments: tuple[object, ...], answer: object) -> None:
        assert method.decode_call(method.encode_call(*arguments)) == arguments
        assert decode(method.result, encode(method.result, (answer,)))[0] == answer

    check()


def test_a_default_goes_over_the_wire_as_itself() -> None:
    kill = METHODS["kill"]
    assert kill.decode_call(kill.encode_call(3)) == (3, "SIGTERM")
    assert kill.decode_call(kill.encode_call(agent_id=3, signal="SIGKILL")) == (3, "SIGKILL")


@pytest.mark.parametrize(("body", "field"), [(b'["x", true]', "agent_id"), (b"[1]", "held"), (b"{", None)])
def test_what_does_not_fit_names_the_parameter(body: bytes, field: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        METHODS["hold"].decode_call(body)
    assert refused.value.field == field


def test_half_a_character_does_not_hold_up_the_rest() -> None:
    broken = EventLogged(Event(EventType.STATUS, 1, data={"reason": "a\ud800b", "n": 1}))
    came = decode_item(encode_item(broken)[:-1])
    assert isinstance(came, EventLogged)
    assert came.event.data == {"reason": "a?b", "n": 1}


def test_a_word_of_another_version_is_named() -> None:
    with pytest.raises(ValueError, match="Later"):
        decode_item(b"Later [{}]")
    assert decode_item(encode_item(Hello(7, {"rules_file": None}))[:-1]) == Hello(7, {"rules_file": None})
