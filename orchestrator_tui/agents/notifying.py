"""Tells a person who looks elsewhere that something waits: runs the command of their configuration."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.inbox_store import InboxStore
from orchestrator_tui.core.attention import AttentionItem, overdue

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
COMMAND_TIMEOUT_S = 20.0


def title_of(item: AttentionItem) -> str:
    """The notification's first line."""
    who = item.agent_name or item.mission_id or "the session"
    return f"{who} needs you: {item.kind}"


def command_of(template: Sequence[str], item: AttentionItem) -> list[str]:
    """The argv for an item; ``{title}``, ``{text}`` and ``{id}`` are filled in, and nothing else is touched."""
    values = {"{title}": title_of(item), "{text}": item.text[:500], "{id}": item.id}
    return [_fill(word, values) for word in template]


def _fill(word: str, values: dict[str, str]) -> str:
    parts: list[str] = []
    while word:
        found = [(word.find(name), name) for name in values if name in word]
        if not found:
            break
        at, name = min(found)
        # What an agent wrote is put in once and never looked through for names.
        parts += [word[:at], values[name]]
        word = word[at + len(name) :]
    return "".join(parts).replace("\0", "") + word


class Notifier:
    """Looks every second for what waits too long; each item is told once."""

    def __init__(
        self, fleet: Fleet, inbox: Callable[[], Awaitable[Sequence[AttentionItem]]], store: InboxStore
    ) -> None:
        self._fleet = fleet
        self._inbox = inbox
        self._store = store
        self._told = set(store.kept.told)

    async def run(self) -> None:
        """Looks until cancelled; returns at once when nothing is to be run."""
        settings = self._fleet.settings
        if not settings.notify_command or settings.notify_after_s <= 0:
            return
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Tells of what became overdue."""
        settings = self._fleet.settings
        items = await self._inbox()
        self._told &= {item.id for item in items}
        for item in overdue(items, self._fleet.clock.now_ms(), settings.notify_after_s, self._told):
            self._told.add(item.id)
            self._store.keep_told(self._told)
            await self._run(command_of(settings.notify_command, item), item)

    async def _run(self, argv: Sequence[str], item: AttentionItem) -> None:
        environ = {
            **os.environ,
            "ORCHESTRATOR_ATTENTION_ID": item.id,
            "ORCHESTRATOR_ATTENTION_TITLE": title_of(item).replace("\0", ""),
            "ORCHESTRATOR_ATTENTION_TEXT": item.text.replace("\0", "")[:500],
        }
        quiet = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(*argv, env=environ, stdin=quiet, stdout=quiet, stderr=quiet)
        except (OSError, ValueError) as error:
            self._fleet.attention(None, None, f"notify_command cannot be run: {error}")
            return
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                status = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            log.warning("notify_command was ended after %s s", COMMAND_TIMEOUT_S)
            return
        if status != 0:
            log.warning("notify_command ended with status %s", status)
