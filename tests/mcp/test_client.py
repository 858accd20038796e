"""The client of shell commands: answers as data, failures as the supervisor's own errors."""

import asyncio
import socket
import subprocess
import sys

import pytest

from orchestrator_tui.core.errors import (
    Forbidden,
    LeaseLost,
    NoSupervisor,
    NotAllowedNow,
    OrchestratorError,
    UnknownAgent,
    UsageError,
)
from orchestrator_tui.mcp.client import call_tool, control
from orchestrator_tui.mcp.wire_errors import describe, revive
from tests.mcp.conftest import Lab


async def test_a_tools_answer_is_its_structured_data(lab: Lab) -> None:
    answer = await call_tool(lab.endpoint.url, lab.operator, "agent", {"action": "status", "agent_id": None})
    assert answer["total_agents"] == 3
    text = "Größe 日本 \r\n\x07 " * 1000
    arguments = {"action": "distribute", "prompt": text, "id": "m"}
    answer = await call_tool(lab.endpoint.url, lab.agent(2), "mission", arguments)
    assert answer == {"mission_id": "m", "status": "assigned", "assigned_to": 1}
    assert lab.backend.table["m"].prompt == text


async def test_errors_arrive_as_what_they_were(lab: Lab) -> None:
    url, kill = lab.endpoint.url, {"action": "kill", "agent_id": 42}
    with pytest.raises(UnknownAgent, match="no agent 42") as unknown:
        await call_tool(url, lab.operator, "agent", kill)
    assert (unknown.value.field, unknown.value.remedy) == ("agent_id", "See `agent status`.")
    with pytest.raises(Forbidden, match="may not spawn"):
        await call_tool(url, lab.agent(2), "agent", kill)
    with pytest.raises(UsageError, match="`agent_id` is required"):
        await call_tool(url, lab.operator, "agent", {"action": "kill"})
    with pytest.raises(LeaseLost):
        report = {"action": "complete", "mission_id": "task-1", "output": ""}
        await call_tool(url, lab.agent(3), "mission", report)
    with pytest.raises(UsageError, match="Unknown tool"):
        await call_tool(url, lab.operator, "agnet", {})
    with pytest.raises(NotAllowedNow, match="waits for a permission"):
        await control(url, lab.operator, "send", {"agent_id": 3, "text": "x"})
    with pytest.raises(Forbidden, match="Only the operator"):
        await control(url, lab.agent(1), "release", {})


async def test_an_inner_failure_is_told_without_its_inside(lab: Lab) -> None:
    lab.backend.failure = RuntimeError("secret inside")
    with pytest.raises(OrchestratorError, match="failed inside") as caught:
        await call_tool(lab.endpoint.url, lab.operator, "agent", {"action": "health_all"})
    assert "secret" not in str(caught.value)


async def test_control_posts_with_a_body_and_asks_without_one(lab: Lab) -> None:
    assert (await control(lab.endpoint.url, lab.operator, "health"))["ok"] is True
    attach = await control(lab.endpoint.url, lab.operator, "attach", query={"agent_id": 2})
    assert attach["argv"][0] == "tmux"
    assert await control(lab.endpoint.url, lab.operator, "release", {}) == {"released": True}
    assert lab.backend.released.is_set()


async def test_a_wrong_token_is_forbidden_and_too_much_is_a_usage_error(lab: Lab) -> None:
    with pytest.raises(Forbidden, match="not of this session"):
        await call_tool(lab.endpoint.url, "op-nonsense", "agent", {"action": "status"})
    with pytest.raises(UsageError, match="256 KiB"):
        arguments = {"action": "distribute", "prompt": "x" * 300_000}
        await call_tool(lab.endpoint.url, lab.operator, "mission", arguments)


async def test_nobody_there_is_no_supervisor(lab: Lab) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/mcp"
        with pytest.raises(NoSupervisor, match="No supervisor answers") as caught:
            await call_tool(url, "t", "agent", {"action": "status"})
        assert "orchestrator-tui serve" in caught.value.remedy
    await lab.endpoint.stop()
    with pytest.raises(NoSupervisor):
        await control(lab.endpoint.url, lab.operator, "health")


async def test_a_supervisor_that_stops_meanwhile_is_no_supervisor(lab: Lab) -> None:
    lab.backend.hang = asyncio.Event()
    call = asyncio.create_task(call_tool(lab.endpoint.url, lab.operator, "agent", {"action": "health_all"}))
    await lab.backend.is_hanging.wait()
    await lab.endpoint.stop()
    with pytest.raises(NoSupervisor):
        await call


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b"HTTP/1.1 200 OK\r\n\r\n<html>",
     b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[[]]", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"],
)  # fmt: skip
async def test_a_stranger_on_the_port_is_no_supervisor(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
        with pytest.raises(NoSupervisor):
            await call_tool(url, "t", "agent", {"action": "status"})
        with pytest.raises(NoSupervisor):
            await control(url, "t", "health")


async def test_a_silent_supervisor_is_given_up(lab: Lab) -> None:
    lab.backend.hang = asyncio.Event()
    with pytest.raises(NoSupervisor, match=r"within 0\.05 s"):
        await call_tool(lab.endpoint.url, lab.operator, "agent", {"action": "health_all"}, timeout_s=0.05)


def test_every_expected_error_survives_the_way() -> None:
    def all_of(kind: type[OrchestratorError]) -> list[type[OrchestratorError]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in all_of(child))]

    # Errors of other rooms reach the wire as what they stand for; only the common tree travels by name.
    for kind in (kind for kind in all_of(OrchestratorError) if kind.__module__ == OrchestratorError.__module__):
        error = revive(describe(kind("m", remedy="r", field="f")))
        assert (type(error), error.message, error.remedy, error.field) == (kind, "m", "r", "f")
    assert type(revive({"kind": "Exception"})) is OrchestratorError


def test_it_loads_nothing_heavy() -> None:
    code = "import sys, orchestrator_tui.mcp.client; print(sorted({'mcp', 'pydantic', 'httpx2'} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
