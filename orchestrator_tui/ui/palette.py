"""The palette as Textual's provider: entries by what they are called, missions by what is searched for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from orchestrator_tui.ui.palette_match import fit_of

PLACEHOLDER = "Search actions, agents, missions, settings…"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette; ``words`` are others by which it is found."""

    title: str
    help: str
    run: Callable[[], None]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that fits what was typed; ``offsets`` are the characters of its title that are meant."""

    entry: Entry
    score: float
    offsets: tuple[int, ...]


@runtime_checkable
class PaletteSource(Protocol):
    """What the palette reads: the app."""

    def palette_entries(self) -> Sequence[Entry]:
        """Every entry that makes sense now, but for what is too much to list."""
        ...

    def palette_search(self, query: str) -> Sequence[Found]:
        """Entries that are made only once they are searched for."""
        ...


class Palette(CommandPalette):
    """Textual's palette, which says what can be searched."""

    def __init__(self) -> None:
        super().__init__(id="--command-palette", placeholder=PLACEHOLDER)


class PaletteCommands(Provider):
    """Finds entries. They are made once while the palette is open: each says no by itself if it cannot be run then."""

    _entries: Sequence[Entry] = ()

    async def startup(self) -> None:
        """Makes the entries."""
        if isinstance(self.app, PaletteSource):
            self._entries = self.app.palette_entries()

    async def discover(self) -> Hits:
        """All entries, before anything is typed."""
        for entry in self._entries:
            yield DiscoveryHit(_plain(entry.title), entry.run, text=entry.title, help=_escaped(entry.help))

    async def search(self, query: str) -> Hits:
        """Entries that fit the query."""
        fits = ((entry, fit_of(query, entry.title, entry.words)) for entry in self._entries)
        found = [Found(entry, *fit) for entry, fit in fits if fit is not None]
        if isinstance(self.app, PaletteSource):
            found += self.app.palette_search(query)
        for one in found:
            entry = one.entry
            yield Hit(one.score, self._marked(one), entry.run, text=entry.title, help=_escaped(entry.help))

    def _marked(self, found: Found) -> Content:
        content = _plain(found.entry.title)
        if self.match_style is not None:
            for offset in found.offsets:
                content = content.stylize(self.match_style, offset, offset + 1)
        return content


def _plain(text: str) -> Content:
    """Text of agents and missions is not markup."""
    return Content("".join(one if one.isprintable() else " " for one in text))


def _escaped(text: str) -> str:
    return escape(str(_plain(text)))
