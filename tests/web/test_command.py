"""``orchestrator-tui web`` as a person types it."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import aiohttp
import psutil
import pytest

from orchestrator_tui.cli import cli
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.session import Session
from tests.conftest import Program, wait_until

SESSION = "web-command"
PATIENCE_S = 30.0


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
        tabs = [await http.ws_connect("/ws?width=140&height=30") for _ in range(2)]
        async with asyncio.timeout(PATIENCE_S):
            for tab in tabs:
                drawn = b""
                while f"viewer of pid {info.pid}".encode() not in drawn:
                    drawn += await tab.receive_bytes()
        children = [child for child in web.children() if child.pid != info.pid]
        assert ["view" in child.cmdline() for child in children] == [True, True]
        commands = [" ".join(process.cmdline()) for process in (web, *children)]
        told = [said.read_text(), (program.root / "out-0").read_text(), (session.folder / "web.log").read_text()]
        assert not [text for text in (*commands, *told) if info.token in text]

        web.send_signal(signal.SIGTERM)
        for tab in tabs:
            while (await tab.receive(timeout=PATIENCE_S)).type is aiohttp.WSMsgType.BINARY:
                pass
    assert await asyncio.to_thread(program.started[0].wait, PATIENCE_S) == 0
    assert not [child for child in children if child.is_running()]
    assert session.endpoint() == info


def test_a_taken_port_is_said_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_STATE_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun) as refused:
            cli.main(["web", "--session", SESSION, "--port", str(port)], standalone_mode=False)
    assert str(refused.value) == f"Port {port} cannot be used: Address already in use. Give another --port."
    assert not Session(tmp_path, SESSION).is_owned()
