"""``python -m tests.web.picture``: the dashboard as Chromium shows it, an approval dialog open."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from orchestrator_tui.mcp.client import call_tool
from tests.conftest import Program, wait_until
from tests.web.chromium import LOOKS_EVERY_S, PATIENCE_S, chromium, find_chromium
from tests.web.test_browser import address

FILE = Path(__file__).parents[2] / "screenshots" / "web.png"
SESSION = "web"
ROLES = ("coder", "tester", "architect")
MISSIONS: tuple[dict[str, Any], ...] = (
    {"id": "parser", "prompt": "Write the parser [[ask rm -r build]]", "role": "coder", "priority": "high"},
    {"id": "tests", "prompt": "Run the slow tests [[lines 12]] [[sleep 600]]", "role": "tester"},
    {"id": "design", "prompt": "Compare the two designs [[lines 8]] [[sleep 600]]", "role": "architect"},
    {"id": "review", "prompt": "Review the parser", "role": "reviewer", "depends_on": ["parser"]},
    {"id": "notes", "prompt": "Write the release notes", "role": "scribe", "priority": "low"},
)
BROWSER_SIZE = (1280, 800)
FLAGS = ("--force-device-scale-factor=2", "--enable-unsafe-swiftshader")


async def draw(program: Program, path: str) -> bytes:
    """PNG of a tab in which an agent's request for permission is open."""
    endpoint = program.serve(SESSION)
    supervisor = endpoint["url"], endpoint["token"]
    program.start("web", "--session", SESSION, "--port", "0")
    for number, role in enumerate(ROLES, 1):
        await call_tool(*supervisor, "agent", {"action": "spawn", "role": role, "name": f"{role}-{number}"})
    for mission in MISSIONS:
        await call_tool(*supervisor, "mission", {"action": "distribute", **mission})
    async with asyncio.timeout(PATIENCE_S):
        while not await is_busy(*supervisor):
            await asyncio.sleep(LOOKS_EVERY_S)
    url = wait_until(lambda: address(program), "the command says what to open")
    async with chromium(path, program.root / "browser", BROWSER_SIZE, *FLAGS) as browser:
        page = await browser.page()
        await page.open(url)
        await page.holds("document.activeElement.name == 'token'")
        await page.type(endpoint["token"])
        await page.press("enter")
        await page.shows("coder-1", "rm -r build")
        await page.press("a")
        await page.shows("coder-1 asks")
        # A drawn frame is on the screen after the next two that the browser paints.
        await page.call("Runtime.evaluate", expression=_PAINTED, awaitPromise=True)
        return await page.picture()


_PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300))))"


async def is_busy(url: str, token: str) -> bool:
    """Whether one agent asks and the others work."""
    agents = (await call_tool(url, token, "agent", {"action": "status"}))["agents"]
    return sorted(agent["status"] for agent in agents) == ["busy", "busy", "waiting"]


def main() -> None:
    """Writes the picture; without Chromium it leaves the old one as it is."""
    path = find_chromium()
    if path is None:
        sys.stderr.write("no Chromium here: screenshots/web.png stays as it is\n")
        return
    with tempfile.TemporaryDirectory(prefix="orchestrator-") as folder:
        root = Path(folder) / "work" / "parser"
        (root / "home").mkdir(parents=True)
        program = Program(root)
        try:
            FILE.write_bytes(asyncio.run(draw(program, path)))
        finally:
            program.close()


if __name__ == "__main__":
    main()
