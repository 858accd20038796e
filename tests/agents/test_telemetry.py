"""What is read from an OTLP export of logs."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator_tui.agents.telemetry import read_logs
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.usage import ApiRequest
from tests.agents.exports import export

ONE = ApiRequest("req_1", 4, 1_795_821_673_755, "turn-1", 11, 7, 5, 3, 9.199999999999999e-05, "c1")


def attributes_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1]["attributes"]
    return found


def test_requests_are_read_and_other_records_passed_over() -> None:
    two = replace(ONE, id="req_2", cost_usd=None, turn=None)
    assert read_logs(export(ONE, two), 4) == [ONE, two]
    assert read_logs({"resourceLogs": []}, 4) == []


def test_numbers_may_come_as_texts() -> None:
    body = export(ONE)
    for one in attributes_of(body):
        (value,) = one["value"].values()
        one["value"] = {"stringValue": str(value)}
    assert read_logs(body, 4) == [ONE]


def test_a_request_without_an_id_cannot_be_told_from_another_and_is_left_to_the_transcript() -> None:
    assert read_logs(export(replace(ONE, id="")), 4) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("input_tokens", "many"),
        ("output_tokens", -1),
        ("output_tokens", 1 << 60),
        ("cost_usd", "nan"),
        ("cost_usd", -1),
    ],
)
def test_numbers_that_cannot_be_are_refused(key: str, value: object) -> None:
    body = export(ONE)
    next(one for one in attributes_of(body) if one["key"] == key)["value"] = {"stringValue": value}
    with pytest.raises(UsageError):
        read_logs(body, 4)
