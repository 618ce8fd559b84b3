"""Build the statements that statistics of campaigns are read from: kept counts, live calls, zones that wait (R24)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.admission_statements import IS_LIVE_ATTEMPT, IS_PENDING
from models.call_rows import ConversationRow
from models.campaign import Campaign, PoolNumber
from models.campaign_rows import CampaignCallsRow, KeptCountRow, PendingZoneRow, TrunkInUseRow, WaitingCountsRow
from models.contact import Contact, ContactCount
from models.conversation import Conversation
from models.phone_number import PhoneNumber
from models.trunk import Trunk
from storage.prepared import prepared
from storage.statement import Query, query

campaign, contact, conversation = Campaign.__table__, Contact.__table__, Conversation.__table__
number, pool, trunk = PhoneNumber.__table__, PoolNumber.__table__, Trunk.__table__
kept = ContactCount.__table__.c
# Contacts that were never called, and those that are called again.
KINDS = (("fresh", True), ("retry", False))
# How many contacts of a time zone are counted: an estimate takes the others to be in the zones that have so many.
MAX_COUNTED = 2000


@prepared
def find_kept_counts(campaign_ids: list[str]) -> Query[KeptCountRow]:
    """Select the kept counts of campaigns, the shards of each added up."""
    added = query(sa.select(kept.campaign_id, kept.kind, kept.key, sa.func.sum(kept.count).label("count")))
    return added.where(kept.campaign_id.in_(campaign_ids)).group_by(kept.campaign_id, kept.kind, kept.key)


@prepared
def count_calls(campaign_ids: list[str], since: datetime) -> Query[CampaignCallsRow]:
    """Count, for each campaign, the calls that have not ended and the attempts since then."""
    of_campaign = conversation.c.campaign_id == campaign.c.id
    live = sa.select(sa.func.count()).where(of_campaign, IS_LIVE_ATTEMPT).correlate(campaign)
    recent = sa.select(sa.func.count()).where(
        of_campaign, conversation.c.created_at > since, conversation.c.attempt_number.is_not(None)
    )
    counts = sa.select(
        campaign.c.id,
        live.scalar_subquery().label("live_calls"),
        recent.correlate(campaign).scalar_subquery().label("calls_last_minute"),
    )
    return query(counts).where(campaign.c.id.in_(campaign_ids))


@prepared
def find_pending_zones(campaign_ids: list[str]) -> Query[PendingZoneRow]:
    """Select, for each campaign, the time zones of pending contacts, each with who is due first in it: index seeks."""
    zone = _pending_zones(campaign_ids)

    def first_due(is_fresh: bool, column: sa.Column[str]) -> sa.ScalarSelect[str]:
        due = _waiting(zone, is_fresh, column)
        return due.order_by(contact.c.due_at, contact.c.id).limit(1).scalar_subquery()

    columns = {
        f"{name}_{part}": first_due(is_fresh, column)
        for name, is_fresh in KINDS
        for part, column in (("due_at", contact.c.due_at), ("e164", contact.c.e164), ("reason", contact.c.wait_reason))
    }
    selected = sa.select(zone.c.campaign_id, zone.c.zone_key, *(each.label(name) for name, each in columns.items()))
    return query(selected).where(zone.c.zone_key.is_not(None))


@prepared
def count_waiting(campaign_ids: list[str]) -> Query[WaitingCountsRow]:
    """Count, for each campaign, the pending contacts of each time zone, up to MAX_COUNTED, and find who is due last."""
    zone = _pending_zones(campaign_ids)

    def count(is_fresh: bool) -> sa.ScalarSelect[int]:
        some = _waiting(zone, is_fresh, contact.c.id).order_by(contact.c.due_at, contact.c.id).limit(MAX_COUNTED)
        return sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()

    def last_due(is_fresh: bool) -> sa.ScalarSelect[datetime]:
        last = _waiting(zone, is_fresh, contact.c.due_at)
        return last.order_by(contact.c.due_at.desc(), contact.c.id.desc()).limit(1).scalar_subquery()

    columns = {f"{name}_contacts": count(is_fresh) for name, is_fresh in KINDS}
    last_dues = {f"{name}_last_due_at": last_due(is_fresh) for name, is_fresh in KINDS}
    named = [each.label(name) for name, each in (columns | last_dues).items()]
    return query(sa.select(zone.c.campaign_id, zone.c.zone_key, *named)).where(zone.c.zone_key.is_not(None))


def _pending_zones(campaign_ids: list[str]) -> sa.CTE:
    """Select the time zones in which contacts of each campaign wait, each once (a loose index scan); NULL ends them."""

    def next_zone(of: sa.ColumnElement[str], last: sa.ColumnElement[str] | None) -> sa.ScalarSelect[str]:
        pending = sa.select(contact.c.zone_key).where(contact.c.campaign_id == of, IS_PENDING)
        later = pending if last is None else pending.where(contact.c.zone_key > last)
        return later.order_by(contact.c.zone_key).limit(1).correlate_except(contact).scalar_subquery()

    first = sa.select(campaign.c.id.label("campaign_id"), next_zone(campaign.c.id, None).label("zone_key"))
    zone = first.where(campaign.c.id.in_(campaign_ids)).cte("zone", recursive=True)
    later = sa.select(zone.c.campaign_id, next_zone(zone.c.campaign_id, zone.c.zone_key))
    return zone.union_all(later.where(zone.c.zone_key.is_not(None)))


def _waiting(zone: sa.CTE, is_fresh: bool, column: sa.Column[Any]) -> sa.Select[Any]:
    """Select a column of the contacts that wait in a time zone: of the fresh, or of those that are called again."""
    of_zone = sa.and_(contact.c.campaign_id == zone.c.campaign_id, contact.c.zone_key == zone.c.zone_key)
    return sa.select(column).where(of_zone, IS_PENDING, contact.c.is_fresh == sa.literal(is_fresh)).correlate(zone)


@prepared
def find_trunks_in_use(campaign_ids: list[str]) -> Query[TrunkInUseRow]:
    """Select the numbers that each campaign calls from, with the limits of their trunks where it owns them."""
    of_campaign = campaign.c.id.in_(campaign_ids)
    named = sa.select(campaign.c.id, campaign.c.organization_id, campaign.c.agent_number.label("e164"))
    named = named.where(of_campaign, campaign.c.agent_number.is_not(None))
    pooled = sa.select(pool.c.campaign_id, pool.c.organization_id, number.c.e164)
    pooled = pooled.join(number, number.c.id == pool.c.phone_number_id).where(pool.c.campaign_id.in_(campaign_ids))
    called = sa.select(campaign.c.id, campaign.c.organization_id, kept.key).join(
        campaign, campaign.c.id == kept.campaign_id
    )
    called = called.where(of_campaign, kept.kind == "number")
    used = sa.union(named, pooled, called).cte("used")
    own = sa.and_(number.c.organization_id == used.c.organization_id, number.c.e164 == used.c.e164)
    limits = (trunk.c.id.label("trunk_id"), trunk.c.calls_per_second, trunk.c.max_concurrent_calls)
    joined = used.outerjoin(number, own).outerjoin(trunk, trunk.c.id == number.c.trunk_id)
    return query(sa.select(used.c.id.label("campaign_id"), used.c.e164, *limits).select_from(joined))


def select_attempts_of(contact_ids: list[str]) -> Query[ConversationRow]:
    """Select the attempts to reach contacts, the first of each first."""
    attempts = query(sa.select(conversation)).where(conversation.c.contact_id.in_(contact_ids))
    return attempts.where(conversation.c.attempt_number.is_not(None)).order_by(conversation.c.attempt_number)
