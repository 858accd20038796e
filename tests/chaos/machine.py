"""What this machine allows: a small disk of our own, a library between the program and the kernel, cut connections."""

import mmap
import os
import shutil
import socket
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SHIM = Path(__file__).with_name("shim.c")
DISK_MIB = 64
_PAGE = struct.Struct("qqq")
_BLOCK = 1 << 20


@dataclass
class Machine:
    """Prepared for one run; ``missing`` says of each ability that is not there why not."""

    root: Path
    missing: dict[str, str] = field(default_factory=dict[str, str])
    _disk: Path | None = None
    _library: Path | None = None
    _page: mmap.mmap | None = None

    def prepare(self, state: Path) -> dict[str, str]:
        """Makes what is allowed; returns the variables under which the program has to run."""
        state.mkdir(mode=0o700)
        self._mount(state)
        self._build()
        self._probe_cutting()
        if self._library is None or self._page is None:
            return {}
        return {"LD_PRELOAD": str(self._library), "CHAOS_PAGE": str(self.root / "page")}

    def close(self) -> None:
        """Gives the disk back."""
        self.thaw()
        if self._page is not None:
            self._page.close()
        if self._disk is not None:
            done = subprocess.run(["umount", str(self._disk)], capture_output=True, check=False)
            if done.returncode != 0:
                subprocess.run(["umount", "-l", str(self._disk)], check=True)
            self._disk = None

    # -- the disk ----------------------------------------------------------------------------------------------------

    def fill_disk(self) -> None:
        """Leaves no byte free."""
        assert self._disk is not None
        with (self._disk / "filler").open("wb", buffering=0) as file:
            size = _BLOCK
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2

    def empty_disk(self) -> None:
        """Frees what was filled."""
        assert self._disk is not None
        (self._disk / "filler").unlink(missing_ok=True)

    def _mount(self, state: Path) -> None:
        is_root = os.geteuid() == 0
        if not is_root or shutil.which("mount") is None:
            self.missing["fill the disk"] = (
                f"{'there is no `mount` for' if is_root else 'only root may mount'} a small disk"
            )
            return
        argv = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0700", "chaos", str(state)]
        done = subprocess.run(argv, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            self.missing["fill the disk"] = f"a small disk cannot be mounted: {done.stderr.strip()}"
        else:
            self._disk = state

    # -- fsync and the clock -----------------------------------------------------------------------------------------

    def freeze(self) -> None:
        """Holds every fsync back until ``thaw``."""
        self._write(frozen=1)

    def thaw(self) -> int:
        """Lets fsync go on; how many were held back since the start."""
        return self._write(frozen=0) if self._page is not None else 0

    def jump(self, seconds: int) -> None:
        """Shifts the program's wall clock further."""
        self._write(jump=seconds)

    def _write(self, *, frozen: int | None = None, jump: int = 0) -> int:
        assert self._page is not None
        offset, is_frozen, held_back = _PAGE.unpack_from(self._page)
        struct.pack_into("qq", self._page, 0, offset + jump, is_frozen if frozen is None else frozen)
        return held_back

    def _build(self) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        problem = "there is no C compiler" if compiler is None else ""
        library = self.root / "shim.so"
        if compiler is not None:
            argv = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SHIM), "-ldl"]
            done = subprocess.run(argv, text=True, capture_output=True, check=False)
            problem = f"the library does not compile: {done.stderr[:200]}" if done.returncode != 0 else ""
        if problem:
            self.missing["freeze fsync"] = self.missing["jump the clock"] = problem
            return
        page = self.root / "page"
        page.write_bytes(bytes(_PAGE.size))
        with page.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), _PAGE.size)
        self._library = library

    # -- connections -------------------------------------------------------------------------------------------------

    def cut(self, port: int) -> int:
        """Cuts every connection from or to a port of this machine; how many there were."""
        argv = ["ss", "-HKtn", "state", "established", f"( sport = :{port} or dport = :{port} )"]
        done = subprocess.run(argv, text=True, capture_output=True, check=False)
        return len(done.stdout.splitlines())

    def _probe_cutting(self) -> None:
        """Tries it on a connection of our own: the kernel may be built without it, or forbid it."""
        if shutil.which("ss") is None:
            self.missing["drop connections"] = "there is no `ss` to cut them with"
            return
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)) as client, server.accept()[0]:
                self.cut(port)
                client.settimeout(0.5)
                try:
                    client.recv(1)
                except TimeoutError:
                    self.missing["drop connections"] = "this kernel does not let `ss -K` cut connections"
                except OSError:
                    pass
