"""Add contacts to a campaign and remove them, and tell their time zones (R16, R17)."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from calling import validation
from calling.campaign import load_campaign, require_not_ended
from calling.contact_input import check_contact, check_default_region
from calling.contacts import SentContact
from calling.contacts import add_contacts as add
from calling.time_zones import TimeZones, zones_of_contact
from models import ContactStatus, DuplicateRule, ErrorCode, Refusal, Refused, now
from models.campaign_rows import ContactRow
from models.contact_statements import lock_contacts, remove_contacts_by_id
from resolvers.context import Context, Payload, Transaction
from resolvers.loaders import LOADERS
from storage.session import count_rows_written

MAX_CONTACTS = 500


async def add_contacts(
    transaction: Transaction,
    *,
    campaign_id: str,
    contacts: list[dict[str, Any]],
    on_duplicate: DuplicateRule,
    default_region: str | None = None,
) -> Payload:
    """Add contacts, each by itself: a refused one costs no other."""
    campaign = await load_campaign(transaction.session, transaction.principal.reach, campaign_id)
    require_not_ended(campaign)
    require_count(contacts, "contacts")
    region = check_default_region(default_region)
    sent = [_check(transaction, each, region) for each in contacts]
    added = await add(
        transaction.session,
        campaign,
        sent,
        refuses_duplicates=on_duplicate is DuplicateRule.REFUSE,
        max_contacts=transaction.deployment.quotas.contacts,
        at=now(),
    )
    transaction.byte_reservation.set_bytes(campaign.organization_id, sum(each.growth for each in added))
    results = [
        SimpleNamespace(index=index, contact=each.contact, refusal=each.refusal and _at_place(index, each.refusal))
        for index, each in enumerate(added)
    ]
    refused, unchanged = sum(each.refusal is not None for each in added), sum(each.is_unchanged for each in added)
    return {
        "results": results,
        "accepted": len(added) - refused - unchanged,
        "unchanged": unchanged,
        "refused": refused,
    }


def require_count(listed: Sequence[object], field: str) -> None:
    """Raise Refused (INVALID_INPUT) unless a list has 1 to 500 entries."""
    if not 1 <= len(listed) <= MAX_CONTACTS:
        raise validation.invalid_input(f"{field} has {len(listed)} entries; it can have 1 to {MAX_CONTACTS}.", field)


def _check(transaction: Transaction, sent: dict[str, Any], region: str | None) -> SentContact:
    try:
        return check_contact(sent, transaction.deployment.allowed_regions, region)
    except Refused as error:
        return error.refusal


def _at_place(index: int, refusal: Refusal) -> Refusal:
    """Return the refusal of a contact with its path into the input."""
    return replace(refusal, field=["contacts", str(index), *(refusal.field or ())])


async def remove_contacts(transaction: Transaction, *, contact_ids: list[str]) -> Payload:
    """Remove contacts from their campaigns: all or none. One that was removed before stays so."""
    require_count(contact_ids, "contactIds")
    rows = (await transaction.session.execute(lock_contacts(transaction.principal.reach, contact_ids))).all()
    statuses = {row.id: row.status for row in rows}
    for index, contact_id in enumerate(contact_ids):
        place = ("contactIds", str(index))
        if contact_id not in statuses:
            raise Refused(
                ErrorCode.CONTACT_NOT_FOUND,
                "No such contact in this organization. List a campaign's with campaign { contacts }.",
                *place,
            )
        if statuses[contact_id] is ContactStatus.IN_CALL:
            raise Refused(
                ErrorCode.CONTACT_IN_CALL,
                "The contact is being called. Wait until the call has ended, or end it with hangUpConversation;"
                " then remove the contact.",
                *place,
            )
    await transaction.session.execute(remove_contacts_by_id(list(statuses)))
    count_rows_written(transaction.session, len(statuses))
    return {"removed_contact_ids": contact_ids}


async def load_time_zones(context: Context, rows: Sequence[ContactRow]) -> list[TimeZones | None]:
    """Return the time zones of contacts, with the default of their campaigns, which is one statement for all."""
    campaigns = await context.load_many(LOADERS["campaign"], [row.campaign_id for row in rows])
    return [
        zones_of_contact(row.time_zone, row.e164, campaign.default_time_zone if campaign else None)
        for row, campaign in zip(rows, campaigns, strict=True)
    ]
