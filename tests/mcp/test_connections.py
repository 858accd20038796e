"""Who connects and does not get to the point is closed in time, and nobody beside it notices."""

import asyncio
import resource
import signal
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.core.patience import Patience
from orchestrator_tui.mcp.server import Endpoint
from tests.mcp.conftest import Lab, Session
from tests.mcp.fake_backend import FakeBackend

LIMIT_S = 0.3
SOON_S = 10.0  # uvicorn's own limit for connections at rest is 75 s


@pytest.fixture
async def hasty() -> AsyncIterator[Lab]:
    backend = FakeBackend()
    credentials = Credentials(b"secret", lambda agent_id: agent_id in backend.views)
    endpoint = Endpoint(backend, credentials, patience=Patience(LIMIT_S))
    await endpoint.start()
    yield Lab(backend, credentials, endpoint)
    await endpoint.stop()


@asynccontextmanager
async def connected(lab: Lab) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.endpoint.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def request(lab: Lab) -> bytes:
    return (
        f"POST /hooks HTTP/1.1\r\nHost: 127.0.0.1:{lab.endpoint.port}\r\n"
        f"Authorization: Bearer {lab.agent(2)}\r\nContent-Length: 2\r\n\r\n{{}}"
    ).encode()


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return head + await reader.readexactly(length)


async def trickle(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Never pauses for as long as the limit; stops when nobody listens any more."""
    for start in range(len(data)):
        writer.write(data[start : start + 1])
        await writer.drain()
        await asyncio.sleep(LIMIT_S / 10)


def may_queue() -> int:
    most = Path("/proc/sys/net/core/somaxconn")
    return int(most.read_text()) if most.exists() else 0


def said_in(path: Path) -> str:
    return path.read_text()


async def last_words(reader: asyncio.StreamReader) -> bytes:
    """What is still said until the other end closes."""
    async with asyncio.timeout(SOON_S):
        return await reader.read()


async def test_a_silent_connection_is_closed_and_a_client_beside_it_is_served(hasty: Lab) -> None:
    async with connected(hasty) as (reader, _), hasty.http(hasty.agent(3)) as http:
        closed = asyncio.create_task(last_words(reader))
        while not closed.done():
            assert (await http.post("/hooks", json={})).status_code == 200
            await asyncio.sleep(LIMIT_S / 20)
        assert await closed == b""
        assert len(hasty.backend.hooks) > 1


@pytest.mark.parametrize("calls_before", [0, 1])
async def test_a_head_that_comes_byte_by_byte_is_closed_and_told_why(hasty: Lab, calls_before: int) -> None:
    async with connected(hasty) as (reader, writer):
        for _ in range(calls_before):
            writer.write(request(hasty))
            assert (await answer(reader)).startswith(b"HTTP/1.1 200")
        trickling = asyncio.create_task(trickle(writer, request(hasty)))
        said = await last_words(reader)
        assert not trickling.done(), "it is closed before the head is complete"
        trickling.cancel()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"Send it at once." in said
    assert len(hasty.backend.hooks) == calls_before


async def test_half_a_head_right_behind_a_call_is_closed_too(hasty: Lab) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(request(hasty) + request(hasty)[:20])
        assert (await answer(reader)).startswith(b"HTTP/1.1 200")
        assert (await last_words(reader)).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_may_rest_between_two_calls_longer_than_a_head_may_take(hasty: Lab) -> None:
    async with connected(hasty) as (reader, writer):
        for _ in range(2):
            writer.write(request(hasty))
            assert (await answer(reader)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(LIMIT_S * 1.5)
        assert not reader.at_eof()


async def test_when_too_many_are_waited_for_the_first_is_cut_off_and_a_call_is_served(hasty: Lab) -> None:
    few = Endpoint(hasty.backend, hasty.credentials, patience=Patience(60, most_waiting=5))
    await few.start()
    lab = Lab(hasty.backend, hasty.credentials, few)
    async with AsyncExitStack() as opened:
        readers = [(await opened.enter_async_context(connected(lab)))[0] for _ in range(8)]
        for reader in readers[:3]:
            with suppress(ConnectionResetError):
                assert await last_words(reader) == b""
        async with lab.http(lab.agent(3)) as http:
            assert (await http.post("/hooks", json={})).status_code == 200
        assert [reader.at_eof() for reader in readers[4:]] == [False] * 4
    await few.stop()


async def test_who_was_refused_may_not_rest_here(hasty: Lab) -> None:
    async with hasty.http("op-bad") as http:
        assert (await http.post("/hooks", json={})).headers["connection"] == "close"
    async with hasty.http(hasty.agent(3)) as http:
        assert "connection" not in (await http.post("/hooks", json={})).headers


@pytest.mark.parametrize("said", ["", "POST /hooks HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"])
async def test_more_connections_than_the_process_may_open_leave_it_room_to_work(tmp_path: Path, said: str) -> None:
    count = 700
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < count + 200:
        pytest.skip("so many connections are not allowed here (ulimit -n)")
    if may_queue() < count:
        pytest.skip("so many connections cannot queue here (net.core.somaxconn)")
    errors = tmp_path / "errors"
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'exec "$0" -c "$1" 2> "$2"', sys.executable, _SMALL, str(errors)),
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    opened: list[socket.socket] = []
    try:
        root, token = (await process.stdout.readline()).decode().split()
        address = ("127.0.0.1", int(root.rpartition(":")[2]))
        # All of them wait when it looks again.
        process.send_signal(signal.SIGSTOP)
        for _ in range(count):
            opened.append(socket.create_connection(address, timeout=10))
            opened[-1].sendall(said.encode())
        process.send_signal(signal.SIGCONT)
        async with httpx2.AsyncClient(base_url=root, trust_env=False) as http:
            answer = await http.post("/hooks", json={}, headers={"Authorization": f"Bearer {token}"}, timeout=5)
        assert answer.status_code == 200
        process.stdin.write(b"\n")
        assert await process.stdout.readline() == b"0\n"
        process.stdin.close()
        assert await process.wait() == 0
        assert said_in(errors) == ""
    finally:
        for one in opened:
            one.close()
        if process.returncode is None:
            process.kill()
            await process.wait()


_SMALL = """
import asyncio, resource, sys
from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.mcp.server import Endpoint
from tests.mcp.fake_backend import FakeBackend

async def main():
    credentials = Credentials(b"secret", lambda _: True)
    endpoint = Endpoint(FakeBackend(), credentials)
    await endpoint.start()
    print(endpoint.url.removesuffix("/mcp"), credentials.agent_token(2), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(await (await asyncio.create_subprocess_exec("true")).wait(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await endpoint.stop()

resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
asyncio.run(main())
"""


async def test_a_slow_call_and_an_open_stream_outlive_the_limit(hasty: Lab) -> None:
    hasty.backend.hang = asyncio.Event()
    async with (
        Session(hasty, "auto", hasty.agent(2)) as listener,
        listener.listen(resource_subscriptions=["orchestrator://agents"]) as events,
        Session(hasty, "auto", hasty.agent(3)) as caller,
    ):
        slow = asyncio.create_task(caller.call_tool("agent", {"action": "health_all"}))
        await hasty.backend.is_hanging.wait()
        await asyncio.sleep(LIMIT_S * 1.5)
        hasty.backend.hang.set()
        assert not (await slow).is_error
        await hasty.endpoint.resource_changed("orchestrator://agents")
        async with asyncio.timeout(SOON_S):
            assert await anext(aiter(events))
