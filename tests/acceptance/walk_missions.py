"""Steps of the actions on missions."""

from orchestrator_tui.ui.model import Panel
from tests.acceptance.walk import Walk, step


@step("mission.add")
def add(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.fill("New mission", "Added by a key [[output added]]", "ctrl+s")
    walk.until_holds(lambda: "added" in [one["output"] for one in walk.missions()], "it was queued and done")
    walk.at(Panel.MISSIONS)
    walk.until_holds(lambda: "Added by a key" in walk.chosen(), "the cursor is on it")


@step("mission.import")
def import_plan(walk: Walk, key: str) -> None:
    (walk.root / "plan.yaml").write_text("missions:\n  - {id: planned-1, prompt: Look at it, depends_on: [waits-1]}\n")
    walk.press(key)
    walk.fill("Import a plan", "plan.yaml")
    walk.until("planned-1", "1 new")
    walk.press("y")
    walk.until_holds(lambda: "planned-1" in walk.chosen(), "the cursor is on it")
    assert walk.mission("planned-1")["depends_on"] == ["waits-1"]


@step("mission.open")
def open_page(walk: Walk, key: str) -> None:
    walk.choose_mission("done-1")
    walk.press(key)
    walk.until("done-1", "Prompt", "Attempts")
    walk.until_gone("Missions")


@step("mission.edit")
def edit(walk: Walk, key: str) -> None:
    walk.choose_mission("waits-1")
    walk.press(key)
    walk.fill("Edit waits-1", "Changed by a key. ", "ctrl+s")
    walk.until_holds(lambda: "Changed by a key." in walk.mission("waits-1")["title"], "its prompt is another")


@step("mission.graph")
def graph(walk: Walk, key: str) -> None:
    walk.press(key)
    walk.until("Dependencies", "waits-1", "missions in")


@step("mission.depend")
def depend(walk: Walk, key: str) -> None:
    walk.choose_mission("waits-2")
    walk.press(key)
    walk.fill("waits-2 starts after", "waits-1")
    walk.until_holds(lambda: walk.mission("waits-2")["depends_on"] == ["waits-1"], "it waits for the other one")


@step("mission.raise")
def raise_priority(walk: Walk, key: str) -> None:
    walk.choose_mission("waits-1")
    walk.press(key)
    walk.until_holds(lambda: walk.mission("waits-1")["priority"] == "high", "it is more urgent")


@step("mission.lower")
def lower_priority(walk: Walk, key: str) -> None:
    before = walk.mission("waits-2")["priority"]
    assert before == "normal"
    walk.choose_mission("waits-2")
    walk.press(key)
    walk.until_holds(lambda: walk.mission("waits-2")["priority"] == "low", "it is less urgent")


@step("mission.cancel")
def cancel(walk: Walk, key: str) -> None:
    walk.choose_mission("waits-2")
    walk.press(key)
    walk.answer("Cancel waits-2", "y")
    walk.until_mission("waits-2", "cancelled")


@step("mission.retry")
def retry(walk: Walk, key: str) -> None:
    walk.choose_mission("waits-2")
    walk.until_holds(lambda: "cancelled" in walk.chosen(), "its row says cancelled")
    walk.press(key)
    walk.until_mission("waits-2", "blocked")
    walk.at(Panel.AGENTS)
