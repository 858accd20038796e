"""Typing into an agent's pane from the dashboard: what is pressed reaches the pane in order and at once."""

import asyncio
from collections.abc import Callable

from orchestrator_tui.core.views import Stroke, SupervisorClient


class TypeMode:
    """One agent at a time; what is pressed while a batch is on its way becomes the next one.

    ``on_typed`` is called after each batch that reached the pane, ``report`` with what went wrong; both in the loop.
    """

    def __init__(
        self, client: SupervisorClient, on_typed: Callable[[], None], report: Callable[[BaseException], None]
    ) -> None:
        self._client = client
        self._on_typed = on_typed
        self._report = report
        self._agent_id: int | None = None
        self._size: tuple[int, int] | None = None
        self._waiting: list[Stroke | str] = []
        self._pressed = asyncio.Event()

    @property
    def agent_id(self) -> int | None:
        """Whose pane is typed into, if any."""
        return self._agent_id

    async def enter(self, agent_id: int, size: tuple[int, int]) -> None:
        """Types into this agent from now on; its window gets the size of where it is seen.

        Raises what the client raises, and then nothing has begun.
        """
        await self._client.fit_pane(agent_id, size)
        self._agent_id, self._size = agent_id, size
        self._waiting.clear()

    async def resize(self, size: tuple[int, int]) -> None:
        """The place where it is seen has another size."""
        if self._agent_id is not None and size != self._size:
            self._size = size
            await self._client.fit_pane(self._agent_id, size)

    async def leave(self) -> None:
        """Gives the window its own size back; strokes that wait are still typed."""
        agent_id, self._agent_id = self._agent_id, None
        if agent_id is not None:
            await self._type(agent_id)
            await self._client.fit_pane(agent_id, None)

    def press(self, stroke: Stroke) -> None:
        """Types one stroke."""
        self._waiting.append(stroke)
        self._pressed.set()

    def paste(self, text: str) -> None:
        """Pastes a text."""
        self._waiting.append(text)
        self._pressed.set()

    async def run(self) -> None:
        """Types for ever; a failure is told and what waited is dropped, so that it does not arrive later."""
        while True:
            await self._pressed.wait()
            self._pressed.clear()
            if self._agent_id is None:
                continue
            try:
                await self._type(self._agent_id)
            except Exception as error:
                self._waiting.clear()
                self._report(error)

    async def _type(self, agent_id: int) -> None:
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, str):
                self._waiting.pop(0)
                await self._client.paste(agent_id, first)
            else:
                strokes = list(self._leading_strokes())
                del self._waiting[: len(strokes)]
                await self._client.type_strokes(agent_id, strokes)
            self._on_typed()

    def _leading_strokes(self) -> list[Stroke]:
        strokes: list[Stroke] = []
        for waiting in self._waiting:
            if isinstance(waiting, str):
                break
            strokes.append(waiting)
        return strokes
