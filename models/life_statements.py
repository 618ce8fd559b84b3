"""Build the statements of a campaign's life: lock it, expire its contacts, find what is due or amiss (R22)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.agent import Agent
from models.agent_version import AgentVersion
from models.campaign import Campaign, CampaignStatus, PoolNumber
from models.campaign_rows import CampaignRow, EndCountsRow
from models.contact import IS_PENDING_SQL, Contact, ContactStatus
from models.conversation import Conversation
from models.conversation_status import IS_QUEUED_SQL, LIVE_STATUSES, ConversationStatus
from models.phone_number import PhoneNumber
from models.rows import IdRow
from models.trunk import Trunk
from storage.prepared import prepared
from storage.statement import Query, query

campaign, contact, conversation = Campaign.__table__, Contact.__table__, Conversation.__table__
IS_PENDING = sa.text(f"contact.{IS_PENDING_SQL}")
IS_QUEUED = sa.text(f"conversation.{IS_QUEUED_SQL}")
# As the partial index of a campaign's live calls has it.
IS_LIVE_ATTEMPT = sa.text("conversation.campaign_id IS NOT NULL AND conversation.ended_at IS NULL")
IS_STARTED = campaign.c.status.in_((CampaignStatus.RUNNING, CampaignStatus.PAUSED))


def lock_campaign(campaign_id: str) -> Query[CampaignRow]:
    """Lock a campaign against everybody who admits its contacts or claims its calls."""
    return query(sa.select(campaign)).where(campaign.c.id == campaign_id).with_for_update()


def lock_campaign_unless_locked(campaign_id: str) -> Query[CampaignRow]:
    """Do as `lock_campaign`, but select no row if somebody holds it."""
    return query(sa.select(campaign)).where(campaign.c.id == campaign_id).with_for_update(skip_locked=True)


def expire_contacts(campaign_id: str, limit: int) -> sa.Update:
    """Expire up to `limit` pending contacts of a campaign."""
    pending = sa.select(contact.c.id).where(contact.c.campaign_id == campaign_id, IS_PENDING).limit(limit)
    expired = {"status": ContactStatus.EXPIRED, "wait_reason": None}
    return sa.update(contact).where(contact.c.id.in_(pending)).values(expired)


def request_hang_ups(campaign_id: str, at: datetime) -> sa.Update:
    """Store that the campaign's live calls are to be hung up."""
    live = sa.and_(
        conversation.c.campaign_id == campaign_id,
        IS_LIVE_ATTEMPT,
        conversation.c.status.in_(set(LIVE_STATUSES) - {ConversationStatus.QUEUED}),
        conversation.c.hang_up_requested_at.is_(None),
    )
    return sa.update(conversation).where(live).values(hang_up_requested_at=at)


@prepared
def find_pending_contact(campaign_id: str) -> Query[IdRow]:
    """Find some pending contact of a campaign."""
    return query(sa.select(contact.c.id)).where(contact.c.campaign_id == campaign_id, IS_PENDING).limit(1)


@prepared
def find_overdue_campaigns(at: datetime) -> Query[IdRow]:
    """Select the ids of campaigns whose end has come, although they run or are paused."""
    overdue = sa.and_(campaign.c.ended_at.is_(None), campaign.c.ends_at <= at, IS_STARTED)
    return query(sa.select(campaign.c.id)).where(overdue)


@prepared
def find_unsettled_campaigns() -> Query[IdRow]:
    """Select the ids of campaigns that do not run, but have queued calls, or, cancelled, contacts that are pending."""
    queued = sa.exists().where(conversation.c.campaign_id == campaign.c.id, IS_LIVE_ATTEMPT, IS_QUEUED)
    pending = sa.exists().where(contact.c.campaign_id == campaign.c.id, IS_PENDING)
    stopped = sa.and_(campaign.c.status.in_((CampaignStatus.PAUSED, CampaignStatus.COMPLETED)), queued)
    cancelled = sa.and_(campaign.c.status == CampaignStatus.CANCELLED, sa.or_(queued, pending))
    return query(sa.select(campaign.c.id)).where(sa.or_(stopped, cancelled))


@prepared
def find_versions_of_inactive_agents(version_ids: list[str]) -> Query[IdRow]:
    """Find those of some versions whose agents are switched off."""
    agent, version = Agent.columns(), AgentVersion.columns()
    of_agents = query(sa.select(version.id)).join(Agent.__table__, version.agent_id == agent.id)
    return of_agents.where(version.id.in_(version_ids), agent.active.is_(False))


@prepared
def find_pool_number(campaign_id: str) -> Query[IdRow]:
    """Find some number of a campaign's pool, whether it may be dialed from or not."""
    pool = PoolNumber.columns()
    return query(sa.select(pool.phone_number_id.label("id"))).where(pool.campaign_id == campaign_id).limit(1)


@prepared
def find_dialable_pool_number(campaign_id: str, organization_id: str) -> Query[IdRow]:
    """Find some number of a campaign's pool that the organization may dial from, and can (R6, R4)."""
    pool, number = PoolNumber.columns(), PhoneNumber.columns()
    seen = PhoneNumber.visible_to([organization_id]).join(PoolNumber.__table__, pool.phone_number_id == number.id)
    dialable = seen.where(pool.campaign_id == campaign_id, Trunk.can_dial(Trunk.columns())).subquery("dialable")
    return query(sa.select(dialable.c.id)).limit(1)


@prepared
def count_recent_ends(campaign_ids: list[str], since: datetime, limit: int) -> Query[EndCountsRow]:
    """Count the attempts of each campaign that ended last, since it runs, `limit` at most, and how many failed."""
    dialed = sa.text("conversation.campaign_id IS NOT NULL AND conversation.ended_at IS NOT NULL")
    ended = sa.select(conversation.c.status).where(conversation.c.campaign_id == campaign.c.id, dialed)
    began = sa.func.coalesce(campaign.c.running_since, since)
    of_run = ended.where(conversation.c.ended_at > since, conversation.c.ended_at > began)
    last = of_run.where(conversation.c.attempt_number.is_not(None)).order_by(conversation.c.ended_at.desc())
    last_ones = last.limit(limit).correlate(campaign).subquery("last")
    has_failed = last_ones.c.status == ConversationStatus.FAILED

    def count(*conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return (
            sa.select(sa.func.count()).select_from(last_ones).where(*conditions).correlate(campaign).scalar_subquery()
        )

    counts = sa.select(campaign.c.id, count().label("ended"), count(has_failed).label("failed"))
    return query(counts).where(campaign.c.id.in_(campaign_ids))


def count_borrowing_campaigns(
    phone_number_id: sa.ColumnElement[str], owner_id: sa.ColumnElement[str]
) -> sa.ScalarSelect[Any]:
    """Count the running campaigns of others than its owner whose pool has a number, by correlation."""
    pool = PoolNumber.columns()
    using = sa.and_(pool.phone_number_id == phone_number_id, campaign.c.organization_id != owner_id)
    counted = (
        sa.select(sa.func.count()).select_from(campaign).join(PoolNumber.__table__, pool.campaign_id == campaign.c.id)
    )
    return counted.where(using, campaign.c.status == CampaignStatus.RUNNING).scalar_subquery()
