"""Build the statements that admit contacts: lock a campaign, count its room, find who is due (R19, R23)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from models.campaign import IS_RUNNING_SQL, Campaign, CampaignStatus
from models.campaign_rows import CampaignRow, ContactRow, ZoneKeyRow
from models.contact import IS_PENDING_SQL, Contact
from models.conversation import Conversation
from models.conversation_status import IS_QUEUED_SQL, ConversationStatus, EndReason
from models.rows import IdRow
from storage.prepared import prepared
from storage.session import ReadSession
from storage.statement import Query, RowStatement, query, returning

campaign, contact, conversation = Campaign.__table__, Contact.__table__, Conversation.__table__
IS_RUNNING = sa.text(f"campaign.{IS_RUNNING_SQL}")
IS_PENDING = sa.text(f"contact.{IS_PENDING_SQL}")
IS_LIVE_ATTEMPT = sa.text("conversation.campaign_id IS NOT NULL AND conversation.ended_at IS NULL")


@prepared
def find_running_campaigns() -> Query[IdRow]:
    """Select the ids of the campaigns that run."""
    return query(sa.select(campaign.c.id)).where(IS_RUNNING).order_by(campaign.c.id)


@prepared
def lock_running_campaigns(campaign_ids: list[str]) -> Query[CampaignRow]:
    """Select and lock running campaigns: one server at a time admits their contacts.

    No row of one: another server does, or it stopped.
    """
    running = query(sa.select(campaign)).where(campaign.c.id.in_(campaign_ids), IS_RUNNING)
    return running.order_by(campaign.c.id).with_for_update(key_share=True, skip_locked=True)


@prepared
def rewrite_campaigns(campaign_ids: list[str]) -> RowStatement[IdRow]:
    """Write campaigns as they are, so that a pause whose transaction has begun conflicts, and begins anew.

    Its snapshot lacks the calls that were queued meanwhile, and a row that was only locked would not conflict.
    """
    rewritten = sa.update(campaign).where(campaign.c.id.in_(campaign_ids)).values(updated_at=campaign.c.updated_at)
    return returning(rewritten.returning(campaign.c.id))


@prepared
def find_zone_keys(campaign_id: str) -> Query[ZoneKeyRow]:
    """Select the time zones of pending contacts, each once: an index seek for each (a loose index scan)."""

    def select_next(last: sa.ColumnElement[str] | None) -> sa.ScalarSelect[str]:
        pending = sa.select(contact.c.zone_key).where(contact.c.campaign_id == campaign_id, IS_PENDING)
        later = pending if last is None else pending.where(contact.c.zone_key > last)
        return later.order_by(contact.c.zone_key).limit(1).correlate_except(contact).scalar_subquery()

    zone = sa.select(select_next(None).label("zone_key")).cte("zone", recursive=True)
    zone = zone.union_all(sa.select(select_next(zone.c.zone_key)).where(zone.c.zone_key.is_not(None)))
    return query(sa.select(zone.c.zone_key)).where(zone.c.zone_key.is_not(None))


@prepared
def find_due_contacts(campaign_id: str, zone_key: str, is_fresh: bool, at: datetime, limit: int) -> Query[ContactRow]:
    """Select the pending contacts of a zone that may be called by their own dates, the longest due first."""
    return select_due_contacts(campaign_id, zone_key, is_fresh, at, limit)


@prepared
def find_due_contacts_after(  # noqa: PLR0917 - a prepared statement takes its values by position
    campaign_id: str, zone_key: str, is_fresh: bool, at: datetime, due_at: datetime, identifier: str, limit: int
) -> Query[ContactRow]:
    """Select as `find_due_contacts` does, after the contact that is due then and has this id."""
    return select_due_contacts(campaign_id, zone_key, is_fresh, at, limit).where(_is_after(due_at, identifier))


async def find_due_contacts_of_prefixes(
    session: ReadSession,
    open_prefixes: Mapping[str, bool],
    *,
    campaign_id: str,
    zone_key: str,
    is_fresh: bool,
    at: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[ContactRow]:
    """Do as `find_due_contacts` for the numbers that are open: the first prefix of a number counts.

    `after`: the due date and the id of the contact after which to begin.
    The others are passed over one by one, so this is for hours that differ within a time zone.
    """
    is_open = sa.case(
        *((contact.c.e164.startswith(prefix), sa.literal(int(each))) for prefix, each in open_prefixes.items()),
        else_=sa.literal(0),
    )
    found = select_due_contacts(campaign_id, zone_key, is_fresh, at, limit).where(is_open == 1)
    if after:
        found = found.where(_is_after(*after))
    return (await session.execute(found)).all()


def select_due_contacts(campaign_id: str, zone_key: str, is_fresh: bool, at: datetime, limit: int) -> Query[ContactRow]:
    of_zone = sa.and_(contact.c.campaign_id == campaign_id, contact.c.zone_key == zone_key, IS_PENDING)
    due = query(sa.select(contact)).where(of_zone, contact.c.is_fresh == is_fresh, contact.c.due_at <= at)
    return due.order_by(contact.c.due_at, contact.c.id).limit(limit)


def _is_after(due_at: datetime, identifier: str) -> sa.ColumnElement[bool]:
    """Compare the two as one value, which an index is sought by, however many are due at the same time."""
    place = sa.tuple_(sa.type_coerce(due_at, contact.c.due_at.type), sa.type_coerce(identifier, contact.c.id.type))
    return sa.tuple_(contact.c.due_at, contact.c.id) > place


def complete_campaign(campaign_id: str, at: datetime) -> sa.Update:
    """Complete a running campaign."""
    running = sa.and_(campaign.c.id == campaign_id, IS_RUNNING)
    return sa.update(campaign).where(running).values(status=CampaignStatus.COMPLETED, ended_at=at, updated_at=at)


def end_queued_of_campaign(campaign_id: str, at: datetime) -> sa.Update:
    """End the campaign's calls that wait to be dialed; triggers return their contacts to waiting."""
    queued = sa.text(f"conversation.{IS_QUEUED_SQL}")
    waiting = sa.and_(conversation.c.campaign_id == campaign_id, IS_LIVE_ATTEMPT, queued)
    ended = {"status": ConversationStatus.CANCELLED, "end_reason": EndReason.CANCELLED, "ended_at": at}
    return sa.update(conversation).where(waiting).values(ended)
