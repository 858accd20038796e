"""Beside MCP: hooks of agents, and what only the operator may do."""

import logging
import os

import pytest

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.questions import Choice
from orchestrator_tui.core.views import QuotaView
from tests.mcp.conftest import Lab


class TestHooks:
    async def test_the_payload_arrives_whole_under_its_agent_and_the_reply_goes_back(self, lab: Lab) -> None:
        payload = {"hook_event_name": "Stop", "session_id": "s", "background_tasks": [{"id": "é"}]}
        async with lab.http(lab.agent(2)) as http:
            answer = await http.post("/hooks", json=payload)
            assert answer.json() == {"decision": "block", "reason": "report first"}
            assert (await http.post("/hooks", json={"hook_event_name": "PreToolUse"})).json() == {}
        assert lab.backend.hooks == [(2, payload), (2, {"hook_event_name": "PreToolUse"})]
        assert lab.endpoint.traffic.calls(2, "/hooks") == 2

    async def test_only_agents_have_hooks(self, lab: Lab) -> None:
        async with lab.http(lab.operator) as http:
            assert (await http.post("/hooks", json={})).status_code == 403

    @pytest.mark.parametrize("body", [b"nonsense", b"[]", b"null", b"\xff", b"[" * 100_000])
    async def test_a_body_that_is_no_object_is_refused(self, lab: Lab, body: bytes) -> None:
        async with lab.http(lab.agent(2)) as http:
            answer = await http.post("/hooks", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["kind"] == "UsageError"

    async def test_an_unexpected_failure_is_logged_and_told_without_its_inside(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        lab.backend.failure = RuntimeError("secret inside")
        async with lab.http(lab.agent(2)) as http:
            answer = await http.post("/hooks", json={})
            assert answer.status_code == 500
            assert "secret inside" not in answer.text
            lab.backend.failure = None
            assert (await http.post("/hooks", json={})).status_code == 200
        (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert "secret inside" in str(record.exc_info)

    async def test_hooks_are_posted(self, lab: Lab) -> None:
        async with lab.http(lab.agent(2)) as http:
            assert (await http.get("/hooks")).status_code == 405


class TestControl:
    @pytest.mark.parametrize("path", ["release", "send", "approve", "answer", "quota"])
    async def test_agents_may_not_post(self, lab: Lab, path: str) -> None:
        async with lab.http(lab.agent(1)) as http:
            answer = await http.post(f"/control/{path}", json={"agent_id": 2, "text": "x", "allow": True})
        assert answer.status_code == 403
        assert not lab.backend.released.is_set()
        assert (lab.backend.typed, lab.backend.approved, lab.backend.answered) == ([], [], [])

    @pytest.mark.parametrize("path", ["health", "attach?agent_id=2", "inbox", "quota"])
    async def test_agents_may_not_look(self, lab: Lab, path: str) -> None:
        async with lab.http(lab.agent(1)) as http:
            assert (await http.get(f"/control/{path}")).status_code == 403

    async def test_the_inbox_is_read_and_answered(self, lab: Lab) -> None:
        lab.backend.items.append(AttentionItem("ask-1", AttentionKind.PERMISSION, 7, "Bash: ls", tool="Bash"))
        async with lab.http(lab.operator) as http:
            (item,) = (await http.get("/control/inbox")).json()["items"]
            assert (item["id"], item["kind"], item["since"]) == ("ask-1", "permission", 7)
            sent = {"id": "ask-1", "allow": False, "message": "no"}
            assert (await http.post("/control/answer", json=sent)).status_code == 200
            for bad in ({"allow": True}, {"id": "ask-1"}, {"id": "ask-1", "allow": True, "message": 3}):
                assert (await http.post("/control/answer", json=bad)).status_code == 400
        assert lab.backend.answered == [("ask-1", False, "no")]

    async def test_questions_are_answered_by_number_or_words(self, lab: Lab) -> None:
        async with lab.http(lab.operator) as http:
            sent = {"id": "ask-1", "choices": [{"options": [1, 3]}, {"text": "neither"}]}
            assert (await http.post("/control/answer", json=sent)).status_code == 200
            for bad in ({"choices": "2"}, {"choices": [{"options": ["x"]}]}, {"choices": [3]}):
                refused = await http.post("/control/answer", json={"id": "ask-1", **bad})
                assert refused.status_code == 400
                assert refused.json()["error"]["field"] == "choices"
        assert lab.backend.chosen == [("ask-1", (Choice((1, 3)), Choice(text="neither")))]

    async def test_an_accounts_limit_is_seen_and_released(self, lab: Lab) -> None:
        limit = QuotaView("claude-1", "Claude (~/.claude)", "usage", "open", 1, 2, True, "limit", (1, 2))
        lab.backend.limited.append(limit)
        async with lab.http(lab.operator) as http:
            (account,) = (await http.get("/control/quota")).json()["accounts"]
            assert (account["label"], account["until"], account["agents"]) == ("Claude (~/.claude)", 2, [1, 2])
            assert (await http.post("/control/quota", json={})).json() == {"released": 1}
            assert (await http.get("/control/quota")).json() == {"accounts": []}

    async def test_the_operator_may_do_all_of_it(self, lab: Lab) -> None:
        async with lab.http(lab.operator) as http:
            health = (await http.get("/control/health")).json()
            assert (health["ok"], health["pid"]) == (True, os.getpid())
            attach = await http.get("/control/attach", params={"agent_id": 2})
            assert attach.json() == {"argv": ["tmux", "attach", "-t", "2"]}
            assert (await http.post("/control/send", json={"agent_id": 2, "text": "hi"})).status_code == 200
            assert (await http.post("/control/approve", json={"agent_id": 3, "allow": False})).status_code == 200
            assert (await http.post("/control/release")).json() == {"released": True}
        assert lab.backend.typed == [(2, "hi")]
        assert lab.backend.approved == [(3, False)]
        assert lab.backend.released.is_set()

    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("send", {"text": "x"}, "agent_id"),
            ("send", {"agent_id": True, "text": "x"}, "agent_id"),
            ("send", {"agent_id": "-1", "text": "x"}, "agent_id"),
            ("send", {"agent_id": 2}, "text"),
            ("send", {"agent_id": 3, "text": "y"}, "agent_id"),
            ("send", {"agent_id": 42, "text": "y"}, "agent_id"),
            ("approve", {"agent_id": 3, "allow": "yes"}, "allow"),
        ],
    )
    async def test_what_is_wrong_is_named(self, lab: Lab, path: str, body: dict[str, object], field: str) -> None:
        async with lab.http(lab.operator) as http:
            answer = await http.post(f"/control/{path}", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == field
        assert lab.backend.typed == []
