"""``events``: the session's event log from a shell, with or without a living supervisor."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from typing import Literal

import click

from orchestrator_tui.commands.say import say
from orchestrator_tui.commands.target import open_session
from orchestrator_tui.core.errors import CannotRun, UsageError
from orchestrator_tui.core.event_export import export_lines
from orchestrator_tui.core.event_filter import EventFilter, parse_event_filter
from orchestrator_tui.core.event_words import event_sentence
from orchestrator_tui.core.events import Event
from orchestrator_tui.missions.event_lines import log_files, older_events
from orchestrator_tui.missions.event_log import KEPT_FILES
from orchestrator_tui.missions.event_tail import EventTail, agent_names
from orchestrator_tui.session import Session

LOOK_EVERY_S = 0.25
SHOWN_BEFORE_FOLLOWING = 10
Shape = Literal["text", "json", "csv"]


@click.command(epilog="Example: orchestrator-tui events --type crash,restart --since 1h --follow")
@click.argument("words", nargs=-1)
@click.option("--follow", "-f", is_flag=True, help="Show the last ones, then each that comes; ctrl+c ends.")
@click.option("--agent", metavar="NAME", help="Only of this agent: its name or number; several: a,b; * is any text.")
@click.option("--mission", metavar="ID", help="Only of this mission.")
@click.option("--type", "kind", metavar="TYPE", help="Only of this type, as crash,restart or task_*.")
@click.option("--since", metavar="TIME", help="Only what is at most so old: 90s, 30m, 2h, 1d, 1w.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the newest N of them.")
@click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, as they stand in the log.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table of comma-separated values.")
def events(
    words: tuple[str, ...],
    follow: bool,
    agent: str | None,
    mission: str | None,
    kind: str | None,
    since: str | None,
    last: int | None,
    session: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print the session's events, oldest first; WORDS have to stand in them (-word: may not)."""
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.", remedy="Choose one.", field="csv")
    wanted = filter_of({"agent": agent, "mission": mission, "type": kind}, since, words)
    found = open_session(session)
    if not found.folder.is_dir():
        raise UsageError(f"There is no session {found.name}.", remedy="Name one with --session NAME.", field="session")
    if last is None and follow and since is None:
        last = SHOWN_BEFORE_FOLLOWING
    shape: Shape = "json" if as_json else "csv" if as_csv else "text"
    names = Names(found)
    with suppress(KeyboardInterrupt):
        for line in written(_events(found, wanted, names, last, follow), names, shape):
            say(line, nl=False)


def filter_of(fields: Mapping[str, str | None], since: str | None, words: Iterable[str]) -> EventFilter:
    """The filter that the options make. Raises UsageError."""
    terms = [f'{name}:"{value}"' for name, value in fields.items() if value is not None]
    if since is not None:
        terms.append(f"since:{since}")
    return parse_event_filter(" ".join([*terms, *words]))


class Names(dict[int, str]):
    """The names of the session's agents; read again when an agent comes that is not among them."""

    def __init__(self, session: Session) -> None:
        super().__init__(agent_names(session.database))
        self._session = session
        self._unknown: set[int] = set()

    def learn(self, agent_id: int | None) -> None:
        """Makes sure that the agent's name is known, if it has one."""
        if agent_id is not None and agent_id not in self and agent_id not in self._unknown:
            self._unknown.add(agent_id)
            self.update(agent_names(self._session.database))


def written(found: Iterable[Event], names: Mapping[int, str], shape: Shape) -> Iterator[str]:
    """The events as lines, each as soon as it comes."""
    if shape != "text":
        yield from export_lines(found, names, shape)
        return
    for event in found:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at / 1000))
        yield f"{at}  {event.type.value:19}  {event_sentence(event, names)}\n"


def _events(session: Session, wanted: EventFilter, names: Names, last: int | None, follow: bool) -> Iterator[Event]:
    def accepts(event: Event) -> bool:
        names.learn(event.agent_id)
        return wanted.accepts(event, names, round(time.time() * 1000))

    files = log_files(session.events, KEPT_FILES)
    try:
        newest = 0
        if last is not None:
            newest = max((event.seq for event in older_events(files, None, 1, _any).events), default=0)
            yield from older_events(files, newest + 1, last, accepts).events
            if not follow:
                return
        with closing(EventTail(files, newest)) as tail:
            yield from _following(tail, accepts, follow)
    except OSError as error:
        raise CannotRun(
            f"The event log {session.events} cannot be read: {error.strerror or error}.",
            remedy="Make it yours to read.",
        ) from error


def _following(tail: EventTail, accepts: Callable[[Event], bool], follow: bool) -> Iterator[Event]:
    while True:
        yield from filter(accepts, tail.new())
        if not follow:
            return
        time.sleep(LOOK_EVERY_S)


def _any(event: Event) -> bool:
    del event
    return True
