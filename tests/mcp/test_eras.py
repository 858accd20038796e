"""The SDK's client over real HTTP, in both eras of the protocol."""

import asyncio
import json
import time

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from orchestrator_tui.agents.providers.demo_agent.wire import Mcp, Refused, Target
from tests.mcp.conftest import Lab, Session, text_of

ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


@ERAS
async def test_tools_prompts_and_resources_are_listed(lab: Lab, mode: str) -> None:
    async with Session(lab, mode, lab.agent(2)) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["agent", "mission"]
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["mission"]
        resources = [str(resource.uri) for resource in (await client.list_resources()).resources]
    assert resources == ["orchestrator://agents", "orchestrator://missions", "orchestrator://events"]
    assert lab.endpoint.traffic.calls(2, "prompts/list") == 1
    assert lab.endpoint.traffic.calls(3, "prompts/list") == 0
    assert lab.endpoint.traffic.clients == 1


@ERAS
async def test_a_result_is_structured_and_the_same_json_as_text(lab: Lab, mode: str) -> None:
    async with Session(lab, mode, lab.agent(2)) as client:
        result = await client.call_tool("agent", {"action": "status"})
    assert not result.is_error
    assert result.structured_content["total_agents"] == 3
    assert json.loads(text_of(result)) == result.structured_content


@pytest.mark.parametrize(("version", "always"), [("2026-07-28", {"resultType": "complete"}), ("2025-06-18", {})])
async def test_an_answer_on_the_wire_is_the_sdks_own_result(lab: Lab, version: str, always: dict[str, object]) -> None:
    named = {"name": "bench", "version": "1"}
    meta = {"protocolVersion": version, "clientInfo": named, "clientCapabilities": {}}
    params = {
        "name": "agent",
        "arguments": {"action": "status"},
        "_meta": {f"io.modelcontextprotocol/{key}": value for key, value in meta.items()},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": version,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "agent",
    }
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    async with lab.http(lab.operator) as http:
        answer = (await http.post("/mcp", json=call, headers=headers)).json()["result"]
    shown = answer["structuredContent"]
    text = types.TextContent(type="text", text=json.dumps(shown, ensure_ascii=False))
    typed = types.CallToolResult(content=[text], structured_content=shown)
    expected = {**typed.model_dump(by_alias=True, mode="json", exclude_none=True), **always}
    if not always:
        del expected["resultType"]
    answer.pop("_meta", None)
    assert answer == expected


@ERAS
async def test_an_agents_report_carries_its_own_identity(lab: Lab, mode: str) -> None:
    report = {"action": "complete", "mission_id": "task-1", "output": "done"}
    async with Session(lab, mode, lab.agent(3)) as client:
        refused = await client.call_tool("mission", report)
    assert refused.is_error
    assert text_of(refused).startswith("lease_lost:")
    async with Session(lab, mode, lab.agent(2)) as client:
        accepted = await client.call_tool("mission", report)
    assert accepted.structured_content == {"mission_id": "task-1", "status": "completed"}


@ERAS
async def test_bad_arguments_come_back_as_text_for_the_model(lab: Lab, mode: str) -> None:
    async with Session(lab, mode, lab.operator) as client:
        result = await client.call_tool("agent", {"action": "kill", "nmae": "x"})
        with pytest.raises(MCPError, match="Unknown tool 'agnet'"):
            await client.call_tool("agnet", {})
    assert result.is_error
    assert result.structured_content is None
    assert "`agent_id` is required" in text_of(result)
    assert "`nmae` is not a parameter" in text_of(result)


@ERAS
async def test_a_mission_text_is_exact_and_given_once_to_its_agent(lab: Lab, mode: str) -> None:
    async with Session(lab, mode, lab.agent(3)) as client:
        with pytest.raises(MCPError, match="not yours"):
            await client.get_prompt("mission", {"id": "task-1"})
    async with Session(lab, mode, lab.agent(2)) as client:
        (message,) = (await client.get_prompt("mission", {"id": "task-1"})).messages
        with pytest.raises(MCPError, match="lease_lost"):
            await client.get_prompt("mission", {"id": "task-1"})
        with pytest.raises(MCPError, match="no mission nope"):
            await client.get_prompt("mission", {"id": "nope"})
        with pytest.raises(MCPError, match="`id` is required"):
            await client.get_prompt("mission", {})
        with pytest.raises(MCPError, match="Unknown prompt"):
            await client.get_prompt("other", {"id": "task-1"})
    assert isinstance(message.content, types.TextContent)
    assert message.content.text == "Mission task-1\r\n\x1b[31m Do it\nand well  "


