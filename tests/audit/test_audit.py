"""What the audit decides by; and that the lock files hold to it."""

import json
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.audit import pins, vulnerabilities
from tests.audit.__main__ import LOCKS, NPM_FOLDER, ROOT
from tests.audit.pins import Pin

SHA256 = "--hash=sha256:" + "a" * 64


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_one_version_with_hashes_and_names_no_place(name: str) -> None:
    locked, complaints = pins.read_requirements((ROOT / name).read_text())
    assert complaints == []
    assert len(locked) > 20


def test_the_suites_packages_are_pinned_and_their_licences_known() -> None:
    locked, licences, complaints = pins.read_npm((NPM_FOLDER / "package-lock.json").read_text())
    assert complaints + pins.questionable(licences) == []
    assert len(locked) > 100


def test_every_installed_package_is_as_locked_with_a_known_licence() -> None:
    found = list(distributions())
    locked, _ = pins.read_requirements((ROOT / "requirements-dev.lock").read_text())
    assert pins.not_as_locked(locked, {pins.normal(each.name): each.version for each in found}) == []
    assert pins.questionable({each.name: pins.licence_of(each) for each in found}) == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f"a==1 \\\n    {SHA256}", []),
        ("a==1", ["a has no sha256"]),
        ("a==1 --hash=md5:aa", ["a has no sha256"]),
        (f"a>=1 {SHA256}", [f"not an exact pin: a>=1 {SHA256}"[:98]]),
        ("--find-links /somewhere", ["not an exact pin: --find-links /somewhere"]),
        ("a @ https://example.invalid/a.whl", ["not an exact pin: a @ https://example.invalid/a.whl"]),
        (f"a-b==1 {SHA256}\nA_B==2 {SHA256}", ["a-b stands there twice"]),
    ],
)
def test_a_loose_line_is_named(line: str, complaint: list[str]) -> None:
    assert pins.read_requirements(line)[1] == complaint


def test_an_npm_package_without_hash_or_exact_version_is_named() -> None:
    lock = {
        "packages": {
            "": {"dependencies": {"a": "^1.0.0", "b": "1.0.0-alpha.2"}},
            "node_modules/a": {"version": "1.0.0", "license": "MIT"},
            "node_modules/a/node_modules/@x/b": {
                "version": "1.0.0-alpha.2",
                "integrity": "sha512-x",
                "license": "GPL-3",
            },
        }
    }
    locked, licences, complaints = pins.read_npm(json.dumps(lock))
    assert locked == [Pin("a", "1.0.0"), Pin("@x/b", "1.0.0-alpha.2")]
    assert complaints == ["a ^1.0.0 is not exact", "a has no sha512"]
    assert pins.questionable(licences) == ["@x/b: licence 'GPL-3' is not among the known ones"]


@pytest.mark.parametrize(
    ("licence", "is_fine"),
    [
        ("MIT", True),
        ("(MIT OR GPL-3.0)", True),
        ("Apache-2.0 AND MIT", True),
        ("MIT AND GPL-3.0", False),
        ("", False),
        ("Proprietary", False),
    ],
)
def test_a_licence_must_be_known_in_all_that_binds(licence: str, is_fine: bool) -> None:
    assert (pins.questionable({"a": licence}) == []) is is_fine


def test_another_version_than_the_locked_one_is_named() -> None:
    locked = [Pin("a", "1"), Pin("elsewhere", "1")]
    assert pins.not_as_locked(locked, {"a": "2"}) == ["a 1 is locked, 2 is installed"]


def test_what_was_skipped_does_not_count_as_looked_up() -> None:
    known = {"id": "CVE-1", "fix_versions": ["3"]}
    report: dict[str, object] = {
        "dependencies": [
            {"name": "a", "version": "1", "vulns": []},
            {"name": "b", "version": "2", "vulns": [known]},
            {"name": "c", "skip_reason": "not found"},
        ]
    }
    answer = vulnerabilities.read_pip_audit(json.dumps(report))
    assert answer == vulnerabilities.Answer(2, ["b 2: CVE-1; fixed in 3"], ["c: not found"])


def test_a_service_that_does_not_answer_is_no_clean_result(tmp_path: Path) -> None:
    assert vulnerabilities.read_npm_audit('{"error": {"code": 405}}').unchecked
    assert vulnerabilities.read_npm_audit("").unchecked
    assert vulnerabilities.ask_pip_audit(tmp_path / "absent", tmp_path).unchecked
