"""A pane's screens as what changed since the one that the viewer has. Pure."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace

from orchestrator_tui.core.views import PaneFrame

KEPT = 256


@dataclass(frozen=True, slots=True)
class FrameChanges:
    """``rows`` are the numbers and the bytes of lines that are not as in the frame ``since``; None: of no frame.

    ``version`` names the frame's lines; ``frame`` is all but its lines, of which there are ``count``.
    """

    version: str
    since: str | None
    frame: PaneFrame
    count: int
    rows: tuple[tuple[int, bytes], ...]


class FrameMemory:
    """The newest screens that were sent or received, by version; old ones are forgotten."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lines: OrderedDict[str, tuple[bytes, ...]] = OrderedDict()

    def changes(self, frame: PaneFrame, since: str | None) -> FrameChanges:
        """What somebody who has the frame ``since`` needs to have this one."""
        version = hashlib.blake2b(b"\n".join(frame.lines), digest_size=12).hexdigest()
        known = None if since is None else self._lines.get(since)
        self._keep(version, frame.lines)
        before = () if known is None else known
        rows = tuple(
            (number, line) for number, line in enumerate(frame.lines) if number >= len(before) or line != before[number]
        )
        head = replace(frame, lines=())
        return FrameChanges(version, None if known is None else since, head, len(frame.lines), rows)

    def knows(self, version: str | None) -> bool:
        """Whether changes since this version can be understood."""
        return version in self._lines

    def frame(self, changes: FrameChanges) -> PaneFrame:
        """The whole frame. Raises KeyError when the one before it is forgotten."""
        lines = list(self._lines[changes.since]) if changes.since is not None else []
        del lines[changes.count :]
        lines.extend([b""] * (changes.count - len(lines)))
        for number, line in changes.rows:
            lines[number] = line
        whole = tuple(lines)
        self._keep(changes.version, whole)
        return replace(changes.frame, lines=whole)

    def _keep(self, version: str, lines: tuple[bytes, ...]) -> None:
        self._lines[version] = lines
        self._lines.move_to_end(version)
        while len(self._lines) > self._kept:
            self._lines.popitem(last=False)
