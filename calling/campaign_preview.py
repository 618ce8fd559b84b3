"""Preview a campaign: who would be called, from which number, who is refused and why, and when it ends (R25).

It asks the functions that dial, once for all contacts that are alike, and writes nothing. Who, why and from which
number are exact for now; times are estimates.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from calling.campaign import require_not_ended
from calling.campaign_estimate import Assumptions, Estimate
from calling.campaign_readiness import NumberSource, PendingContacts, ReadinessRules, find_missing_with
from calling.contact_group import GroupedContacts, RefusalCount, turn_prefix_length
from calling.group_decisions import DecidedGroup, decide_groups
from calling.group_hours import GroupHours
from calling.pool_preview import PoolCounts, PreviewedPool, count_pool_calls
from calling.pool_turns import TurnRules
from calling.preview_counts import (
    NumberCount,
    RuleCount,
    ZoneCount,
    count_numbers,
    count_refusals,
    count_rules,
    count_zones,
)
from calling.preview_estimate import estimate_end, warn
from calling.preview_limits import Pace, daily_calls, find_limits
from models import Refusal, Refused, WaitReason
from models.campaign_rows import CampaignRow
from models.pool_statements import PoolNumberRow
from models.preview_rows import ContactGroupRow
from storage import ReadSession


@dataclass(frozen=True)
class CampaignPreview:
    """What the dry run says. `contacts` are the dialable and the refused; `not_ready`: why it can't be started."""

    at: datetime
    assumptions: Assumptions
    contacts: int = 0
    dialable: int = 0
    refused: list[RefusalCount] = field(default_factory=list)
    by_number: list[NumberCount] = field(default_factory=list)
    by_rule: list[RuleCount] = field(default_factory=list)
    by_zone: list[ZoneCount] = field(default_factory=list)
    limited_by: WaitReason | None = None
    estimated_end: datetime | None = None
    warnings: list[str] = field(default_factory=list)
    not_ready: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class Previewed:
    """A campaign that is previewed, its pool (None: it has none), what the operator decides, and now."""

    campaign: CampaignRow
    pool: PreviewedPool | None
    rules: ReadinessRules
    pace: Pace
    at: datetime

    @property
    def numbers(self) -> Sequence[PoolNumberRow]:
        """The numbers of the pool that can dial out."""
        return [each for each in self.pool.numbers if each.outbound_capable] if self.pool else []


async def preview_campaign(session: ReadSession, previewed: Previewed, grouped: GroupedContacts) -> CampaignPreview:
    """Return what would become of the groups of contacts of a campaign that is started now."""
    campaign, at, rules = previewed.campaign, previewed.at, previewed.rules
    has_pool = previewed.pool is not None
    decided = await decide_groups(session, campaign, grouped.pending, rules.allowed_regions, has_pool=has_pool)
    hours = GroupHours(campaign, rules.calling_hours, max(campaign.starts_at or at, at))
    calls = await _count_pool_calls(session, previewed, decided, hours)
    dialable = [each for each in decided if each.is_dialable]
    able = _leave_out_unable(previewed, dialable, calls)
    by_number, by_zone = count_numbers(able, calls.by_number), count_zones(dialable, hours)
    estimate = await _estimate(session, previewed, able, by_number, hours)
    if dialable and not able:
        is_unable = calls.fault or any(each.fault for each in dialable)
        estimate = Estimate(None, WaitReason.CAMPAIGN if is_unable else WaitReason.NUMBER)
    return CampaignPreview(
        at=at,
        assumptions=previewed.pace.assumptions,
        contacts=grouped.contacts,
        dialable=sum(each.group.contacts for each in dialable),
        refused=count_refusals(decided, grouped.refused),
        by_number=by_number,
        by_rule=count_rules(able, calls.by_number),
        by_zone=by_zone,
        limited_by=estimate.limited_by,
        estimated_end=estimate.ends_at,
        warnings=warn(campaign, decided, calls, by_zone, estimate),
        not_ready=await _find_missing(session, previewed, grouped.pending, hours),
    )


def _leave_out_unable(
    previewed: Previewed, dialable: Sequence[DecidedGroup], calls: PoolCounts
) -> Sequence[DecidedGroup]:
    """Return the groups that are called: not those for whom the campaign would pause, or has no number."""
    pool_is_able = bool(previewed.numbers) and not calls.fault
    return [each for each in dialable if not each.fault and (each.resolution or pool_is_able)]


async def _count_pool_calls(
    session: ReadSession, previewed: Previewed, decided: Sequence[DecidedGroup], hours: GroupHours
) -> PoolCounts:
    if previewed.pool is None:
        return PoolCounts()
    refused = {each.group.agent_number for each in decided if each.refusal and each.resolution}
    rules = TurnRules(previewed.rules.allowed_regions, refused, turn_prefix_length(previewed.rules))
    return await count_pool_calls(session, previewed.campaign, previewed.pool, decided, hours=hours, rules=rules)


async def _estimate(
    session: ReadSession,
    previewed: Previewed,
    able: Sequence[DecidedGroup],
    by_number: Sequence[NumberCount],
    hours: GroupHours,
) -> Estimate:
    e164s = sorted({each.e164 for each in by_number} | {each.e164 for each in previewed.numbers})
    limits = await find_limits(session, previewed.campaign, e164s, previewed.numbers, previewed.pace)
    return await asyncio.to_thread(
        estimate_end,
        previewed.campaign,
        able,
        hours,
        limits=limits,
        daily=daily_calls(previewed.numbers),
        assumptions=previewed.pace.assumptions,
        at=previewed.at,
    )


async def _find_missing(
    session: ReadSession, previewed: Previewed, pending: Sequence[ContactGroupRow], hours: GroupHours
) -> list[Refusal]:
    """Return what the campaign lacks to start, in the words of startCampaign."""
    try:
        require_not_ended(previewed.campaign)
    except Refused as error:
        return [error.refusal]
    openings = {hours.opening(each) for each in pending if hours.time_zones(each)}
    contacts = PendingContacts(
        exist=bool(pending),
        zone_is_unknown=any(not hours.time_zones(each) for each in pending),
        openings=tuple(openings),
    )
    numbers = NumberSource(previewed.pool is not None, bool(previewed.numbers), previewed.rules.allowed_regions)
    return await find_missing_with(session, previewed.campaign, contacts, numbers, previewed.at)
