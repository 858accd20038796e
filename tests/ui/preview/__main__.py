"""``python -m tests.ui.preview [WIDGET] [--theme dark|light|ansi] [--size 80x24] [--check]``."""

import argparse
import asyncio

from orchestrator_tui.ui.theme import THEME_NAMES
from tests.ui.preview.app import PreviewApp, samples_of
from tests.ui.preview.check import draw


def size_of(text: str) -> tuple[int, int]:
    """``80x24`` as columns and rows."""
    columns, _, rows = text.partition("x")
    return int(columns), int(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make preview", description="A page for each widget, dialog and screen.")
    parser.add_argument("widget", nargs="?", help="only this page, as in agent_list")
    parser.add_argument("--theme", choices=list(THEME_NAMES), default="dark")
    parser.add_argument("--size", type=size_of, metavar="80x24", help="instead of the terminal's own size")
    parser.add_argument("--check", action="store_true", help="draw every page at both sizes, and end")
    asked = parser.parse_args()
    try:
        samples = samples_of(asked.widget)
    except LookupError as error:
        parser.error(str(error))
    if asked.check:
        asyncio.run(draw(samples))
    else:
        PreviewApp(samples, asked.theme).run(size=asked.size)


if __name__ == "__main__":
    main()
