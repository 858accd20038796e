"""Becomes the Claude CLI, with a prompt file's exact text as its last argument.

A copy of this file runs as a script of its own: it may import nothing but the standard library, and it has to exec,
so that the pane's process is the CLI itself. Usage: ``launcher PROMPT_FILE|- PROGRAM [ARGUMENT ...]``.
"""

import os
import sys

# A CLI that finds these believes that it runs inside another conversation.
_FOREIGN = ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SESSION_ID")


def main(arguments: list[str]) -> int:
    """Replaces this process; returns an exit code only when that was not possible."""
    if len(arguments) < 2:
        sys.stderr.write("usage: launcher PROMPT_FILE|- PROGRAM [ARGUMENT ...]\n")
        return 2
    prompt_file, argv = arguments[0], [os.fsencode(part) for part in arguments[1:]]
    for name in _FOREIGN:
        os.environ.pop(name, None)
    try:
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
