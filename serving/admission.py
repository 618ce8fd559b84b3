"""Who is let in and how much they may ask: keys, budgets, failed sign-ins, and how many follow at once."""

import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import HTTPConnection

from execution.prepared import Prepared
from execution.schema import Schema
from serving.accepting import BadRequest, Operation
from serving.buckets import Buckets, Level
from serving.leases import Leases
from serving.signing_in import CHALLENGE, UNAUTHENTICATED, ContextFor, public_part

# A minute, of each address.
FAILED_SIGN_INS = 60
# Keys that were good lately, by the part of them that is no secret.
MOST_KNOWN = 10_000
# Of an IPv6 address, what belongs to one customer of a provider.
NETWORK_BITS = 64
# Of an operation, in the log.
LONGEST_NAME = 64
# What reading a document costs that is then refused.
REFUSED = 20


class Admission:
    """`points_per_minute` 0: no budget. `following`: how many sockets, and how many subscriptions, a key may hold.

    Who sends bad keys from an address is soon not even looked up. Nobody else is locked out by that: a key that was
    good since the server started is looked up from any address, however many bad ones came from there; and one that
    was not yet is only waited with where the bad ones come from, until a second without them has passed.

    `shared`: other servers may spend from the same budgets.
    """

    def __init__(
        self, context_for: ContextFor, points_per_minute: int, following: int, *, shared: bool = False
    ) -> None:
        self._context_for = context_for
        self._budgets = Buckets(points_per_minute)
        self._leases = Leases(points_per_minute) if shared else None
        self._failures = Buckets(FAILED_SIGN_INS)
        self._known: OrderedDict[str, None] = OrderedDict()
        self._most = following
        self._open: Counter[tuple[str, str]] = Counter()

    async def context(self, connection: HTTPConnection, token: str) -> Any:
        """Raises BadRequest: 401, or 429 where too many keys that are no good came from the address."""
        address, key = network_of(connection), public_part(token)
        limited = self._failures.look(address, 1)
        if limited.wait and key not in self._known:
            raise too_many_failures(limited)
        context = await self._context_for(connection, token)
        if context is not None:
            self._remember(key)
            return context
        failed = self._failures.take(address, 1)
        if failed.wait:
            raise too_many_failures(failed)
        raise BadRequest(401, UNAUTHENTICATED, CHALLENGE, code="UNAUTHENTICATED")

    def _remember(self, key: str) -> None:
        self._known[key] = None
        self._known.move_to_end(key)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    async def prepare(self, connection: HTTPConnection, schema: Schema, operation: Operation) -> Prepared:
        """The operation, read and paid for. A key that has no points left has nothing read.

        Raises BadRequest: 429, or DatabaseGone.
        """
        self._require_points(connection)
        prepared = schema.prepare(operation.query, operation.variables, operation.name)
        state = connection.state
        state.operation, state.cost = prepared.name and prepared.name[:LONGEST_NAME], prepared.cost
        state.kind = prepared.kind
        await self._spend(connection, REFUSED if prepared.errors else prepared.cost)
        return prepared

    def _require_points(self, connection: HTTPConnection) -> None:
        if self._budgets.per_minute:
            level = (self._leases or self._budgets).look(connection.state.api_key, 1)
            connection.state.points_left = level.left
            if level.wait:
                raise too_many("The API key's points are spent.", level)

    async def _spend(self, connection: HTTPConnection, points: int) -> None:
        if not self._budgets.per_minute:
            return
        state = connection.state
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


def too_many_failures(level: Level) -> BadRequest:
    return too_many("Too many requests without a valid API key came from this address.", level)


def network_of(connection: HTTPConnection) -> str:
    """The address that a connection comes from; of IPv6 its network, as whoever has one address has them all."""
    host = connection.client.host if connection.client else ""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    if address.ipv4_mapped:
        return host
    return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
