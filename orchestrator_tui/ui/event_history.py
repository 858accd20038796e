"""The events that pass a filter, as far as they are loaded: new ones from the model, older ones from the supervisor."""

from collections.abc import Iterable
from itertools import takewhile

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.event_filter import EVERYTHING, EventFilter
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.log_lines import LogLines
from orchestrator_tui.ui.model import Model

PAGE = 500
MOST_WHILE_FOLLOWING = 40_000


class EventHistory:
    """What the event log shows. ``has_older`` says that more may be found further back."""

    def __init__(self, client: SupervisorClient, model: Model, clock: Clock) -> None:
        self._client = client
        self._model = model
        self._clock = clock
        self._filters = 0
        self._newest = 0
        self._before: int | None = None
        self.wanted = EVERYTHING
        self.lines: LogLines[Event] = LogLines()
        self.has_older = True
        self.refilter(EVERYTHING)

    def refilter(self, wanted: EventFilter) -> None:
        """Begins anew with what the model holds."""
        self.wanted = wanted
        self._filters += 1
        known = [event for event in self._model.events if event.seq]
        self._newest = known[-1].seq if known else 0
        self._before = known[0].seq if known else None
        self.has_older = True
        self.lines = LogLines(self._accepted(known))

    def take_new(self) -> bool:
        """Adds what happened since, and says whether there was anything.

        Begins anew when more happened than the model holds.
        """
        events = self._model.events
        if not events or events[-1].seq <= self._newest:
            return False
        if events[0].seq > self._newest + 1:
            self.refilter(self.wanted)
            return True
        new = list(takewhile(lambda event: event.seq > self._newest, reversed(events)))[::-1]
        self._newest = new[-1].seq
        self.lines.append(self._accepted(new))
        return True

    def forget_surplus(self) -> None:
        """Lets the oldest go once very many are held; they can be loaded again."""
        surplus = len(self.lines) - MOST_WHILE_FOLLOWING
        if surplus > 0:
            self.lines.forget_oldest(surplus + MOST_WHILE_FOLLOWING // 2)
            self._before = self.lines[self.lines.keys[0]].seq
            self.has_older = True

    async def load_older(self) -> bool:
        """Adds the page before what is loaded; whether there may be more. Raises as the client does."""
        filters, before = self._filters, self._before
        page = await self._client.older_events(before, PAGE, self.wanted)
        if filters != self._filters or before != self._before:
            # Another filter was set meanwhile: this page is not its.
            return self.has_older
        self.lines.prepend(page.events)
        self._before, self.has_older = page.next_before, page.next_before is not None
        return self.has_older

    def _accepted(self, events: Iterable[Event]) -> list[Event]:
        names, now_ms = self._model.agent_names(), self._clock.now_ms()
        return [event for event in events if self.wanted.accepts(event, names, now_ms)]
