"""Build the statements by which the claim asks again whether attempts of campaigns may be dialed (R18, R19, R23)."""

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from models.admission_statements import IS_LIVE_ATTEMPT, IS_RUNNING, campaign, conversation
from models.campaign_rows import CampaignCallsRow, CampaignRow
from models.rows import IdRow
from storage.prepared import prepared
from storage.statement import Query, query


class AttemptRow(Protocol):
    """An attempt to reach a number: whose, and whether and when."""

    @property
    def id(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def user_number(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def dialed_at(self) -> datetime | None: ...


@prepared
def lock_campaigns_to_claim(campaign_ids: list[str]) -> Query[CampaignRow]:
    """Select running campaigns, and keep them from being paused, ended or edited until the claim is committed.

    No row of one: it does not run, or somebody pauses, ends or edits it now.
    """
    running = query(sa.select(campaign)).where(campaign.c.id.in_(campaign_ids), IS_RUNNING)
    return running.with_for_update(read=True, key_share=True, skip_locked=True)


@prepared
def find_running_among(campaign_ids: list[str]) -> Query[IdRow]:
    """Find those of some campaigns that run by what is committed."""
    return query(sa.select(campaign.c.id)).where(campaign.c.id.in_(campaign_ids), IS_RUNNING)


@prepared
def find_attempts_to_numbers(organization_ids: list[str], e164s: list[str], since: datetime) -> Query[AttemptRow]:
    """Select the attempts of all campaigns of organizations to numbers since then, oldest first."""
    columns = ("id", "organization_id", "user_number", "created_at", "dialed_at")
    to_numbers = sa.and_(
        conversation.c.organization_id.in_(organization_ids),
        conversation.c.user_number.in_(e164s),
        conversation.c.created_at > since,
        conversation.c.attempt_number.is_not(None),
    )
    attempts = query(sa.select(*(conversation.c[name] for name in columns))).where(to_numbers)
    return attempts.order_by(conversation.c.created_at)


@prepared
def count_calls_of_campaigns(campaign_ids: list[str], since: datetime) -> Query[CampaignCallsRow]:
    """Count the calls of campaigns that have not ended and, where a campaign limits them, its attempts since then."""
    of_campaign = conversation.c.campaign_id == campaign.c.id
    live = sa.select(sa.func.count()).where(of_campaign, IS_LIVE_ATTEMPT).correlate(campaign)
    recent = sa.select(sa.func.count()).where(
        of_campaign, conversation.c.created_at > since, conversation.c.attempt_number.is_not(None)
    )
    is_limited = campaign.c.calls_per_minute.is_not(None)
    counts = sa.select(
        campaign.c.id,
        live.scalar_subquery().label("live_calls"),
        sa.case((is_limited, recent.correlate(campaign).scalar_subquery()), else_=0).label("calls_last_minute"),
    )
    return query(counts).where(campaign.c.id.in_(campaign_ids))
