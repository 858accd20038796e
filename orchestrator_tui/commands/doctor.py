"""``doctor``: what is right here, what is wrong, and what to type."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from orchestrator_tui.agents.worktree import WorktreeManager
from orchestrator_tui.session import Session

OLDEST_TMUX = (3, 2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``remedy`` is what to do when it is not ok; only needed checks decide the exit code."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    is_needed: bool = True

    def as_dict(self) -> dict[str, object]:
        """The finding as JSON data."""
        return asdict(self)


async def examine(session: Session, environ: Mapping[str, str]) -> list[Finding]:
    """Runs every check; none changes anything but that the state folder is made."""
    return [
        await _tmux(),
        await _claude(),
        await _git(),
        _colours(environ),
        _state_folder(session),
        _port(session),
        *await _worktrees(session),
    ]


def show(findings: list[Finding]) -> str:
    """The findings as text."""
    lines: list[str] = []
    for finding in findings:
        mark = "✓" if finding.ok else ("×" if finding.is_needed else "○")
        lines.append(f"{mark} {finding.name:<10} {finding.detail}")
        if not finding.ok and finding.remedy:
            lines.append(f"  {'':<10} {finding.remedy}")
    return "\n".join(lines)


def tmux_version(text: str) -> tuple[int, int] | None:
    """Major and minor of ``tmux -V``; None for what cannot be read."""
    match = re.search(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


async def _output(*argv: str) -> str | None:
    if shutil.which(argv[0]) is None:
        return None
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, stdin=asyncio.subprocess.DEVNULL
    )
    output, _ = await process.communicate()
    return output.decode(errors="replace").strip()


async def _tmux() -> Finding:
    text = await _output("tmux", "-V")
    install = "Install tmux 3.2 or newer: apt-get install tmux, or brew install tmux."
    if text is None:
        return Finding("tmux", False, "not found", install)
    version = tmux_version(text)
    return Finding("tmux", version is None or version >= OLDEST_TMUX, text, install)


async def _claude() -> Finding:
    text = await _output("claude", "--version")
    remedy = "npm install -g @anthropic-ai/claude-code, or work with --provider demo."
    return Finding("claude", text is not None, text or "not found", remedy, is_needed=False)


async def _git() -> Finding:
    text = await _output("git", "--version")
    return Finding("git", text is not None, text or "not found", "Worktree isolation needs git.", is_needed=False)


def _colours(environ: Mapping[str, str]) -> Finding:
    term, colour = environ.get("TERM", ""), environ.get("COLORTERM", "")
    if environ.get("NO_COLOR"):
        return Finding("colours", True, "off (NO_COLOR)", is_needed=False)
    rich = colour in ("truecolor", "24bit") or term.endswith("-direct")
    detail = f"TERM={term or 'unset'} COLORTERM={colour or 'unset'}"
    return Finding("colours", rich, detail, "export COLORTERM=truecolor if your terminal has it.", is_needed=False)


def _state_folder(session: Session) -> Finding:
    session.create()
    mode = session.folder.stat().st_mode & 0o777
    ok = mode == 0o700 and os.access(session.folder, os.W_OK)
    return Finding("state", ok, f"{session.folder} ({mode:o})", f"chmod 700 {session.folder}")


def _port(session: Session) -> Finding:
    info = session.endpoint()
    if info is not None:
        return Finding("port", True, f"{info.url} answers for {info.kind} (pid {info.pid})")
    port = session.port()
    if port == 0:
        return Finding("port", True, "chosen at the first start")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Finding(
                "port", False, f"{port} is taken by another program", "End that, or let a new one be chosen."
            )
    return Finding("port", True, f"{port} is free for the next start")


async def _worktrees(session: Session) -> list[Finding]:
    findings: list[Finding] = []
    manager = WorktreeManager()
    for folder in sorted(session.agents.glob("*/worktree")):
        unsaved = await manager.unsaved(folder, None)
        if unsaved:
            remedy = f"Look at it: git -C {folder} status; merge it, then: git worktree remove {folder}"
            findings.append(Finding("worktree", False, f"{folder}: {'; '.join(unsaved)}", remedy, is_needed=False))
    if not findings:
        findings.append(Finding("worktrees", True, "none holds unsaved work"))
    return findings
