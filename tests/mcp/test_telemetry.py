"""``/v1/logs``: what an agent's program exports about its requests."""

import pytest

from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.usage import ApiRequest
from orchestrator_tui.mcp.guard import LOGS_BODY_LIMIT
from tests.agents.exports import export
from tests.mcp.conftest import Lab

ONE = ApiRequest("req_1", 2, 1_795_821_673_755, "turn-1", 11, 7, 5, 3, 0.25, "c1")


async def test_an_export_arrives_under_the_agent_that_its_token_names(lab: Lab) -> None:
    async with lab.http(lab.agent(2)) as http:
        answer = await http.post("/v1/logs", json=export(ONE))
    assert (answer.status_code, answer.json()) == (200, {})
    assert lab.backend.exports == [(2, [ONE])]


async def test_only_agents_export(lab: Lab) -> None:
    async with lab.http(None) as http:
        assert (await http.post("/v1/logs", json=export(ONE))).status_code == 401
    async with lab.http(lab.operator) as http:
        assert (await http.post("/v1/logs", json=export(ONE))).status_code == 403
        assert (await http.get("/v1/logs")).status_code == 405
    assert lab.backend.exports == []


async def test_a_body_that_is_too_large_is_refused(lab: Lab) -> None:
    body = export(ONE) | {"padding": "x" * LOGS_BODY_LIMIT}
    async with lab.http(lab.agent(2)) as http:
        assert (await http.post("/v1/logs", json=body)).status_code == 413
        body["padding"] = "x" * (LOGS_BODY_LIMIT - 10_000)
        assert (await http.post("/v1/logs", json=body)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"nonsense", b"[]", b"{}", b"\x0a\x05proto", b'{"resourceLogs": 3}', b'{"resourceLogs": [{"scopeLogs": 1}]}'],
)
async def test_what_is_no_export_is_refused_and_nothing_before_or_after_it_is_lost(lab: Lab, body: bytes) -> None:
    async with lab.http(lab.agent(2)) as http:
        assert (await http.post("/v1/logs", json=export(ONE))).status_code == 200
        answer = await http.post("/v1/logs", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["kind"] == "UsageError"
        assert (await http.post("/v1/logs", json=export(ONE))).status_code == 200
    assert len(lab.backend.exports) == 2


async def test_what_cannot_be_stored_now_may_be_sent_again(lab: Lab) -> None:
    lab.backend.failure = StoreUnavailable("The disk is full.")
    async with lab.http(lab.agent(2)) as http:
        # OTLP exporters try again after 503 and give up after most others.
        assert (await http.post("/v1/logs", json=export(ONE))).status_code == 503


@pytest.mark.parametrize(("query", "day"), [("", None), ("?day=2026-11-27", "2026-11-27")])
async def test_the_operator_reads_what_was_spent_and_agents_do_not(lab: Lab, query: str, day: str | None) -> None:
    async with lab.http(lab.operator) as http:
        assert (await http.get(f"/control/usage{query}")).json() == {"day": day}
    async with lab.http(lab.agent(2)) as http:
        assert (await http.get(f"/control/usage{query}")).status_code == 403
