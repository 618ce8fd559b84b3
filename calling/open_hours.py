"""Find the intervals in which hours are open, as far ahead as they are asked for (R17, R25)."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from calling.local_hours import LocalHours


@dataclass
class OpenHours:
    """The intervals in which some hours are open, found as far ahead as they are asked for."""

    hours: LocalHours
    changes: list[datetime]  # opens, closes, opens, …
    ends: bool = False

    @classmethod
    def since(cls, hours: LocalHours, at: datetime) -> "OpenHours":
        """Return the intervals from an instant on."""
        opening = hours.next_opening(at)
        return cls(hours, [opening] if opening else [], opening is None)

    def is_open(self, at: datetime) -> bool:
        """Tell whether the hours are open."""
        self._extend_beyond(at)
        return bisect_right(self.changes, at) % 2 == 1

    def next_change(self, at: datetime) -> datetime | None:
        """Return when they open or close next; None: never."""
        self._extend_beyond(at)
        place = bisect_right(self.changes, at)
        return self.changes[place] if place < len(self.changes) else None

    def _extend_beyond(self, at: datetime) -> None:
        while not self.ends and self.changes[-1] <= at:
            last, closes = self.changes[-1], len(self.changes) % 2 == 1
            change = self.hours.next_closing(last) if closes else self.hours.next_opening(last)
            if change is None:
                self.ends = True
            else:
                self.changes.append(change)
