"""Turn groups of contacts and a campaign's limits into an estimate, and into warnings (R25)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from calling.campaign_estimate import Assumptions, CallLimit, Cohort, DailyCalls, Estimate, Simulation
from calling.group_decisions import DecidedGroup
from calling.group_hours import GroupHours
from calling.pool_preview import PoolCounts
from calling.preview_counts import ZoneCount
from models import AttemptOutcome, WaitReason
from models.campaign_rows import CampaignRow
from models.preview_rows import ContactGroupRow

# Contacts that become due over some time are estimated as this many cohorts.
COHORTS = 8


def estimate_end(
    campaign: CampaignRow,
    dialable: Sequence[DecidedGroup],
    hours: GroupHours,
    *,
    limits: Sequence[CallLimit],
    assumptions: Assumptions,
    at: datetime,
    daily: DailyCalls | None = None,
) -> Estimate:
    """Estimate when everybody whose hours open has been called. `at`: now."""
    starts_at = max(campaign.starts_at or at, at)
    cohorts = [
        cohort
        for each in dialable
        if hours.opening(each.group)
        for cohort in _cohorts(campaign, each.group, hours, starts_at)
    ]
    if not cohorts:
        return Estimate(None, None)
    limit = min(limits, key=lambda each: each.calls_per_minute)
    delay = campaign.retry_delays.get(AttemptOutcome.NO_ANSWER.name, 0)
    retry_delay = timedelta(minutes=delay) if delay else None
    simulation = Simulation(
        cohorts, limit, assumptions, retry_delay=retry_delay, at=at, starts_at=starts_at, daily=daily
    )
    return simulation.run()


def _cohorts(campaign: CampaignRow, group: ContactGroupRow, hours: GroupHours, starts_at: datetime) -> Iterator[Cohort]:
    """Yield a group as cohorts: its contacts are taken to become due evenly between the first and the last."""
    attempts_left = max(campaign.max_attempts - group.attempt_count, 1)
    reason = WaitReason.RETRY if group.attempt_count else WaitReason.START
    first, last = max(group.first_due_at, starts_at), max(group.last_due_at, starts_at)
    parts = 1 if first == last else COHORTS
    for part in range(parts):
        due_at = first + (last - first) * part / max(parts - 1, 1)
        yield Cohort(hours.hours(group), due_at, group.contacts / parts, attempts_left, reason)


def warn(
    campaign: CampaignRow,
    decided: Sequence[DecidedGroup],
    pool: PoolCounts,
    zones: Sequence[ZoneCount],
    estimate: Estimate,
) -> list[str]:
    """Return what deserves attention before the campaign is started."""
    return [*_warn_of_contacts(decided, pool), *_warn_of_times(campaign, zones, estimate)]


def _warn_of_contacts(decided: Sequence[DecidedGroup], pool: PoolCounts) -> Iterator[str]:
    """Yield which contacts are not called now, though nothing refuses them, and why."""
    if fault := pool.fault or next((each.fault for each in decided if each.fault), None):
        yield f"The campaign would pause itself, and refuse nobody: {fault.message}"
    if pool.waiting:
        yield (
            f"{pool.waiting:,} contacts wait for a number: those of the pool are at their caps of the day before it is"
            " their turn, or cannot dial out. Add numbers to the pool, or raise callsPerDay."
        )
    if exhausted := sum(each.group.contacts for each in decided if each.is_exhausted):
        yield f"{exhausted:,} contacts have had all their attempts already. Raise maxAttempts to call them again."


def _warn_of_times(campaign: CampaignRow, zones: Sequence[ZoneCount], estimate: Estimate) -> list[str]:
    """Return which hours do not open, and whether the campaign takes too long."""
    warnings = [
        f"{each.contacts:,} contacts in {each.time_zone} cannot be called: their hours do not open before the"
        " campaign's end, or within a year. Change windows, closedDates or endsAt."
        for each in zones
        if each.opens_at is None
    ]
    reason = f" What limits it is {estimate.limited_by.name}." if estimate.limited_by else ""
    if estimate.limited_by and estimate.ends_at is None:
        warnings.append(f"The campaign is not expected to end within a year.{reason}")
    elif campaign.ends_at and estimate.ends_at and estimate.ends_at > campaign.ends_at:
        warnings.append(
            f"The campaign is expected to need until {estimate.ends_at:%Y-%m-%d %H:%M} UTC, after its endsAt:"
            f" who has not been reached by then expires.{reason}"
        )
    return warnings
