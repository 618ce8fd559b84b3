"""Space the starts of a trunk's calls by its rate."""

import time
from datetime import datetime, timedelta

from models.number_rows import TrunkLimits

# How long before its start a call may be claimed: several are claimed at once, as a commit for each is too slow.
CLAIM_AHEAD_SECONDS = 0.2


class CallPacer:
    """Spaces the starts of a trunk's calls by its rate. `at` is the current time of the database's clock."""

    def __init__(self, trunk: TrunkLimits, at: datetime) -> None:
        self._at = at
        self._clock = time.monotonic()
        self._gap = timedelta(seconds=1 / trunk.calls_per_second)
        # A stored start is far ahead only if the clock was set back or the rate was raised; calls do not wait for it.
        latest = at + timedelta(seconds=CLAIM_AHEAD_SECONDS) + self._gap
        self.next_start_at = min(max(trunk.next_start_at or at, at), latest)

    @property
    def seconds_until_claimable(self) -> float:
        """Seconds until the next call may be claimed."""
        return max(0.0, (self.next_start_at - self._at).total_seconds() - CLAIM_AHEAD_SECONDS)

    def reserve_start(self, share: float = 1) -> float:
        """Return the next start by time.monotonic(), and advance the following one by the gap.

        `share`: how much of the trunk's rate calls of this kind may use; the gap after them is as much longer.
        """
        wait = (self.next_start_at - self._at).total_seconds()
        self.next_start_at += self._gap / share
        return self._clock + wait
