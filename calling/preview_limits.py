"""Find what limits how many calls a campaign may start in a minute and in a day, for the estimate (R19, R20, R25)."""

from collections.abc import Sequence
from dataclasses import dataclass

from calling.campaign_estimate import Assumptions, CallLimit, DailyCalls
from calling.trunk_room import calls_at_once, calls_per_minute
from models import WaitReason
from models.call_budget import find_any_budget, find_budgets_above
from models.campaign_rows import CampaignRow
from models.pool_statements import PoolNumberRow
from models.preview_statements import find_own_trunks
from storage import ReadSession


@dataclass(frozen=True)
class TrunkPace:
    """How many calls a trunk lets start in a second, and how many it carries at once."""

    calls_per_second: int
    max_concurrent_calls: int


@dataclass(frozen=True)
class Pace:
    """What the estimate counts with: what calls take, and how much of a trunk campaigns may use (R19)."""

    assumptions: Assumptions
    campaign_share: float

    @property
    def minutes(self) -> float:
        """The mean minutes that an attempt takes."""
        return self.assumptions.seconds_of_an_attempt / 60


async def find_limits(
    session: ReadSession, campaign: CampaignRow, e164s: Sequence[str], pool: Sequence[PoolNumberRow], pace: Pace
) -> list[CallLimit]:
    """Return what limits the calls a minute from these numbers: campaign, trunks, call budgets, the pool's caps."""
    trunks = await _find_trunks(session, campaign, e164s)
    limits = limits_of(campaign, trunks, pace.assumptions, pace.campaign_share)
    limits += await _limit_of_budgets(session, campaign, pace)
    at_once = [each.max_concurrent_calls for each in pool]
    if at_once and None not in at_once:
        limits.append(CallLimit(WaitReason.NUMBER, sum(each or 0 for each in at_once) / pace.minutes))
    return limits


def limits_of(
    campaign: CampaignRow, trunks: Sequence[TrunkPace], assumptions: Assumptions, share: float
) -> list[CallLimit]:
    """Return what limits the calls a minute of a campaign over these trunks; none: they are not known."""
    minutes = assumptions.seconds_of_an_attempt / 60
    limits = [CallLimit(WaitReason.PACE, campaign.max_concurrent_calls / minutes)]
    if campaign.calls_per_minute is not None:
        limits.append(CallLimit(WaitReason.PACE, campaign.calls_per_minute))
    if trunks:
        rooms = [calls_at_once(each.max_concurrent_calls, share) / minutes for each in trunks]
        rates = [calls_per_minute(each.calls_per_second, share) for each in trunks]
        limits.append(CallLimit(WaitReason.TRUNK, sum(map(min, rooms, rates))))
    return limits


async def _find_trunks(session: ReadSession, campaign: CampaignRow, e164s: Sequence[str]) -> list[TrunkPace]:
    """Return the trunks of numbers; none if one is borrowed: its trunk's limits are its owner's to know (R6)."""
    trunks = await find_own_trunks(session, campaign.organization_id, list(e164s)) if e164s else []
    all_own = sum(each.numbers for each in trunks) == len(e164s)
    return [TrunkPace(each.calls_per_second, each.max_concurrent_calls) for each in trunks if all_own]


async def _limit_of_budgets(session: ReadSession, campaign: CampaignRow, pace: Pace) -> list[CallLimit]:
    """Return the limit of the smallest call budget of the organization and those above it."""
    if not await find_any_budget(session):
        return []
    budgets = await find_budgets_above(session, [campaign.organization_id])
    return [CallLimit(WaitReason.BUDGET, max(each.call_budget, 1e-3) / pace.minutes) for each in budgets]


def daily_calls(pool: Sequence[PoolNumberRow]) -> DailyCalls | None:
    """Return how many calls the numbers of a pool may make in a day; None: the campaign has no pool."""
    if not pool:
        return None
    made = sum(min(each.recent_calls, each.calls_per_day) for each in pool)
    return DailyCalls(sum(each.calls_per_day for each in pool), made)
