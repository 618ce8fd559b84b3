"""Decide when a contact may be called: the intervals of local time that are open in all of its time zones (R17).

Everything here is about one day's local times; `calling_hours` reads the operator's, a campaign has its windows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import unique
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from models import DescribedEnum

# How far ahead an opening is looked for: a window on one weekday, on dates that are closed for months, still opens.
MAX_DAYS_AHEAD = 366
MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)


@unique
class Weekday(DescribedEnum):
    MONDAY = "Monday."
    TUESDAY = "Tuesday."
    WEDNESDAY = "Wednesday."
    THURSDAY = "Thursday."
    FRIDAY = "Friday."
    SATURDAY = "Saturday."
    SUNDAY = "Sunday."


WEEKDAYS = tuple(Weekday)
WORKDAYS = frozenset(WEEKDAYS[:5])


@dataclass(frozen=True)
class Window:
    """Local hours on some weekdays: from `opens` until before `closes`, which is later on the same day.

    A `closes` of midnight is the end of the day.
    """

    days: frozenset[Weekday]
    opens: time
    closes: time

    def contains(self, local: datetime) -> bool:
        """Tell whether a local time is inside."""
        if WEEKDAYS[local.weekday()] not in self.days:
            return False
        return self.opens <= local.time() and (self.closes == MIDNIGHT or local.time() < self.closes)


@dataclass(frozen=True)
class Hours:
    """Windows of which one must be open, and dates on which none is."""

    windows: tuple[Window, ...]
    closed_dates: frozenset[date] = frozenset()

    def contains(self, local: datetime) -> bool:
        """Tell whether a local time is inside a window, on a date that is not closed."""
        return local.date() not in self.closed_dates and any(window.contains(local) for window in self.windows)


@dataclass(frozen=True)
class LocalHours:
    """Hours that must all be open, in all of these time zones."""

    hours: tuple[Hours, ...]
    time_zones: tuple[str, ...]

    def is_open(self, at: datetime) -> bool:
        """Tell whether a call may start at an instant."""
        locals_ = [at.astimezone(load_zone(name)) for name in self.time_zones]
        return all(hours.contains(local) for local in locals_ for hours in self.hours)

    def next_opening(self, at: datetime) -> datetime | None:
        """Return `at` if open, else when it is open next; None if it is not within a year."""
        if self.is_open(at):
            return at
        return next((each for each in self._boundaries(at) if self.is_open(each)), None)

    def next_closing(self, at: datetime) -> datetime | None:
        """Return `at` if closed, else when it closes next; None if it is open for a year."""
        if not self.is_open(at):
            return at
        return next((each for each in self._boundaries(at) if not self.is_open(each)), None)

    def _boundaries(self, after: datetime) -> Iterator[datetime]:
        """Yield, in order, the instants after `after` at which the hours may open or close."""
        times = frozenset(
            each for hours in self.hours for window in hours.windows for each in (window.opens, window.closes)
        )
        today = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for start in (today + timedelta(days=days) for days in range(MAX_DAYS_AHEAD)):
            dates = [start.date() + timedelta(days=days) for days in (-1, 0, 1)]
            instants = {each for name in self.time_zones for day in dates for each in _instants(day, times, name)}
            yield from sorted(each for each in instants if start <= each < start + ONE_DAY and each > after)


@lru_cache(maxsize=4096)
def _instants(day: date, times: frozenset[time], zone_name: str) -> frozenset[datetime]:
    """Return the instants at which a zone's clock shows these times on a day, and those at which its offset changes.

    A time that comes twice has two instants. One that is skipped opens at the change of the clock.
    """
    zone = load_zone(zone_name)
    shown = (datetime.combine(day, each, zone).replace(fold=fold) for each in times | {MIDNIGHT} for fold in (0, 1))
    return frozenset(each.astimezone(UTC) for each in shown) | _offset_changes(day, zone)


def _offset_changes(day: date, zone: ZoneInfo) -> frozenset[datetime]:
    """Return the instant of a day at which the zone's offset changes, to the second."""
    low = datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), MIDNIGHT, zone).astimezone(UTC)
    if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
        return frozenset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
            low = middle
        else:
            high = middle
    return frozenset({high})


@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises ZoneInfoNotFoundError or ValueError."""
    return ZoneInfo(name)


def default_windows() -> tuple[Window, ...]:
    """Return the windows of a campaign that names none: Monday to Friday, 09:00 to 20:00."""
    return (Window(WORKDAYS, time(9), time(20)),)


def overlaps(windows: Sequence[Window]) -> Iterable[Weekday]:
    """Yield the weekdays on which two of the windows overlap."""
    for day in WEEKDAYS:
        of_day = sorted((each.opens, each.closes) for each in windows if day in each.days)
        if any(second[0] < first[1] or first[1] == MIDNIGHT for first, second in pairwise(of_day)):
            yield day
