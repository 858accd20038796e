"""The filter line of the event log, ``agent:api-auth type:crash,restart since:1h words``: pure."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.event_words import event_haystack
from orchestrator_tui.core.events import Event, EventType

EXAMPLE = "agent:api-auth mission:m-041 type:crash,restart since:1h words"
_TOKEN = re.compile(r'(?P<no>-)?(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))?')
_DURATION = re.compile(r"(\d{1,12}(?:\.\d+)?)(s|m|h|d|w)")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class Field(StrEnum):
    """What a term looks at; WORDS stands for all that an event says."""

    AGENT = "agent"
    MISSION = "mission"
    TYPE = "type"
    SINCE = "since"
    WORDS = "words"


_NAMED = (Field.AGENT, Field.MISSION, Field.TYPE, Field.SINCE)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of the patterns holds (``*`` stands for any text), or none when ``is_excluded``."""

    field: Field
    patterns: tuple[str, ...]
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What an event must be; without terms every event passes. ``since_ms``: at most this old."""

    terms: tuple[Term, ...] = ()
    since_ms: int | None = None

    def accepts(self, event: Event, agent_names: Mapping[int, str], now_ms: int) -> bool:
        """Whether the event passes."""
        if self.since_ms is not None and event.at < now_ms - self.since_ms:
            return False
        return all(_holds(term, event, agent_names) != term.is_excluded for term in self.terms)


EVERYTHING = EventFilter()


def parse_event_filter(text: str) -> EventFilter:
    """Reads a filter line; ``-`` before a term excludes, quotes keep blanks, ``,`` and ``|`` mean or.

    Raises UsageError with field ``filter`` that names what is wrong, and the nearest field or type.
    """
    terms: list[Term] = []
    since_ms: int | None = None
    for token in _TOKEN.finditer(text):
        value = token["quoted"] if token["quoted"] is not None else token["plain"] or ""
        if token["field"] is None:
            if value:
                terms.append(Term(Field.WORDS, _alternatives(value, "|"), token["no"] is not None))
            continue
        field = _field(token["field"])
        if not value:
            raise _problem(f"`{field}:` names nothing.", f"Write for example {_example(field)}.")
        if field is Field.SINCE:
            if token["no"]:
                raise _problem("`since:` cannot be excluded.", "Leave out the `-`.")
            since_ms = _duration_ms(value)
            continue
        patterns = _alternatives(value, ",")
        if field is Field.TYPE:
            _check_types(patterns)
        terms.append(Term(field, patterns, token["no"] is not None))
    return EventFilter(tuple(terms), since_ms)


def _holds(term: Term, event: Event, agent_names: Mapping[int, str]) -> bool:
    match term.field:
        case Field.TYPE:
            return _fits(event.type.value, term.patterns)
        case Field.MISSION:
            return event.mission_id is not None and _fits(event.mission_id.casefold(), term.patterns)
        case Field.AGENT:
            number = event.agent_id
            if number is None:
                return False
            return _fits(agent_names.get(number, "").casefold(), term.patterns) or _fits(str(number), term.patterns)
        case _:
            haystack = event_haystack(event, agent_names)
            return any(pattern in haystack for pattern in term.patterns)


def _fits(value: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) if "*" in pattern else value == pattern for pattern in patterns)


def _alternatives(value: str, separator: str) -> tuple[str, ...]:
    return tuple(part for part in value.casefold().split(separator) if part) or (value.casefold(),)


def _field(name: str) -> Field:
    wanted = name.casefold()
    if wanted in _NAMED:
        return Field(wanted)
    near = difflib.get_close_matches(wanted, _NAMED, n=1, cutoff=0.4)
    hint = f"Did you mean `{near[0]}:`?" if near else f"Fields: {', '.join(_NAMED)}."
    raise _problem(f"There is no field `{name}:`.", f'{hint} In quotes it is a word: "{name}:…".')


def _check_types(patterns: tuple[str, ...]) -> None:
    known = [kind.value for kind in EventType if kind is not EventType.HEALTH]
    for pattern in patterns:
        if any(fnmatchcase(kind, pattern) for kind in known):
            continue
        near = difflib.get_close_matches(pattern, known, n=1, cutoff=0.4)
        hint = f"Did you mean `{near[0]}`?" if near else f"Types: {', '.join(known)}."
        raise _problem(f"There is no event type `{pattern}`.", hint)


def _duration_ms(text: str) -> int:
    found = _DURATION.fullmatch(text.casefold())
    if found is None:
        raise _problem(f"`since:{text}` is no duration.", "Write 90s, 30m, 2h, 1d or 1w.")
    return round(float(found[1]) * _UNIT_MS[found[2]])


def _example(field: Field) -> str:
    return next(part for part in EXAMPLE.split() if part.startswith(f"{field}:"))


def _problem(message: str, remedy: str) -> UsageError:
    return UsageError(message, remedy=remedy, field="filter")
