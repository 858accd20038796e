"""The comparison that the long run decides by, and a few of its scenarios where the suite is installed."""

import json
from pathlib import Path

import pytest

from tests.conformance import suite
from tests.conformance.proxy import TokenProxy, translate
from tests.conformance.suite import ERAS, LEGACY, LIMITS, MODERN, Outcome, expected_failures, read_outcome
from tests.mcp.conftest import Lab, lab

__all__ = ["lab"]

needs_suite = pytest.mark.skipif(bool(suite.missing()), reason=suite.missing() or "installed")


@pytest.mark.parametrize("era", ERAS)
def test_the_list_has_a_reason_for_each_check_and_cannot_grow_unseen(era: str) -> None:
    assert len(expected_failures(era)) == LIMITS[era]


def test_a_check_that_stands_twice_or_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(
        f'"{LEGACY}":\n  - reason: why\n    checks: [a/b, a/b]\n"{MODERN}":\n  - reason: ""\n    checks: [c]\n'
    )
    for era in ERAS:
        with pytest.raises(ValueError, match="twice or without a reason"):
            expected_failures(era, path)


@pytest.mark.parametrize(
    ("expected", "complaint"),
    [
        ({"s/bad"}, None),
        (set[str](), "s/bad fails: broken"),
        ({"s/bad", "s/good"}, "s/good passes: take it off the list"),
        ({"s/bad", "s/old"}, "s/old did not run: take it off the list"),
    ],
)
def test_what_contradicts_the_list_is_named(expected: set[str], complaint: str | None) -> None:
    outcome = Outcome(frozenset({"s/good"}), {"s/bad": "broken"})
    assert outcome.complaints(expected) == ([complaint] if complaint else [])


def test_a_check_fails_when_one_of_its_runs_does_and_warnings_count(tmp_path: Path) -> None:
    folder = tmp_path / "server-tools-list-2026-11-28T08-41-22-401Z"
    folder.mkdir()
    checks = [
        {"id": "twice", "status": "SUCCESS"},
        {"id": "twice", "status": "FAILURE", "errorMessage": "no"},
        {"id": "should", "status": "WARNING", "description": "SHOULD"},
        {"id": "fine", "status": "SUCCESS"},
    ]
    (folder / "checks.json").write_text(json.dumps(checks))
    outcome = read_outcome(tmp_path)
    assert outcome == Outcome(frozenset({"tools-list/fine"}), {"tools-list/twice": "no", "tools-list/should": "SHOULD"})


def test_only_the_proxys_own_address_is_replaced() -> None:
    head = (
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:7\r\norigin: http://evil.example\r\n"
        b"X:  a \r\nConnection: keep-alive\r\n\r\n"
    )
    assert translate(head, 7, 9, "t").split(b"\r\n") == [
        b"POST /mcp HTTP/1.1",
        b"host: 127.0.0.1:9",
        b"origin: http://evil.example",
        b"X:  a ",
        b"Authorization: Bearer t",
        b"Connection: close",
        b"",
        b"",
    ]


@needs_suite
@pytest.mark.parametrize(
    ("era", "scenario"),
    [
        (LEGACY, "server-initialize"),
        (MODERN, "caching"),
        (MODERN, "http-header-validation"),
    ],
)
async def test_scenarios_that_must_pass_do(lab: Lab, tmp_path: Path, era: str, scenario: str) -> None:
    async with TokenProxy(lab.endpoint.port, lab.operator) as proxy:
        outcome = await suite.run(proxy.url, era, tmp_path, scenario)
    assert outcome.complaints(()) == []
    assert outcome.passed


@needs_suite
async def test_the_schemas_are_clean_for_the_strict_inspector(lab: Lab) -> None:
    async with TokenProxy(lab.endpoint.port, lab.operator) as proxy:
        assert await suite.inspect(proxy.url, MODERN) == ""
