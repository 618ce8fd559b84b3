"""Authenticate requests, charge their points, and limit failed sign-ins and open subscriptions."""

import math
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import HTTPConnection

from execution.prepared_operation import PreparedOperation
from execution.schema import Schema
from serving.bearer import CHALLENGE, UNAUTHENTICATED_MESSAGE, public_prefix
from serving.connections import client_network
from serving.request_context import ContextFactory, RequestContext
from serving.request_parsing import BadRequest, GraphQLRequest
from serving.request_state import MAX_LOGGED_NAME_LENGTH, RequestState
from serving.shared_budget import SharedBudgets
from serving.token_bucket import Balance, TokenBuckets

# From one address or IPv6 network.
MAX_FAILED_SIGN_INS_PER_MINUTE = 60
# Recently authenticated keys, by their public prefix.
MAX_KNOWN_KEYS = 10_000
# The cost of any operation in addition to its fields: receiving, parsing, answering and logging it.
REQUEST_POINTS = 40
# The cost of refusing a document, in addition to parsing it.
REFUSED_DOCUMENT_POINTS = 20
# A written row is also recorded as a change, and published to subscribers.
POINTS_PER_ROW_WRITTEN = 5
# A point pays for 0.1 ms of processor time in total, or for 0.05 ms of database reads, as the rows cause other work.
# Reads that take longer than the points cover are charged afterwards, unless they take less than 0.5 ms in total: a
# short operation costs the same each time, whether its statements are compiled already or not.
SECONDS_PER_POINT, FREE_READ_SECONDS = 0.000_05, 0.000_5
# What a key can hold open, by kind, as error messages name it.
OPEN_KINDS = {"websockets": "WebSockets", "subscriptions": "subscriptions"}


