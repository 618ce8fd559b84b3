"""Who is let in and how much they may ask: keys, budgets, failed sign-ins, and how many follow at once."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import HTTPConnection

from execution.prepared import Prepared
from serving.accepting import BadRequest
from serving.buckets import Buckets, Level
from serving.leases import Leases
from serving.signing_in import CHALLENGE, UNAUTHENTICATED, ContextFor

# A minute, of each address. A good key is let in however many bad ones came before it.
FAILED_SIGN_INS = 60
# Of an operation, in the log.
LONGEST_NAME = 64
# What reading a document costs that is then refused.
REFUSED = 20


class Admission:
    """`points_per_minute` 0: no budget. `following`: how many sockets, and how many subscriptions, a key may hold.

    `shared`: other servers may spend from the same budgets.
    """

    def __init__(
        self, context_for: ContextFor, points_per_minute: int, following: int, *, shared: bool = False
    ) -> None:
        self._context_for = context_for
        self._budgets = Buckets(points_per_minute)
        self._leases = Leases(points_per_minute) if shared else None
        self._failures = Buckets(FAILED_SIGN_INS)
        self._most = following
        self._open: Counter[tuple[str, str]] = Counter()

    async def context(self, connection: HTTPConnection, token: str) -> Any:
        """Raises BadRequest: 401, or 429 where too many keys that are no good came from the address."""
        context = await self._context_for(connection, token)
        if context is not None:
            return context
        failed = self._failures.take(connection.client.host if connection.client else "", 1)
        if failed.wait:
            raise too_many("Too many requests without a valid API key came from this address.", failed)
        raise BadRequest(401, UNAUTHENTICATED, CHALLENGE, code="UNAUTHENTICATED")

    async def spend(self, connection: HTTPConnection, prepared: Prepared) -> None:
        """Takes the points of an operation from its key's budget. Raises BadRequest: 429, or DatabaseGone."""
        state = connection.state
        state.operation, state.cost = prepared.name and prepared.name[:LONGEST_NAME], prepared.cost
        if not self._budgets.per_minute:
            return
        points = REFUSED if prepared.errors else prepared.cost
        if self._leases:
            level = await self._leases.take(state.database, state.api_key, points)
        else:
            level = self._budgets.take(state.api_key, points)
        state.points_left = level.left
        if level.wait:
            raise too_many(
                f"The API key's points are spent: this takes {points:,}, and {level.left:,} of its"
                f" {self._budgets.per_minute:,} a minute are left.",
                level,
            )

    @contextmanager
    def following(self, api_key: str, what: str) -> Iterator[None]:
        """Raises BadRequest: 429."""
        held = (api_key, what)
        if self._open[held] >= self._most:
            raise too_many(f"The API key holds {self._most} {what} open already. End one first.", Level(0, 1))
        self._open[held] += 1
        try:
            yield
        finally:
            self._open[held] -= 1
            if not self._open[held]:
                del self._open[held]

    def held(self) -> Counter[str]:
        """How many sockets and subscriptions are open, whoever holds them."""
        found: Counter[str] = Counter()
        for (_, what), number in self._open.items():
            found[what] += number
        return found


def too_many(message: str, level: Level) -> BadRequest:
    wait = max(1, math.ceil(level.wait))
    return BadRequest(429, f"{message} Try again in {wait} s.", {"Retry-After": str(wait)}, code="RATE_LIMITED")
