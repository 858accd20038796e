"""Plan files for people who look first: what one would do, then all of it or nothing."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.core.errors import NotAllowedNow, PlanError, UsageError
from orchestrator_tui.core.models import MissionSpec
from orchestrator_tui.core.plans import PlanImported, PlannedMission, PlanPreview, PlanProblem, Standing
from orchestrator_tui.missions.changes import Known, Resumed
from orchestrator_tui.missions.plan import Mistake, PlanEntry, PlanReading, read_plan
from orchestrator_tui.missions.validation import fingerprint

LARGEST_BYTES = 32 * 2**20
_OFFERED = 200
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    digest: str
    reading: PlanReading


class PlanImport:
    """Reads files in threads; ``known`` tells how missions stand, ``resume`` queues a plan's in one transaction.

    Paths are relative to ``cwd``, and ``~`` is the home.
    """

    def __init__(
        self,
        cwd: str,
        known: Callable[[Collection[str]], Awaitable[Mapping[str, Known]]],
        resume: Callable[[Sequence[MissionSpec]], Awaitable[Resumed]],
    ) -> None:
        self._cwd = Path(cwd)
        self._known = known
        self._resume = resume

    async def files(self, typed: str) -> Sequence[str]:
        """The folders (with ``/`` at their end) and plan files that ``typed`` can go on as, written as it is."""
        return await asyncio.to_thread(self._files, typed)

    async def preview(self, path: str) -> PlanPreview:
        """What an import would do. Raises UsageError for a file that cannot be read."""
        file = await asyncio.to_thread(self._read, path)
        known = await self._known(_ids(file.reading) | file.reading.outside)
        return _preview(path, file, known)

    async def take(self, path: str, digest: str) -> PlanImported:
        """Queues a plan's missions, all or none.

        Raises NotAllowedNow when the file is not what ``digest`` names, PlanError for its first mistake.
        """
        file = await asyncio.to_thread(self._read, path)
        if file.digest != digest:
            raise NotAllowedNow(
                f"{path} changed since it was shown.", remedy="Look at it again, then import it.", field="path"
            )
        known = await self._known(_ids(file.reading) | file.reading.outside)
        problems = _preview(path, file, known).problems
        if problems:
            first = problems[0]
            raise PlanError(f"{path}, line {first.line}: {first.message}.", remedy=first.remedy, field=first.field)
        done = await self._resume([entry.spec for entry in file.reading.entries])
        fresh = {*done.queued, *done.again}
        return PlanImported(done.queued, done.again, tuple(name for name in done.ids if name not in fresh))

    def _resolve(self, path: str) -> Path:
        return self._cwd / Path(path).expanduser()

    def _read(self, path: str) -> _File:
        try:
            found = self._resolve(path)
            if not found.is_file():
                word = "is a folder" if found.is_dir() else "does not exist" if not found.exists() else "is no file"
                raise UsageError(f"{path} {word}.", remedy="Give the path of a plan file.", field="path")
            with found.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
        except (OSError, RuntimeError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"{path} cannot be read: {why}.", remedy="Give another path.", field="path") from error
        if len(data) > LARGEST_BYTES:
            raise UsageError(
                f"{path} is larger than {LARGEST_BYTES // 2**20} MiB.", remedy="Split the plan.", field="path"
            )
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is not UTF-8 text.", remedy="Save it as UTF-8.", field="path") from error
        return _File(text, hashlib.sha256(data).hexdigest(), read_plan(text))

    def _files(self, typed: str) -> list[str]:
        if typed == "~":
            return ["~/"]
        folder, name = typed[: typed.rfind("/") + 1], typed[typed.rfind("/") + 1 :]
        offered: list[str] = []
        try:
            with os.scandir(self._resolve(folder)) as entries:
                for entry in entries:
                    if not entry.name.startswith(name) or (entry.name.startswith(".") and not name):
                        continue
                    if entry.is_dir():
                        offered.append(f"{folder}{entry.name}/")
                    elif entry.name.endswith(_SUFFIXES):
                        offered.append(folder + entry.name)
        except (OSError, RuntimeError, ValueError):
            return []
        return sorted(offered)[:_OFFERED]


def _ids(reading: PlanReading) -> frozenset[str]:
    return frozenset(entry.spec.id for entry in reading.entries if entry.spec.id is not None)


def _preview(path: str, file: _File, known: Mapping[str, Known]) -> PlanPreview:
    lines = file.text.splitlines()
    planned = [_planned(entry, known.get(entry.spec.id or "")) for entry in file.reading.entries]
    mistakes = [*file.reading.mistakes, *file.reading.graph_mistakes(known)]
    mistakes += [
        Mistake(
            entry.line_of("id"),
            f"a mission `{entry.spec.id}` exists already, with other content",
            "Choose another id, or edit the existing mission.",
            "id",
        )
        for entry, mission in zip(file.reading.entries, planned, strict=True)
        if mission.standing is Standing.OTHER
    ]
    problems = [
        PlanProblem(one.line, one.message, one.remedy, one.field, lines[one.line - 1] if one.line <= len(lines) else "")
        for one in sorted(mistakes, key=lambda one: one.line)
    ]
    return PlanPreview(path, file.digest, tuple(planned), tuple(problems))


def _planned(entry: PlanEntry, known: Known | None) -> PlannedMission:
    spec = entry.spec
    standing = Standing.NEW
    if known is not None and known.fingerprint != fingerprint(spec):
        standing = Standing.OTHER
    elif known is not None:
        standing = Standing.AGAIN if known.is_revived else Standing.HERE
    title = next((line.strip() for line in spec.prompt.splitlines() if line.strip()), "")
    return PlannedMission(
        id=spec.id or "",
        title=title,
        type=spec.type.value,
        priority=spec.priority,
        line=entry.line,
        role=spec.role,
        depends_on=spec.depends_on,
        standing=standing,
        state=None if known is None else known.state,
    )
