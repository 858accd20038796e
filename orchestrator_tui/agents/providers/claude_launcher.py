"""Becomes the Claude CLI, with a prompt file's exact text as its last argument.

A copy of this file runs as a script of its own: it may import nothing but the standard library, and it has to exec,
so that the pane's process is the CLI itself. Usage: ``launcher PROMPT_FILE|- CLAIM_FILE PROGRAM [ARGUMENT ...]``.
``CLAIM_FILE`` is named after the conversation; it is made to say that this process has it, and while another living
process has it, nothing is started.
"""

import fcntl
import os
import sys

# A CLI that finds these believes that it runs inside another conversation.
_FOREIGN = ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SESSION_ID")


def start_of(pid: int) -> str:
    """When a living process started, in clock ticks since boot, which an exec leaves as it is; empty if unknown."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            stat = file.read()
    except OSError:
        return ""
    fields = stat[stat.rfind(b")") + 2 :].split()
    # One that only waits to be reaped has nothing open any more.
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")


def claim(path: str) -> int | None:
    """Notes in the file that this process has the conversation, unless a living one has: then its id."""
    own = os.getpid()
    with open(os.path.join(os.path.dirname(path), "lock"), "a") as lock:  # noqa: PTH118, PTH120, PTH123
        # Released by the exec at the latest: Python's descriptors do not outlive it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with open(path, encoding="ascii") as file:  # noqa: PTH123
                pid, start = file.read().split()
            if int(pid) != own and start_of(int(pid)) == start:
                return int(pid)
        except (OSError, ValueError):
            pass
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{own} {start_of(own)}\n")
    return None


def main(arguments: list[str]) -> int:
    """Replaces this process; returns an exit code only when that was not possible."""
    if len(arguments) < 3:
        sys.stderr.write("usage: launcher PROMPT_FILE|- CLAIM_FILE PROGRAM [ARGUMENT ...]\n")
        return 2
    prompt_file, claim_file = arguments[:2]
    argv = [os.fsencode(part) for part in arguments[2:]]
    for name in _FOREIGN:
        os.environ.pop(name, None)
    try:
        holder = claim(claim_file)
        if holder is not None:
            conversation = os.path.basename(claim_file)  # noqa: PTH119
            sys.stderr.write(f"Conversation {conversation} is open in process {holder}.\n")
            return 75
        if prompt_file != "-":
            with open(prompt_file, "rb") as file:  # noqa: PTH123 - pathlib costs more time than all of the rest
                # Behind "--": options with a list of values would swallow it.
                argv += [b"--", file.read()]
        os.execv(argv[0], argv)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The agent's program could not be started: {error}\n")
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