@ERAS
async def test_resources_are_readable(lab: Lab, mode: str) -> None:
    read: dict[str, dict[str, object]] = {}
    async with Session(lab, mode, lab.agent(2)) as client:
        for name in ("agents", "missions", "events"):
            (content,) = (await client.read_resource(f"orchestrator://{name}")).contents
            assert isinstance(content, types.TextResourceContents)
            read[name] = json.loads(content.text)
        with pytest.raises(MCPError, match="Resource not found") as unknown:
            await client.read_resource("orchestrator://nope")
    assert unknown.value.error.data == {"uri": "orchestrator://nope"}
    assert read["agents"]["total_agents"] == 3
    assert read["missions"]["stats"] == {
        "pending": 0, "blocked": 0, "retrying": 0, "assigned": 0, "running": 1,
        "completed": 0, "failed": 0, "cancelled": 0,
    }  # fmt: skip
    assert read["events"] == {
        "events": [
            {"seq": 9, "at": 5, "type": "crash", "agent_id": 2, "mission_id": None, "attempt": None,
             "data": {"signal": "SIGKILL"}}
        ]
    }  # fmt: skip


@ERAS
async def test_nothing_is_promised_that_is_not_kept(lab: Lab, mode: str) -> None:
    async with Session(lab, mode, lab.agent(2)) as client:
        declared = client.server_capabilities
        templates = (await client.list_resource_templates()).resource_templates
    assert templates == []
    assert [part and part.list_changed for part in (declared.tools, declared.prompts, declared.resources)] == [
        False
    ] * 3
    assert (declared.logging, declared.completions) == (None, None)


async def test_the_demo_agents_own_client_is_understood(lab: Lab) -> None:
    client = Mcp(Target(lab.endpoint.url, lab.agent(2)), lambda _delay: None)
    text = await asyncio.to_thread(client.get_prompt, "mission", {"id": "task-1"})
    assert text == "Mission task-1\r\n\x1b[31m Do it\nand well  "
    with pytest.raises(Refused, match="lease_lost"):
        await asyncio.to_thread(client.get_prompt, "mission", {"id": "task-1"})
    report: dict[str, object] = {"action": "complete", "mission_id": "task-1", "output": "ok"}
    assert (await asyncio.to_thread(client.call_tool, "mission", report))["status"] == "completed"


async def test_a_listener_hears_that_a_resource_changed(lab: Lab) -> None:
    uri = "orchestrator://agents"
    async with Session(lab, "auto", lab.agent(2)) as client, client.listen(resource_subscriptions=[uri]) as events:
        await lab.endpoint.resource_changed("orchestrator://missions")
        await lab.endpoint.resource_changed(uri)
        event = await asyncio.wait_for(anext(aiter(events)), 5)
    assert getattr(event, "uri", None) == uri


async def test_sequential_calls_do_not_wait_for_delayed_packets(lab: Lab) -> None:
    # Without TCP_NODELAY on accepted connections each call takes 40 ms.
    async with lab.http(lab.operator) as http:
        await http.get("/control/health")
        started = time.perf_counter()
        for _ in range(100):
            assert (await http.post("/hooks", json={})).status_code == 403
        took = time.perf_counter() - started
    assert took < 2.0


async def test_fifty_clients_at_once_are_all_answered_as_themselves(lab: Lab) -> None:
    for agent_id in range(5, 55):
        lab.backend.views[agent_id] = lab.backend.views[1]

    async def one(agent_id: int) -> int:
        async with lab.http(lab.agent(agent_id)) as http:
            for n in range(4):
                answer = await http.post("/hooks", json={"n": n})
                assert answer.json() == {}
        async with Session(lab, "auto", lab.agent(agent_id)) as client:
            result = await client.call_tool("mission", {"action": "distribute", "prompt": f"from {agent_id}"})
        return result.structured_content["assigned_to"]

    assert await asyncio.gather(*(one(agent_id) for agent_id in range(5, 55))) == [1] * 50
    heard = sorted((agent_id, payload["n"]) for agent_id, payload in lab.backend.hooks)
    assert heard == [(agent_id, n) for agent_id in range(5, 55) for n in range(4)]
    assert lab.endpoint.traffic.clients == 50
