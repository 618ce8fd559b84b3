"""Build the statements that store what an admission decided of contacts, for all of them at once (R18 to R21, R23).

Each changes contacts that are still pending: what somebody else has decided meanwhile holds.
"""

from datetime import datetime

import sqlalchemy as sa

from models.campaign_rows import AdmittedRow
from models.contact import IS_PENDING_SQL, Contact, ContactStatus, WaitReason
from models.json_each import json_rows, text_of
from models.rows import IdRow
from storage.prepared import prepared
from storage.statement import RowStatement, returning

contact = Contact.__table__
IS_PENDING = sa.text(f"contact.{IS_PENDING_SQL}")


@prepared
def mark_in_call(sent: str) -> RowStatement[AdmittedRow]:
    """Have contacts in a call; return the number of its attempt. Sent, by the contacts' ids: `agent_number`."""
    contacts = json_rows(sent)
    values = {
        "status": ContactStatus.IN_CALL,
        "attempt_count": contact.c.attempt_count + 1,
        "is_fresh": sa.false(),
        "last_agent_number": text_of(contacts, "agent_number"),
        "wait_reason": sa.null(),
    }
    called = sa.update(contact).where(contacts.c.key == contact.c.id, IS_PENDING).values(values)
    return returning(called.returning(contact.c.id, contact.c.attempt_count))


@prepared
def mark_waiting(contact_ids: list[str], reason: WaitReason) -> RowStatement[IdRow]:
    """Store what contacts wait for."""
    waiting = sa.update(contact).where(contact.c.id.in_(contact_ids), IS_PENDING).values(wait_reason=reason)
    return returning(waiting.returning(contact.c.id))


@prepared
def postpone(contact_id: str, until: datetime, reason: WaitReason) -> RowStatement[IdRow]:
    """Have a contact wait for something until then."""
    waiting = sa.update(contact).where(contact.c.id == contact_id, IS_PENDING).values(due_at=until, wait_reason=reason)
    return returning(waiting.returning(contact.c.id))


@prepared
def refuse_contact(contact_id: str, code: str, message: str) -> RowStatement[IdRow]:
    """Refuse a contact. `code`: an ErrorCode's name."""
    refused = {"status": ContactStatus.REFUSED, "refusal_code": code, "refusal_message": message}
    return returning(
        sa.update(contact).where(contact.c.id == contact_id, IS_PENDING).values(refused).returning(contact.c.id)
    )


@prepared
def mark_exhausted(contact_ids: list[str]) -> RowStatement[IdRow]:
    """Store that contacts have no attempts left."""
    exhausted = {"status": ContactStatus.EXHAUSTED, "wait_reason": sa.null()}
    return returning(
        sa.update(contact).where(contact.c.id.in_(contact_ids), IS_PENDING).values(exhausted).returning(contact.c.id)
    )
