"""Say from which numbers of its pool a campaign would call, and for how many contacts no number is left (R20, R25)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from calling.attempt import AttemptPlanner
from calling.group_decisions import DecidedGroup
from calling.group_hours import GroupHours
from calling.pool_simulation import PoolSimulation
from calling.pool_turns import PoolTurns, TurnRules, TurnSource
from models import Refusal
from models.campaign_rows import CampaignRow
from models.pool_statements import PoolNumberRow
from storage import ReadSession


@dataclass(frozen=True)
class PreviewedPool:
    """A campaign's pool, its pending contacts in their order, and how many calls more it may have at once."""

    numbers: Sequence[PoolNumberRow]
    contacts: TurnSource
    at_once: int


@dataclass(frozen=True)
class PoolCounts:
    """For how many contacts each number is chosen; how many find none below its caps; why the campaign would pause."""

    by_number: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    fault: Refusal | None = None


async def count_pool_calls(
    session: ReadSession,
    campaign: CampaignRow,
    pool: PreviewedPool,
    decided: Sequence[DecidedGroup],
    *,
    hours: GroupHours,
    rules: TurnRules,
) -> PoolCounts:
    """Choose a number for each dialable contact that the pool is for, as if each were called now, in turn."""
    groups = [each.group for each in decided if each.is_dialable]
    for_pool = sum(each.contacts for each in groups if each.agent_number is None and hours.opening(each))
    simulation = PoolSimulation(pool.numbers, pool.at_once)
    if not for_pool or not simulation.numbers:
        return PoolCounts(waiting=for_pool)
    turns = PoolTurns(campaign, simulation, hours, rules)
    # Without an agent of the campaign's, each number's own is asked; else the number makes no difference.
    needs_numbers = campaign.agent_version_id is None
    if not needs_numbers and (fault := await _find_fault(session, campaign, [simulation.numbers[0].e164], rules)):
        return PoolCounts(fault=fault)
    await turns.run(pool.contacts, groups)
    by_number = turns.by_number
    if needs_numbers and (fault := await _find_fault(session, campaign, [*by_number], rules)):
        return PoolCounts(fault=fault)
    return PoolCounts(by_number, max(for_pool - by_number.total(), 0))


async def _find_fault(
    session: ReadSession, campaign: CampaignRow, e164s: Sequence[str], rules: TurnRules
) -> Refusal | None:
    """Return why calls from one of these numbers would be refused, for which the campaign would pause."""
    planner = AttemptPlanner(session, rules.allowed_regions)
    for e164 in e164s:
        planned = await planner.plan_from(campaign, e164)
        if planned.resolution.refusal:
            return planned.resolution.refusal
    return None
