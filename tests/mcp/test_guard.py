"""Nobody gets in by the wrong door: the same checks before every path."""

import asyncio
import resource
import socket
import statistics
import time
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.types import Message

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.mcp.guard import Guard
from orchestrator_tui.mcp.rates import BURST, Rates
from tests.mcp.conftest import Lab

CALL: dict[str, object] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"Accept": "application/json, text/event-stream"}
DOORS = pytest.mark.parametrize(
    "path", ["/mcp", "/hooks", "/v1/logs", "/control/release", "/control/health", "/nowhere"]
)


async def post(lab: Lab, path: str, token: str | None, **headers: str) -> httpx2.Response:
    async with lab.http(token) as http:
        return await http.post(path, json=CALL, headers={**ACCEPT, **headers})


@DOORS
async def test_without_a_good_token_the_answer_is_401(lab: Lab, path: str) -> None:
    foreign = Credentials(b"another session", lambda _: True)
    bad = [None, "x", "op-", "a2-", "a2", "op-ü", foreign.operator_token(), lab.agent(99), lab.agent(2) + "0"]
    for token in bad:
        async with lab.http(None) as http:
            given = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
            answer = await http.post(path, json=CALL, headers=[*given, (b"accept", ACCEPT["Accept"].encode())])
        assert answer.status_code == 401, token
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await post(lab, path, None, Authorization=f"Basic {lab.operator}")).status_code == 401
    assert not lab.backend.hooks
    assert not lab.backend.released.is_set()


@DOORS
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example"])
async def test_a_foreign_host_is_misdirected_even_with_a_token(lab: Lab, path: str, host: str) -> None:
    assert (await post(lab, path, lab.operator, Host=host)).status_code == 421
    assert (await post(lab, path, None, Host=host)).status_code == 421


@DOORS
async def test_a_foreign_origin_is_refused_even_with_a_token(lab: Lab, path: str) -> None:
    for origin in ("http://evil.example", "null", "", f"{lab.root}.evil.example", f"{lab.root}0", "https://localhost"):
        assert (await post(lab, path, lab.operator, Origin=origin)).status_code == 403, origin
        assert (await post(lab, path, None, Origin=origin)).status_code == 403, origin


async def test_the_own_host_and_origin_are_accepted_by_both_names(lab: Lab) -> None:
    for host in (f"127.0.0.1:{lab.endpoint.port}", f"localhost:{lab.endpoint.port}"):
        answer = await post(lab, "/hooks", lab.agent(2), Host=host, Origin=f"http://{host}")
        assert answer.status_code == 200


async def test_a_web_page_gets_no_permission_from_a_preflight(lab: Lab) -> None:
    async with lab.http(None) as http:
        answer = await http.options("/mcp", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("path", "limit"), [("/mcp", 256 * 1024), ("/control/send", 256 * 1024), ("/hooks", 16 * 1024 * 1024)]
)
async def test_bodies_are_bounded_declared_or_not(lab: Lab, path: str, limit: int) -> None:
    token = lab.agent(2) if path == "/hooks" else lab.operator
    filler = b'{"text": "' + b"x" * (limit - 12) + b'"}'
    assert len(filler) == limit

    async def chunks(size: int) -> AsyncIterator[bytes]:
        for start in range(0, size, 65536):
            yield (filler + b" ")[start : min(start + 65536, size)]

    headers = {"Content-Type": "application/json", **ACCEPT}
    async with lab.http(token) as http:
        assert (await http.post(path, content=filler, headers=headers)).status_code != 413
        assert (await http.post(path, content=filler + b" ", headers=headers)).status_code == 413
        assert (await http.post(path, content=chunks(limit), headers=headers)).status_code != 413
        assert (await http.post(path, content=chunks(limit + 1), headers=headers)).status_code == 413


@pytest.mark.parametrize(("token", "status"), [("op-bad", b"401"), (None, b"413")])
async def test_who_sends_much_still_reads_why_it_was_refused(lab: Lab, token: str | None, status: bytes) -> None:
    # Closing on unread data resets the connection, and the answer with it.
    body = b"x" * 20_000_000
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{lab.endpoint.port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token or lab.operator}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.endpoint.port)
    writer.write(head.encode() + body)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    assert answer.split(b" ")[1] == status


async def test_a_token_stops_working_when_its_agent_is_forgotten(lab: Lab) -> None:
    async with lab.http(lab.agent(2)) as http:
        assert (await http.post("/hooks", json={})).status_code == 200
        del lab.backend.views[2]
        assert (await http.post("/hooks", json={})).status_code == 401


