"""Steps of the actions that move, filter, show and copy."""

import re
from collections.abc import Callable

from orchestrator_tui.ui.model import Panel
from tests.acceptance.walk import CODER, SCRIBE, TESTER, Step, Walk, step

PANELS = {
    "panel.agents": Panel.AGENTS,
    "panel.health": Panel.HEALTH,
    "panel.pane": Panel.PANE,
    "panel.missions": Panel.MISSIONS,
    "panel.events": Panel.EVENTS,
}


def moves(first: str, is_right: Callable[[int, int], bool]) -> Step:
    """A step that begins on the ``first`` or last row, and expects the cursor on the row that is right."""

    def move(walk: Walk, key: str) -> None:
        walk.at(Panel.AGENTS)
        # All of them are idle, so the list has them as they were started.
        order = list(walk.agents())
        start = order[0] if first == "first" else order[-1]
        walk.choose_agent(start)

        def row() -> int:
            return order.index(walk.chosen().split()[1])

        walk.press(key)
        walk.until_holds(lambda: is_right(row(), len(order)), f"{key} moves the cursor from {start}")

    return move


step("move.down")(moves("first", lambda at, _: at == 1))
step("move.up")(moves("last", lambda at, count: at == count - 2))
step("move.first")(moves("last", lambda at, _: at == 0))
step("move.last")(moves("first", lambda at, count: at == count - 1))
step("move.half_down")(moves("first", lambda at, _: at > 1))
step("move.half_up")(moves("last", lambda at, count: at < count - 2))


@step("view.find")
def find(walk: Walk, key: str) -> None:
    walk.choose_agent(CODER)
    walk.press(key)
    walk.line("find agent", SCRIBE)
    walk.until_holds(lambda: SCRIBE in walk.chosen(), "the cursor is on the agent")


@step("view.filter")
def filter_rows(walk: Walk, key: str) -> None:
    walk.at(Panel.AGENTS)
    walk.press(key)
    walk.line("/", TESTER)
    walk.until(f"/ {TESTER}", "1 of 4 shown")
    walk.until_gone(f"○ {CODER}")
    walk.press("escape")
    walk.until(f"○ {CODER}")


@step("view.clear")
def clear(walk: Walk, key: str) -> None:
    walk.at(Panel.MISSIONS)
    walk.press("slash")
    walk.line("/", "oracle")
    walk.until("/ oracle")
    walk.press(key)
    walk.until_gone("/ oracle")


def search(walk: Walk) -> Callable[[], int]:
    """Searches the coder's pane; tells which place is seen."""
    walk.choose_agent(CODER)
    walk.at(Panel.PANE)
    walk.press("slash")
    walk.line("search", "line 1")
    walk.until(" of 11 ", "rows up")

    def place() -> int:
        found = re.search(r"(\d+) of 11 ", walk.screen())
        return int(found[1]) if found else 0

    return place


@step("pane.older_match")
def older_match(walk: Walk, key: str) -> None:
    place = search(walk)
    newest = place()
    walk.press(key)
    walk.until_holds(lambda: place() == newest - 1, "an older place is seen")


@step("pane.newer_match")
def newer_match(walk: Walk, key: str) -> None:
    place = search(walk)
    walk.press(key)
    walk.until_holds(lambda: place() == 1, "round the end the oldest place is seen")


@step(*PANELS)
def go_to_panel(walk: Walk, key: str) -> None:
    panel = Panel(int(key))
    walk.at(Panel.EVENTS if panel is Panel.AGENTS else Panel.AGENTS)
    walk.press(key)
    walk.until_holds(lambda: walk.focused() is panel, f"the keyboard is at {panel.name}")
    walk.until(
        {
            Panel.AGENTS: CODER,
            Panel.HEALTH: "CPU",
            Panel.PANE: "3 Pane",
            Panel.MISSIONS: "waits-1",
            Panel.EVENTS: "newest first",
        }[panel]
    )


@step("panel.next")
def next_panel(walk: Walk, key: str) -> None:
    walk.at(Panel.AGENTS)
    for panel in (Panel.HEALTH, Panel.PANE, Panel.MISSIONS, Panel.EVENTS, Panel.AGENTS):
        walk.press(key)
        walk.until_holds(lambda there=panel: walk.focused() is there, f"the keyboard is at {panel.name}")


@step("panel.previous")
def previous_panel(walk: Walk, key: str) -> None:
    walk.at(Panel.AGENTS)
    walk.press(key)
    walk.until_holds(lambda: walk.focused() is Panel.EVENTS, "the keyboard is at the last panel")


@step("view.grid")
def grid(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.until("panes", "more or fewer", f"○ {TESTER}", f"○ {SCRIBE}")
    walk.until_gone("Agents")


@step("view.zoom")
def zoom(walk: Walk, key: str) -> None:
    walk.at(Panel.AGENTS)
    walk.until("Pane")
    walk.press(key)
    walk.until_gone("3 Pane")


@step("view.unzoom")
def unzoom(walk: Walk, key: str) -> None:
    # The step before left it zoomed: coming back by esc unzooms, so it is zoomed again here.
    walk.at(Panel.AGENTS)
    walk.press("plus")
    walk.until_gone("3 Pane")
    walk.press(key)
    walk.until("3 Pane")


@step("pane.copy")
def copy(walk: Walk, key: str) -> None:
    walk.choose_agent(SCRIBE)
    walk.press(key)
    walk.until(f"of {SCRIBE}.")
    shown = "\n".join(line.rstrip() for line in walk.pane(SCRIBE).splitlines()).strip("\n")
    walk.until_holds(lambda: walk.clipboard() == shown, "the clipboard holds the pane's text")


@step("app.help")
def help_dialog(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.until("Keys", "Start one or more agents.")


@step("app.palette")
def palette(walk: Walk, key: str) -> None:
    walk.at(Panel.EVENTS)
    walk.press(key)
    walk.until("Search")
    walk.type(f"go to {TESTER}")
    walk.until(f"Go to {TESTER}")
    walk.press("enter")
    walk.until_gone(f"Go to {TESTER}")
    walk.until_gone(f"go to {TESTER}")
    walk.until_holds(lambda: TESTER in walk.chosen(), "the palette ran what was chosen")
    # The palette is painted away before it lets go of the keyboard.
    walk.at(Panel.EVENTS)


@step("app.quit")
def quit_dialog(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.until("agents alive", "keep working in the background", "stop all agents")
