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

    def look(self, name: str, points: int) -> Level:
        """Whether so many could be taken now. More than a bucket holds is taken from a full one."""
        return self._found(points, self._level(name, time.monotonic()))

    def take(self, name: str, points: int) -> Level:
        """Takes them, or nothing where they are not there."""
        now = time.monotonic()
        level = self._level(name, now)
        found = self._found(points, level)
        self._levels[name] = (level if found.wait else level - points, now)
        self._levels.move_to_end(name)
        if len(self._levels) > MOST_NAMES:
            self._levels.popitem(last=False)
        return found if found.wait else Level(max(0, int(level - points)))

    def _level(self, name: str, now: float) -> float:
        level, then = self._levels.get(name, (float(self.per_minute), now))
        return min(float(self.per_minute), level + (now - then) * self.per_minute / 60)

    def _found(self, points: int, level: float) -> Level:
        missing = min(points, self.per_minute) - level
        return Level(max(0, int(level)), max(0.0, missing * 60 / self.per_minute))
