from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.mcp.server import Endpoint
from tests.mcp.fake_backend import FakeBackend


def text_of(result: types.CallToolResult) -> str:
    (part,) = result.content
    assert isinstance(part, types.TextContent)
    return part.text


@dataclass
class Lab:
    backend: FakeBackend
    credentials: Credentials
    endpoint: Endpoint

    @property
    def operator(self) -> str:
        return self.credentials.operator_token()

    def agent(self, agent_id: int) -> str:
        return self.credentials.agent_token(agent_id)

    @property
    def root(self) -> str:
        return self.endpoint.url.removesuffix("/mcp")

    def http(self, token: str | None) -> httpx2.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(base_url=self.root, headers=headers, trust_env=False)


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    backend = FakeBackend()
    credentials = Credentials(b"secret", lambda agent_id: agent_id in backend.views)
    endpoint = Endpoint(backend, credentials)
    await endpoint.start()
    yield Lab(backend, credentials, endpoint)
    if backend.hang is not None:
        backend.hang.set()
    await endpoint.stop()


class Session:
    """The SDK's own client in one era, under one token."""

    def __init__(self, lab: Lab, mode: str, token: str) -> None:
        self._http = lab.http(token)
        self._mode = mode
        self._url = lab.endpoint.url

    async def __aenter__(self) -> Client:
        await self._http.__aenter__()
        self._client = Client(streamable_http_client(self._url, http_client=self._http), mode=self._mode)
        return await self._client.__aenter__()

    async def __aexit__(self, *exception: Any) -> None:
        await self._client.__aexit__(*exception)
        await self._http.__aexit__(*exception)