async def test_two_host_headers_or_two_tokens_are_refused(lab: Lab) -> None:
    async def status(*extra: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", lab.endpoint.port)
        lines = ("POST /hooks HTTP/1.1", "Content-Length: 2", "Connection: close", *extra, "", "{}")
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read()
        writer.close()
        return answer.split(b" ")[1]

    host, token = f"Host: 127.0.0.1:{lab.endpoint.port}", f"Authorization: Bearer {lab.agent(2)}"
    assert await status(host, token) == b"200"
    assert await status(host, "Host: evil.example", token) in (b"421", b"400")
    assert await status(host, token, "Authorization: Bearer x") == b"401"


async def test_the_standing_get_stream_is_refused_so_that_no_socket_is_held(lab: Lab) -> None:
    async with lab.http(lab.agent(2)) as http:
        for method in ("GET", "DELETE", "PUT"):
            answer = await http.request(method, "/mcp", headers={"Accept": "text/event-stream"})
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


class TestRates:
    def test_a_burst_is_free_and_then_the_rate_holds(self) -> None:
        now = 0.0
        rates = Rates(per_second=2, burst=3, clock=lambda: now)
        assert [rates.take(1) for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
        assert rates.take(2) == 0, "each agent has its own"
        assert not any(rates.take(None) for _ in range(100)), "the operator has none"
        now = 1.0
        assert [rates.take(1) for _ in range(3)] == [0, 0, 0.5]
        now = 1_000.0
        assert [rates.take(1) for _ in range(4)] == [0, 0, 0, 0.5]

    async def test_who_calls_too_often_is_told_when_to_come_back_and_nobody_else_waits(self, lab: Lab) -> None:
        lab.endpoint.rates.per_second = 0.001
        async with lab.http(lab.agent(2)) as http:
            answers = [await http.post("/hooks", json={}) for _ in range(round(BURST) + 2)]
        assert [answer.status_code for answer in answers[-3:]] == [200, 429, 429]
        assert 900 < int(answers[-1].headers["retry-after"]) <= 1_000
        assert "Wait a second" in answers[-1].json()["error"]["message"]
        assert len(lab.backend.hooks) == round(BURST)
        async with lab.http(lab.agent(3)) as http:
            assert (await http.post("/hooks", json={})).status_code == 200


class TestSlowAndIdleConnections:
    async def test_a_body_that_never_ends_is_given_up(self) -> None:
        sent: list[Message] = []

        async def never() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def keep(message: Message) -> None:
            sent.append(message)

        credentials = Credentials(b"secret", lambda _: True)
        host = (b"host", b"h")
        good = (b"authorization", f"Bearer {credentials.operator_token()}".encode())
        guard = Guard(_unreachable, credentials, ["h"], {}, Rates(), body_within_s=0.01)
        for headers, status in (([host, good], 408), ([host], 401), ([], 421)):
            sent.clear()
            await guard({"type": "http", "path": "/hooks", "headers": headers}, never, keep)
            assert sent[0]["status"] == status
            assert (b"connection", b"close") in sent[0]["headers"]

    async def test_only_so_many_refused_bodies_are_awaited_at_once(self) -> None:
        answered: list[Message] = []

        async def never() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def keep(message: Message) -> None:
            answered.append(message)

        guard = Guard(_unreachable, Credentials(b"secret", lambda _: True), ["h"], {}, Rates(), body_within_s=60)
        scope: dict[str, object] = {"type": "http", "path": "/hooks", "headers": []}
        awaited = [asyncio.create_task(guard(dict(scope), never, keep)) for _ in range(64)]
        await asyncio.sleep(0)
        assert not answered
        async with asyncio.timeout(5):
            await guard(dict(scope), never, keep)
        assert answered[0]["status"] == 421
        for task in awaited:
            task.cancel()
        await asyncio.wait(awaited)

    async def test_a_body_that_is_too_large_only_at_its_end_is_refused_at_once(self) -> None:
        sent: list[Message] = []
        parts: list[Message] = [{"type": "http.request", "body": b"12345", "more_body": False}]

        async def receive() -> Message:
            if not parts:
                await asyncio.Event().wait()
            return parts.pop(0)

        async def keep(message: Message) -> None:
            sent.append(message)

        credentials = Credentials(b"secret", lambda _: True)
        headers = [(b"host", b"h"), (b"authorization", f"Bearer {credentials.operator_token()}".encode())]
        guard = Guard(_unreachable, credentials, ["h"], {"/hooks": 4}, Rates())
        async with asyncio.timeout(5):
            await guard({"type": "http", "path": "/hooks", "headers": headers}, receive, keep)
        assert sent[0]["status"] == 413

    async def test_a_thousand_idle_and_half_sent_connections_delay_nobody(self, lab: Lab) -> None:
        # Both ends of each are in this process.
        count = min(1_000, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200) // 2)
        if count < 200:
            pytest.skip(f"only {count} connections are allowed here (ulimit -n)")
        head = (
            f"POST /hooks HTTP/1.1\r\nHost: 127.0.0.1:{lab.endpoint.port}\r\nAuthorization: Bearer {lab.agent(2)}\r\n"
        )
        opened: list[socket.socket] = []
        try:
            for number in range(count):
                one = socket.create_connection(("127.0.0.1", lab.endpoint.port))
                opened.append(one)
                # A third says nothing, a third half of a head, a third half of a body.
                one.sendall((b"", head.encode()[:40], f"{head}Content-Length: 99\r\n\r\n{{".encode())[number % 3])
            async with lab.http(lab.agent(3)) as http, asyncio.timeout(20):
                times: list[float] = []
                for _ in range(40):
                    began = time.perf_counter()
                    assert (await http.post("/hooks", json={})).status_code == 200
                    times.append(time.perf_counter() - began)
            assert statistics.median(times) < 0.1, sorted(times)
        finally:
            for one in opened:
                one.close()


async def _unreachable(scope: object, receive: object, send: object) -> None:
    raise AssertionError
