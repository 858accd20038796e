"""A person's way: log in with a real browser, see the fleet, allow what an agent asks."""

import asyncio
import json
import re
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from orchestrator_tui.mcp.client import call_tool
from tests.conftest import Program, wait_until
from tests.web.chromium import LOOKS_EVERY_S, PATIENCE_S, WITHOUT_GPU, chromium, find_chromium

PATH = find_chromium()
SESSION = "web"
MISSION = "Clean up [[ask rm -r build]] [[output went on]]"
COLOURS = 30
BROWSER_SIZE = (1440, 860)

pytestmark = [
    pytest.mark.tmux,
    pytest.mark.timeout(120),
    pytest.mark.skipif(PATH is None, reason="no Chromium here: `make chromium` installs it"),
]


def address(program: Program) -> str:
    """What the command printed."""
    found = re.search(r"http://127\.0\.0\.1:\d+/", (program.root / "err-1").read_text())
    return found[0] if found else ""


def is_colourful(png: bytes) -> bool:
    """Whether a picture is more than one empty surface."""
    parts, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            parts += png[at + 8 : at + 8 + length]
        at += length + 12
    return len(set(zlib.decompress(parts))) > COLOURS


async def is_completed(url: str, token: str) -> bool:
    status = await call_tool(url, token, "mission", {"action": "status", "mission_id": "clean"})
    (mission,) = status["missions"]
    return mission["status"] == "completed" and mission["output"] == "went on"


async def test_an_approval_is_given_in_the_browser(program: Program, tmp_path: Path) -> None:
    endpoint = program.serve(SESSION)
    supervisor, viewed = (endpoint["url"], endpoint["token"]), f"viewer of pid {endpoint['pid']}"
    web = psutil.Process(program.start("web", "--session", SESSION, "--port", "0").pid)
    await call_tool(*supervisor, "agent", {"action": "spawn", "role": "coder", "name": "coder-1"})
    await call_tool(*supervisor, "mission", {"action": "distribute", "prompt": MISSION, "id": "clean"})
    url: str = wait_until(lambda: address(program), "the command says what to open")
    assert PATH is not None
    async with chromium(PATH, tmp_path / "browser", BROWSER_SIZE, *WITHOUT_GPU) as browser:
        page = await browser.page()
        await page.open(url)
        await page.holds("document.activeElement.name == 'token'")
        await page.type(endpoint["token"])
        await page.press("enter")
        await page.shows(viewed, "coder-1", "rm -r build")
        await page.holds("getComputedStyle(document.querySelector('#starting')).display == 'none'")
        assert await page.evaluate("document.cookie + location.href") == url
        assert is_colourful(await page.picture())

        await page.press("a")
        await page.shows("coder-1 asks")
        await page.press("y")

        async with asyncio.timeout(PATIENCE_S):
            while not await is_completed(*supervisor):
                await asyncio.sleep(LOOKS_EVERY_S)
        fetched = [urlsplit(one) for one in page.requested]
        assert {one.netloc for one in fetched if one.scheme != "data"} == {urlsplit(url).netloc}

        viewers = web.children()
        web.kill()
        await page.holds("document.body.innerText.includes('Open it again')")
        async with asyncio.timeout(PATIENCE_S):
            while any(viewer.is_running() for viewer in viewers):
                await asyncio.sleep(LOOKS_EVERY_S)
    assert len(viewers) == 1
    lines = program.session(SESSION).events.read_text().splitlines()
    answers = [event["data"] for event in map(json.loads, lines) if event["type"] == "permission"]
    assert [(answer["decision"], answer["subject"]) for answer in answers] == [("allow", "rm -r build")]
