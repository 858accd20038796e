"""A plan file is shown whole, mistakes and all, and then imported whole or not at all."""

from pathlib import Path

import pytest

from orchestrator_tui.core.errors import DuplicateMission, NotAllowedNow, PlanError, UsageError
from orchestrator_tui.core.models import MissionState
from orchestrator_tui.core.plans import Standing
from orchestrator_tui.missions.plan_import import PlanImport
from orchestrator_tui.missions.queue import MissionQueue

PLAN = """\
missions:
  - id: spec
    prompt: |

      Write the spec
  - id: parse
    prompt: Write the parser
    role: coder
    depends_on: [spec, earlier]
  - prompt: no name
"""


@pytest.fixture
def plans(queue: MissionQueue, tmp_path: Path) -> PlanImport:
    (tmp_path / "plan.yaml").write_text(PLAN)
    return PlanImport(str(tmp_path), queue.known, queue.resume_many)


async def all_ids(queue: MissionQueue) -> list[str]:
    return sorted(mission.id for mission in await queue.list_missions())


async def test_a_preview_shows_what_would_be_queued_and_queues_nothing(plans: PlanImport, queue: MissionQueue) -> None:
    await queue.enqueue(id="earlier", prompt="x")
    shown = await plans.preview("plan.yaml")
    assert shown.problems == ()
    assert [(one.id, one.title, one.line, one.standing) for one in shown.missions[:2]] == [
        ("spec", "Write the spec", 2, Standing.NEW),
        ("parse", "Write the parser", 6, Standing.NEW),
    ]
    assert shown.missions[1].depends_on == ("spec", "earlier")
    assert await all_ids(queue) == ["earlier"]


async def test_an_import_queues_all_and_a_second_one_nothing(plans: PlanImport, queue: MissionQueue) -> None:
    await queue.enqueue(id="earlier", prompt="x")
    shown = await plans.preview("plan.yaml")
    done = await plans.take("plan.yaml", shown.digest)
    assert done.queued == tuple(one.id for one in shown.missions)
    again = await plans.preview("plan.yaml")
    assert {one.standing for one in again.missions} == {Standing.HERE}
    assert again.missions[0].state is MissionState.PENDING
    done = await plans.take("plan.yaml", again.digest)
    assert (done.queued, done.again, len(done.here)) == ((), (), 3)


async def test_what_a_run_gave_up_is_queued_again_and_what_a_person_cancelled_is_not(
    plans: PlanImport, queue: MissionQueue
) -> None:
    await queue.enqueue(id="earlier", prompt="x")
    shown = await plans.preview("plan.yaml")
    await plans.take("plan.yaml", shown.digest)
    await queue.cancel("spec", code="run_timeout")
    await queue.cancel("parse")
    shown = await plans.preview("plan.yaml")
    assert [one.standing for one in shown.missions] == [Standing.AGAIN, Standing.HERE, Standing.HERE]
    done = await plans.take("plan.yaml", shown.digest)
    assert done.again == ("spec",)
    assert (await queue.get("spec")).state is MissionState.PENDING
    assert (await queue.get("parse")).state is MissionState.CANCELLED


async def test_a_file_that_changed_since_it_was_shown_is_refused(
    plans: PlanImport, queue: MissionQueue, tmp_path: Path
) -> None:
    await queue.enqueue(id="earlier", prompt="x")
    shown = await plans.preview("plan.yaml")
    (tmp_path / "plan.yaml").write_text(PLAN + "  - prompt: one more\n")
    with pytest.raises(NotAllowedNow, match="changed since it was shown"):
        await plans.take("plan.yaml", shown.digest)
    assert await all_ids(queue) == ["earlier"]


async def test_every_mistake_is_named_with_its_line_and_nothing_is_imported(
    plans: PlanImport, queue: MissionQueue, tmp_path: Path
) -> None:
    await queue.enqueue(id="taken", prompt="another text")
    (tmp_path / "plan.yaml").write_text(
        "missions:\n"
        "  - id: a\n"
        "    promt: x\n"
        "    priority: urgent\n"
        "    role: wizard\n"
        "  - id: b\n"
        "    prompt: x\n"
        "    depends_on: [a, nowhere]\n"
        "  - {id: b, prompt: y}\n"
        "  - {id: taken, prompt: z}\n"
        "  - {id: c, prompt: x, depends_on: [d]}\n"
        "  - {id: d, prompt: x, depends_on: [c]}\n"
        "  - {id: e, prompt: x, depends_on: [e]}\n"
    )
    shown = await plans.preview("plan.yaml")
    assert [(one.line, one.field) for one in shown.problems] == [
        (2, "prompt"),
        (3, "promt"),
        (4, "priority"),
        (5, "role"),
        (8, "depends_on"),
        (9, "id"),
        (10, "id"),
        (11, "depends_on"),
        (13, "depends_on"),
    ]
    assert all(one.remedy for one in shown.problems)
    assert shown.problems[4].message.startswith("mission `b` depends on `nowhere`")
    assert shown.problems[2].source == "    priority: urgent"
    assert "nowhere" in shown.problems[4].message
    with pytest.raises(PlanError, match=r"plan\.yaml, line 2: "):
        await plans.take("plan.yaml", shown.digest)
    assert await all_ids(queue) == ["taken"]


async def test_what_comes_between_preview_and_import_takes_nothing_apart(
    plans: PlanImport, queue: MissionQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue.enqueue(id="earlier", prompt="x")
    shown = await plans.preview("plan.yaml")
    await queue.enqueue(id="parse", prompt="somebody else was quicker")
    with pytest.raises(PlanError, match="exists already"):
        await plans.take("plan.yaml", shown.digest)

    async def stale(ids: object) -> dict[str, object]:
        del ids
        return await queue.known(["earlier"])  # pyright: ignore[reportReturnType]

    monkeypatch.setattr(plans, "_known", stale)
    with pytest.raises(DuplicateMission):
        await plans.take("plan.yaml", shown.digest)
    assert await all_ids(queue) == ["earlier", "parse"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.yaml", "does not exist"),
        ("folder", "is a folder"),
        ("binary.yaml", "not UTF-8"),
        ("a\0b", "does not exist"),
    ],
)
async def test_an_unreadable_file_is_refused_in_words(plans: PlanImport, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UsageError, match=words) as refused:
        await plans.preview(name)
    assert (refused.value.field, bool(refused.value.remedy)) == ("path", True)


async def test_paths_go_on_as_folders_and_plan_files(
    plans: PlanImport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "b.yml").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".hidden").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "plans"))
    assert await plans.files("pl") == ["plan.yaml", "plans/"]
    assert await plans.files("plans/") == ["plans/b.yml"]
    assert await plans.files("~") == ["~/"]
    assert await plans.files("~/") == ["~/b.yml"]
    assert await plans.files(f"{tmp_path}/plans/b") == [f"{tmp_path}/plans/b.yml"]
    assert await plans.files("nowhere/") == []
    assert "plans/" in await plans.files("")
    assert ".hidden/" not in await plans.files("")


async def test_a_mission_that_is_broken_itself_is_still_the_one_that_others_mean(
    plans: PlanImport, tmp_path: Path
) -> None:
    (tmp_path / "plan.yaml").write_text(
        "missions:\n"
        "  - {id: parse, prompt: x, priority: urgent}\n"
        "  - {id: b, prompt: x, depends_on: [parse]}\n"
        "  - {id: c, prompt: x, depends_on: [prase]}\n"
    )
    first, second = (await plans.preview("plan.yaml")).problems
    assert (first.line, first.field) == (2, "priority")
    assert (second.line, second.remedy) == (4, "Did you mean `parse`?")
