"""Who connects and does not get to the point is closed in time, and nobody beside it notices."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
import pytest

from orchestrator_tui.core.patience import Patience
from tests.web.conftest import PATIENCE_S, TOKEN, Site, log_of, viewer_of

LIMIT_S = 0.3


@pytest.fixture
async def hasty() -> AsyncIterator[Site]:
    made = Site(patience=Patience(LIMIT_S))
    await made.start()
    yield made
    await made.stop()


@asynccontextmanager
async def connected(site: Site) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def login(site: Site, token: str = TOKEN) -> bytes:
    form = f"token={token}"
    return (
        f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}"
    ).encode()


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The head of an answer without a body."""
    return await reader.readuntil(b"\r\n\r\n")


async def last_words(reader: asyncio.StreamReader) -> bytes:
    """What is still said until the other end closes."""
    async with asyncio.timeout(PATIENCE_S):
        return await reader.read()


async def trickle(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Never pauses for as long as the limit; stops when nobody listens any more."""
    for start in range(len(data)):
        writer.write(data[start : start + 1])
        await writer.drain()
        await asyncio.sleep(LIMIT_S / 10)


async def test_a_silent_connection_is_closed_and_a_person_beside_it_is_served(hasty: Site) -> None:
    await hasty.log_in()
    async with connected(hasty) as (reader, _):
        closed = asyncio.create_task(last_words(reader))
        while not closed.done():
            async with hasty.http.get("/page.js") as page:
                assert page.status == 200
            await asyncio.sleep(LIMIT_S / 20)
        assert await closed == b""


async def test_a_head_that_comes_byte_by_byte_is_closed_and_told_why(hasty: Site) -> None:
    async with connected(hasty) as (reader, writer):
        trickling = asyncio.create_task(trickle(writer, login(hasty)))
        said = await last_words(reader)
        assert not trickling.done(), "it is closed before the head is complete"
        trickling.cancel()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"Send it at once." in said


async def test_a_later_head_of_who_is_let_in_has_as_little_time(hasty: Site) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(login(hasty))
        assert (await answer(reader)).startswith(b"HTTP/1.1 303 ")
        trickling = asyncio.create_task(trickle(writer, login(hasty)))
        assert await last_words(reader) == b""
        assert not trickling.done(), "it is closed before the head is complete"
        trickling.cancel()


async def test_a_login_whose_form_does_not_come_is_closed_and_told_why(
    hasty: Site, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(hasty) as (reader, writer):
        writer.write(login(hasty)[:-1])
        said = await last_words(reader)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"The form did not come in time." in said
    assert log_of(caplog) == ""


async def test_a_form_that_breaks_off_leaves_nothing_in_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with connected(site) as (_, writer):
        writer.write(login(site)[:-1])
        await writer.drain()
    # Served behind it, and so does the end of the server wait for what was begun.
    await site.log_in()
    await site.end()
    assert log_of(caplog) == ""


def elsewhere(_site: Site) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def guess(site: Site) -> bytes:
    return login(site, "guess")


@pytest.mark.parametrize("request_of", [elsewhere, guess])
async def test_who_was_refused_may_not_rest_here(site: Site, request_of: Callable[[Site], bytes]) -> None:
    async with connected(site) as (reader, writer):
        writer.write(request_of(site))
        assert b"\r\nConnection: close\r\n" in await last_words(reader)


async def test_when_too_many_are_not_let_in_the_first_is_cut_off_and_a_person_is_served() -> None:
    few = Site(patience=Patience(60, most_waiting=5))
    await few.start()
    await few.log_in()
    tab = await few.tab()
    await viewer_of(tab)
    async with AsyncExitStack() as opened:
        readers = [(await opened.enter_async_context(connected(few)))[0] for _ in range(8)]
        for reader in readers[:3]:
            with suppress(ConnectionResetError):
                assert await last_words(reader) == b""
        async with aiohttp.ClientSession(few.url) as other:
            assert (await other.post("/login", data={"token": TOKEN}, allow_redirects=False)).status == 303
        assert [reader.at_eof() for reader in readers[4:]] == [False] * 4
        await tab.send_json(["stdin", "still here"])
        assert await tab.receive_bytes(timeout=PATIENCE_S) == b"got still here"
    await few.stop()


async def test_a_tab_outlives_the_limit(hasty: Site) -> None:
    await hasty.log_in()
    tab = await hasty.tab()
    await viewer_of(tab)
    await asyncio.sleep(LIMIT_S * 1.5)
    await tab.send_json(["stdin", "still here"])
    assert await tab.receive_bytes(timeout=PATIENCE_S) == b"got still here"
