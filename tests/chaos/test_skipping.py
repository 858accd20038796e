"""What a machine cannot do is left out of the run, and its last line says so and why."""

import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.campaign import Outcome
from tests.chaos.checker import Evidence
from tests.chaos.evidence import Log, Store
from tests.chaos.faults import WEIGHTS, Faults, Supervision, deck
from tests.chaos.machine import Machine
from tests.chaos.world import World

NEEDS_THE_MACHINE = {"fill the disk", "freeze fsync", "jump the clock", "drop connections"}
NOTHING = Evidence({}, Log(), Store({}, {}, {}), World(None, None, (), (), (), ()))


def possible(machine: Machine) -> set[str]:
    supervision = Supervision(lambda: 0, lambda: None, lambda: 0, lambda _: None)
    return set(Faults(machine, machine.root / "socket", supervision, random.Random(1)).possible())


def prepared(root: Path) -> Machine:
    machine = Machine(root)
    assert machine.prepare(root / "state") == {}
    machine.close()
    return machine


def test_without_its_tools_four_kinds_are_left_out_each_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finds_nothing(_name: str) -> None:
        return None

    monkeypatch.setattr(shutil, "which", finds_nothing)
    machine = prepared(tmp_path)
    assert machine.missing.keys() == NEEDS_THE_MACHINE
    assert all(machine.missing.values())
    assert possible(machine) == WEIGHTS.keys() - NEEDS_THE_MACHINE
    assert set(deck(200, sorted(possible(machine)), random.Random(1))) == possible(machine)


def test_tools_that_fail_are_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(argv, 1, "", f"{argv[0]}: not permitted.\n  dmesg may know more.\n")

    monkeypatch.setattr(subprocess, "run", fails)
    machine = prepared(tmp_path)
    # Who has no `ss`, no compiler or is not root has another reason, and leaves out the same.
    assert machine.missing.keys() == NEEDS_THE_MACHINE
    said = Outcome(NOTHING, [], skipped=machine.missing).line()
    assert "\n" not in said
    assert "4 kinds skipped: drop connections (" in said
    assert all(kind in said for kind in NEEDS_THE_MACHINE)


def test_the_last_line_counts_what_was_made_what_was_skipped_and_what_found_no_target() -> None:
    made, missed = Counter({"kill an agent": 3}), Counter({"stop an agent's child": 2, "drop connections": 1})
    said = Outcome(NOTHING, [], made, missed, {"fill the disk": "only root may"}, 1.2).line()
    assert said.startswith("3 faults in 1 s (3 x kill an agent); 1 kinds skipped: fill the disk (only root may); ")
    assert "; 3 found no target in time and were replaced (1 x drop connections, 2 x stop an agent's child); " in said
    quiet = Outcome(NOTHING, [], made).line()
    assert "; 0 kinds skipped: none; 0 found no target in time and were replaced; " in quiet
