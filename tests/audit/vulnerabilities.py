"""What pip-audit and npm say of known vulnerabilities, where their services can be reached."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """How many packages were looked up; what is known against them; why the others were not."""

    checked: int
    found: Sequence[str]
    unchecked: Sequence[str]


def read_pip_audit(text: str) -> Answer:
    """The answer out of ``pip-audit --format json``; what it skipped does not count as checked."""
    found: list[str] = []
    unchecked: list[str] = []
    checked = 0
    for package in cast("Sequence[Mapping[str, Any]]", json.loads(text)["dependencies"]):
        name = str(package["name"])
        if "skip_reason" in package:
            unchecked.append(f"{name}: {package['skip_reason']}")
            continue
        checked += 1
        for known in cast("Sequence[Mapping[str, Any]]", package["vulns"]):
            remedy = ", ".join(known["fix_versions"]) or "none yet"
            found.append(f"{name} {package['version']}: {known['id']}; fixed in {remedy}")
    return Answer(checked, found, unchecked)


def read_npm_audit(text: str) -> Answer:
    """The answer out of ``npm audit --json``; an error instead of a report is an answer about nothing."""
    try:
        report = cast("Mapping[str, Any]", json.loads(text))
        counted = int(report["metadata"]["dependencies"]["total"])
    except (ValueError, KeyError, TypeError):
        return Answer(0, (), ("npm's service for vulnerabilities did not answer",))
    known = cast("Mapping[str, Mapping[str, Any]]", report["vulnerabilities"])
    return Answer(counted, [f"{name}: {each['severity']}" for name, each in known.items()], ())


def ask_pip_audit(program: Path, lock: Path) -> Answer:
    """Looks a lock file up; a service that cannot be reached is told, not raised."""
    argv = [str(program), "--disable-pip", "--require-hashes", "--requirement", str(lock)]
    output = _output([*argv, "--format", "json", "--progress-spinner", "off", "--timeout", "10"])
    if not output.lstrip().startswith("{"):
        return Answer(0, (), ("pip-audit did not get an answer",))
    return read_pip_audit(output)


def ask_npm(argv: Sequence[str], folder: Path) -> Answer:
    """Looks an npm lock file up; ``argv`` starts npm."""
    return read_npm_audit(_output([*argv, "audit", "--json", "--prefix", str(folder)]))


def _output(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
