"""Clients that create conversations, and send again under the same key until they are answered, as the README says."""

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

CLIENTS = 16
HANG_UP = 0.1  # of the requests: sent, and not waited for
AGAIN_AFTER = 0.02  # seconds
COME_AGAIN = {"SERVICE_UNAVAILABLE", "TIMEOUT"}
CREATE = """mutation($input: CreateOutboundConversationInput!) {
  createOutboundConversation(input: $input) { replayed conversation { id } userErrors { code message } } }"""


@dataclass
class Callers:
    """`acknowledged`: the ids that each turn was answered with, in order; `sent` counts requests.

    `begun`: what was claimed, and not over, when something was killed. `addresses`: those of all servers.
    """

    client: Client
    agent_number: str
    seed: int
    addresses: list[str]
    acknowledged: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    begun: set[str] = field(default_factory=set)
    sent: int = 0
    refused: int = 0
    working: bool = False
    moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def create(self, turns: Iterable[int]) -> None:
        """Each turn is a conversation of its own; all of them are acknowledged when this returns."""
        left, self.working = iter(turns), True
        async with httpx.AsyncClient(headers=self.client.headers, timeout=60) as http:
            await asyncio.gather(*(self._client(http, left, random.Random(f"{self.seed}/{n}")) for n in range(CLIENTS)))
        async with self.moved:
            self.working = False
            self.moved.notify_all()

    async def _client(self, http: httpx.AsyncClient, left: Iterator[int], chance: random.Random) -> None:
        for turn in left:
            if chance.random() < HANG_UP:
                await self._send_and_hang_up(chance.choice(self.addresses), turn)
            conversation = None
            while conversation is None:
                conversation = await self._answered(http, chance.choice(self.addresses), turn)
            self.acknowledged[turn].append(conversation)

    async def _answered(self, http: httpx.AsyncClient, address: str, turn: int) -> str | None:
        """The conversation's id; None where the server could not be reached, went away or had no database."""
        await self._count_sent()
        try:
            answer = await http.post(f"{address}/graphql", json=self._body(turn))
        except httpx.TransportError:
            await self._refused()
            return None
        if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            assert answer.headers["Retry-After"]
            assert codes(answer.json()) <= COME_AGAIN
            await self._refused()
            return None
        assert answer.status_code == HTTPStatus.OK, answer.text
        body = answer.json()
        if "errors" in body:
            assert codes(body) == {"SERVICE_UNAVAILABLE"}, body
            await self._refused()
            return None
        payload = body["data"]["createOutboundConversation"]
        assert payload["userErrors"] == []
        identifier: str = payload["conversation"]["id"]
        return identifier

    async def _send_and_hang_up(self, server: str, turn: int) -> None:
        """Nobody will ever know the answer, and the same is asked again."""
        address, body = urlsplit(server), json.dumps(self._body(turn))
        head = {"Host": address.netloc, "Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = [
            "POST /graphql HTTP/1.1",
            *(f"{name}: {value}" for name, value in (head | self.client.headers).items()),
        ]
        try:
            _, writer = await asyncio.open_connection(address.hostname, address.port)
        except OSError:
            return
        await self._count_sent()
        writer.write("\r\n".join([*lines, "", body]).encode())
        writer.close()

    def _body(self, turn: int) -> Json:
        """Each turn calls a number of its own, so that what is done twice is seen however it came about."""
        sent = {
            "to": number_called(turn),
            "agentNumber": self.agent_number,
            "agentConfig": {},
            "idempotencyKey": f"turn-{turn}",
        }
        return {"query": CREATE, "variables": {"input": sent}}

    async def _count_sent(self) -> None:
        async with self.moved:
            self.sent += 1
            self.moved.notify_all()

    async def _refused(self) -> None:
        async with self.moved:
            self.refused += 1
            self.moved.notify_all()
        await asyncio.sleep(AGAIN_AFTER)

    def live(self) -> int:
        ((count,),) = self.client.installation.rows("SELECT COUNT(*) FROM conversation WHERE ended_at IS NULL")
        return int(count)

    def note_begun(self, rows: Callable[[str], list[tuple[str]]] | None = None) -> None:
        """What no server may dial any more, as one may have dialed it before it was killed."""
        begun = "SELECT id FROM conversation WHERE status IN ('DIALING', 'RINGING', 'IN_PROGRESS')"
        self.begun.update(identifier for (identifier,) in (rows or self.client.installation.rows)(begun))

    async def until_sent(self, count: int) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: self.sent >= count)

    async def until_refused(self, more: int) -> None:
        """Until so many more requests came to nothing, or nobody has anything left to ask."""
        wanted = self.refused + more
        async with self.moved:
            await self.moved.wait_for(lambda: self.refused >= wanted or not self.working)


@dataclass(frozen=True)
class Count:
    """What must be 0."""

    lost: int = 0
    duplicated: int = 0
    answered_otherwise: int = 0
    dialed_twice: int = 0
    never_dialed: int = 0
    left_hanging: int = 0


def counted(callers: Callers, dialed: dict[str, set[str]]) -> Count:
    """What is stored, against what was acknowledged in each turn, and what the carrier was asked to dial."""
    stored = callers.client.installation.rows("SELECT id, user_number FROM conversation")
    turns, ids = callers.acknowledged, {identifier for identifier, _ in stored}
    acknowledged = {identifier for each in turns.values() for identifier in each}
    assert {called for _, called in stored} == {number_called(turn) for turn in turns}
    undialed = {identifier for identifier, called in stored if not dialed.get(called)}
    return Count(
        lost=len(acknowledged - ids),
        duplicated=len(stored) - len(turns),
        answered_otherwise=sum(len(set(each)) > 1 for each in turns.values()),
        dialed_twice=sum(len(calls) > 1 for calls in dialed.values()),
        never_dialed=len(undialed - callers.begun),
        left_hanging=callers.live(),
    )


def number_called(turn: int) -> str:
    return f"+1415{2_000_000 + turn}"


def codes(body: Json) -> set[str]:
    return {error["extensions"]["code"] for error in body["errors"]}
