"""Pause a campaign that cannot go on: its agent is off, its numbers are gone, or too many of its calls fail (R22)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from calling import campaign_life
from calling.campaign_fault import fault_of_campaign
from models import Campaign, PauseReason, Refusal
from models.campaign_rows import CampaignRow, ContactRow
from models.life_statements import count_recent_ends, find_versions_of_inactive_agents, lock_campaign
from storage import ReadSession, WriteSession

log = structlog.get_logger()

# A campaign pauses itself if half of its last calls failed: of at least 20 and at most 100, within five minutes.
FAILURES_WITHIN = timedelta(minutes=5)
MIN_ENDED, MAX_ENDED = 20, 100


class CampaignUnable(Exception):
    """Raised where a campaign, and not one of its contacts, is what cannot be called for."""

    def __init__(self, reason: PauseReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


def is_open_for_calls(campaign: CampaignRow, at: datetime) -> bool:
    """Tell whether a running campaign has begun, and has not come to its end."""
    has_begun = campaign.starts_at is None or campaign.starts_at <= at
    return has_begun and (campaign.ends_at is None or at < campaign.ends_at)


def raise_if_campaign_is_unable(refusal: Refusal, contact: ContactRow) -> None:
    """Raise CampaignUnable if a refusal is not the contact's own: nobody is to be refused for the campaign's fault."""
    if reason := fault_of_campaign(refusal, contact.agent_number):
        raise CampaignUnable(reason)


async def find_reasons_to_pause(
    session: ReadSession, campaigns: Sequence[CampaignRow], at: datetime
) -> dict[str, PauseReason]:
    """Return why campaigns, by their ids, are to be paused: their agent is off, or their calls fail."""
    reasons: dict[str, PauseReason] = {}
    for counts in await count_recent_ends(session, [each.id for each in campaigns], at - FAILURES_WITHIN, MAX_ENDED):
        if counts.ended >= MIN_ENDED and counts.failed * 2 >= counts.ended:
            reasons[counts.id] = PauseReason.FAILURE_RATE
    version_ids = sorted({each.agent_version_id for each in campaigns if each.agent_version_id})
    inactive = {row.id for row in await find_versions_of_inactive_agents(session, version_ids)}
    return reasons | {each.id: PauseReason.AGENT_INACTIVE for each in campaigns if each.agent_version_id in inactive}


async def pause_campaign(session: WriteSession, campaign_id: str, reason: PauseReason) -> None:
    """Pause a running campaign for a reason of its own."""
    await session.execute(lock_campaign(campaign_id))
    statement = sa.select(Campaign).where(Campaign.columns().id == campaign_id)
    campaign: Campaign = (await session.execute(statement)).scalar_one()
    await campaign_life.pause_campaign(session, campaign, reason)
    log.warning("campaign_paused", campaign=campaign_id, reason=reason.name)
