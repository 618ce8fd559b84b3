"""Measure how long a change takes to reach 1, 100 and 1,000 subscribers (`make bench-live`).

Prints milliseconds, and each as a multiple of one subscriber's.
"""

import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Json = dict[str, dict[str, dict[str, str]]]  # as deep as these operations go
SERVER = Path(__file__).parent.parent / "server.py"
SUBSCRIBERS = (1, 100, 1000)
ROUNDS = 9
QUERY = "subscription { phoneNumbersUpdated { phoneNumber { e164 shareable organization { name } } } }"


async def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    async with run_server() as (url, key):
        number = await add_number(url, key)
        single = 0.0
        print(f"{'subscribers':>12} {'last one, ms':>13} {'x one':>7} {'per subscriber, ms':>19}")
        for count in SUBSCRIBERS:
            median = statistics.median(await fan_out(url, key, number, count))
            single = single or median
            print(f"{count:>12} {median * 1000:>13.1f} {median / single:>7.1f} {median * 1000 / count:>19.2f}")


@asynccontextmanager
async def run_server() -> AsyncIterator[tuple[str, str]]:
    """Run a server over a new database; yield its URL and an admin's API key."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        limits = {"DIALTREE_POINTS_PER_MINUTE": "0", "DIALTREE_MAX_SUBSCRIPTIONS_PER_KEY": str(max(SUBSCRIBERS) + 1)}
        settings = os.environ | limits | {"DIALTREE_PORT": str(port)}
        command = [sys.executable, str(SERVER)]
        made = subprocess.run(  # noqa: ASYNC221
            [*command, "create-organization", "Acme", "--slug", "acme", "--json"],
            cwd=folder,
            env=settings,
            check=True,
            capture_output=True,
            text=True,
        )
        key = json.loads(made.stdout.splitlines()[-1])["apiKey"]
        server = subprocess.Popen([*command, "serve"], cwd=folder, env=settings, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        try:
            await wait_until_healthy(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}", key
        finally:
            server.terminate()
            server.wait()


async def wait_until_healthy(url: str) -> None:
    async with httpx.AsyncClient() as http:
        while True:
            try:
                (await http.get(f"{url}/healthz")).raise_for_status()
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
            else:
                return


async def ask(url: str, key: str, query: str, **variables: JsonValue) -> Json:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as http:
        response = await http.post(f"{url}/graphql", json={"query": query, "variables": variables})
        data: Json = response.json()["data"]
        return data


async def add_number(url: str, key: str) -> str:
    trunk = await ask(url, key, 'mutation { createTrunk(input: {name: "Carrier"}) { trunk { id } } }')
    created = await ask(
        url,
        key,
        """mutation($trunk: ID!) {
          createPhoneNumber(input: {e164: "+12065550100", trunkId: $trunk}) { phoneNumber { id } } }""",
        trunk=trunk["createTrunk"]["trunk"]["id"],
    )
    return created["createPhoneNumber"]["phoneNumber"]["id"]


async def set_shareable(url: str, key: str, number: str, shareable: bool) -> None:
    query = """mutation($number: ID!, $on: Boolean!) {
      setPhoneNumberShareable(input: {phoneNumberId: $number, shareable: $on}) { userErrors { code } } }"""
    await ask(url, key, query, number=number, on=shareable)


async def fan_out(url: str, key: str, number: str, count: int) -> list[float]:
    """Return the seconds of each round, from sending the change until the last subscriber has it."""
    async with AsyncExitStack() as stack:
        subscribers = [await stack.enter_async_context(subscribe(url, key)) for _ in range(count)]
        await set_shareable(url, key, number, shareable=True)
        await asyncio.gather(*(each.recv() for each in subscribers))
        seconds = []
        for round_ in range(ROUNDS):
            started = time.perf_counter()
            _, *_ = await asyncio.gather(
                set_shareable(url, key, number, shareable=bool(round_ % 2)), *(each.recv() for each in subscribers)
            )
            seconds.append(time.perf_counter() - started)
        await set_shareable(url, key, number, shareable=False)
        return seconds


@asynccontextmanager
async def subscribe(url: str, key: str) -> AsyncIterator[ClientConnection]:
    address = url.replace("http://", "ws://") + "/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")], compression=None) as connection:
        await connection.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}}))
        await connection.recv()
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": QUERY}}))
        yield connection


if __name__ == "__main__":
    asyncio.run(main())
