"""Clients that follow: graphql-transport-ws over a WebSocket, and server-sent events over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.installation import Client, authorization

# How long a probe may take to arrive before another is sent. Seconds.
PATIENCE = 1.0
GIVEN_UP_AFTER = 60.0
TRANSPORT_WS = Subprotocol("graphql-transport-ws")


class Follower:
    """Receives the payloads of one subscription; those that `ignored` names are the probes that showed it to be there."""

    def __init__(self, receive: Callable[[], Any]) -> None:
        self._receive = receive
        self.ignored = "no probe"

    async def next(self) -> Any:
        """The next payload; None when the subscription is complete."""
        while True:
            payload = await asyncio.wait_for(self._receive(), GIVEN_UP_AFTER)
            if payload is None or self.ignored not in json.dumps(payload):
                return payload

    async def ready(self, probe: Callable[[], str]) -> None:
        """Returns when the subscription is there: its first probe has arrived. A probe answers what tells its payload."""
        coming = asyncio.ensure_future(self._receive())
        while not coming.done():
            self.ignored = await asyncio.to_thread(probe)
            await asyncio.wait({coming}, timeout=PATIENCE)
        assert self.ignored in json.dumps(coming.result()), coming.result()


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> Any:
        return json.loads(await self.connection.recv())

    async def subscribe(self, query: str, **variables: Any) -> Follower:
        await self.send(id="1", type="subscribe", payload={"query": query, "variables": variables})
        return Follower(self._payload)

    async def _payload(self) -> Any:
        message = await self.receive()
        if message["type"] == "error":
            return {"errors": message["payload"]}
        return message["payload"] if message["type"] == "next" else None


@asynccontextmanager
async def socket(client: Client, **options: Any) -> AsyncIterator[Socket]:
    """A connection that was let in with the client's key."""
    async with connect(socket_address(client), subprotocols=[TRANSPORT_WS], **options) as connection:
        it = Socket(connection)
        await it.send(type="connection_init", payload={"authorization": f"Bearer {client.secret}"})
        assert (await it.receive())["type"] == "connection_ack"
        yield it


def socket_address(client: Client) -> str:
    return client.installation.url.replace("http://", "ws://") + "/graphql"


@asynccontextmanager
async def over_socket(client: Client, query: str, **variables: Any) -> AsyncIterator[Follower]:
    async with socket(client, compression=None) as it:
        yield await it.subscribe(query, **variables)


@asynccontextmanager
async def over_events(client: Client, query: str, **variables: Any) -> AsyncIterator[Follower]:
    headers = authorization(client.secret) | {"Accept": "text/event-stream"}
    sent = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(base_url=client.installation.url, timeout=60) as http,
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

        yield Follower(receive)
