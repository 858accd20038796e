"""The endpoint with a supervisor of plain values behind it: what was refused must have changed none of them."""

import json
import math
from functools import cache
from typing import Any

import httpx2
from hypothesis import strategies as st

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.views import AgentChanged, AgentRemoved, ConnectionChanged
from orchestrator_tui.mcp.client import error_of
from orchestrator_tui.mcp.codec import METHODS, decode_item, encode_item
from orchestrator_tui.mcp.server import Endpoint
from orchestrator_tui.remote.http import refusal
from tests.fuzz.answers import MCP_HEADERS, as_body, tool_call, was_taken
from tests.fuzz.loop import Watched
from tests.fuzz.target import Target, is_clear
from tests.fuzz.texts import JSON, NUMBER, TEXT, objects
from tests.mcp.fake_backend import FakeBackend
from tests.remote.values import values

MOST_KEPT = 30


class World:
    """One endpoint for all calls; the supervisor behind it is made anew when it has grown."""

    def __init__(self) -> None:
        self.watched = Watched()
        self.backend = FakeBackend()
        self.credentials = Credentials(b"secret", lambda agent_id: agent_id in self.backend.views)
        self.endpoint = Endpoint(self.backend, self.credentials)
        self.endpoint.rates.per_second = math.inf
        self.watched.run(self.endpoint.start())
        root = self.endpoint.url.removesuffix("/mcp")
        self.http = httpx2.AsyncClient(base_url=root, trust_env=False)
        self.tokens = {name: self.credentials.agent_token(name) for name in (1, 2)}
        self.tokens[0] = self.credentials.operator_token()

    def state(self) -> str:
        """Everything that a call could change."""
        backend = self.backend
        changing = (backend.views, backend.table, backend.typed, backend.approved, backend.answered, backend.chosen)
        return repr((changing, len(backend.spawned), backend.killed, backend.restarted, len(backend.reports)))

    def post(self, who: int, path: str, body: bytes, headers: dict[str, str] | None = None) -> httpx2.Response:
        """One request, by an agent or (0) the operator."""
        given = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json", **(headers or {})}
        return self.watched.run(self.http.post(path, content=body, headers=given))

    def judge(self, who: int, path: str, body: bytes, headers: dict[str, str] | None = None) -> bool:
        """Whether the request was done; fails where a refused one changed something, or anything surprised."""
        if len(self.backend.views) + len(self.backend.table) > MOST_KEPT:
            # The same object, so that the endpoint keeps it.
            self.backend.__init__()
        before = self.state()
        is_taken = was_taken(self.post(who, path, body, headers))
        self.watched.check()
        assert is_taken or self.state() == before, "what was refused changed something"
        return is_taken

    def close(self) -> None:
        """Ends it."""
        self.watched.run(self.http.aclose())
        self.watched.run(self.endpoint.stop())
        self.watched.shut()


@cache
def world() -> World:
    """Started by the first call."""
    return World()


def close() -> None:
    """Ends what the calls started."""
    if world.cache_info().currsize:
        world().close()
        world.cache_clear()


