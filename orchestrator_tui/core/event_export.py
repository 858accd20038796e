"""Events for other programs: JSON lines in the log's own shape, or a table of comma-separated values. Pure."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from orchestrator_tui.core.event_words import agent_word, event_sentence
from orchestrator_tui.core.events import Event

Shape = Literal["json", "csv"]
_COLUMNS = ("seq", "time", "type", "agent_id", "agent", "mission_id", "attempt", "text", "data")


def event_record(event: Event) -> dict[str, object]:
    """The event as an object of the log's public shape."""
    return {
        "seq": event.seq,
        "at": event.at,
        "type": event.type.value,
        "agent_id": event.agent_id,
        "mission_id": event.mission_id,
        "attempt": event.attempt,
        "data": dict(event.data),
    }


def export_lines(events: Iterable[Event], agent_names: Mapping[int, str], shape: Shape) -> Iterator[str]:
    """The lines of a file, each with its end; a table begins with the names of its columns, its times are local."""
    if shape == "json":
        for event in events:
            yield json.dumps(event_record(event), ensure_ascii=False, default=str) + "\n"
        return
    yield _row(_COLUMNS)
    for event in events:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(event.at / 1000))
        carried = json.dumps(dict(event.data), ensure_ascii=False, default=str)
        who = agent_word(event, agent_names)
        when, ids = f"{at}.{event.at % 1000:03d}", (event.agent_id, who, event.mission_id, event.attempt)
        yield _row((event.seq, when, event.type.value, *ids, event_sentence(event, agent_names), carried))


def _row(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
