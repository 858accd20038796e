"""HTTP by hand: which answers count, and which are tried again."""

import json
import socket
import threading
from collections.abc import Callable, Generator

import pytest

from orchestrator_tui.agents.providers.demo_agent.wire import Mcp, Refused, Target, Unreachable

Play = Callable[[list[bytes]], Target]


def response(body: bytes, status: str = "200 OK", *, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status.encode(), headers, len(body), body)


@pytest.fixture
def play() -> Generator[Play, None, None]:
    """Serves one raw answer a connection, each kept open until the client has gone."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(answers: list[bytes]) -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                connection.sendall(answer)
                if b"ontent-" not in answer:
                    connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)

    def start(answers: list[bytes]) -> Target:
        thread = threading.Thread(target=serve, args=(answers,))
        thread.start()
        threads.append(thread)
        return Target(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", "t")

    yield start
    for thread in threads:
        thread.join()
    listener.close()


def test_a_connection_that_stays_open_does_not_hold_the_answer(play: Play) -> None:
    assert play([response(b"{}")]).post({}) == (200, b"{}")


def test_chunks_are_joined(play: Play) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{} \r\n1;x=y\r\n1\r\n0\r\n\r\n"
    assert play([chunks]).post({}) == (200, b"{} 1")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nX-Length: 9\r\n\r\n".replace(b"X-L", b"Transfer-Encoding: chunked\r\nX-L"),
    ],
)
def test_half_an_answer_is_none(play: Play, answer: bytes) -> None:
    with pytest.raises(Unreachable):
        play([answer]).post({})


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable):
        Target(f"http://127.0.0.1:{port}/mcp", "t").post({})


class TestMcp:
    def call(self, target: Target) -> object:
        self.delays: list[float] = []
        return Mcp(target, self.delays.append).call_tool("mission", {})

    def test_it_backs_off_from_50_ms_to_a_second_until_it_is_answered(self, play: Play) -> None:
        good = response(json.dumps({"result": {"structuredContent": {"a": 1}}}).encode())
        bad = [response(b"", "503 Busy"), response(b"<html>", "404 No"), response(b"hello"), response(b"[]")]
        assert self.call(play([*bad, *bad[:2], good])) == {"a": 1}
        assert self.delays == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0]

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (response(b'{"error": {"code": 1, "message": "no"}}'), "^no$"),
            (response(b'{"error": {"code": 1, "message": "no"}}', "400 Bad"), "^no$"),
            (response(b"who are you", "401 Unauthorized"), "HTTP 401 who are you"),
            (response(b"", "413 Too Large"), "HTTP 413"),
            (response(b'{"result": {"isError": true, "content": [{"text": "lease_lost"}]}}'), "^lease_lost$"),
            (response(b'{"result": {"isError": true}}'), "without a reason"),
        ],
    )
    def test_a_no_is_not_tried_again(self, play: Play, answer: bytes, words: str) -> None:
        with pytest.raises(Refused, match=words):
            self.call(play([answer]))
        assert self.delays == []
