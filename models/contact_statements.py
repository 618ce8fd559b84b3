"""Build the statements that add, change and remove contacts, many with one statement (R16)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from models.campaign_rows import ContactRow
from models.contact import IS_PENDING_SQL, Contact, ContactCount, ContactStatus
from models.organization_tree import Reach
from models.refusal import Refusal
from storage.prepared import prepared
from storage.session import WriteSession, count_rows_written
from storage.statement import Query, query

contact = Contact.__table__
COLUMNS = tuple(contact.columns.keys())
# What sending a contact again can change.
CHANGEABLE = (
    *("external_id", "time_zone", "zone_key", "agent_number", "variables", "not_before"),
    *("status", "refusal_code", "refusal_message", "due_at", "wait_reason"),
)


@prepared
def find_contacts_of_numbers(campaign_id: str, e164s: list[str]) -> Query[ContactRow]:
    """Select the contacts of a campaign that have these numbers."""
    return query(sa.select(contact)).where(contact.c.campaign_id == campaign_id, contact.c.e164.in_(e164s))


@prepared
def find_contacts_of_external_ids(campaign_id: str, external_ids: list[str]) -> Query[ContactRow]:
    """Select the contacts of a campaign that have these external ids."""
    named = contact.c.external_id.in_(external_ids)
    return query(sa.select(contact)).where(contact.c.campaign_id == campaign_id, named)


def count_contacts(campaign_id: str) -> sa.Select[Any]:
    """Count the contacts of a campaign, whatever their status, by the kept counts."""
    kept = ContactCount.__table__.c
    of_campaign = sa.and_(kept.campaign_id == campaign_id, kept.kind == "status")
    return sa.select(sa.func.coalesce(sa.func.sum(kept.count), 0)).where(of_campaign)


def new_contact(at: datetime, **values: object) -> SimpleNamespace:
    """Return the row of a new contact, which is not stored yet."""
    return SimpleNamespace(**Contact.with_defaults(created_at=at, **values))


def copy_contact(row: ContactRow) -> SimpleNamespace:
    """Return a copy of a row whose values can be changed."""
    return SimpleNamespace(**{name: getattr(row, name) for name in COLUMNS})


async def write_contacts(
    session: WriteSession,
    created: Iterable[SimpleNamespace],
    changed: Iterable[SimpleNamespace],
    renamed: Collection[str],
) -> None:
    """Change contacts with one statement, and insert new ones with another.

    `renamed`: the ids of those that have another external id now; others may take the old one.
    """
    if renamed:
        await session.execute(sa.update(contact).where(contact.c.id.in_(renamed)).values(external_id=None))
    if changes := [_change(vars(each)) for each in changed]:
        values: dict[str, sa.BindParameter[Any]] = {name: sa.bindparam(f"its_{name}") for name in CHANGEABLE}
        await session.execute(sa.update(contact).where(contact.c.id == sa.bindparam("its_id")).values(values), changes)
        count_rows_written(session, len(changes))
    if rows := [vars(each) for each in created]:
        await session.execute(sa.insert(contact), rows)
        count_rows_written(session, len(rows))


def _change(row: Mapping[str, object]) -> dict[str, object]:
    return {f"its_{name}": row[name] for name in ("id", *CHANGEABLE)}


def lock_contacts(reach: Reach, identifiers: list[str]) -> Query[ContactRow]:
    """Select and lock the contacts in reach that have these ids."""
    in_reach = reach.contains_rows(Contact, identifiers)
    return query(sa.select(contact)).where(in_reach).order_by(contact.c.id).with_for_update(key_share=True)


def remove_contacts_by_id(identifiers: list[str]) -> sa.Update:
    """Remove contacts from their campaigns; their attempts stay."""
    removed = {"status": ContactStatus.REMOVED, "refusal_code": None, "refusal_message": None, "wait_reason": None}
    return sa.update(contact).where(contact.c.id.in_(identifiers)).values(removed)


def refuse_pending_of_zone(campaign_id: str, zone_key: str, refusal: Refusal) -> sa.Update:
    """Refuse the contacts of a campaign that wait and have these time zones."""
    of_zone = sa.and_(contact.c.campaign_id == campaign_id, contact.c.zone_key == zone_key)
    refused = {
        "status": ContactStatus.REFUSED,
        "refusal_code": refusal.code.name,
        "refusal_message": refusal.message,
    }
    return sa.update(contact).where(of_zone, sa.text(f"contact.{IS_PENDING_SQL}")).values(refused)
