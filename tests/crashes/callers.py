"""Create conversations as clients do that repeat a request under the same key until it has a response.

That is what docs/placing-calls.md tells clients to do.
"""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from tests.installation import Client, Json

CLIENT_COUNT = 16
HANG_UP_RATE = 0.1  # of requests after which the client disconnects without reading the response
RETRY_SECONDS = 0.02
RETRYABLE_CODES = {"SERVICE_UNAVAILABLE", "TIMEOUT"}
CREATE = """mutation($input: CreateOutboundConversationInput!) {
  createOutboundConversation(input: $input) { replayed conversation { id } userErrors { code message } } }"""


@dataclass
class CallCreators:
    """Clients of the servers at `addresses`. Each turn is the creation of one conversation.

    `acknowledged` holds the conversation ids in the responses to each turn, in order; `claimed` the ids of
    conversations that were claimed and not ended when something was killed; `sent` and `refused` count requests.
    """

    client: Client
    agent_number: str
    seed: int
    addresses: list[str]
    acknowledged: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    claimed: set[str] = field(default_factory=set)
    sent: int = 0
    refused: int = 0
    working: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def create(self, turns: Iterable[int]) -> None:
        """Create a conversation for each turn, and return when all are acknowledged."""
        left, self.working = iter(turns), True
        async with httpx.AsyncClient(headers=self.client.headers, timeout=60) as http:
            await asyncio.gather(
                *(self._client(http, left, random.Random(f"{self.seed}/{n}")) for n in range(CLIENT_COUNT))
            )
        async with self.changed:
            self.working = False
            self.changed.notify_all()

    async def _client(self, http: httpx.AsyncClient, left: Iterator[int], chance: random.Random) -> None:
        for turn in left:
            if chance.random() < HANG_UP_RATE:
                await self._send_and_hang_up(chance.choice(self.addresses), turn)
            conversation = None
            while conversation is None:
                conversation = await self._send(http, chance.choice(self.addresses), turn)
            self.acknowledged[turn].append(conversation)

    async def _send(self, http: httpx.AsyncClient, address: str, turn: int) -> str | None:
        """Return the conversation's id; None if the server was not reached, disconnected or has no database."""
        await self._count_sent()
        try:
            response = await http.post(f"{address}/graphql", json=self._body(turn))
        except httpx.TransportError:
            await self._refused()
            return None
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            assert response.headers["Retry-After"]
            assert codes(response.json()) <= RETRYABLE_CODES
            await self._refused()
            return None
        assert response.status_code == HTTPStatus.OK, response.text
        body = response.json()
        if "errors" in body:
            assert codes(body) == {"SERVICE_UNAVAILABLE"}, body
            await self._refused()
            return None
        payload = body["data"]["createOutboundConversation"]
        assert payload["userErrors"] == []
        identifier: str = payload["conversation"]["id"]
        return identifier

    async def _send_and_hang_up(self, server: str, turn: int) -> None:
        """Send the request and disconnect; the same request is repeated later."""
        address, body = urlsplit(server), json.dumps(self._body(turn))
        headers = {"Host": address.netloc, "Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [
            "POST /graphql HTTP/1.1",
            *(f"{name}: {value}" for name, value in (headers | self.client.headers).items()),
        ]
        try:
            _, writer = await asyncio.open_connection(address.hostname, address.port)
        except OSError:
            return
        await self._count_sent()
        writer.write("\r\n".join([*lines, "", body]).encode())
        writer.close()

    def _body(self, turn: int) -> Json:
        """Build the request of a turn. Each calls a number of its own, so that anything done twice shows."""
        sent = {
            "to": number_called(turn),
            "agentNumber": self.agent_number,
            "agentConfig": {},
            "idempotencyKey": f"turn-{turn}",
        }
        return {"query": CREATE, "variables": {"input": sent}}

    async def _count_sent(self) -> None:
        async with self.changed:
            self.sent += 1
            self.changed.notify_all()

    async def _refused(self) -> None:
        async with self.changed:
            self.refused += 1
            self.changed.notify_all()
        await asyncio.sleep(RETRY_SECONDS)

    def live(self) -> int:
        """Count the conversations that have not ended."""
        ((count,),) = self.client.installation.rows("SELECT COUNT(*) FROM conversation WHERE ended_at IS NULL")
        return int(count)

    def record_claimed(self, rows: Callable[[str], list[tuple[str]]] | None = None) -> None:
        """Record what no server may dial any more, as one may have dialed it before it was killed."""
        claimed = "SELECT id FROM conversation WHERE status IN ('DIALING', 'RINGING', 'IN_PROGRESS')"
        self.claimed.update(identifier for (identifier,) in (rows or self.client.installation.rows)(claimed))

    async def until_sent(self, count: int) -> None:
        """Wait until that many requests have been sent."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.sent >= count)

    async def until_refused(self, more: int) -> None:
        """Wait until that many more requests were refused, or all turns are done."""
        target = self.refused + more
        async with self.changed:
            await self.changed.wait_for(lambda: self.refused >= target or not self.working)


@dataclass(frozen=True)
class Losses:
    """What must be 0: conversations, and turns, by what went wrong."""

    lost: int = 0
    duplicated: int = 0
    answered_otherwise: int = 0
    dialed_twice: int = 0
    never_dialed: int = 0
    left_hanging: int = 0


def count_losses(callers: CallCreators, dialed: dict[str, set[str]]) -> Losses:
    """Compare what is stored with what was acknowledged, and with the calls that reached the carrier."""
    stored = callers.client.installation.rows("SELECT id, user_number FROM conversation")
    turns, ids = callers.acknowledged, {identifier for identifier, _ in stored}
    acknowledged = {identifier for each in turns.values() for identifier in each}
    assert {called for _, called in stored} == {number_called(turn) for turn in turns}
    undialed = {identifier for identifier, called in stored if not dialed.get(called)}
    return Losses(
        lost=len(acknowledged - ids),
        duplicated=len(stored) - len(turns),
        answered_otherwise=sum(len(set(each)) > 1 for each in turns.values()),
        dialed_twice=sum(len(calls) > 1 for calls in dialed.values()),
        never_dialed=len(undialed - callers.claimed),
        left_hanging=callers.live(),
    )


def number_called(turn: int) -> str:
    return f"+1415{2_000_000 + turn}"


def codes(body: Json) -> set[str]:
    return {error["extensions"]["code"] for error in body["errors"]}
