"""Choose the number of a campaign's pool that a contact is called from (R20).

Passed over     a number that cannot dial out, that is at its cap of the day, or at its cap of calls at once.
Of the rest     the number of the contact's last attempt; then one with the contact's area code; in its time zones; in
                its country; the least used in 24 hours against its cap; the oldest; the smallest id.
None is free    the contact waits: no other number stands in.

A number that the organization may not dial from is not in the pool: the statement leaves it out (R6). The calls of a
borrowed number are everybody's, so they are counted, and not told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from calling.number_choice import NumberChoice
from calling.number_place import place_of
from calling.resolution_result import Candidate, CandidateVerdict
from models.number_candidates import MAX_CANDIDATES
from models.pool_statements import PoolNumberRow


@dataclass(frozen=True)
class Called:
    """The contact that is to be called: its number, its time zones, and the number of the attempt before."""

    e164: str
    time_zones: tuple[str, ...]
    last_agent_number: str | None = None


class Preference(NamedTuple):
    """What makes one number better than another, and how that is said of the better one."""

    holds: Callable[[PoolNumberRow, Called], bool]
    words: str


# In this order: the first on which two numbers differ decides.
PREFERENCES = (
    Preference(
        lambda number, called: number.e164 == called.last_agent_number, "made the last attempt to reach the contact"
    ),
    Preference(
        lambda number, called: place_of(number.e164).area_code in {place_of(called.e164).area_code} - {None},
        "has the contact's area code",
    ),
    Preference(
        lambda number, called: place_of(number.e164).time_zones in {called.time_zones} - {()},
        "is in the contact's time zones",
    ),
    Preference(
        lambda number, called: place_of(number.e164).country == place_of(called.e164).country,
        "is in the contact's country",
    ),
)
# What decides between two numbers that are alike by the preferences.
TIE_BREAKS = ("was used least in 24 hours against its cap", "is the oldest", "has the smallest id")
NONE_IS_FREE = "Every number of the pool is at a cap, or cannot dial out: the contact waits for one."
ONLY_ONE_IS_FREE = "is the only number of the pool that is free"

Rank = tuple[bool | Fraction | datetime | str, ...]


def choose_from_pool(
    pool: Sequence[PoolNumberRow], called: Called, more_calls: Mapping[str, int] | None = None
) -> NumberChoice:
    """Return the number to call from, and why it and none of the others.

    `more_calls`: calls by the number's id that have been queued since the pool was read.
    """
    more = more_calls or {}
    obstacles = {number.id: _why_passed_over(number, more.get(number.id, 0)) for number in pool}
    ranks = {number.id: _rank(number, called, more.get(number.id, 0)) for number in pool}
    ordered = sorted(pool, key=lambda number: (obstacles[number.id] is not None, ranks[number.id]))
    if not ordered or obstacles[ordered[0].id]:
        return NumberChoice(None, NONE_IS_FREE, _passed_over(ordered, obstacles))
    best, *others = ordered
    free = [each for each in others if obstacles[each.id] is None]
    words = _difference(ranks[best.id], ranks[free[0].id]) if free else ONLY_ONE_IS_FREE
    reason = f"Of the pool, {best.e164} {words}."
    for each in free:
        obstacles[each.id] = f"{best.e164} {_difference(ranks[best.id], ranks[each.id])}."
    chosen = Candidate(best.e164, CandidateVerdict.CHOSEN, reason)
    return NumberChoice(best.e164, reason, (chosen, *_passed_over(others, obstacles))[:MAX_CANDIDATES])


def _why_passed_over(number: PoolNumberRow, more: int) -> str | None:
    """Return why a number is no choice now; None if it is one. The calls of a borrowed number are not told."""
    recent, live, at_once = number.recent_calls + more, number.live_calls + more, number.max_concurrent_calls
    if not number.outbound_capable:
        return "Its trunk has no outbound configuration."
    if recent >= number.calls_per_day:
        told = f": {recent} calls in 24 hours, of {number.calls_per_day}" if number.owned else ""
        return f"It is at its cap of the day{told}."
    if at_once is not None and live >= at_once:
        told = f": {live} of {at_once}" if number.owned else ""
        return f"It is at its cap of calls at once{told}."
    return None


def shortcomings(number: PoolNumberRow, called: Called) -> tuple[bool, ...]:
    """Return which preferences a number does not meet, in their order: the smaller, the better it is."""
    return tuple(not preference.holds(number, called) for preference in PREFERENCES)


def _rank(number: PoolNumberRow, called: Called, more: int) -> Rank:
    """Return what numbers are sorted by, the best first."""
    return (
        *shortcomings(number, called),
        Fraction(number.recent_calls + more, number.calls_per_day),
        number.created_at,
        number.id,
    )


def _difference(better: Rank, worse: Rank) -> str:
    """Say what makes a number better than another: the first difference between their ranks."""
    words = (*(preference.words for preference in PREFERENCES), *TIE_BREAKS)
    return next(said for said, one, other in zip(words, better, worse, strict=True) if one != other)


def _passed_over(numbers: Sequence[PoolNumberRow], reasons: Mapping[str, str | None]) -> tuple[Candidate, ...]:
    return tuple(Candidate(each.e164, CandidateVerdict.PASSED_OVER, reasons[each.id] or "") for each in numbers)
