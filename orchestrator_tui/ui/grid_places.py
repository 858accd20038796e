"""Which agent is seen in which tile of the grid: pure."""

from collections.abc import Sequence

SIZES = (2, 4, 6, 9)
"""How many panes a grid has."""

_COLUMNS = {2: 2, 4: 2, 6: 3, 9: 3}
SMALLEST_TILE = (30, 6)
"""Columns and rows, border included, below which a pane says nothing any more."""


def shape(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows of tiles for a grid of ``count``; one below the other where the terminal is narrow."""
    columns = _COLUMNS[count]
    while columns > 1 and width // columns < SMALLEST_TILE[0]:
        columns -= 1
    rows = -(-count // columns)
    return columns, max(1, min(rows, height // SMALLEST_TILE[1]))


def first_size(agents: int) -> int:
    """The smallest grid that shows all of them, the largest one if none does."""
    return next((size for size in SIZES if size >= agents), SIZES[-1])


def next_size(size: int) -> int:
    """The next larger grid, after the largest the smallest."""
    return SIZES[(SIZES.index(size) + 1) % len(SIZES)]


def places(before: Sequence[int], by_need: Sequence[int], tiles: int) -> tuple[int, ...]:
    """The agents of at most ``tiles`` tiles: those that need a person most, without gaps.

    Who was seen before stays in place while nobody goes whose tile nobody takes.
    """
    wanted = list(by_need[:tiles])
    kept = [agent if agent in wanted else None for agent in before[:tiles]]
    newcomers = iter([agent for agent in wanted if agent not in kept])
    filled = [next(newcomers, None) if agent is None else agent for agent in kept]
    return (*(agent for agent in filled if agent is not None), *newcomers)
