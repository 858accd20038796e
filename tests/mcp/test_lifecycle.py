"""Starting and stopping inside somebody else's event loop."""

import asyncio
import gc
import logging
import signal
import socket
import time

import pytest

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.mcp.client import call_tool
from orchestrator_tui.mcp.server import Endpoint
from tests.mcp.conftest import Lab, Session
from tests.mcp.fake_backend import FakeBackend

QUICK_S = 0.6  # measured 0.11 to 0.22 s; the rest is room for a busy machine


def make(port: int = 0) -> Endpoint:
    return Endpoint(FakeBackend(), Credentials(b"s", lambda _: True), port)


async def stopped_within(endpoint: Endpoint) -> float:
    started = time.perf_counter()
    await endpoint.stop()
    return time.perf_counter() - started


async def test_it_knows_its_addresses_and_leaves_signals_alone(lab: Lab) -> None:
    port = lab.endpoint.port
    assert port > 0
    assert lab.endpoint.url == f"http://127.0.0.1:{port}/mcp"
    assert lab.endpoint.hooks_url == f"http://127.0.0.1:{port}/hooks"
    assert lab.endpoint.error is None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_a_taken_port_is_named_and_another_may_be_tried() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        endpoint = make(port)
        with pytest.raises(CannotRun, match=str(port)) as caught:
            await endpoint.start()
        assert caught.value.remedy
        assert endpoint.error is not None
        assert str(port) in endpoint.error
        endpoint.port = 0
        await endpoint.start()
        assert endpoint.port not in (0, port)
        assert endpoint.error is None
        await endpoint.stop()


async def test_the_port_is_free_again_after_the_stop_even_with_clients_left() -> None:
    endpoint = make()
    await endpoint.start()
    _reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    await endpoint.stop()
    successor = make(endpoint.port)
    await successor.start()
    assert successor.port == endpoint.port
    await successor.stop()
    writer.close()


async def test_stopping_twice_or_unstarted_is_harmless() -> None:
    endpoint = make()
    await endpoint.stop()
    await endpoint.start()
    await endpoint.stop()
    await endpoint.stop()


async def test_a_stop_ends_an_open_listen_stream_cleanly(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        Session(lab, "auto", lab.agent(2)) as client,
        client.listen(resource_subscriptions=["orchestrator://agents"]) as events,
    ):
        took = await stopped_within(lab.endpoint)
        assert [event async for event in events] == []
    assert took < QUICK_S
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_stop_cuts_off_a_slow_call_and_says_so(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    lab.backend.hang = asyncio.Event()
    async with lab.http(lab.agent(2)) as http:
        headers = {"Accept": "application/json, text/event-stream"}
        params = {"name": "agent", "arguments": {"action": "health_all"}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        slow = asyncio.create_task(http.post("/mcp", json=body, headers=headers))
        await lab.backend.is_hanging.wait()
        took = await stopped_within(lab.endpoint)
        answer = await slow
    assert took < QUICK_S
    assert answer.status_code == 503
    assert answer.json()["error"]["kind"] == "NoSupervisor"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_stop_lets_a_quick_call_finish(lab: Lab) -> None:
    lab.backend.hang = asyncio.Event()
    call = asyncio.create_task(call_tool(lab.endpoint.url, lab.agent(2), "agent", {"action": "health_all"}))
    await lab.backend.is_hanging.wait()
    stopping = asyncio.create_task(lab.endpoint.stop())
    for _ in range(20):
        await asyncio.sleep(0)
    lab.backend.hang.set()
    result = await call
    await stopping
    assert [check["agent_id"] for check in result["agents"]] == [2, 3]


async def test_a_stop_does_not_wait_for_half_a_request(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    halves = [
        b"POST /mcp HTTP/1.1\r\nHo",
        (
            f"POST /hooks HTTP/1.1\r\nHost: 127.0.0.1:{lab.endpoint.port}\r\n"
            f"Authorization: Bearer {lab.agent(2)}\r\nContent-Length: 100\r\n\r\nhalf"
        ).encode(),
    ]
    writers: list[asyncio.StreamWriter] = []
    for half in halves:
        _reader, writer = await asyncio.open_connection("127.0.0.1", lab.endpoint.port)
        writer.write(half)
        await writer.drain()
        writers.append(writer)
    async with lab.http(lab.operator) as http:
        assert (await http.get("/control/health")).status_code == 200
        took = await stopped_within(lab.endpoint)
    assert took < QUICK_S
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    for writer in writers:
        writer.close()


# CPython drops a connection that is accepted in the very turn in which its server closes, and warns at its collection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("turns", range(8))
async def test_clients_that_arrive_during_the_stop_do_not_hold_it_up(lab: Lab, turns: int) -> None:
    arriving = [asyncio.create_task(asyncio.open_connection("127.0.0.1", lab.endpoint.port)) for _ in range(10)]
    for _ in range(turns):
        await asyncio.sleep(0)
    took = await stopped_within(lab.endpoint)
    assert took < QUICK_S
    for arrived in await asyncio.gather(*arriving, return_exceptions=True):
        if not isinstance(arrived, BaseException):
            _reader, writer = arrived
            writer.close()
    gc.collect()


async def test_no_task_is_left_behind() -> None:
    before = asyncio.all_tasks()
    endpoint = make()
    await endpoint.start()
    _reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    await endpoint.stop()
    writer.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
