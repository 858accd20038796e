"""An MCP call to the running supervisor against a call that does nothing, both over keep-alive HTTP."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator_tui.mcp.client import PROTOCOL
from orchestrator_tui.session import EndpointInfo
from tests.benchmarks.lab import elapsed_ms
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples
from tests.benchmarks.program import ROOT, program

CLIENTS = (1, 10, 50)
CALLS = 600
AGENTS = 4


@dataclass(frozen=True, slots=True)
class Target:
    """One tool of one server, as the bytes of a call."""

    port: int
    request: bytes
    expects: bytes


def target(port: int, token: str, tool: str, arguments: Mapping[str, Any], expects: bytes) -> Target:
    """A call in the protocol's present era."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": PROTOCOL,
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
        f"MCP-Protocol-Version: {PROTOCOL}\r\nMcp-Method: tools/call\r\nMcp-Name: {tool}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return Target(port, head.encode() + body, expects)


def status_target(endpoint: EndpointInfo) -> Target:
    """The operator asks for the state of all agents."""
    port = int(endpoint.url.rpartition(":")[2].partition("/")[0])
    return target(port, endpoint.token, "agent", {"action": "status"}, b"total_agents")


async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, where: Target) -> None:
    """One call on a connection that stays; fails when the answer is not the expected one."""
    writer.write(where.request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    assert head.startswith(b"HTTP/1.1 200"), head + body
    assert where.expects in body, body


async def _client(where: Target, calls: int, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", where.port)
    try:
        for _ in range(calls):
            started = time.perf_counter()
            await call(reader, writer, where)
            took.append(elapsed_ms(started))
    finally:
        writer.close()
        await writer.wait_closed()


async def _latency(where: Target, clients: int) -> float:
    """The median milliseconds of a call while ``clients`` call one after the other."""
    took: list[float] = []
    await asyncio.gather(*(_client(where, CALLS // clients, took) for _ in range(clients)))
    return statistics.median(took)


async def _mcp_call(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        with (folder / "serve.log").open("w") as log:
            served = subprocess.Popen(  # noqa: ASYNC220
                started.argv("serve", "--provider", "demo"),
                env=started.environ,
                cwd=started.root,
                stdout=log,
                stderr=log,
            )
        started.remember(served.pid)
        bare = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "tests.benchmarks.bare_mcp"],
            env=started.environ,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            started.remember(bare.pid)
            assert bare.stdout is not None
            noop = target(int(bare.stdout.readline()), "none", "noop", {}, b'"ok":true')
            info = started.endpoint()
            started.run("agent", "spawn-pool", "--count", str(AGENTS))
            started.wait_idle(AGENTS)
            status = status_target(info)
            for each in (noop, status):
                await _latency(each, 10)
            while True:
                samples: dict[str, Sample] = {}
                for clients in CLIENTS:
                    floor = await _latency(noop, clients)
                    samples[f"mcp_call_{clients}"] = Sample(await _latency(status, clients), floor)
                yield samples
        finally:
            bare.kill()
            bare.communicate()
            served.kill()
            served.wait()


BENCHMARKS = {
    "mcp_call": Benchmark(
        _mcp_call,
        {
            f"mcp_call_{clients}": RowSpec("ms", f"bare SDK no-op, clients: {clients}", Bound("ratio", "<=", 1.5))
            for clients in CLIENTS
        },
    )
}
