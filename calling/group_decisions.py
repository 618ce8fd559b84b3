"""Decide groups of contacts that are alike, by the functions that decide each contact when it is dialed (R25)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from calling.attempt import AttemptPlanner, choose_last_number
from calling.campaign_fault import fault_of_campaign
from calling.contact_admission import refuse_suppressed, refuse_unknown_zone
from calling.group_regions import find_forbidden
from calling.resolution_result import Resolution
from models import Refusal
from models.campaign_rows import CampaignRow
from models.preview_rows import ContactGroupRow
from storage import ReadSession


@dataclass(frozen=True)
class DecidedGroup:
    """What was decided for a group of contacts: a refusal, or the resolution of their next call.

    `resolution`: None where each gets a number of the pool, in turn. `fault`: why the campaign would pause instead of
    calling them. `is_exhausted`: their attempts are used up.
    """

    group: ContactGroupRow
    refusal: Refusal | None = None
    resolution: Resolution | None = None
    fault: Refusal | None = None
    is_exhausted: bool = False

    @property
    def is_dialable(self) -> bool:
        """Whether nothing of the contacts' own keeps them from being called."""
        return self.refusal is None and not self.is_exhausted


async def decide_groups(
    session: ReadSession,
    campaign: CampaignRow,
    groups: Sequence[ContactGroupRow],
    allowed_regions: frozenset[str],
    *,
    has_pool: bool,
) -> list[DecidedGroup]:
    """Decide each group as the dialer would decide each of its contacts now."""
    forbidden = await asyncio.to_thread(find_forbidden, groups, allowed_regions) if allowed_regions else {}
    resolve = _Resolutions(session, campaign, allowed_regions)
    decided = []
    for group in groups:
        if refusal := _refuse_at_once(campaign, group):
            decided.append(DecidedGroup(group, refusal))
        elif group.attempt_count >= campaign.max_attempts:
            decided.append(DecidedGroup(group, is_exhausted=True))
        elif refusal := forbidden.get(group.example):
            decided.append(DecidedGroup(group, refusal))
        elif has_pool and group.agent_number is None:
            decided.append(DecidedGroup(group))
        else:
            decided.append(_decide(group, await resolve.find(group)))
    return decided


def _refuse_at_once(campaign: CampaignRow, group: ContactGroupRow) -> Refusal | None:
    """Return why contacts are not called, before their numbers are looked at."""
    return refuse_unknown_zone(group.zone_key, campaign.default_time_zone) or refuse_suppressed(group.is_suppressed)


def _decide(group: ContactGroupRow, resolution: Resolution) -> DecidedGroup:
    refusal = resolution.refusal
    if refusal and fault_of_campaign(refusal, group.agent_number):
        return DecidedGroup(group, fault=refusal)
    return DecidedGroup(group, refusal, resolution)


class _Resolutions:
    """How the calls of contacts without a pool resolve: once for each number of their own, or of their last attempt."""

    def __init__(self, session: ReadSession, campaign: CampaignRow, allowed_regions: frozenset[str]) -> None:
        self._session, self._campaign = session, campaign
        self._planner = AttemptPlanner(session, allowed_regions)
        self._found: dict[tuple[str | None, str | None], Resolution] = {}

    async def find(self, group: ContactGroupRow) -> Resolution:
        is_chosen = group.agent_number is not None or self._campaign.agent_number is not None
        last = None if is_chosen else group.last_agent_number
        key = group.agent_number, last
        if key not in self._found:
            choice = await choose_last_number(self._session, self._campaign, last)
            agent_number = choice.agent_number if choice else group.agent_number
            self._found[key] = (await self._planner.plan_from(self._campaign, agent_number)).resolution
            await asyncio.sleep(0)  # on SQLite, reads are answered in the event loop: others take their turns
        return self._found[key]