WHO = st.sampled_from([0, 0, 1, 2])
_ANY_AGENT_CALL = objects(
    {
        "action": st.sampled_from(["spawn", "spawn_pool", "kill", "restart", "health", "health_all", "status"]),
        "agent_id": st.integers(1, 4),
        "signal": st.sampled_from(["SIGTERM", "SIGKILL", "TERM", "SIGNOPE"]),
        "count": st.integers(1, 3),
        "name": st.one_of(st.sampled_from(["api", "a-1", "-x", "a b"]), TEXT),
        "role": st.sampled_from(["coder", "tester", "boss"]),
        "model": st.sampled_from(["opus", "haiku", "gpt"]),
        "system_prompt": TEXT,
        "provider": TEXT,
        "isolation_mode": st.sampled_from(["shared", "worktree"]),
        "conversation": st.sampled_from(["fresh", "keep"]),
        "cwd": TEXT,
        "timeout_ms": NUMBER,
        "auto_restart": st.booleans(),
        "why": st.booleans(),
    },
    ("action",),
)
_STARTS: dict[str, st.SearchStrategy[Any]] = {"action": st.just("spawn")}
_MAY_START: dict[str, st.SearchStrategy[Any]] = {"name": st.sampled_from(["api", "b-2", "-x"]), "cwd": TEXT}
AGENT_CALL: st.SearchStrategy[Any] = st.one_of(
    _ANY_AGENT_CALL,
    st.fixed_dictionaries({"action": st.sampled_from(["kill", "restart", "health"]), "agent_id": st.integers(1, 5)}),
    st.fixed_dictionaries(_STARTS, optional=_MAY_START),
)
_ANY_MISSION_CALL = objects(
    {
        "action": st.sampled_from(["distribute", "complete", "fail", "status"]),
        "prompt": TEXT,
        "context": TEXT,
        "priority": st.sampled_from(["high", "low", "urgent"]),
        "type": st.sampled_from(["coding", "other"]),
        "timeout_ms": NUMBER,
        "max_retries": NUMBER,
        "depends_on": st.lists(st.sampled_from(["task-1", "m-1", "..", "x" * 70]), max_size=3),
        "id": st.one_of(st.sampled_from(["m-1", "m-2", ".x"]), TEXT),
        "role": st.sampled_from(["coder", "x"]),
        "mission_id": st.one_of(st.sampled_from(["task-1", "m-1", "mission-1"]), TEXT),
        "output": TEXT,
        "duration_ms": NUMBER,
        "token_usage": objects({"input": NUMBER, "output": NUMBER}),
        "error_code": TEXT,
        "message": TEXT,
        "recoverable": st.booleans(),
        "limit": NUMBER,
    },
    ("action",),
)
MISSION_CALL: st.SearchStrategy[Any] = st.one_of(
    _ANY_MISSION_CALL,
    st.fixed_dictionaries({"action": st.just("distribute"), "prompt": TEXT}),
    st.fixed_dictionaries(
        {"action": st.just("distribute"), "prompt": TEXT}, optional={"context": TEXT, "depends_on": st.just(["task-1"])}
    ),
    st.fixed_dictionaries(
        {"action": st.sampled_from(["complete"]), "mission_id": st.sampled_from(["task-1", "x"]), "output": TEXT}
    ),
)


def tool(name: str, given: tuple[int, Any]) -> bool:
    """One call of an MCP tool."""
    who, arguments = given
    return world().judge(who, "/mcp", as_body(tool_call(name, arguments)), {**MCP_HEADERS, "Mcp-Name": name})


CONTROL = st.one_of(
    st.tuples(st.just("send"), objects({"agent_id": st.integers(1, 4), "text": TEXT}, ("agent_id", "text"))),
    st.tuples(
        st.just("approve"), objects({"agent_id": st.integers(1, 4), "allow": st.booleans()}, ("agent_id", "allow"))
    ),
    st.tuples(
        st.just("answer"),
        objects(
            {
                "id": TEXT,
                "allow": st.booleans(),
                "message": TEXT,
                "choices": st.lists(objects({"options": st.lists(NUMBER, max_size=2), "text": TEXT}), max_size=2),
            },
            ("id",),
        ),
    ),
)


def _control(given: tuple[int, tuple[str, Any]]) -> bool:
    who, (name, data) = given
    return world().judge(who, f"/control/{name}", as_body(data))


RAW = st.one_of(
    st.binary(max_size=60),
    JSON.map(as_body),
    objects(
        {"jsonrpc": st.just("2.0"), "id": st.integers(), "method": st.sampled_from(["tools/call", "x"]), "params": JSON}
    ).map(as_body),
    st.sampled_from([2, 3_000]).map(lambda levels: b"[" * levels + b"]" * levels),
    st.sampled_from([2, 3_000]).map(lambda levels: b'{"a":' * levels + b"1" + b"}" * levels),
    st.sampled_from([b'{"a": 1e999}', b'{"a": NaN}', b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b'{"a":"\\ud800"}']),
)
_PATHS = st.sampled_from(["/mcp", "/hooks", "/v1/logs", "/control/send", "/control/answer", "/screen/send"])


