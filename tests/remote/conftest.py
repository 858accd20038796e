"""A supervisor of plain values behind the real endpoint, and a screen's client in front of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.mcp.server import Endpoint
from orchestrator_tui.remote.client import RemoteClient
from orchestrator_tui.remote.http import Target
from tests.mcp.fake_backend import FakeBackend
from tests.ui.fake_client import FakeClient


@dataclass
class Far:
    """``supervisor`` is what is far away; ``client`` what a screen here has of it."""

    supervisor: FakeClient = field(default_factory=FakeClient)
    credentials: Credentials = field(default_factory=lambda: Credentials(b"secret", lambda agent_id: agent_id == 1))
    endpoint: Endpoint | None = None
    port: int = 0

    def __post_init__(self) -> None:
        self.client = RemoteClient.to(self.locate)

    def locate(self) -> Target | None:
        if self.endpoint is None:
            return None
        return Target(self.endpoint.url, self.credentials.operator_token())

    async def start(self) -> None:
        """On the same port as before."""
        endpoint = Endpoint(FakeBackend(), self.credentials, self.port, screens=self.supervisor)
        await endpoint.start()
        self.endpoint, self.port = endpoint, endpoint.port

    async def stop(self) -> None:
        if self.endpoint is not None:
            endpoint, self.endpoint = self.endpoint, None
            await endpoint.stop()

    def http(self, token: str | None, **headers: str) -> httpx2.AsyncClient:
        assert self.endpoint is not None
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx2.AsyncClient(base_url=self.endpoint.url.removesuffix("/mcp"), headers=headers, trust_env=False)


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    made = Far()
    await made.start()
    yield made
    made.client.aclose()
    await made.stop()
