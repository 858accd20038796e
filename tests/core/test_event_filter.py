"""The filter line of the event log."""

import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.event_filter import EXAMPLE, parse_event_filter
from orchestrator_tui.core.events import Event, EventType

NOW_MS = 1_000_000_000_000
NAMES = {1: "api-auth", 2: "docs"}
CRASH = Event(EventType.CRASH, NOW_MS - 60_000, agent_id=1, mission_id="m-041", data={"reason": "killed by SIGKILL"})
BLOCKED = Event(EventType.MISSION_BLOCKED, NOW_MS - 7_200_000, mission_id="m-1", data={"deep": {"why": ["Straße"]}})


@pytest.mark.parametrize(
    ("text", "event", "passes"),
    [
        ("", CRASH, True),
        ("   ", CRASH, True),
        ("agent:api-auth", CRASH, True),
        ("agent:API-Auth", CRASH, True),
        ("agent:1", CRASH, True),
        ("agent:docs", CRASH, False),
        ("agent:docs,api-auth", CRASH, True),
        ("agent:api*", CRASH, True),
        ("agent:api", CRASH, False),
        ("agent:*", BLOCKED, False),
        ("-agent:api-auth", CRASH, False),
        ("-agent:api-auth", BLOCKED, True),
        ("mission:m-041", CRASH, True),
        ("mission:m-04", CRASH, False),
        ("mission:m-0*", CRASH, True),
        ("type:crash,restart", CRASH, True),
        ("type:mission_*", CRASH, False),
        ("type:mission_*", BLOCKED, True),
        ("-type:status,crash", CRASH, False),
        ("since:1m", CRASH, True),
        ("since:59s", CRASH, False),
        ("since:1.5h", BLOCKED, False),
        ("since:2h", BLOCKED, True),
        ("sigkill", CRASH, True),
        ("killed SIGKILL", CRASH, True),
        ("killed sigterm", CRASH, False),
        ("sigterm|sigkill", CRASH, True),
        ('"crashed on m-041: killed"', CRASH, True),
        ('"killed SIGKILL"', CRASH, False),
        ("-sigkill", CRASH, False),
        ("strasse", BLOCKED, True),
        ("12:04", CRASH, False),
        (EXAMPLE.replace("words", "killed"), CRASH, True),
    ],
)
def test_what_passes(text: str, event: Event, passes: bool) -> None:
    assert parse_event_filter(text).accepts(event, NAMES, NOW_MS) is passes


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("agnt:x", "Did you mean `agent:`?"),
        ("type:crsh", "Did you mean `crash`?"),
        ("type:zzzz", "Types: spawn, ready"),
        ("type:health", "There is no event type `health`"),
        ("zzz:x", "Fields: agent, mission, type, since."),
        ("http://x", 'In quotes it is a word: "http:…".'),
        ("since:soon", "Write 90s, 30m, 2h, 1d or 1w."),
        ("-since:1h", "cannot be excluded"),
        ("agent:", "Write for example agent:api-auth."),
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_event_filter(text)
    assert problem in str(caught.value)
    assert caught.value.field == "filter"


def test_a_word_with_a_colon_can_be_quoted() -> None:
    assert parse_event_filter('"http://x"').terms[0].patterns == ("http://x",)
