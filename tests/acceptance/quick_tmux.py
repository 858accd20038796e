"""One tmux client for many commands: a look at the screen starts no process, so a test may look often."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from orchestrator_tui.pty.protocol import ControlParser, Reply, encode

_BLOCK = 1 << 16


class QuickTmux:
    """A control-mode client, asked and answered in turn; ``close`` ends it and leaves the server alone."""

    def __init__(self, server: Sequence[str], environ: Mapping[str, str]) -> None:
        argv = ["tmux", *server, "-C", "attach-session", "-f", "no-output,ignore-size"]
        self._process = subprocess.Popen(
            argv, env=dict(environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._parser = ControlParser()

    def run(self, *command: str) -> str:
        """What the command printed; empty where tmux refuses it or has ended."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(encode([command]))
            process.stdin.flush()
            while data := os.read(process.stdout.fileno(), _BLOCK):
                for item in self._parser.feed(data):
                    if isinstance(item, Reply):
                        return item.text
        except BrokenPipeError:
            pass
        return ""

    def close(self) -> None:
        """Lets go of the server."""
        self._process.terminate()
        self._process.communicate()
