"""Starts the demo agent, whether by path or with ``-m``."""

import sys
from pathlib import Path


def _run() -> int:
    global __package__
    if not __package__:
        # Started by path: the folder above is put on the search path just long enough to be imported as a package.
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        __package__ = Path(__file__).resolve().parent.name
        from .program import main

        del sys.path[0]
    else:
        from .program import main
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_run())
