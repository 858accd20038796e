"""The palette: every action of the registry, every agent, every theme."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from textual.command import DiscoveryHit, Hit, Hits, Provider


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette."""

    title: str
    help: str
    run: Callable[[], None]


@runtime_checkable
class PaletteSource(Protocol):
    """What the palette reads: the app."""

    def palette_entries(self) -> Sequence[Entry]:
        """Every entry that makes sense now."""
        ...


class PaletteCommands(Provider):
    """Finds entries by their title."""

    async def discover(self) -> Hits:
        """All entries, before anything is typed."""
        for entry in self._entries():
            yield DiscoveryHit(entry.title, entry.run, help=entry.help)

    async def search(self, query: str) -> Hits:
        """Entries whose title fits the query."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.title)
            if score > 0:
                yield Hit(score, matcher.highlight(entry.title), entry.run, help=entry.help)

    def _entries(self) -> Sequence[Entry]:
        return self.app.palette_entries() if isinstance(self.app, PaletteSource) else ()
