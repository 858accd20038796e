"""A screen in another process has all that the supervisor's own screen has."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, get_type_hints

import pytest
from hypothesis import Phase, find, settings

from orchestrator_tui.core.errors import NoSupervisor, NotAllowedNow, OrchestratorError
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.views import (
    AgentChanged,
    AgentRemoved,
    ConnectionChanged,
    Resynced,
    Stroke,
    SupervisorClient,
    Update,
)
from orchestrator_tui.mcp import backlog
from orchestrator_tui.mcp.codec import METHODS
from orchestrator_tui.remote.client import RemoteClient
from orchestrator_tui.remote.feed import LOST, RemoteFeed
from tests.remote.conftest import Far
from tests.remote.values import values
from tests.ui.fake_client import AGENTS, FLEET, REFUSAL, SCREEN, agent


def any_of(annotation: Any) -> Any:
    """Some value of the type, the same at every run."""
    once = settings(max_examples=1, phases=[Phase.generate], database=None, derandomize=True)
    return find(values(annotation), lambda _: True, settings=once)


class Reader:
    """Reads a feed in the background."""

    def __init__(self, feed: RemoteFeed) -> None:
        self.feed = feed
        self.seen: list[Update] = []
        self._task = asyncio.create_task(self._read())

    async def until(self, holds: Callable[[list[Update]], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds(self.seen):
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        self.feed.close()
        async with asyncio.timeout(5):
            await self._task

    async def _read(self) -> None:
        async for update in self.feed:
            self.seen.append(update)


@pytest.fixture
async def reader(far: Far) -> AsyncIterator[Reader]:
    made = Reader(await far.client.open_feed())
    yield made
    await made.close()


class TestCommands:
    @pytest.mark.parametrize("name", sorted(METHODS))
    async def test_every_method_reaches_the_supervisor_as_it_was_called(
        self, far: Far, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        hints = get_type_hints(getattr(SupervisorClient, name))
        answer = any_of(hints.pop("return"))
        given = {parameter: any_of(hint) for parameter, hint in hints.items()}
        called: list[dict[str, Any]] = []
        signature = inspect.signature(getattr(SupervisorClient, name))

        async def far_away(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(None, *args, **kwargs)
            called.append({parameter: bound.arguments[parameter] for parameter in hints})
            return answer

        monkeypatch.setattr(far.supervisor, name, far_away)
        command: Callable[..., Awaitable[Any]] = getattr(far.client, name)
        assert await command(**given) == answer
        assert called == [given]
        assert name in vars(RemoteClient)

    async def test_an_error_is_the_same_here(self, far: Far) -> None:
        far.supervisor.fail_with = REFUSAL
        with pytest.raises(NotAllowedNow) as refused:
            await far.client.send(1, "hello")
        error = refused.value
        assert (error.message, error.remedy, error.field) == ("The agent shows a dialog.", "Answer it first.", "text")
        await far.client.send(1, "again")
        assert far.supervisor.calls[-1] == ("send", 1, "again")

    async def test_strokes_arrive_in_their_order(self, far: Far) -> None:
        batches = [tuple(Stroke(text=chr(97 + n % 26)) for n in range(size)) for size in (1, 40, 3)]
        for batch in batches:
            await far.client.type_strokes(2, batch)
        assert far.supervisor.calls == [("type_strokes", 2, batch) for batch in batches]

    async def test_a_large_paste_arrives_exact(self, far: Far) -> None:
        text = "".join(f"line {number} é\n" for number in range(20_000))
        await far.client.paste(1, text)
        assert far.supervisor.calls == [("paste", 1, text)]

    async def test_commands_do_not_wait_for_each_other(self, far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
        free = asyncio.Event()

        async def slow(agent_id: int) -> None:
            await free.wait()

        monkeypatch.setattr(far.supervisor, "restart", slow)
        waiting = asyncio.create_task(far.client.restart(1))
        await far.client.rename(1, "quick")
        assert not waiting.done()
        free.set()
        await waiting


class TestPanes:
    async def test_the_screen_is_that_of_the_supervisor(self, far: Far) -> None:
        first = await far.client.pane_frame(1)
        assert first == await far.supervisor.pane_frame(1)
        far.supervisor.screen = (b"\x00\xff changed", *SCREEN[1:])
        assert await far.client.pane_frame(1) == await far.supervisor.pane_frame(1)

    async def test_nothing_is_looked_at_that_is_not_asked_for(self, far: Far, reader: Reader) -> None:
        await far.client.rename(1, "x")
        assert far.supervisor.frames == 0

    async def test_an_unchanged_screen_costs_next_to_nothing(self, far: Far) -> None:
        async with far.http(far.credentials.operator_token()) as http:
            whole = await http.post("/screen/pane_frame", json=[1, None])
            version = whole.json()[0]["version"]
            same = await http.post("/screen/pane_frame", json=[1, version])
        assert len(whole.content) > 2_000
        assert len(same.content) < 300


class TestFeed:
    async def test_it_begins_with_everything_and_misses_nothing(self, far: Far, reader: Reader) -> None:
        assert replace(reader.feed.snapshot, viewer_of=None) == FLEET
        assert reader.feed.snapshot.viewer_of is not None
        updates: list[Update] = [AgentChanged(agent(50 + n, f"n{n}", AgentState.IDLE, 0)) for n in range(300)]
        for update in updates:
            far.supervisor.feeds[0].push(update)
        await reader.until(lambda seen: len(seen) >= 300)
        assert reader.seen == updates

    async def test_what_never_changes_is_known_without_waiting(self, far: Far, reader: Reader) -> None:
        assert far.client.rules_file() == far.supervisor.rules_file()

    async def test_leaving_ends_the_feed_there_too(self, far: Far) -> None:
        reader = Reader(await far.client.open_feed())
        await reader.close()
        async with asyncio.timeout(5):
            while not far.supervisor.feeds[0].closed:
                await asyncio.sleep(0.005)

    async def test_a_supervisor_that_comes_back_is_shown_anew(self, far: Far, reader: Reader) -> None:
        await far.stop()
        await reader.until(lambda seen: ConnectionChanged(LOST) in seen)
        with pytest.raises(NoSupervisor):
            await far.client.restart(1)
        far.supervisor.snapshot = replace(FLEET, agents=AGENTS[:2])
        await far.start()
        await reader.until(lambda seen: ConnectionChanged(None) in seen)
        back = reader.seen[-2]
        assert isinstance(back, Resynced)
        assert back.snapshot.agents == AGENTS[:2]
        far.supervisor.feeds[-1].push(AgentRemoved(1))
        await reader.until(lambda seen: seen[-1] == AgentRemoved(1))
        await far.client.restart(1)
        assert far.supervisor.calls == [("restart", 1)]

    async def test_the_supervisors_last_word_stands(self, far: Far, reader: Reader) -> None:
        ended = ConnectionChanged("the session has ended")
        far.supervisor.feeds[0].push(ended)
        await reader.until(lambda seen: seen == [ended])
        await far.stop()
        await far.start()
        await reader.until(lambda seen: seen[-1] == ConnectionChanged(None))
        assert ConnectionChanged(LOST) not in reader.seen

    async def test_without_a_supervisor_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("orchestrator_tui.remote.client.FIRST_S", 0.0)
        with pytest.raises(OrchestratorError, match="No supervisor"):
            await Far().client.open_feed()


class TestSlowViewers:
    async def test_a_viewer_that_is_far_behind_gets_everything_anew(self, far: Far) -> None:
        waiting = backlog.Backlog(far.supervisor.open_feed, limit=3)
        await waiting.open()
        assert await waiting.take() == [Resynced(FLEET)]
        for number in range(10):
            far.supervisor.feeds[0].push(AgentRemoved(number))
        async with asyncio.timeout(5):
            while not far.supervisor.feeds[0].closed:
                await asyncio.sleep(0)
        far.supervisor.snapshot = replace(FLEET, agents=())
        assert await waiting.take() == [Resynced(replace(FLEET, agents=()))]
        far.supervisor.feeds[1].push(AgentRemoved(77))
        assert await waiting.take() == [AgentRemoved(77)]
        waiting.close()

    async def test_one_that_does_not_read_holds_nobody_up(self, far: Far, reader: Reader) -> None:
        assert far.endpoint is not None
        _, writer = await asyncio.open_connection("127.0.0.1", far.port, limit=1_000)
        host, token = f"127.0.0.1:{far.port}", far.credentials.operator_token()
        writer.write(f"GET /screen/feed HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        async with asyncio.timeout(5):
            while len(far.supervisor.feeds) < 2:
                await asyncio.sleep(0.005)
        stuck = far.supervisor.feeds[1]
        large = AgentChanged(agent(60, "n", AgentState.IDLE, 0, reason="x" * 20_000))
        for number in range(2_000):
            stuck.push(large)
            if number % 50 == 0:
                await far.client.rename(1, f"n{number}")
        for number in range(backlog.LIMIT):
            stuck.push(AgentRemoved(number))
        async with asyncio.timeout(5):
            while not stuck.closed:
                await asyncio.sleep(0.005)
        far.supervisor.feeds[0].push(AgentRemoved(5))
        await reader.until(lambda seen: seen == [AgentRemoved(5)])
        writer.transport.abort()


class TestGuard:
    @pytest.mark.parametrize(("method", "path"), [("GET", "feed"), ("POST", "pane_frame"), ("POST", "kill")])
    async def test_agents_have_no_screens(self, far: Far, method: str, path: str) -> None:
        async with far.http(far.credentials.agent_token(1)) as http:
            answer = await http.request(method, f"/screen/{path}", json=[1, "SIGTERM"])
        assert answer.status_code == 403
        assert answer.json()["error"]["kind"] == "Forbidden"
        assert (far.supervisor.calls, far.supervisor.feeds, far.supervisor.frames) == ([], [], 0)

    @pytest.mark.parametrize(
        ("token", "headers", "status"),
        [
            (None, {}, 401),
            ("op-wrong", {}, 401),
            ("", {"Origin": "http://evil.example"}, 403),
            ("", {"Host": "evil.example"}, 421),
        ],
    )
    async def test_the_same_checks_stand_before_it(
        self, far: Far, token: str | None, headers: dict[str, str], status: int
    ) -> None:
        used = far.credentials.operator_token() if token == "" else token
        async with far.http(used, **headers) as http:
            assert (await http.get("/screen/feed")).status_code == status
            assert (await http.post("/screen/kill", json=[1, "SIGTERM"])).status_code == status
        assert far.supervisor.calls == []

    async def test_an_endless_body_is_refused(self, far: Far) -> None:
        async with far.http(far.credentials.operator_token()) as http:
            answer = await http.post("/screen/paste", content=b'[1,"' + b"x" * (4 * 2**20) + b'"]')
        assert answer.status_code == 413

    async def test_a_method_that_does_not_exist_is_named(self, far: Far) -> None:
        async with far.http(far.credentials.operator_token()) as http:
            for name in ("explode", "__init__", "rules_file", "feeds"):
                answer = await http.post(f"/screen/{name}", json=[])
                assert (answer.status_code, answer.json()["error"]["field"]) == (400, "method")
