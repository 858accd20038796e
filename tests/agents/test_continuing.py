"""How the next start goes on with a conversation."""

import pytest

from orchestrator_tui.agents.continuing import Situation, Way, continue_from
from orchestrator_tui.agents.providers.base import Refusal, RefusalKind

UNKNOWN = Refusal(RefusalKind.UNKNOWN_CONVERSATION, "No conversation found with session ID: c1")
IN_USE = Refusal(RefusalKind.ID_IN_USE, "Session ID c1 is already in use")
HELD = Refusal(RefusalKind.HELD, "Conversation c1 is open in process 7")


@pytest.mark.parametrize(
    ("known", "way"),
    [
        (Situation(has_transcript=True, was_spoken=True), Way.RESUME),
        (Situation(has_transcript=False), Way.BEGIN),
        (Situation(has_transcript=False, was_spoken=True), Way.FRESH),
        (Situation(has_transcript=True, was_spoken=True, refusal=UNKNOWN), Way.FRESH),
        (Situation(has_transcript=False, refusal=IN_USE), Way.FRESH),
        (Situation(has_transcript=True, refusal=IN_USE), Way.RESUME),
        (Situation(has_transcript=True, holder=7), Way.FORK),
        (Situation(has_transcript=False, holder=7), Way.FRESH),
        (Situation(has_transcript=True, refusal=HELD), Way.RESUME),
        (Situation(has_transcript=True, refusal=HELD, holder=7), Way.FORK),
        (Situation(has_transcript=True, refusal=UNKNOWN, holder=7), Way.FRESH),
    ],
)
def test_every_way_on(known: Situation, way: Way) -> None:
    assert continue_from(known).way is way


@pytest.mark.parametrize("refusal", [UNKNOWN, IN_USE])
def test_what_was_refused_is_not_asked_for_again(refusal: Refusal) -> None:
    asked = Way.RESUME if refusal is UNKNOWN else Way.BEGIN
    for has_transcript in (True, False):
        for was_spoken in (True, False):
            assert continue_from(Situation(has_transcript, was_spoken, refusal)).way is not asked


def test_only_an_unusual_way_is_told() -> None:
    assert continue_from(Situation(has_transcript=True)).why is None
    assert continue_from(Situation(has_transcript=False)).why is None
    why = continue_from(Situation(has_transcript=True, holder=7)).why
    assert why == "the conversation is open in process 7: a copy of it goes on here"
    why = continue_from(Situation(has_transcript=True, refusal=UNKNOWN)).why
    assert why is not None
    assert "No conversation found with session ID: c1" in why
