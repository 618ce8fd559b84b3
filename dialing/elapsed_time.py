"""Measure the time since calls began by a monotonic clock, so that changes of the system clock do not matter."""

import time
from collections.abc import Hashable
from datetime import datetime, timedelta


class ElapsedTime:
    """Measures the time since stored starts, for starts that are passed to `elapsed_seconds` repeatedly.

    The stored start is used only the first time; from then on, the monotonic clock measures.
    """

    def __init__(self) -> None:
        self._since: dict[Hashable, float] = {}
        self._first_reading: tuple[datetime, float] | None = None

    def adjusted_now(self, at: datetime) -> datetime:
        """Return what a clock that now reads `at` would read, had nobody set it since this object was first used."""
        self._first_reading = self._first_reading or (at, time.monotonic())
        first_time, first_clock = self._first_reading
        return first_time + timedelta(seconds=time.monotonic() - first_clock)

    def elapsed_seconds(self, started_at: dict[Hashable, datetime], at: datetime) -> dict[Hashable, float]:
        """Return the seconds since each start, by key, at the time `at`. Keys missing from `started_at` are forgotten.

        A start that is passed for the first time may be from before or after a change of the clock: the shorter of
        the two possible durations is used.
        """
        adjusted, clock = self.adjusted_now(at), time.monotonic()
        previous, self._since = self._since, {}
        for each, start in started_at.items():
            initial_seconds = max(0.0, min(at - start, adjusted - start).total_seconds())
            self._since[each] = previous.get(each, clock - initial_seconds)
        return {each: clock - since for each, since in self._since.items()}
