"""Points that are spent at once and flow back steadily, for each name a bucket of its own."""

import time
from collections import OrderedDict
from dataclasses import dataclass

# Of names that have not spent for the longest time, the buckets are forgotten: they are full again by then.
MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Level:
    """What is left, and how many seconds to wait where it was not enough."""

    left: int
    wait: float = 0.0


class Buckets:
    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, points: int) -> Level:
        """Takes them, or nothing where they are not there. More than a bucket holds is taken from a full one."""
        now = time.monotonic()
        level, then = self._levels.pop(name, (float(self.per_minute), now))
        level = min(float(self.per_minute), level + (now - then) * self.per_minute / 60)
        missing = min(points, self.per_minute) - level
        self._levels[name] = (level if missing > 0 else level - points, now)
        if len(self._levels) > MOST_NAMES:
            self._levels.popitem(last=False)
        if missing > 0:
            return Level(int(level), missing * 60 / self.per_minute)
        return Level(max(0, int(level - points)))
