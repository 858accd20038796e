"""How well a line of the palette fits what was typed. Pure, and quick enough for every key over 10,000 missions."""

import heapq
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from orchestrator_tui.core.views import MissionView

MISSIONS_SHOWN = 20
_WHOLE = 1_000.0


class Fit(NamedTuple):
    """``score``: higher is better; ``offsets``: the characters of the title that are meant."""

    score: float
    offsets: tuple[int, ...]


def fit_of(query: str, title: str, more: str = "") -> Fit | None:
    """How a title fits by its words and ``more`` words, else by its letters in their order; None where it does not."""
    text, words = title.casefold(), query.casefold().split()
    if _holds(words, f"{text} {more.casefold()}"):
        return Fit(_worth(words, text), offsets_of(words, text))
    return _by_letters("".join(words), text)


def find_missions(
    missions: Iterable[MissionView], query: str, limit: int = MISSIONS_SHOWN
) -> tuple[Sequence[tuple[float, MissionView]], int]:
    """The missions that fit best by id and title, the best first; and how many fit in all."""
    words = query.casefold().split()
    if not words:
        return (), 0
    begun, letters, whole = [f" {word}" for word in words], sum(map(len, words)), query.strip().casefold()
    # Bare tuples and no calls: a letter fits all of 10,000, and each key pays for them.
    found: list[tuple[float, bool, int, str, MissionView]] = []
    for mission in missions:
        text = f" {mission.id} {mission.title}".casefold()
        if _holds(words, text):
            score = _WHOLE if text.startswith(whole, 1) and mission.id.casefold() == whole else letters + 2.0
            for word in begun:
                if word in text:
                    score += 3.0
            found.append((score, mission.ended_at is None, mission.seq, mission.id, mission))
    best = heapq.nlargest(limit, found)
    return [(score, mission) for score, *_, mission in best], len(found)


def offsets_of(words: Sequence[str], text: str) -> tuple[int, ...]:
    """Where the words stand in the text, each at its first place."""
    places = ((text.find(word), len(word)) for word in words)
    return tuple(sorted({at + step for at, length in places if at >= 0 for step in range(length)}))


def _holds(words: Sequence[str], text: str) -> bool:
    # A loop: for 10,000 texts a generator costs three times as much.
    for word in words:  # noqa: SIM110
        if word not in text:
            return False
    return True


def _worth(words: Sequence[str], text: str) -> float:
    """Letters count; words that are in the text, and at the beginning of one of its own, count more."""
    return sum(len(word) + 2.0 * (word in text) + 3.0 * (text.startswith(word) or f" {word}" in text) for word in words)


def _by_letters(letters: str, text: str) -> Fit | None:
    """The letters in their order, in few pieces or at the beginnings of words; scattered ones are no fit."""
    best: Fit | None = None
    for start, character in enumerate(text):
        if character != letters[:1]:
            continue
        offsets = [start]
        for letter in letters[1:]:
            at = text.find(letter, offsets[-1] + 1)
            if at < 0:
                return best
            offsets.append(at)
        pieces = sum(at - before != 1 for before, at in itertools.pairwise(offsets)) + 1
        begins = sum(at == 0 or not text[at - 1].isalnum() for at in offsets)
        if pieces <= max(1, len(letters) // 2) or begins == len(letters):
            score = begins + len(letters) / pieces / 2
            if best is None or score > best.score:
                best = Fit(score, tuple(offsets))
    return best
