"""Runs git: one change at a time in a repository, without terminal, pager or variables that point elsewhere."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.core.command_log import COMMANDS
from orchestrator_tui.core.errors import CannotRun

TIMEOUT_S = 120.0
LOCK_TIMEOUT_S = 120.0
_LOCK_POLL_S = 0.02
_PIECE = 65_536
_LOCK_NAME = "orchestrator-worktrees.lock"


@dataclass(frozen=True, slots=True)
class GitResult:
    """How a git command ended; ``output`` and ``error`` without the last newline."""

    code: int
    output: str
    error: str

    @property
    def ok(self) -> bool:
        """Whether git succeeded."""
        return self.code == 0

    @property
    def reason(self) -> str:
        """Git's own last words, for a sentence."""
        lines = [line.strip() for line in self.error.splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
        return said.removeprefix("fatal: ").removeprefix("error: ").rstrip(".") or f"git ended with {self.code}"


def git_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` without what would make git work on another repository, ask, or speak another language."""
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


def is_folder(path: Path) -> bool:
    """Whether a folder is there: one stat, too quick to leave the event loop for."""
    return path.is_dir()


@dataclass(slots=True)
class _Running:
    """A git that runs; ``error`` is what to note of it."""

    process: asyncio.subprocess.Process
    error: str | None = None


class Git:
    """Git commands and the lock that orders changes of one repository, also between processes."""

    def __init__(self, environ: Mapping[str, str] = os.environ, timeout_s: float = TIMEOUT_S) -> None:
        self._environ = environ
        self._timeout_s = timeout_s
        self._locks: dict[Path, asyncio.Lock] = {}

    async def run(self, folder: Path, *arguments: str) -> GitResult:
        """Runs ``git -C folder ...``. Raises CannotRun when git is missing or does not end."""
        async with self._running(folder, arguments) as running:
            output, error = await running.process.communicate()
            assert running.process.returncode is not None
            result = GitResult(
                running.process.returncode,
                output.decode(errors="surrogateescape").removesuffix("\n"),
                error.decode(errors="replace").removesuffix("\n"),
            )
            running.error = None if result.ok else result.reason
        return result

    async def read(self, folder: Path, *arguments: str, limit: int) -> tuple[bytes, bool]:
        """Git's output up to ``limit`` bytes, and whether that is all of it; a longer one is not waited for.

        Raises CannotRun when git is missing, does not end or fails.
        """
        async with self._running(folder, arguments) as running:
            process = running.process
            assert process.stdout is not None and process.stderr is not None
            errors = asyncio.ensure_future(process.stderr.read())
            try:
                output = bytearray()
                while len(output) <= limit and (piece := await process.stdout.read(_PIECE)):
                    output += piece
                if len(output) > limit:
                    return bytes(output[:limit]), False
                code = await process.wait()
                said = (await errors).decode(errors="replace")
            finally:
                errors.cancel()
            running.error = GitResult(code, "", said).reason if code != 0 else None
        if running.error is not None:
            verb = next(word for word in arguments if not word.startswith("-") and "=" not in word)
            raise CannotRun(f"git {verb} failed in {folder}: {running.error}.", remedy=f"git -C '{folder}' status")
        return bytes(output), True

    @contextlib.asynccontextmanager
    async def _running(self, folder: Path, arguments: Sequence[str]) -> AsyncGenerator["_Running"]:
        """A git that is ended with the block, at the latest after the time limit, and noted with its error."""
        program = shutil.which("git", path=self._environ.get("PATH", os.defpath))
        if program is None:
            raise CannotRun("git is not installed.", remedy="Install git, or use isolation_mode shared.")
        begun = time.perf_counter_ns()
        process = await asyncio.create_subprocess_exec(
            program,
            "-C",
            str(folder),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=git_environment(self._environ),
        )
        running = _Running(process)
        try:
            async with asyncio.timeout(self._timeout_s):
                yield running
        except TimeoutError:
            running.error = f"did not end within {self._timeout_s:g} s"
            raise CannotRun(
                f"git {arguments[0]} did not end within {self._timeout_s:g} s in {folder}.",
                remedy="Look for a hook or a file system that hangs.",
            ) from None
        finally:
            if process.returncode is None:
                # SIGTERM: git then removes its own lock files.
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()
            COMMANDS.record("git", [tuple(arguments)], begun, running.error, str(folder))

    async def common_folder(self, folder: Path) -> Path | None:
        """The repository that a folder belongs to, the same for all its worktrees; None outside of one."""
        if not is_folder(folder):
            return None
        result = await self.run(folder, "rev-parse", "--git-common-dir")
        return (folder / result.output).resolve() if result.ok and result.output else None

    @contextlib.asynccontextmanager
    async def exclusively(self, common: Path) -> AsyncGenerator[None]:
        """Holds the repository's lock. Raises CannotRun when another process keeps it for too long."""
        async with self._locks.setdefault(common, asyncio.Lock()):
            try:
                descriptor = os.open(common / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise CannotRun(
                    f"The repository {common} cannot be written: {error.strerror}.",
                    remedy="Use isolation_mode shared, or make it writable.",
                ) from None
            try:
                await self._wait_for(descriptor, common)
                yield
            finally:
                os.close(descriptor)

    async def _wait_for(self, descriptor: int, common: Path) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if loop.time() > deadline:
                    raise CannotRun(
                        f"Another program has been changing the worktrees of {common} for too long.",
                        remedy=f"See who holds {common / _LOCK_NAME}: fuser {common / _LOCK_NAME}",
                    ) from None
                await asyncio.sleep(_LOCK_POLL_S)
            else:
                return
