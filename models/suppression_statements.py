"""Build the statements that change suppressions, and stop what waits to call suppressed numbers (R21)."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.campaign import Campaign
from models.campaign_rows import SuppressionRow
from models.contact import IS_PENDING_SQL, Contact, ContactStatus
from models.conversation import Conversation
from models.conversation_status import IS_QUEUED_SQL, ConversationStatus, EndReason
from models.organization_tree import Reach, descendants
from models.refusal import ErrorCode
from models.suppression import Suppression
from storage.statement import Query, query

campaign, contact, conversation = Campaign.__table__, Contact.__table__, Conversation.__table__
suppression = Suppression.__table__
# Calls beyond this number are not dialed either: the dialer ends each when its turn comes.
MAX_ENDED_AT_ONCE = 1000


def count_entries(organization_id: str, limit: int) -> sa.Select[Any]:
    """Count an organization's entries, up to `limit`."""
    own = sa.select(sa.literal(1)).where(suppression.c.organization_id == organization_id).limit(limit)
    return sa.select(sa.func.count()).select_from(own.subquery("own"))


def extend_entries(identifiers: list[str], until: datetime | None, source: str | None) -> sa.Update:
    """Have entries end later. `until`: None: never."""
    changed = {"until": until, "source": source}
    return sa.update(suppression).where(suppression.c.id.in_(identifiers)).values(changed)


def lock_suppressions(reach: Reach, identifiers: list[str]) -> Query[SuppressionRow]:
    """Select and lock the entries in reach that have these ids."""
    in_reach = reach.contains_rows(Suppression, identifiers)
    return query(sa.select(suppression)).where(in_reach).order_by(suppression.c.id).with_for_update()


def delete_suppressions(identifiers: list[str]) -> sa.Delete:
    return sa.delete(suppression).where(suppression.c.id.in_(identifiers))


def end_queued_to_numbers(organization_id: str, e164s: list[str], at: datetime) -> sa.Update:
    """End the calls to these numbers that wait to be dialed, of an organization and those below it."""
    waiting = sa.and_(conversation.c.user_number.in_(e164s), sa.text(f"conversation.{IS_QUEUED_SQL}"))
    ids = sa.select(conversation.c.id).where(waiting, _is_own_or_below(conversation.c.organization_id, organization_id))
    ended = {"status": ConversationStatus.CANCELLED, "end_reason": EndReason.NUMBER_SUPPRESSED, "ended_at": at}
    return sa.update(conversation).where(conversation.c.id.in_(ids.limit(MAX_ENDED_AT_ONCE))).values(ended)


def refuse_pending_contacts(organization_id: str, e164s: list[str], message: str) -> sa.Update:
    """Refuse the contacts with these numbers that wait in campaigns of an organization and those below it."""
    owned = _is_own_or_below(campaign.c.organization_id, organization_id)
    open_campaigns = sa.select(campaign.c.id).where(owned, campaign.c.ended_at.is_(None))
    waiting = sa.and_(contact.c.campaign_id.in_(open_campaigns), contact.c.e164.in_(e164s))
    refused = {
        "status": ContactStatus.REFUSED,
        "refusal_code": ErrorCode.NUMBER_SUPPRESSED.name,
        "refusal_message": message,
    }
    return sa.update(contact).where(waiting, sa.text(f"contact.{IS_PENDING_SQL}")).values(refused)


def _is_own_or_below(owner: sa.ColumnElement[str], organization_id: str) -> sa.ColumnElement[bool]:
    below = sa.select(descendants([organization_id]).c.descendant_id)
    return sa.or_(owner == organization_id, owner.in_(below))
