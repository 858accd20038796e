"""A person's keys and pastes as a real program receives them."""

import sys

import pytest

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.views import Stroke
from tests.live.support import Bench, screen, until

pytestmark = pytest.mark.tmux

RAW = """
import os, sys, tty
tty.setraw(0)
with open(sys.argv[1], "wb", buffering=0) as file:
    sys.stdout.write("ready"); sys.stdout.flush()
    while True:
        file.write(os.read(0, 65536))
"""


async def test_strokes_arrive_in_order_as_a_terminal_sends_them(bench: Bench) -> None:
    manager, received = bench.manager(), bench.work / "received"
    await manager.spawn(1, bench.config(sys.executable, "-c", RAW, str(received)))
    await screen(manager, 1, "ready")
    pressed = (
        Stroke(text="a;b"),
        Stroke(text=" -l é{"),
        Stroke(key="Enter"),
        Stroke(key="C-c"),
        Stroke(key="Up"),
        Stroke(text="~"),
    )
    await manager.type_strokes(1, pressed)
    expected = "a;b -l é{\r\x03\x1b[A~".encode()
    await until(lambda: received.read_bytes() == expected)


async def test_a_paste_of_5000_lines_arrives_byte_for_byte(bench: Bench) -> None:
    manager, received = bench.manager(), bench.work / "received"
    # The program asks for bracketed paste, so where the paste begins and ends is seen too.
    program = RAW.replace('"ready"', '"\\x1b[?2004hready"')
    await manager.spawn(1, bench.config(sys.executable, "-c", program, str(received)))
    await screen(manager, 1, "ready")
    text = "\n".join(f"{number}: ünï 日本 {{}} ; # $(x) 'q' \"p\"\tend" for number in range(5_000))
    await manager.paste(1, text)
    # A terminal sends a line break as CR.
    expected = b"\x1b[200~" + text.replace("\n", "\r").encode() + b"\x1b[201~"
    await until(lambda: len(received.read_bytes()) >= len(expected))
    assert received.read_bytes() == expected


async def test_the_window_takes_a_size_and_gets_its_own_back(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("echo up; exec cat", cols=100, rows=28))
    await screen(manager, 1, "up")
    await manager.fit(1, (61, 17))
    frame = await manager.capture(1)
    assert frame is not None
    assert (frame.cols, frame.rows) == (61, 17)
    await manager.fit(1, None)
    frame = await manager.capture(1)
    assert frame is not None
    assert (frame.cols, frame.rows) == (100, 28)


async def test_history_is_what_scrolled_out_and_then_the_screen(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("seq 1 200; printf end; exec cat", rows=20))
    await screen(manager, 1, "end")
    lines = [line.decode().strip() for line in await manager.history(1, 50)]
    assert len(lines) == 70
    assert lines[0] == "132"
    assert "200" in lines
    assert "end" in lines[-1]


async def test_nothing_is_typed_at_a_dead_program(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("exit 0", auto_restart=False))
    await until(lambda: not manager.is_alive(1))
    with pytest.raises(NotAllowedNow):
        await manager.type_strokes(1, (Stroke(text="x"),))


async def test_a_person_who_types_without_being_attached_is_seen(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("echo up; exec cat"))
    await manager.spawn(2, bench.shell("echo up; exec cat"))
    await screen(manager, 1, "up")
    manager.note_typing(1, 1_234_000)
    assert await manager.typed_at() == {1: 1_234_000}
    seen, other = await manager.sight(1), await manager.sight(2)
    assert seen is not None
    assert other is not None
    assert (seen.typed_at, other.typed_at) == (1_234_000, None)
