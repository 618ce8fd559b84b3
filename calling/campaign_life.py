"""Start, pause, cancel and complete campaigns (R22). What a campaign needs to start is in `campaign_readiness`."""

from datetime import datetime

from calling.campaign import require_not_ended
from models import Campaign, CampaignStatus, EndReason, PauseReason, now
from models.admission_statements import end_queued_of_campaign
from models.life_statements import expire_contacts, find_pending_contact, lock_campaign, request_hang_ups
from models.queue_statements import count_ended_calls
from storage import WriteSession
from storage.session import count_rows_written

# Of more contacts the dialing worker expires the rest, as many at a time.
MAX_EXPIRED_AT_ONCE = 2000


def start_campaign(campaign: Campaign) -> None:
    """Start a campaign that has not ended, or go on with a paused one; one that runs is left as it is."""
    if campaign.status is CampaignStatus.RUNNING:
        return
    at = now()
    campaign.status, campaign.pause_reason = CampaignStatus.RUNNING, None
    campaign.started_at = campaign.started_at or at
    campaign.running_since = campaign.updated_at = at


async def pause_campaign(session: WriteSession, campaign: Campaign, reason: PauseReason = PauseReason.ASKED) -> None:
    """Pause a campaign: nothing of it is claimed from the commit on, and who waited to be dialed waits again.

    One that does not run is left as it is. Raises Refused (CAMPAIGN_ENDED).
    """
    require_not_ended(campaign)
    if campaign.status is not CampaignStatus.RUNNING:
        return
    at = now()
    await session.execute(lock_campaign(campaign.id))
    campaign.status, campaign.pause_reason, campaign.updated_at = CampaignStatus.PAUSED, reason, at
    await session.flush()
    await withdraw_queued_calls(session, campaign.id, at)


async def cancel_campaign(session: WriteSession, campaign: Campaign, *, hang_up_live: bool) -> None:
    """Call a campaign off: whom it has not reached expires; with `hang_up_live` its live calls are hung up.

    Raises Refused (CAMPAIGN_ENDED).
    """
    require_not_ended(campaign)
    at = now()
    await session.execute(lock_campaign(campaign.id))
    campaign.status, campaign.pause_reason = CampaignStatus.CANCELLED, None
    campaign.ended_at = campaign.updated_at = at
    await session.flush()
    await withdraw_queued_calls(session, campaign.id, at)
    await expire_some(session, campaign.id)
    if hang_up_live:
        await session.execute(request_hang_ups(campaign.id, at))


async def end_campaign(session: WriteSession, campaign: Campaign, at: datetime) -> None:
    """Expire contacts of a campaign whose end has come, and complete it once none of them is pending."""
    await withdraw_queued_calls(session, campaign.id, at)
    await expire_some(session, campaign.id)
    if not await find_pending_contact(session, campaign.id):
        campaign.status, campaign.pause_reason = CampaignStatus.COMPLETED, None
        campaign.ended_at = campaign.updated_at = at
        await session.flush()


async def withdraw_queued_calls(session: WriteSession, campaign_id: str, at: datetime) -> None:
    """End the campaign's queued calls, which do not count as attempts: triggers return their contacts to waiting."""
    ended = await session.execute(end_queued_of_campaign(campaign_id, at))
    count_ended_calls(session, EndReason.CANCELLED, ended.rowcount)
    count_rows_written(session, ended.rowcount)


async def expire_some(session: WriteSession, campaign_id: str) -> None:
    """Expire pending contacts of a campaign, a number that does not keep other writes waiting."""
    expired = await session.execute(expire_contacts(campaign_id, MAX_EXPIRED_AT_ONCE))
    count_rows_written(session, expired.rowcount)
