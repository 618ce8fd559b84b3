"""Lease an organization's points from the database in blocks, so that several servers share one budget."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from models.budget import lease_points
from serving.token_bucket import MAX_BUCKETS, Balance, refilled
from storage import Database

# The block of a lease, as a fraction of a minute's points. Unused points expire after LEASE_SECONDS.
LEASE_FRACTION = 1 / 10
LEASE_SECONDS = 60.0


@dataclass(slots=True)
class LeasedBudget:
    """The points that are left of this server's last lease.

    `shared_level`: the points left for all servers after it, at `as_of` (time.monotonic()); an upper bound, as other
    servers lease as well.
    """

    shared_level: float
    as_of: float
    points: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SharedBudgets:
    """TokenBuckets over leases: one write for each block, and none before the shared points can have refilled."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._leased: OrderedDict[str, LeasedBudget] = OrderedDict()

    def peek(self, organization_id: str, points: int) -> Balance:
        """Return the balance, with the wait until there may be enough points, without reading the database."""
        budget = self._budget_of(organization_id)
        missing = 0.0 if points <= budget.points else self._shortfall(budget, points)
        return Balance.of(budget.points + self._shared_remaining(budget), missing, self._per_minute)

    async def consume(self, database: Database, organization_id: str, points: int) -> Balance:
        """Take the points, or none if there are too few. Raises DatabaseUnavailable."""
        budget = self._budget_of(organization_id)
        async with budget.lock:
            if time.monotonic() > budget.as_of + LEASE_SECONDS:
                budget.points = min(budget.points, 0.0)
            if points > budget.points and not self._shortfall(budget, points):
                await self._lease(database, organization_id, budget, points)
            missing = 0.0 if points <= budget.points else self._shortfall(budget, points) or 1.0
            if not missing:
                budget.points -= points
            return Balance.of(budget.points + self._shared_remaining(budget), missing, self._per_minute)

    def debit(self, organization_id: str, points: int) -> Balance:
        """Take the points even if there are too few: the next lease covers the debt."""
        budget = self._budget_of(organization_id)
        budget.points -= points
        return Balance(max(0, int(budget.points + self._shared_remaining(budget))))

    async def _lease(self, database: Database, organization_id: str, budget: LeasedBudget, points: int) -> None:
        needed, block = points - budget.points, self._per_minute * LEASE_FRACTION
        lease = await database.write(
            lambda session: lease_points(session, organization_id, needed, block, self._per_minute)
        )
        budget.points += lease.points
        budget.shared_level, budget.as_of = lease.level, time.monotonic()

    def _shortfall(self, budget: LeasedBudget, points: int) -> float:
        return max(0.0, min(points - budget.points, self._per_minute) - self._shared_remaining(budget))

    def _shared_remaining(self, budget: LeasedBudget) -> float:
        return refilled(budget.shared_level, budget.as_of, time.monotonic(), self._per_minute)

    def _budget_of(self, organization_id: str) -> LeasedBudget:
        budget = self._leased.pop(organization_id, None) or LeasedBudget(float(self._per_minute), time.monotonic())
        self._leased[organization_id] = budget
        if len(self._leased) > MAX_BUCKETS:
            self._leased.popitem(last=False)
        return budget
