"""Budgets that hold across servers: what a key may spend is leased from the database in blocks, and spent here."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from models import Database
from models.budget import lease
from serving.buckets import MOST_NAMES, Level

# Of a minute's points. Each server may keep one from the others, which is given up after so many seconds.
BLOCK = 1 / 10
KEPT = 60.0


@dataclass(slots=True)
class Purse:
    """What is left of the last lease, and what was left for all as it was made: an upper bound, others lease too."""

    level: float
    as_of: float
    points: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Leases:
    """The database is asked once a block, and not at all while points that are spent cannot be back."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._purses: OrderedDict[str, Purse] = OrderedDict()

    def look(self, api_key: str, points: int) -> Level:
        """Whether so many could be there, as far as is known here."""
        purse = self._purse(api_key)
        missing = 0.0 if points <= purse.points else self._missing(purse, points)
        return Level(max(0, int(purse.points + self._there(purse))), missing * 60 / self._per_minute)

    async def take(self, database: Database, api_key: str, points: int) -> Level:
        """As `Buckets.take`. Raises DatabaseGone."""
        purse = self._purse(api_key)
        async with purse.lock:
            if time.monotonic() > purse.as_of + KEPT:
                purse.points = 0.0
            if points > purse.points and not self._missing(purse, points):
                await self._lease(database, api_key, purse, points)
            missing = 0.0 if points <= purse.points else self._missing(purse, points) or 1.0
            if not missing:
                purse.points -= points
            return Level(max(0, int(purse.points + self._there(purse))), missing * 60 / self._per_minute)

    async def _lease(self, database: Database, api_key: str, purse: Purse, points: int) -> None:
        needed, block = points - purse.points, self._per_minute * BLOCK
        given = await database.write(lambda session: lease(session, api_key, needed, block, self._per_minute))
        purse.points += given.points
        purse.level, purse.as_of = given.level, time.monotonic()

    def _missing(self, purse: Purse, points: int) -> float:
        return max(0.0, min(points - purse.points, self._per_minute) - self._there(purse))

    def _there(self, purse: Purse) -> float:
        flowed = (time.monotonic() - purse.as_of) * self._per_minute / 60
        return min(float(self._per_minute), purse.level + flowed)

    def _purse(self, api_key: str) -> Purse:
        purse = self._purses.pop(api_key, None) or Purse(float(self._per_minute), time.monotonic())
        self._purses[api_key] = purse
        if len(self._purses) > MOST_NAMES:
            self._purses.popitem(last=False)
        return purse
