"""Change a campaign: which settings may be changed when, and only as its editor has seen it (R22)."""

from typing import Any

from calling.agent_reference import AgentReference, resolve_agent_version
from calling.campaign import check_period, check_settings, require_not_ended
from calling.campaign_life import withdraw_queued_calls
from calling.campaign_pool import pool_for_audit, replace_pool, require_one_source
from models import Campaign, CampaignStatus, ErrorCode, Refused, now
from models.life_statements import lock_campaign
from storage import WriteSession

# null leaves these as they are, because a campaign always has them.
ALWAYS_SET = ("name", "max_concurrent_calls", "weight", "retries")
# A change of these alone leaves queued calls as they are.
UNHEARD = frozenset({"name", "custom_metadata", "weight"})


async def edit_campaign(
    session: WriteSession, campaign: Campaign, sent: dict[str, Any], expected_revision: int | None
) -> None:
    """Change what was sent. Calls that wait to be dialed are withdrawn, to be made by the new settings.

    Raises Refused: CAMPAIGN_ENDED, CAMPAIGN_CHANGED, CAMPAIGN_NOT_EDITABLE, or of the first value not acceptable.
    """
    require_not_ended(campaign)
    _require_revision(campaign, expected_revision)
    given = {name: value for name, value in sent.items() if not (value is None and name in ALWAYS_SET)}
    values = check_settings(given) | await _check_agent(session, campaign, sent)
    field = "startsAt" if "ends_at" not in values else "endsAt"
    check_period(values.get("starts_at", campaign.starts_at), values.get("ends_at", campaign.ends_at), field)
    changed = {name: value for name, value in values.items() if getattr(campaign, name) != value}
    if changed or "pool" in sent:
        await _apply_edit(session, campaign, changed, sent)


async def _apply_edit(session: WriteSession, campaign: Campaign, changed: dict[str, Any], sent: dict[str, Any]) -> None:
    """Store changed columns, and the pool if it was sent, as one edit."""
    is_heard = "pool" in sent or not changed.keys() <= UNHEARD
    withdraws = campaign.status is CampaignStatus.RUNNING and is_heard
    if withdraws:
        await session.execute(lock_campaign(campaign.id))
    campaign.revision += 1
    campaign.updated_at = now()
    for name, value in changed.items():
        setattr(campaign, name, value)
    if "pool" in sent:
        campaign.audited_pool = pool_for_audit(sent["pool"])
    await session.flush()
    if "pool" in sent:
        await replace_pool(session, campaign, sent["pool"])
    elif "agent_number" in changed:
        await require_one_source(session, campaign, "agentNumber")
    if withdraws:
        await withdraw_queued_calls(session, campaign.id, campaign.updated_at)


def _require_revision(campaign: Campaign, expected: int | None) -> None:
    if expected is not None and expected != campaign.revision:
        raise Refused(
            ErrorCode.CAMPAIGN_CHANGED,
            f"The campaign is at revision {campaign.revision}, not {expected}: somebody has changed it since you read"
            " it. Read it again, and send your change with its new revision.",
            "expectedRevision",
        )


async def _check_agent(session: WriteSession, campaign: Campaign, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the version that is to speak, if it was sent. Raises Refused, also where the campaign runs."""
    if "agent_version_id" not in sent or sent["agent_version_id"] == campaign.agent_version_id:
        return {}
    if campaign.status is CampaignStatus.RUNNING:
        raise Refused(
            ErrorCode.CAMPAIGN_NOT_EDITABLE,
            "The agent of a campaign that runs cannot be changed. Pause it with pauseCampaign, then change it.",
            "agentVersionId",
        )
    version = await resolve_agent_version(session, campaign.organization_id, AgentReference(sent["agent_version_id"]))
    return {"agent_version_id": version.id if version else None}
