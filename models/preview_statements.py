"""Count a campaign's contacts by what decides their next calls, in one pass over them (R25)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.contact import IS_PENDING_SQL, Contact, ContactStatus
from models.organization_tree import self_and_ancestors
from models.phone_number import PhoneNumber
from models.preview_rows import ContactGroupRow, OwnTrunkRow, RefusedContactsRow, SuppressedRow, TurnRow
from models.rows import IdRow
from models.suppression import Suppression
from models.trunk import Trunk
from storage.prepared import prepared
from storage.statement import Query, query

contact, suppression = Contact.__table__.c, Suppression.__table__.c
number, trunk = PhoneNumber.__table__.c, Trunk.__table__.c
# "+1", an area code and an exchange: a range that is assigned to a region as a whole.
RANGE_LENGTH = 8
TURN_COLUMNS = (
    *("id", "e164", "zone_key", "agent_number", "last_agent_number"),
    *("is_fresh", "due_at", "attempt_count"),
)
IS_PENDING = sa.text(f"contact.{IS_PENDING_SQL}")


@prepared
def find_suppressing_organizations(organization_id: str) -> Query[IdRow]:
    """Select those of an organization and its ancestors that have suppressions at all."""
    above = self_and_ancestors([sa.cast(organization_id, sa.String)])
    has_any = sa.exists().where(suppression.organization_id == above.c.ancestor_id)
    return query(sa.select(above.c.ancestor_id.label("id"))).where(has_any)


@prepared
def count_contact_groups(
    campaign_id: str, suppressing_ids: list[str], at: datetime, prefix_length: int
) -> Query[ContactGroupRow]:
    """Count pending contacts by what decides whether, when and from which number they are called.

    `prefix_length`: how many characters of a number decide.
    """
    return _count_groups(campaign_id, suppressing_ids, at, prefix_length)


@prepared
def count_groups_of_prefixes(
    campaign_id: str, suppressing_ids: list[str], at: datetime, length: int, prefixes: list[str]
) -> Query[ContactGroupRow]:
    """Count the pending contacts whose numbers begin with these prefixes, of this length, by ranges of numbers."""
    return _count_groups(campaign_id, suppressing_ids, at, RANGE_LENGTH, (length, prefixes))


@prepared
def count_refused_contacts(campaign_id: str) -> Query[RefusedContactsRow]:
    """Count the refused contacts by the words of their refusals, which leave out the contact's own number."""
    message = sa.func.replace(contact.refusal_message, contact.e164, "The number", type_=sa.String)
    refused = sa.and_(contact.campaign_id == campaign_id, contact.status == ContactStatus.REFUSED)
    columns = contact.refusal_code.label("code"), message.label("message")
    counted = sa.select(*columns, sa.func.count().label("contacts")).where(refused)
    return query(counted).group_by("code", "message")


def _count_groups(
    campaign_id: str,
    suppressing_ids: list[str],
    at: datetime,
    prefix_length: int,
    chosen: tuple[int, list[str]] | None = None,
) -> Query[ContactGroupRow]:
    suppressed = _select_suppressed(campaign_id, suppressing_ids, at).cte("suppressed").prefix_with("MATERIALIZED")
    keys: dict[str, sa.ColumnElement[Any]] = {
        "zone_key": contact.zone_key,
        "prefix": sa.func.substr(contact.e164, 1, prefix_length, type_=sa.String),
        "agent_number": contact.agent_number,
        "last_agent_number": contact.last_agent_number,
        "attempt_count": contact.attempt_count,
        "is_due": contact.due_at <= at,
        "is_suppressed": sa.and_(
            contact.status != ContactStatus.REFUSED, contact.e164.in_(sa.select(suppressed.c.e164))
        ),
    }
    # In a subquery, so that both databases compute each key once and group by its name.
    each = sa.select(*(key.label(name) for name, key in keys.items()), contact.e164, contact.due_at)
    each = each.where(contact.campaign_id == campaign_id, contact.status == ContactStatus.PENDING)
    if chosen:
        length, prefixes = chosen
        each = each.where(sa.func.substr(contact.e164, 1, length, type_=sa.String).in_(prefixes))
    of_campaign = each.subquery("each_contact")
    by_key = [of_campaign.c[name] for name in keys]
    figures = [
        sa.func.count().label("contacts"),
        sa.func.min(of_campaign.c.e164).label("example"),
        sa.func.max(of_campaign.c.e164).label("last_example"),
        sa.func.min(of_campaign.c.due_at).label("first_due_at"),
        sa.func.max(of_campaign.c.due_at).label("last_due_at"),
    ]
    return query(sa.select(*by_key, *figures)).group_by(*by_key)


def _select_suppressed(campaign_id: str, organization_ids: list[str], at: datetime) -> sa.Select[Any]:
    """Select the campaign's numbers that an entry of these organizations forbids to call.

    Apart from the rows that are counted, so that both indexes are read once, in the order of the numbers.
    """
    listed = Contact.__table__.alias("listed").c
    holds = sa.or_(suppression.until.is_(None), suppression.until > at)
    entry = sa.exists().where(suppression.e164 == listed.e164, suppression.organization_id.in_(organization_ids), holds)
    return sa.select(listed.e164).where(listed.campaign_id == campaign_id, entry)


@prepared
def find_contacts_in_turn(  # noqa: PLR0917 - prepared statements take their values by place
    campaign_id: str,
    zone_keys: list[str],
    is_fresh: bool,
    due_from: datetime,
    after_id: str,
    due_until: datetime,
    limit: int,
) -> Query[TurnRow]:
    """Select pending contacts in the order in which they are called, from one (by its date and id) on.

    By the index that the dialer reads.
    """
    columns = (contact[name] for name in TURN_COLUMNS)
    of_zones = sa.and_(contact.campaign_id == campaign_id, contact.zone_key.in_(zone_keys), IS_PENDING)
    after = sa.or_(contact.due_at > due_from, contact.id > after_id)
    due = sa.and_(contact.due_at >= due_from, after, contact.due_at <= due_until)
    ordered = query(sa.select(*columns)).where(of_zones, contact.is_fresh == is_fresh, due)
    return ordered.order_by(contact.due_at, contact.id).limit(limit)


@prepared
def find_suppressed_contacts(campaign_id: str, suppressing_ids: list[str], at: datetime) -> Query[SuppressedRow]:
    """Select the campaign's numbers that an entry of these organizations forbids to call."""
    return query(_select_suppressed(campaign_id, suppressing_ids, at))


@prepared
def find_own_trunks(organization_id: str, e164s: list[str]) -> Query[OwnTrunkRow]:
    """Select the organization's own trunks of these numbers, which it may read, and how many numbers each has."""
    own = sa.and_(number.organization_id == organization_id, number.e164.in_(e164s))
    joined = sa.join(PhoneNumber.__table__, Trunk.__table__, trunk.id == number.trunk_id)
    columns = (trunk.id, trunk.calls_per_second, trunk.max_concurrent_calls)
    counted = sa.select(*columns, sa.func.count().label("numbers")).select_from(joined)
    return query(counted).where(own).group_by(*columns)
