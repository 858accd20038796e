"""A large paste, from the terminal through the dashboard into an agent's program, byte for byte."""

import os
import sys
from pathlib import Path

import pytest

from tests.acceptance.terminal import Terminal
from tests.conftest import Program, wait_until

SESSION = "paste"
LINES = 5_000
RECORDER = """
import os, sys, tty
tty.setraw(0)
with open("received", "wb", buffering=0) as file:
    sys.stdout.write("\\x1b[?2004hready> "); sys.stdout.flush()
    while True:
        file.write(os.read(0, 65536))
"""
TEXT = "\n".join(f"{number}: ünï 日本 \U0001f600 {{}} ; # $(x) 'q' \"p\"\tend  " for number in range(LINES))
CONTROLS = "\x01\x07\x1b[31m\x7f\x9b"
"""What could end a paste or be obeyed by a program: it is left out, as terminals do."""


@pytest.mark.tmux
@pytest.mark.timeout(120)
def test_a_paste_of_5000_lines_into_the_dashboard_arrives_whole(program: Program) -> None:
    (program.root / "recorder.py").write_text(RECORDER)
    config = program.root / "config.toml"
    config.write_text(
        f"[providers.recorder]\ncommand = [{sys.executable!r}, '{program.root}/recorder.py']\n"
        "ready_pattern = 'ready>$'\n"
    )
    program.sessions.add(SESSION)
    terminal = Terminal(program, f"paste-{os.getpid()}", 100, 30)
    try:
        terminal.open("--session", SESSION, "--config", str(config), "--provider", "recorder")
        terminal.until("No agents yet")
        terminal.keys("n")
        terminal.until("New agent")
        terminal.keys("Enter")
        terminal.until("ready>")
        terminal.keys("i")
        terminal.until("TYPING")
        paste(terminal, program.root, TEXT)
        # Terminals send a line break as CR.
        expected = b"\x1b[200~" + TEXT.replace("\n", "\r").encode() + b"\x1b[201~"
        received = program.root / "received"
        wait_until(lambda: received.read_bytes().endswith(b"\x1b[201~"), "the paste has ended", 60)
        assert received.read_bytes() == expected
        terminal.type("after")
        wait_until(lambda: received.read_bytes() == expected + b"after", "what is typed next comes after it")
        terminal.keys("C-q")
        terminal.until_gone("TYPING")
    finally:
        terminal.close()


def paste(terminal: Terminal, folder: Path, text: str) -> None:
    """Pastes as a person's terminal does, between the marks of a bracketed paste."""
    file = folder / "pasted"
    file.write_text(text)
    terminal.paste(file)