def _raw(given: tuple[int, str, bytes]) -> bool:
    who, path, body = given
    return world().judge(who, path, body, MCP_HEADERS if path == "/mcp" else None)


LOGS = objects(
    {
        "resourceLogs": st.lists(
            objects(
                {
                    "scopeLogs": st.lists(
                        objects(
                            {
                                "logRecords": st.lists(
                                    objects(
                                        {
                                            "timeUnixNano": st.one_of(NUMBER, st.just("1795471363000000000")),
                                            "attributes": st.lists(
                                                objects(
                                                    {
                                                        "key": st.sampled_from(
                                                            ["event.name", "request_id", "cost_usd", "input_tokens"]
                                                        ),
                                                        "value": objects({"stringValue": st.just("api_request")}),
                                                    },
                                                    ("key", "value"),
                                                ),
                                                max_size=3,
                                            ),
                                        },
                                        ("timeUnixNano", "attributes"),
                                    ),
                                    max_size=2,
                                )
                            },
                            ("logRecords",),
                        ),
                        max_size=2,
                    )
                },
                ("scopeLogs",),
            ),
            max_size=2,
        )
    },
    ("resourceLogs",),
)


def _logs(data: Any) -> bool:
    return world().judge(2, "/v1/logs", as_body(data))


def _decode_call(given: tuple[str, bytes]) -> bool:
    name, body = given
    try:
        METHODS[name].decode_call(body)
    except UsageError as error:
        is_clear(error)
        return False
    return True


def _decode_item(line: bytes) -> bool:
    try:
        decode_item(line)
    except ValueError:
        return False
    return True


_ARGUMENTS = st.lists(st.one_of(st.integers(1, 3), st.booleans(), TEXT, JSON), max_size=3).map(as_body)
_STATUS = st.sampled_from([200, 401, 403, 409, 413, 421, 429, 500, 503])


def _decode_answer(given: tuple[int, bytes]) -> bool:
    status, body = given
    assert str(refusal(status, body))
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return False
    assert str(error_of(status, data))
    return True


def _damaged(line: bytes, at: int, more: bytes) -> bytes:
    return line[:at] + more + line[at + 1 :]


_SPOKEN = st.one_of(values(AgentRemoved), values(ConnectionChanged), values(AgentChanged)).map(encode_item)
_ITEM = st.one_of(
    _SPOKEN,
    st.builds(_damaged, _SPOKEN, st.integers(0, 60), st.binary(max_size=3)),
    st.tuples(
        st.sampled_from([b"Hello", b"Resynced", b"AgentChanged", b"AgentRemoved", b"ConnectionChanged", b"Nope", b""]),
        st.just(b" "),
        st.one_of(
            RAW,
            st.sampled_from(
                [b"[]", b"[null]", b'[{"agent_id": 1}]', b'[{"problem": "\\ud800"}]', b'[{"pid":1,"facts":{}}]']
            ),
        ),
    ).map(b"".join),
)

TARGETS = (
    Target("MCP tool agent", 1800, st.tuples(WHO, AGENT_CALL), lambda given: tool("agent", given)),
    Target("MCP tool mission", 1800, st.tuples(WHO, MISSION_CALL), lambda given: tool("mission", given)),
    Target("bodies of any kind at every door", 1000, st.tuples(WHO, _PATHS, RAW), _raw),
    Target("what only the operator may do", 800, st.tuples(WHO, CONTROL), _control),
    Target("telemetry of agents", 700, LOGS, _logs),
    Target(
        "remote codec: calls",
        700,
        st.tuples(st.sampled_from(sorted(METHODS)), st.one_of(RAW, _ARGUMENTS)),
        _decode_call,
    ),
    Target("remote codec: updates", 500, _ITEM, _decode_item),
    Target("remote codec: refusals", 400, st.tuples(_STATUS, RAW), _decode_answer),
)
