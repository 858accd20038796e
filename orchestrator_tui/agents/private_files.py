"""Files that only their owner may read, replaced in one step."""

import os
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Makes a folder (0700), also closing one that was open to others."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def write_private_bytes(path: Path, content: bytes) -> bool:
    """Makes the file hold exactly ``content``, readable by its owner only; says whether it had to be written.

    A file that is already right is left alone: a program may be reading it at this moment.
    """
    try:
        if path.read_bytes() == content and not path.stat().st_mode & 0o077:
            return False
    except OSError:
        pass
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        os.fchmod(descriptor, 0o600)
        handle.write(content)
    temporary.replace(path)
    return True
