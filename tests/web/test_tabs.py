"""A tab is one viewer process: it starts with the tab, relays both ways, and never outlives it."""

import asyncio
import logging
import re
import sys

import aiohttp
import pytest

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.web import tab as tab_module
from tests.web.conftest import PAGES, PATIENCE_S, Site, log_of, until_gone, viewer_of


async def closed(tab: aiohttp.ClientWebSocketResponse) -> bool:
    while True:
        message = await tab.receive(timeout=PATIENCE_S)
        if message.type is not aiohttp.WSMsgType.BINARY:
            return message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


async def test_two_tabs_are_two_viewers_and_each_ends_with_its_tab(site: Site) -> None:
    await site.log_in()
    one, other = await site.tab(), await site.tab()
    ones, others = await viewer_of(one), await viewer_of(other)
    assert ones.pid != others.pid
    await one.send_json(["stdin", "ü"])
    assert await one.receive_bytes(timeout=PATIENCE_S) == "got ü".encode()
    await one.close()
    await until_gone(ones)
    await other.send_json(["resize", {"width": 90, "height": 20}])
    assert b'"width": 90' in await other.receive_bytes(timeout=PATIENCE_S)
    await other.close()
    await until_gone(others)


async def test_a_viewer_that_does_not_end_is_killed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab_module, "ENDS_WITHIN_S", 0.1)
    await site.stop()
    stubborn = Site(viewer=(*site.viewer, "stubborn"))
    await stubborn.start()
    try:
        await stubborn.log_in()
        tab = await stubborn.tab()
        viewer = await viewer_of(tab)
        await tab.close()
        await until_gone(viewer)
    finally:
        await stubborn.stop()


async def test_a_viewer_that_is_killed_closes_its_tab(site: Site) -> None:
    await site.log_in()
    tab = await site.tab()
    (await viewer_of(tab)).kill()
    assert await closed(tab)


async def test_what_a_viewer_says_when_it_cannot_start_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    broken = Site(viewer=(sys.executable, "-c", "raise SystemExit('no supervisor here')"))
    await broken.start()
    try:
        await broken.log_in()
        assert await closed(await broken.tab())
    finally:
        await broken.stop()
    assert "no supervisor here" in log_of(caplog)


@pytest.mark.parametrize("nonsense", ["{", "{}", "[]", '["stdin"]', '["stdin", 1]', '["resize", {}]'])
async def test_what_a_tab_sends_wrongly_ends_that_tab_only(
    site: Site, nonsense: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    await site.log_in()
    tab = await site.tab()
    viewer = await viewer_of(tab)
    await tab.send_str(nonsense)
    assert await closed(tab)
    await until_gone(viewer)
    assert log_of(caplog) == ""
    assert (await site.http.get("/")).status == 200


async def test_the_servers_end_ends_its_tabs_at_once(site: Site) -> None:
    await site.log_in()
    tabs = [await site.tab() for _ in range(2)]
    viewers = [await viewer_of(tab) for tab in tabs]
    readers = [asyncio.create_task(closed(tab)) for tab in tabs]
    async with asyncio.timeout(PATIENCE_S):
        await site.end()
    for viewer in viewers:
        await until_gone(viewer)
    assert await asyncio.gather(*readers) == [True, True]


async def test_a_page_sees_to_its_supervisor_first_and_says_why_there_is_none(site: Site) -> None:
    await site.log_in()
    before = site.prepared
    site.trouble = CannotRun("No <supervisor> came up.", remedy="The log says why.")
    answer = await site.http.get("/")
    assert answer.status == 503
    text = await answer.text()
    assert "No &lt;supervisor&gt; came up. The log says why." in text
    site.trouble = None
    assert (await site.http.get("/")).status == 200
    assert site.prepared == before + 2


async def test_pages_name_no_other_host_and_may_fetch_from_none(site: Site) -> None:
    for page in PAGES.iterdir():
        assert not re.search(r"https?:|url\(\"?//|=\"//", page.read_text()), page.name
    await site.log_in()
    policy = (await site.http.get("/")).headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["font-src"] == "'self'"
    assert set(rules["connect-src"].split()) == {"'self'", f"ws://127.0.0.1:{site.port}", f"ws://localhost:{site.port}"}