class Admission:
    """Decides who may run an operation, and charges the organization for it.

    `points_per_minute`: each organization's budget; 0: unlimited.
    `max_subscriptions_per_key`: how many WebSockets, and how many subscriptions, an API key may hold open.
    `shared_budgets`: other servers spend from the same budgets.

    After too many invalid keys from one network, unknown keys from there are looked up in batches, so that any number
    of them costs a few statements a second. Nobody is locked out: a valid key is still accepted from that network, with
    a short delay if it was not used since the server started.
    """

    def __init__(
        self,
        create_context: ContextFactory,
        points_per_minute: int,
        max_subscriptions_per_key: int,
        *,
        shared_budgets: bool = False,
    ) -> None:
        self._create_context = create_context
        self._budgets = TokenBuckets(points_per_minute)
        self._shared_budgets = SharedBudgets(points_per_minute) if shared_budgets else None
        self._failed_sign_ins = TokenBuckets(MAX_FAILED_SIGN_INS_PER_MINUTE)
        self._known_keys: OrderedDict[str, None] = OrderedDict()
        self._max_open_per_key = max_subscriptions_per_key
        self._open: Counter[tuple[str, str]] = Counter()

    async def authenticate(self, request: HTTPConnection, token: str) -> RequestContext:
        """Return the operation's context.

        Raises BadRequest: 401 for an invalid key, or 429 after too many of them from one network.
        """
        network, key = client_network(request.client.host if request.client else ""), public_prefix(token)
        limited = self._failed_sign_ins.peek(network, 1)
        batched = bool(limited.retry_after) and key not in self._known_keys
        context = await self._create_context(request, token, batched=batched)
        if context is not None:
            self._remember_key(key)
            state: RequestState = request.scope["state"]
            if protocol := state.get("protocol"):
                protocol.mark_authenticated(state["api_key"])
            return context
        failed = limited if limited.retry_after else self._failed_sign_ins.consume(network, 1)
        if failed.retry_after:
            raise too_many_failed_sign_ins(failed)
        raise BadRequest(401, UNAUTHENTICATED_MESSAGE, CHALLENGE, code="UNAUTHENTICATED")

    def _remember_key(self, key: str) -> None:
        self._known_keys[key] = None
        self._known_keys.move_to_end(key)
        if len(self._known_keys) > MAX_KNOWN_KEYS:
            self._known_keys.popitem(last=False)

    async def prepare(self, request: HTTPConnection, schema: Schema, operation: GraphQLRequest) -> PreparedOperation:
        """Parse and validate the operation, and charge for it; without points left, no new document is parsed.

        Raises DatabaseUnavailable, or BadRequest 429. Retry-After is computed after all charges and includes parsing
        the document anew, so a retry succeeds then, unless the organization spends points meanwhile.
        """
        self._require_remaining_points(request, schema, operation)
        prepared = schema.prepare(operation.query, operation.variables, operation.name)
        state = request.state
        state.operation = prepared.operation_name and prepared.operation_name[:MAX_LOGGED_NAME_LENGTH]
        state.cost, state.kind = prepared.cost, prepared.operation_type
        cost = REFUSED_DOCUMENT_POINTS if prepared.errors else prepared.cost
        await self._charge_or_refuse(request, prepared, REQUEST_POINTS + cost)
        return prepared

    async def charge_request(self, request: HTTPConnection) -> None:
        """Charge for a request that is no operation. Raises DatabaseUnavailable, or BadRequest 429."""
        if self._budgets.per_minute:
            balance = self._update_balance(request, REQUEST_POINTS)
            if balance.retry_after:
                raise rate_limited("The organization's points are spent.", balance)
            self._charge(request, REQUEST_POINTS)

    def charge_overrun(self, request: HTTPConnection, context: RequestContext, cost: int) -> None:
        """Charge for read time beyond `cost` and for written rows, which are known only after execution."""
        self._charge(request, context.rows_written * POINTS_PER_ROW_WRITTEN)
        context.rows_written = 0
        usage = context.read_usage
        paid = max(usage.points_paid, cost)
        owed = int(usage.seconds / SECONDS_PER_POINT) - paid
        if owed > 0 and usage.seconds > FREE_READ_SECONDS:
            usage.points_paid = paid + owed
            self._charge(request, owed)

    def _charge(self, request: HTTPConnection, points: int) -> None:
        if self._budgets.per_minute and points:
            balance = (self._shared_budgets or self._budgets).debit(request.state.organization_id, points)
            request.state.points_remaining = balance.remaining

    def _require_remaining_points(self, request: HTTPConnection, schema: Schema, operation: GraphQLRequest) -> None:
        """Refuse a document that is not in the document cache, whose cost is unknown, if no points are left."""
        if (
            self._budgets.per_minute
            and self._update_balance(request, 1).retry_after
            and (max_cost := schema.max_cost_if_uncached(operation.query))
        ):
            balance = self._update_balance(request, REQUEST_POINTS + max_cost)
            raise rate_limited("The organization's points are spent.", balance)

    async def _charge_or_refuse(self, request: HTTPConnection, prepared: PreparedOperation, points: int) -> None:
        """Charge the points and the cost of parsing. With too few left, charge parsing alone and raise BadRequest."""
        if not self._budgets.per_minute:
            return
        state, due = request.state, points + prepared.parse_cost
        if self._shared_budgets:
            balance = await self._shared_budgets.consume(state.database, state.organization_id, due)
        else:
            balance = self._budgets.consume(state.organization_id, due)
        state.points_remaining = balance.remaining
        if balance.retry_after:
            self._charge(request, prepared.parse_cost)
            balance = self._update_balance(request, points + prepared.document.parse_cost)
            raise rate_limited(
                f"The organization's points are spent: this takes {due:,}, and {balance.remaining:,} of its"
                f" {self._budgets.per_minute:,} a minute are left.",
                balance,
            )

    def _update_balance(self, request: HTTPConnection, points: int) -> Balance:
        balance = (self._shared_budgets or self._budgets).peek(request.state.organization_id, points)
        request.state.points_remaining = balance.remaining
        return balance

    @contextmanager
    def limit_open(self, api_key: str, kind: str) -> Iterator[None]:
        """Count one of OPEN_KINDS as open for the API key. Raises BadRequest 429 above the limit."""
        counter = (api_key, kind)
        if self._open[counter] >= self._max_open_per_key:
            raise rate_limited(
                f"The API key holds {self._max_open_per_key} {OPEN_KINDS[kind]} open already. End one first.",
                Balance(0, 1),
            )
        self._open[counter] += 1
        try:
            yield
        finally:
            self._open[counter] -= 1
            if not self._open[counter]:
                del self._open[counter]

    def open_counts(self) -> Counter[str]:
        """Count the open WebSockets and subscriptions of all keys, by kind."""
        counts: Counter[str] = Counter()
        for (_, kind), number in self._open.items():
            counts[kind] += number
        return counts


def rate_limited(message: str, balance: Balance) -> BadRequest:
    """Build a 429 with Retry-After in whole seconds."""
    wait = max(1, math.ceil(balance.retry_after))
    return BadRequest(429, f"{message} Try again in {wait} s.", {"Retry-After": str(wait)}, code="RATE_LIMITED")


def too_many_failed_sign_ins(balance: Balance) -> BadRequest:
    return rate_limited("Too many requests without a valid API key came from this address.", balance)
