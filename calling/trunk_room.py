"""Say how many calls campaigns may queue over a trunk now (R19).

Campaigns use a share of a trunk's calls at once and of its calls a second; single calls come first. A call is queued
only where it can start at once, or within two seconds.
"""

from models.trunk_load import TrunkLoadRow

MAX_QUEUE_SECONDS = 2


def trunk_room(load: TrunkLoadRow, share: float) -> int:
    """Return how many calls more campaigns may queue. `share`: theirs of the trunk, over 0, at most 1.

    A share is rounded down, but is at least one call: a trunk that carries one call serves campaigns too.
    """
    at_once = calls_at_once(load.max_concurrent_calls, share) - load.attempts
    unused = load.max_concurrent_calls - load.active - load.queued
    soon = max(1, int(load.calls_per_second * share * MAX_QUEUE_SECONDS)) - load.queued
    return max(0, min(at_once, unused, soon))


def calls_at_once(max_concurrent_calls: int, share: float) -> int:
    """Return how many calls campaigns may have over a trunk at once."""
    return max(1, int(max_concurrent_calls * share))


def calls_per_minute(calls_per_second: float, share: float) -> float:
    """Return how many calls campaigns may start over a trunk in a minute: the gap after each is as much longer."""
    return 60 * calls_per_second * share
