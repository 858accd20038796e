"""Draws samples on terminals of both sizes."""

from collections.abc import Sequence

from tests.ui.preview.app import PreviewApp
from tests.ui.preview.samples import Sample
from tests.ui.steps import NARROW, WIDE


def one_of_each(samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """One sample of each kind of widget on each page."""
    kinds = {(one.page, type(one.fresh()[0])): one for one in reversed(samples)}
    return tuple(reversed(kinds.values()))


async def draw(samples: Sequence[Sample]) -> set[type]:
    """Draws them, first wide, then narrow, or the other way round; returns the classes of all that was seen.

    Raises what a sample raises, and AssertionError for one that shows nothing.
    """
    seen: set[type] = set()
    app = PreviewApp(samples[:1])
    sizes = WIDE, NARROW
    async with app.run_test(size=sizes[0]) as pilot:
        for sample in samples:
            sizes = sizes[1], sizes[0]
            app.open(sample)
            await pilot.pause()
            await pilot.resize_terminal(*sizes[0])
            # There is no public way to read the screen as it is painted.
            strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
            assert any(strip.text.strip() for strip in strips), f"{sample.title} is blank"
            seen |= {type(one) for one in app.screen.walk_children(with_self=True)}
            await app.pop_screen()
    return seen
