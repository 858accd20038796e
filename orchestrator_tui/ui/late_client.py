"""A supervisor that is still starting while its screen is drawn already."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.views import Feed, SupervisorClient


def late_client(opening: Callable[[], Awaitable[SupervisorClient]]) -> SupervisorClient:
    """Stands for the client that ``opening`` gives; it is opened with the first feed.

    Until it is there, commands raise NotAllowedNow; what ``opening`` raises, ``open_feed`` does.
    """
    return cast(SupervisorClient, _LateClient(opening))


class _LateClient:
    def __init__(self, opening: Callable[[], Awaitable[SupervisorClient]]) -> None:
        self._opening = opening
        self._client: SupervisorClient | None = None

    async def open_feed(self) -> Feed:
        if self._client is None:
            self._client = await self._opening()
        return await self._client.open_feed()

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            raise NotAllowedNow("The supervisor is still starting.", remedy="Wait a moment.")
        return getattr(self._client, name)
