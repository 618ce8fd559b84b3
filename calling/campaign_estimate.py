"""Estimate when a campaign has called everybody, and which limit decides that (R25).

A simulation of amounts, not of contacts: in each step the open time zones share the calls that the lowest limit lets
through, a part of the called is reached, and the rest is due again after the delay of NO_ANSWER.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from calling.local_hours import LocalHours
from calling.open_hours import OpenHours
from models import WaitReason

# What is simulated; the rest of a longer campaign is taken to go on like that.
MAX_SIMULATED = timedelta(days=28)
MAX_ESTIMATED = timedelta(days=366)
STEPS = 200
MIN_STEP = timedelta(minutes=1)
# Less than that many contacts left is nobody.
NOBODY = 0.5
TINY = 1e-6
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Assumptions:
    """What the estimate takes for granted: how many calls are answered (0 to 1), and how long they take."""

    answer_rate: float
    seconds_of_a_call: int
    seconds_of_ringing: int

    @property
    def seconds_of_an_attempt(self) -> float:
        """The mean seconds that an attempt takes."""
        return self.seconds_of_ringing + self.answer_rate * self.seconds_of_a_call


DEFAULT_ASSUMPTIONS = Assumptions(answer_rate=0.3, seconds_of_a_call=90, seconds_of_ringing=25)


@dataclass(frozen=True)
class CallLimit:
    """What limits how many calls may start in a minute."""

    reason: WaitReason
    calls_per_minute: float


@dataclass(frozen=True)
class DailyCalls:
    """How many calls the numbers of a pool may make in a day, and how many of today's are made (R20)."""

    allowed: int
    made: float = 0


@dataclass(frozen=True)
class Cohort:
    """Contacts that may be called in the same hours, from the same time on, and have as many attempts left."""

    hours: LocalHours
    due_at: datetime
    contacts: float
    attempts_left: int
    waits_for: WaitReason


@dataclass(frozen=True)
class Estimate:
    """When everybody has been called; None: not within a year. `limited_by`: what takes the most time."""

    ends_at: datetime | None
    limited_by: WaitReason | None


@dataclass
class Line:
    """Who waits in the same hours: the `ready` by their attempts left, and the others as a heap, the earliest first."""

    hours: OpenHours
    ready: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    later: list[tuple[datetime, int, float, WaitReason]] = field(default_factory=list)
    backlog: bool = False  # whether some could not be called while the hours were open

    @property
    def ready_contacts(self) -> float:
        """How many wait for nothing but to be called."""
        return sum(self.ready.values())

    @property
    def contacts(self) -> float:
        """How many wait."""
        return self.ready_contacts + sum(each[2] for each in self.later)

    def release(self, at: datetime) -> None:
        """Have those ready that are due."""
        while self.later and self.later[0][0] <= at:
            _, left, contacts, _ = heapq.heappop(self.later)
            self.ready[left] += contacts

    def take(self, amount: float) -> dict[int, float]:
        """Take so many of the ready, retries first; return how many by the attempts that they had left."""
        taken: dict[int, float] = {}
        for left in sorted(self.ready):
            taken[left] = min(self.ready[left], amount - sum(taken.values()))
            self.ready[left] -= taken[left]
        self.backlog = self.ready_contacts > NOBODY
        return taken


