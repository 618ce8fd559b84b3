"""Limit a rate with token buckets, one per name."""

import time
from collections import OrderedDict
from dataclasses import dataclass

# The least recently used buckets are dropped: they are full again by then.
MAX_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Balance:
    """The points that are left, and the seconds to wait if they were not enough."""

    remaining: int
    retry_after: float = 0.0

    @classmethod
    def of(cls, level: float, missing: float, per_minute: int) -> "Balance":
        """Return the balance of a bucket at this level; `missing`: points that must refill before the operation."""
        return cls(max(0, int(level)), missing * 60 / per_minute)


def refilled(level: float, since: float, now: float, per_minute: int) -> float:
    """Return the level of a bucket that had `level` points at `since`; both times are time.monotonic()."""
    return min(float(per_minute), level + (now - since) * per_minute / 60)


class TokenBuckets:
    """Buckets of `per_minute` points that refill at `per_minute` points a minute."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def peek(self, name: str, points: int) -> Balance:
        """Return the balance without taking points. More points than a bucket holds need a full one."""
        level = self._level_at(name, time.monotonic())
        return Balance.of(level, self._missing(points, level), self.per_minute)

    def consume(self, name: str, points: int) -> Balance:
        """Take the points, or none if there are too few."""
        now = time.monotonic()
        level = self._level_at(name, now)
        missing = self._missing(points, level)
        if not missing:
            level -= points
        self._store(name, level, now)
        return Balance.of(level, missing, self.per_minute)

    def debit(self, name: str, points: int) -> Balance:
        """Take the points even if there are too few: the level is then below zero until the bucket refills."""
        now = time.monotonic()
        level = self._level_at(name, now) - points
        self._store(name, level, now)
        return Balance(max(0, int(level)))

    def _store(self, name: str, level: float, now: float) -> None:
        self._levels[name] = (level, now)
        self._levels.move_to_end(name)
        if len(self._levels) > MAX_BUCKETS:
            self._levels.popitem(last=False)

    def _level_at(self, name: str, now: float) -> float:
        level, since = self._levels.get(name, (float(self.per_minute), now))
        return refilled(level, since, now, self.per_minute)

    def _missing(self, points: int, level: float) -> float:
        return max(0.0, min(points, self.per_minute) - level)
