"""Subscribe as a client, over a WebSocket and over server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.installation import NO_AUTHORITIES, Client, authorization

# The time to wait for a probe before another is sent.
PROBE_INTERVAL_SECONDS = 1.0
RECEIVE_TIMEOUT_SECONDS = 60.0
TRANSPORT_WS = Subprotocol("graphql-transport-ws")


class SubscriptionClient:
    """Receives the payloads of one subscription, but for the probe that showed that it is active."""

    def __init__(self, receive: Callable[[], Any]) -> None:
        self._receive = receive
        self.probe_marks: list[str] = []

    async def next(self) -> Any:
        """Return the next payload; None when the subscription is complete."""
        while True:
            payload = await asyncio.wait_for(self._receive(), RECEIVE_TIMEOUT_SECONDS)
            if payload is None or not self._is_probe(payload):
                return payload

    async def wait_until_subscribed(self, probe: Callable[[], str]) -> None:
        """Wait until a probe has arrived. `probe` makes a change, and returns a text that its payload contains."""
        coming = asyncio.ensure_future(self._receive())
        while not coming.done():
            self.probe_marks.append(await asyncio.to_thread(probe))
            await asyncio.wait({coming}, timeout=PROBE_INTERVAL_SECONDS)
        assert self._is_probe(coming.result()), coming.result()

    def _is_probe(self, payload: Any) -> bool:
        text = json.dumps(payload)
        return any(mark in text for mark in self.probe_marks)


class WebSocketClient:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Any:
        return json.loads(await self.connection.recv())

    async def subscribe(self, query: str, **variables: Any) -> SubscriptionClient:
        await self.send(id="1", type="subscribe", payload={"query": query, "variables": variables})
        return SubscriptionClient(self._payload)

    async def _payload(self) -> Any:
        message = await self.receive()
        if message["type"] == "error":
            return {"errors": message["payload"]}
        return message["payload"] if message["type"] == "next" else None


@asynccontextmanager
async def open_websocket(client: Client, **options: Any) -> AsyncIterator[WebSocketClient]:
    """Open a WebSocket that is authenticated with the client's key."""
    async with connect(websocket_url(client), subprotocols=[TRANSPORT_WS], **options) as connection:
        it = WebSocketClient(connection)
        await it.send(type="connection_init", payload={"authorization": f"Bearer {client.secret}"})
        assert (await it.receive())["type"] == "connection_ack"
        yield it


def websocket_url(client: Client) -> str:
    return client.installation.url.replace("http://", "ws://") + "/graphql"


@asynccontextmanager
async def subscribe_over_websocket(client: Client, query: str, **variables: Any) -> AsyncIterator[SubscriptionClient]:
    async with open_websocket(client, compression=None) as it:
        yield await it.subscribe(query, **variables)


@asynccontextmanager
async def subscribe_over_sse(client: Client, query: str, **variables: Any) -> AsyncIterator[SubscriptionClient]:
    headers = authorization(client.secret) | {"Accept": "text/event-stream"}
    sent = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(base_url=client.installation.url, timeout=60, verify=NO_AUTHORITIES) as http,
        http.stream("POST", "/graphql", headers=headers, json=sent) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream"), await response.aread()
        lines = response.aiter_lines()

        async def receive() -> Any:
            async for line in lines:
                if line.startswith("event: complete"):
                    return None
                if line.startswith("data: "):
                    return json.loads(line.removeprefix("data: "))
            return None

        yield SubscriptionClient(receive)