class Simulation:
    """The course of a campaign that starts at `starts_at`, seen from `at`, now.

    `retry_delay`: when who did not answer is called again; None: never.
    """

    def __init__(
        self,
        cohorts: Sequence[Cohort],
        limit: CallLimit,
        assumptions: Assumptions,
        *,
        retry_delay: timedelta | None,
        at: datetime,
        starts_at: datetime,
        daily: DailyCalls | None = None,
    ) -> None:
        self._limit, self._assumptions, self._retry_delay = limit, assumptions, retry_delay
        self._now = self._starts_at = self._day_began_at = starts_at
        self._daily, self._made = daily, daily.made if daily else 0.0
        self._spent: dict[WaitReason, timedelta] = defaultdict(timedelta)
        if starts_at > at:
            self._spent[WaitReason.START] = starts_at - at
        lines: dict[LocalHours, Line] = {}
        for each in cohorts:
            line = lines.setdefault(each.hours, Line(OpenHours.since(each.hours, starts_at)))
            heapq.heappush(line.later, (each.due_at, each.attempts_left, each.contacts, each.waits_for))
        self._lines = list(lines.values())
        self._contacts = self._left
        attempts = sum(each.contacts * each.attempts_left for each in cohorts)
        self._step_length = max(MIN_STEP, timedelta(minutes=attempts / limit.calls_per_minute / STEPS))

    @property
    def _left(self) -> float:
        return sum(line.contacts for line in self._lines)

    def run(self) -> Estimate:
        """Return when everybody has been called, and what takes the most time."""
        while self._left > NOBODY and self._now - self._starts_at < MAX_SIMULATED:
            if not self._advance():
                return Estimate(None, WaitReason.WINDOW)
        passed, left = self._now - self._starts_at, self._left
        if left > NOBODY:
            passed *= self._contacts / max(self._contacts - left, NOBODY)
        last_call = timedelta(seconds=self._assumptions.seconds_of_ringing + self._assumptions.seconds_of_a_call)
        limited_by = max(self._spent, key=self._spent.__getitem__, default=None)
        return Estimate(self._starts_at + passed + last_call if passed < MAX_ESTIMATED else None, limited_by)

    def _advance(self) -> bool:
        """Go on to the next change; return whether there is one."""
        for line in self._lines:
            line.release(self._now)
        open_lines = [line for line in self._lines if line.hours.is_open(self._now)]
        ready = sum(line.ready_contacts for line in open_lines)
        if ready <= TINY:
            return self._wait()
        closings = [each for line in open_lines if (each := line.hours.next_change(self._now))]
        until_closing = min(closings) - self._now if closings else self._step_length
        needed = timedelta(minutes=ready / self._limit.calls_per_minute)
        length = max(min(self._step_length, until_closing, needed), timedelta(seconds=1))
        calls = min(ready * min(1.0, length / needed), self._left_today())
        if calls <= TINY:
            self._pass(self._day_began_at + A_DAY - self._now, WaitReason.NUMBER)
            return True
        self._pass(length, self._limit.reason)
        self._made += calls
        for line in open_lines:
            self._call(line, line.ready_contacts * calls / ready)
        return True

    def _left_today(self) -> float:
        """Return how many calls the numbers of the pool may still make within 24 hours."""
        if self._daily is None:
            return float("inf")
        if self._now - self._day_began_at >= A_DAY:
            self._day_began_at, self._made = self._now, 0.0
        return max(0.0, self._daily.allowed - self._made)

    def _call(self, line: Line, amount: float) -> None:
        """Call so many of a line: some are reached, and the others are due again, or exhausted."""
        for left, called in line.take(amount).items():
            unreached = called * (1 - self._assumptions.answer_rate)
            if left > 1 and unreached > TINY and self._retry_delay is not None:
                again = (self._now + self._retry_delay, left - 1, unreached, WaitReason.RETRY)
                heapq.heappush(line.later, again)

    def _wait(self) -> bool:
        """Wait for the next opening, or for who is due next; return whether there is anything to wait for."""
        events = [event for line in self._lines if (event := self._next_event(line))]
        if not events:
            return False
        at, reason = min(events, key=lambda event: event[0])
        self._pass(at - self._now, reason)
        return True

    def _next_event(self, line: Line) -> tuple[datetime, WaitReason] | None:
        """Return when somebody of a line can be called next, and what they wait for until then."""
        if line.ready_contacts > TINY:
            opens = line.hours.next_change(self._now)
            return (opens, self._limit.reason if line.backlog else WaitReason.WINDOW) if opens else None
        return (line.later[0][0], line.later[0][3]) if line.later else None

    def _pass(self, length: timedelta, reason: WaitReason) -> None:
        self._now += length
        self._spent[reason] += length
