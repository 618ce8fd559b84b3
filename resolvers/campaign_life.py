"""Start, pause, cancel and change campaigns (R22)."""

from typing import Any

from calling import campaign_life as life
from calling.campaign import load_campaign, require_not_ended
from calling.campaign_edit import edit_campaign
from calling.campaign_readiness import ReadinessRules, find_missing
from models import CampaignStatus, now
from resolvers.context import Payload, Transaction


async def start_campaign(transaction: Transaction, *, campaign_id: str) -> Payload:
    """Start a campaign, or answer all that it lacks."""
    campaign = await load_campaign(transaction.session, transaction.principal.reach, campaign_id)
    require_not_ended(campaign)
    rules = ReadinessRules(transaction.deployment.calling_hours, transaction.deployment.allowed_regions)
    is_running = campaign.status is CampaignStatus.RUNNING
    if not is_running and (missing := await find_missing(transaction.session, campaign, rules, now())):
        return {"user_errors": missing}
    life.start_campaign(campaign)
    await transaction.session.flush()
    return {"campaign": campaign}


async def pause_campaign(transaction: Transaction, *, campaign_id: str) -> Payload:
    campaign = await load_campaign(transaction.session, transaction.principal.reach, campaign_id)
    await life.pause_campaign(transaction.session, campaign)
    return {"campaign": campaign}


async def cancel_campaign(transaction: Transaction, *, campaign_id: str, hang_up_live: bool = False) -> Payload:
    campaign = await load_campaign(transaction.session, transaction.principal.reach, campaign_id)
    await life.cancel_campaign(transaction.session, campaign, hang_up_live=hang_up_live)
    return {"campaign": campaign}


async def update_campaign(
    transaction: Transaction,
    *,
    campaign_id: str,
    expected_revision: int | None = None,
    **sent: Any,  # noqa: ANN401 - the fields of an input
) -> Payload:
    campaign = await load_campaign(transaction.session, transaction.principal.reach, campaign_id)
    await edit_campaign(transaction.session, campaign, sent, expected_revision)
    return {"campaign": campaign}
