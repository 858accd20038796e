"""A random dependency graph of small demo missions; the same seed gives the same missions."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.checker import Wanted

WINDOW = 40
"""Dependencies are among so many missions before."""


@dataclass(frozen=True, slots=True)
class Order:
    """A mission as it is sent."""

    id: str
    arguments: dict[str, Any]
    wanted: Wanted


def orders(count: int, chance: random.Random, ledger: Path) -> list[Order]:
    """``count`` missions, each after those that it depends on."""
    made: list[Order] = []
    for number in range(count):
        mission_id = f"m{number:03}"
        script, fields = _script(mission_id, chance, ledger)
        parents: list[str] = []
        if made and chance.random() < 0.55:
            recent = made[-WINDOW:]
            parents = [order.id for order in chance.sample(recent, min(len(recent), chance.choice((1, 1, 2, 3))))]
        if parents:
            fields["depends_on"] = parents
        fields["priority"] = chance.choice(("high", "normal", "normal", "low"))
        prompt = f"Step {number} {script}"
        wanted = Wanted(prompt, tuple(parents), "[[append" in script)
        made.append(Order(mission_id, {"id": mission_id, "prompt": prompt, **fields}, wanted))
    return made


def standing(ledger: Path) -> list[Order]:
    """Two missions that are still at work when all others ended."""
    scripts = {"stays": "[[sleep 3600]]", "stays-in-child": "[[child 3600]]"}
    made: list[Order] = []
    for mission_id, script in scripts.items():
        prompt = f"Stays [[append {ledger} {mission_id}]] {script}"
        made.append(Order(mission_id, {"id": mission_id, "prompt": prompt}, Wanted(prompt, (), True)))
    return made


def _script(mission_id: str, chance: random.Random, ledger: Path) -> tuple[str, dict[str, Any]]:
    append = f"[[append {ledger} {mission_id}]]"
    kind = chance.choices(("sleep", "child", "crash", "fail", "ask", "hang"), weights=(58, 20, 6, 4, 8, 3), k=1)[0]
    match kind:
        case "sleep":
            return f"{append} [[sleep {chance.uniform(0.02, 0.7):.2f}]]", {}
        case "child":
            return f"{append} [[child {chance.uniform(0.2, 2.0):.2f}]]", {}
        case "crash":
            return f"{append} [[sleep 0.05]] [[crash-once {mission_id}]]", {}
        case "fail":
            return f"{append} [[fail no_luck as scripted]]", {"max_retries": 1}
        case "ask":
            return f"[[ask look at {mission_id}]] {append}", {}
        case _:
            return f"{append} [[hang]]", {"timeout_ms": 1200, "max_retries": 0}
