"""``orchestrator-tui web`` as a person types it."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys

import aiohttp
import psutil
import pytest

from tests.conftest import Program, wait_until

SESSION = "web-command"
PATIENCE_S = 30.0
END_WITH_PARENT = """
import asyncio, os
from orchestrator_tui.commands.view import end_with
parent = os.getpid()
child = os.fork()
if child:
    print(child, flush=True)
    input()
else:
    asyncio.run(end_with(parent))
"""


@pytest.mark.tmux
async def test_it_sees_to_a_supervisor_and_at_its_end_only_that_is_left(program: Program) -> None:
    session = program.session(SESSION)
    web = psutil.Process(program.start("web", "--session", SESSION, "--provider", "demo", "--port", "0").pid)
    said = program.root / "err-0"
    found = wait_until(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/", said.read_text()), "it says what to open")
    info = session.endpoint()
    assert info is not None
    assert info.kind == "serve"
    (listening,) = [one.laddr for one in web.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    assert listening == ("127.0.0.1", int(found[1]))

    async with aiohttp.ClientSession(found[0], cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        assert (await http.post("/login", data={"token": info.token})).status == 200
        tab = await http.ws_connect("/ws?width=140&height=30")
        drawn = b""
        async with asyncio.timeout(PATIENCE_S):
            while f"viewer of pid {info.pid}".encode() not in drawn:
                drawn += await tab.receive_bytes()
        children = [child for child in web.children(recursive=True) if child.pid != info.pid]
        assert ["view" in child.cmdline() for child in children] == [True]
        commands = [" ".join(process.cmdline()) for process in (web, *children)]
        told = [said.read_text(), (program.root / "out-0").read_text(), (session.folder / "web.log").read_text()]
        assert not [text for text in (*commands, *told) if info.token in text]

        web.send_signal(signal.SIGTERM)
        while (await tab.receive(timeout=PATIENCE_S)).type is aiohttp.WSMsgType.BINARY:
            pass
    assert await asyncio.to_thread(program.started[0].wait, PATIENCE_S) == 0
    assert not [child for child in children if child.is_running()]
    assert session.endpoint() == info


def test_a_taken_port_is_said_before_anything_is_started(program: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = program.run("web", "--session", SESSION, "--provider", "demo", "--port", str(port))
    assert done.returncode == 3
    assert (
        done.stderr == f"orchestrator-tui: Port {port} cannot be used: Address already in use. Give another --port.\n"
    )
    assert not program.session(SESSION).is_owned()


def test_a_viewer_ends_when_its_server_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", END_WITH_PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the viewer has ended")
