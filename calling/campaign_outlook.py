"""Estimate when a campaign that runs will have called everybody, from kept and bounded counts (R24).

It is the estimate of the dry run, of fewer groups of contacts: those of each time zone, fresh or called before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from calling.calling_hours import CallingHours
from calling.campaign_estimate import DEFAULT_ASSUMPTIONS, Assumptions
from calling.contact_group import ContactGroup
from calling.group_decisions import DecidedGroup
from calling.group_hours import GroupHours
from calling.preview_estimate import estimate_end
from calling.preview_limits import TrunkPace, limits_of
from models import AttemptOutcome, CampaignStatus
from models.campaign_rows import CampaignRow, PendingZoneRow, TrunkInUseRow, WaitingCountsRow
from models.statistics_statements import MAX_COUNTED

ANSWERED = (
    *(AttemptOutcome.REACHED, AttemptOutcome.TRANSFERRED, AttemptOutcome.DO_NOT_CALL),
    *(AttemptOutcome.CALL_BACK, AttemptOutcome.VOICEMAIL),
)
# From so many outcomes on the campaign's own answer rate is taken instead of the assumed one.
MIN_OUTCOMES = 20


@dataclass(frozen=True)
class Outlook:
    """What was read of a campaign, and how much of a trunk campaigns may use (R19).

    `pending`: how many contacts wait; `outcomes`: its attempts by their outcomes.
    """

    campaign: CampaignRow
    zones: Sequence[PendingZoneRow]
    counts: Sequence[WaitingCountsRow]
    trunks: Sequence[TrunkInUseRow]
    pending: int
    outcomes: Mapping[AttemptOutcome, int]
    campaign_share: float


def estimate_last_call(outlook: Outlook, calling_hours: CallingHours, at: datetime) -> datetime | None:
    """Return when everybody will have been called; None: nobody waits, it does not run, or not within a year."""
    campaign = outlook.campaign
    if campaign.status is not CampaignStatus.RUNNING or not outlook.pending:
        return None
    hours = GroupHours(campaign, calling_hours, max(campaign.starts_at or at, at))
    groups = [each for each in _with_uncounted(list(_groups(outlook, at)), outlook.pending) if hours.time_zones(each)]
    assumptions = assumptions_of(outlook.outcomes)
    limits = limits_of(campaign, _own_trunks(outlook.trunks), assumptions, outlook.campaign_share)
    dialable = [DecidedGroup(each, None) for each in groups]
    return estimate_end(campaign, dialable, hours, limits=limits, assumptions=assumptions, at=at).ends_at


def assumptions_of(outcomes: Mapping[AttemptOutcome, int]) -> Assumptions:
    """Return what the estimate takes for granted: the answer rate so far, once there are a few outcomes."""
    total = sum(outcomes.values())
    if total < MIN_OUTCOMES:
        return DEFAULT_ASSUMPTIONS
    return replace(DEFAULT_ASSUMPTIONS, answer_rate=sum(outcomes.get(each, 0) for each in ANSWERED) / total)


def _groups(outlook: Outlook, at: datetime) -> Iterator[ContactGroup]:
    counts = {each.zone_key: each for each in outlook.counts}
    for zone in outlook.zones:
        if (counted := counts.get(zone.zone_key)) is None:
            continue
        for attempts, e164, first, last, contacts in (
            (0, zone.fresh_e164, zone.fresh_due_at, counted.fresh_last_due_at, counted.fresh_contacts),
            (1, zone.retry_e164, zone.retry_due_at, counted.retry_last_due_at, counted.retry_contacts),
        ):
            if e164 and first and last:
                yield ContactGroup(
                    prefix="",
                    zone_key=zone.zone_key,
                    agent_number=None,
                    is_suppressed=False,
                    is_due=first <= at,
                    contacts=contacts,
                    example=e164,
                    last_example=e164,
                    first_due_at=first,
                    last_due_at=last,
                    attempt_count=attempts,
                )


def _with_uncounted(groups: list[ContactGroup], pending: int) -> list[ContactGroup]:
    """Share the contacts that were not counted among the groups of which no more were."""
    uncounted = pending - sum(each.contacts for each in groups)
    full = sum(each.contacts == MAX_COUNTED for each in groups)
    if uncounted <= 0 or not full:
        return groups
    more = uncounted // full
    return [replace(each, contacts=each.contacts + more) if each.contacts == MAX_COUNTED else each for each in groups]


def _own_trunks(used: Iterable[TrunkInUseRow]) -> list[TrunkPace]:
    """Return the pace of each trunk; none where a number is borrowed, whose trunk is its owner's business (R6)."""
    trunks: dict[str, TrunkPace] = {}
    for each in used:
        if each.trunk_id is None or each.calls_per_second is None or each.max_concurrent_calls is None:
            return []
        trunks[each.trunk_id] = TrunkPace(each.calls_per_second, each.max_concurrent_calls)
    return list(trunks.values())
