"""Choose numbers of a pool for many contacts, one after the other, as `choose_from_pool` would for each (R20, R25).

Contacts with the same preferences share a line: the pool as tiers, the preferred first. In a tier the least used number
is next; each tier is a heap by use, whose entries are renewed when they come up. A call counts against the cap of the
day at once; it is live until as many calls follow as the campaign may have at once.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush, heapreplace
from math import lcm

from calling.number_place import place_of
from calling.number_pool import Called, shortcomings
from models.pool_statements import PoolNumberRow

# The pool for contacts that are alike: tiers of numbers, each a heap of their keys.
Line = list[list[int]]


class PoolSimulation:
    """The use of a pool's numbers while a campaign calls. A number that cannot dial out is left out."""

    def __init__(self, pool: Sequence[PoolNumberRow], at_once: int) -> None:
        """Begin with the use that there is. `at_once`: how many calls more the campaign may have live."""
        able = [each for each in pool if each.outbound_capable]
        # In the order that decides between numbers that are used alike: a number is known by its place.
        self._numbers = sorted(able, key=lambda each: (each.created_at, each.id))
        self._places = {each.e164: place for place, each in enumerate(self._numbers)}
        self._left_today = [each.calls_per_day - each.recent_calls for each in self._numbers]
        self._left_at_once = [
            float("inf") if each.max_concurrent_calls is None else each.max_concurrent_calls - each.live_calls
            for each in self._numbers
        ]
        # A key is a number's use against its cap, in units that make it whole, and its place.
        unit, count = lcm(*(each.calls_per_day for each in self._numbers)), len(self._numbers)
        self._steps = [unit // each.calls_per_day * count for each in self._numbers]
        self._keys = [
            each.recent_calls * step + place
            for place, (each, step) in enumerate(zip(self._numbers, self._steps, strict=True))
        ]
        self._blocked = [not self._is_free(place) for place in range(count)]
        self._tiers: dict[tuple[int, ...], list[int]] = {}
        self._lines: dict[tuple[str | None, str, tuple[str, ...]], Line] = {}
        self._left_out: defaultdict[int, list[list[int]]] = defaultdict(list)
        self._live: deque[int] = deque()
        self._limits_at_once = any(each.max_concurrent_calls is not None for each in self._numbers)
        self._at_once = max(at_once, 1)

    @property
    def numbers(self) -> Sequence[PoolNumberRow]:
        """The numbers, in the order of their places."""
        return self._numbers

    @property
    def capacity(self) -> int:
        """How many calls the caps of the day still allow."""
        return sum(max(each, 0) for each in self._left_today)

    def find(self, e164: str) -> int | None:
        """Return the place of a number; None: it is not in the pool."""
        return self._places.get(e164)

    def line_of(self, called: Called) -> Line:
        """Return the pool as it is for a contact, and for all that are alike."""
        home = place_of(called.e164)
        key = home.area_code, home.country, called.time_zones
        if key not in self._lines:
            self._lines[key] = self._line_of_fresh(replace(called, last_agent_number=None))
        last = self._places.get(called.last_agent_number or "")
        return self._lines[key] if last is None else [self._tier((last,)), *self._lines[key]]

    def _line_of_fresh(self, called: Called) -> Line:
        """Return the pool for a contact that has not been called. Else the last number would be preferred to all."""
        tiers: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
        for place, number in enumerate(self._numbers):
            tiers[shortcomings(number, called)].append(place)
        return [self._tier(tuple(tiers[each])) for each in sorted(tiers)]

    def choose(self, line: Line) -> int | None:
        """Choose for the next contact, and count its call; return the number's place. None: every cap is reached."""
        place = self._find(line)
        while place is None and self._live and self.capacity:
            self._end_oldest()
            place = self._find(line)
        if place is not None:
            self.count(place)
        return place

    def count(self, place: int) -> None:
        """Count a call from a number, whether the pool has chosen it or not."""
        self._keys[place] += self._steps[place]
        self._left_today[place] -= 1
        if self._limits_at_once:
            self._left_at_once[place] -= 1
            self._live.append(place)
            if len(self._live) >= self._at_once:
                self._end_oldest()
        self._blocked[place] = not self._is_free(place)

    def _tier(self, places: tuple[int, ...]) -> list[int]:
        """Return the heap of some numbers, which all lines with this tier share."""
        if places not in self._tiers:
            tier = [self._keys[place] for place in places]
            heapify(tier)
            self._tiers[places] = tier
        return self._tiers[places]

    def _find(self, line: Line) -> int | None:
        """Return the place of the least used number of the first tier that has a free one."""
        for tier in line:
            while tier:
                key = tier[0]
                place = key % len(self._numbers)
                if self._blocked[place]:
                    heappop(tier)
                    self._left_out[place].append(tier)
                elif key != self._keys[place]:
                    heapreplace(tier, self._keys[place])
                else:
                    return place
        return None

    def _end_oldest(self) -> None:
        """End the live call that began first, and have its number chosen again if it is free."""
        place = self._live.popleft()
        self._left_at_once[place] += 1
        self._blocked[place] = not self._is_free(place)
        if not self._blocked[place]:
            for tier in self._left_out.pop(place, ()):
                heappush(tier, self._keys[place])

    def _is_free(self, place: int) -> bool:
        return self._left_today[place] > 0 and self._left_at_once[place] > 0
